// Where things are in a plot, by the geometry of its last paint (CSS px from its corner).

import { yMap } from "./draw.js";

const NOWHERE = { area: null, row: null, axis: null };

/**
 * @typedef {object} Frame
 * @property {number} from epoch ms at the left edge
 * @property {number} to epoch ms at the right edge
 * @property {number} left
 * @property {number} width
 * @property {number} top
 * @property {number} height of all rows
 * @property {number} whole height of rows and lanes
 * @property {number} ratio device px per CSS px
 * @property {{top: number, height: number, axes: FrameAxis[]}[]} rows
 */

/**
 * @typedef {object} FrameAxis
 * @property {number} bottom
 * @property {number} top
 * @property {boolean} isLog
 * @property {boolean} isEmpty whether it has no range yet
 * @property {number[]} channels
 */

/** @returns {number} epoch ms */
export function timeIn({ from, to, left, width }, x) {
  return from + ((x - left) / width) * (to - from);
}

export function xIn({ from, to, left, width }, time) {
  return left + ((time - from) / (to - from)) * width;
}

/** @returns {number | null} y of a value, null where it has no place */
export function yIn({ rows }, row, axis, value) {
  const { top, height, axes } = rows[row];
  if (axes[axis].isEmpty) return null;
  const y = yMap({ ...axes[axis], height })(value);
  return Number.isNaN(y) ? null : top + y;
}

export function valueIn({ rows }, row, axis, y) {
  const { top, height, axes } = rows[row];
  const { bottom, top: upper, isLog } = axes[axis];
  const share = (top + height - y) / height;
  return isLog ? 10 ** (Math.log10(bottom) * (1 - share) + Math.log10(upper) * share) : bottom * (1 - share) + upper * share;
}

/** @returns {{area: "plot" | "x" | "y" | null, row: number | null, axis: number | null}} */
export function areaIn({ left, width, top, height, whole = height, rows }, x, y) {
  const isAcross = x >= left && x <= left + width;
  if (y > top + height && y <= top + whole) return isAcross ? { area: "plot", row: rows.length - 1, axis: 0 } : NOWHERE;
  if (y > top + whole) return isAcross ? { area: "x", row: null, axis: null } : NOWHERE;
  const row = rows.findIndex((place) => y >= place.top && y <= place.top + place.height);
  if (row < 0) return NOWHERE;
  if (isAcross) return { area: "plot", row, axis: 0 };
  const axis = x < left ? 0 : 1;
  return axis < rows[row].axes.length ? { area: "y", row, axis } : NOWHERE;
}

/**
 * @param {import("./plot.js").Plot} plot
 * @param {import("./line.js").Line[]} lines by number of their channel
 * @returns {{channel: number, time: number, value: number} | null} the drawn reading nearest to a place, at most
 *   `maxPx` away
 */
export function readingIn(plot, lines, x, y, maxPx) {
  const [from, to] = [plot.timeAt(x - maxPx), plot.timeAt(x + maxPx)];
  let best = null;
  let nearest = maxPx;
  lines.forEach((line, channel) => {
    if (!plot.isVisible(channel)) return;
    for (let i = line.indexOf(from); i < line.end && line.times[i] <= to; i += 1) {
      const py = plot.yOf(channel, line.values[i]);
      if (py === null) continue;
      const distance = Math.hypot(plot.xOf(line.times[i]) - x, py - y);
      if (distance > nearest) continue;
      nearest = distance;
      best = { channel, time: line.times[i], value: line.values[i] };
    }
  });
  return best;
}
