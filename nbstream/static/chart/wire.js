// Frames as they come over the comm; the other end is nbstream/widgets/chart/chart_feed.py.

/**
 * @typedef {object} LinePatch
 * @property {number} channel index into the channels of `meta`
 * @property {number} cut points at or after this time (epoch ms) are replaced by the ones given
 * @property {Float64Array} times epoch ms, ascending
 * @property {Float64Array} values NaN breaks the line
 */

/**
 * Take a frame apart.
 * @param {{lines?: [number, number, number | null][]}} message per line: channel, number of points, cut
 * @param {DataView[]} buffers one buffer: per line its times, then its values, float64
 * @returns {LinePatch[]}
 */
export function unpackLines(message, buffers) {
  const lines = message.lines ?? [];
  if (!lines.length) return [];
  const view = buffers[0];
  // A copy: the offset of a comm buffer need not be a multiple of 8.
  const numbers = new Float64Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  let position = 0;
  return lines.map(([channel, n, cut]) => {
    const times = numbers.subarray(position, position + n);
    const values = numbers.subarray(position + n, position + 2 * n);
    position += 2 * n;
    return { channel, cut: cut ?? -Infinity, times, values };
  });
}

/**
 * What of a patch a line does not have yet; what it has is finer than the points of a whole frame.
 * @param {import("./line.js").Line} line
 * @param {LinePatch} patch
 * @returns {LinePatch}
 */
export function newerThan(line, patch) {
  const newest = line.length ? line.times[line.end - 1] : -Infinity;
  let first = patch.times.length;
  while (first > 0 && patch.times[first - 1] > newest) first -= 1;
  return { channel: patch.channel, cut: Infinity, times: patch.times.subarray(first), values: patch.values.subarray(first) };
}
