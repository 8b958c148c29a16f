// Frames as they come over the comm; the other end is nbstream/widgets/chart/line_patch.py.

/**
 * @typedef {object} LinePatch
 * @property {number} channel index into the channels of `meta`
 * @property {number} cut points at or after this time (epoch ms) are replaced by the ones given
 * @property {Float64Array} times epoch ms, ascending
 * @property {Float64Array} values NaN breaks the line
 * @property {Uint32Array} [counts] for how many readings the points stand: at the first point of a bin its count, 0 at
 *   its others; missing where each point is a reading
 */

/**
 * Take a frame apart.
 * @param {{lines?: [number, number, number | null, number?][]}} message per line: channel, number of points, cut, number
 *   of bins
 * @param {DataView[]} buffers per line its times, then its values, float64; per bin count × 256 + number of points, uint32
 * @returns {LinePatch[]}
 */
export function unpackLines(message, buffers) {
  const lines = message.lines ?? [];
  if (!lines.length) return [];
  const numbers = new Float64Array(copied(buffers[0]));
  const bins = new Uint32Array(buffers[1] ? copied(buffers[1]) : 0);
  let position = 0;
  let bin = 0;
  return lines.map(([channel, n, cut, nBins = 0]) => {
    const times = numbers.subarray(position, position + n);
    const values = numbers.subarray(position + n, position + 2 * n);
    const counts = nBins ? unpackCounts(bins.subarray(bin, bin + nBins), n) : undefined;
    position += 2 * n;
    bin += nBins;
    return { channel, cut: cut ?? -Infinity, times, values, counts };
  });
}

/** The offset of a comm buffer need not be a multiple of 8. */
const copied = ({ buffer, byteOffset, byteLength }) => buffer.slice(byteOffset, byteOffset + byteLength);

function unpackCounts(bins, n) {
  const counts = new Uint32Array(n);
  let first = 0;
  for (const bin of bins) {
    counts[first] = bin >>> 8;
    first += bin & 255;
  }
  return counts;
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
  return { channel: patch.channel, cut: Infinity, times: patch.times.subarray(first), values: patch.values.subarray(first), counts: patch.counts?.subarray(first) };
}
