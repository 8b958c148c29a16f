// Draws a line: its strokes, dots where it is alone, markers where it is sparse.

import { dashPattern } from "./look.js";

/** How far into its column an end of a line reaches at least, so that it is seen there (device px). */
const END_PX = 0.6;
/** A reading with so much room on either side (CSS px) is drawn larger than the line is wide. */
const LONE_PX = 4;
/** More points than this in one column of pixels: the first, smallest, largest and last tell it all. */
const DENSE = 4;
/** Of the area between a line and zero. */
const FILL_OPACITY = 0.2;
/** Farther away (device px) it only has to be outside: a canvas computes in float32. */
const FAR_PX = 32_000;

/**
 * @typedef {object} Plane maps data to the pixels of a canvas
 * @property {number} origin the time at x = 0, epoch ms
 * @property {number} msPerPx of a device px
 * @property {number} left x from where it is to be drawn, device px
 * @property {number} right x up to where
 * @property {number} height device px
 * @property {number} bottom value at the lower edge
 * @property {number} top value at the upper edge
 * @property {boolean} isLog
 * @property {number} ratio device px per CSS px
 */

/**
 * How far a point reaches to its left and right, which decides what must be drawn anew when it changes.
 * @param {import("./look.js").LineStyle} style
 * @returns {number} CSS px
 */
export function reachOf(style) {
  return Math.max(2 * LONE_PX, style.width, style.markerSize / 2) + 2;
}

/**
 * @param {import("./draw.js").Plane} plane
 * @returns {(value: number) => number} y of a value, device px; NaN where it has no place
 */
export function yMap({ bottom, top, height, isLog }) {
  if (isLog) {
    const [low, high] = [Math.log10(bottom), Math.log10(top)];
    const scale = height / (high - low);
    return (value) => (value > 0 ? near(height + low * scale - Math.log10(value) * scale) : NaN);
  }
  // Halves, for the difference of two values near 1e308 is no number.
  const half = bottom / 2;
  const scale = height / (top / 2 - half);
  return (value) => near(height - (value / 2 - half) * scale);
}

function near(y) {
  return y > FAR_PX ? FAR_PX : y < -FAR_PX ? -FAR_PX : y;
}

/**
 * Draw the part of a line that is in view.
 * @param {CanvasRenderingContext2D} context
 * @param {import("./line.js").Line} line
 * @param {Plane} plane
 * @param {import("./look.js").LineStyle & {hasMarkers: boolean}} style
 */
export function drawLine(context, line, plane, style) {
  const { origin, msPerPx, ratio } = plane;
  const reach = reachOf(style) * ratio;
  const pattern = dashPattern(style.dash, ratio * Math.max(1, style.width / 1.5));
  // The dashes of a tile are counted from its own edge, so that they stay when only its end is drawn anew.
  const left = (pattern.length ? Math.min(0, plane.left) : plane.left) - reach;
  const first = Math.max(line.start, line.indexOf(origin + left * msPerPx) - 1);
  const last = line.stopOf(origin + (plane.right + reach) * msPerPx);
  if (last <= first) return;
  context.globalAlpha = style.opacity;
  context.strokeStyle = context.fillStyle = style.color;
  if (style.hasFill) fillToZero(context, line, first, last, plane, style);
  if (style.mode !== "markers" && style.mode !== "none") strokeLine(context, line, first, last, plane, style, pattern);
  if (style.hasMarkers) drawMarkers(context, line, first, last, plane, (style.markerSize / 2) * ratio);
  context.globalAlpha = 1;
}

/** Fill the area between a line and zero, or the nearer edge where zero isn't in view; a break is blank. */
function fillToZero(context, { times, values }, first, last, plane, style) {
  const { origin, msPerPx, height, isLog } = plane;
  const y = yMap(plane);
  const zero = isLog ? height : Math.min(Math.max(y(0), 0), height);
  let lastX = NaN;
  let lastY = NaN;
  context.globalAlpha = style.opacity * FILL_OPACITY;
  context.beginPath();
  for (let i = first; i < last; i += 1) {
    const [px, py] = [(times[i] - origin) / msPerPx, y(values[i])];
    if (py === py && lastY !== lastY) {
      context.moveTo(px, zero);
      context.lineTo(px, py);
    } else if (py === py) {
      if (style.shape === "hv") context.lineTo(px, lastY);
      context.lineTo(px, py);
    } else if (lastY === lastY) context.lineTo(lastX, zero);
    lastX = px;
    lastY = py;
  }
  if (lastY === lastY) context.lineTo(lastX, zero);
  context.fill();
  context.globalAlpha = style.opacity;
}

function strokeLine(context, line, first, last, plane, style, pattern) {
  const { times, values } = line;
  const { origin, msPerPx, ratio } = plane;
  const y = yMap(plane);
  const isStep = style.shape === "hv";
  context.lineWidth = style.width * ratio;
  context.lineJoin = isStep ? "miter" : "bevel";
  context.setLineDash(pattern);
  if (pattern.length) context.lineDashOffset = -lengthUntil(0, line, first, last, plane, y, isStep);
  const dots = new Dots(context.lineWidth, LONE_PX * ratio);
  context.beginPath();
  let isOpen = false;
  let [lastX, lastY] = [0, 0];
  const end = () => {
    const seen = Math.floor(lastX) + END_PX;
    if (isOpen && lastX < seen) context.lineTo(seen, lastY);
    isOpen = false;
  };
  const put = (px, py) => {
    if (py !== py) return end();
    if (!isOpen) {
      const seen = Math.floor(px) + 1 - END_PX;
      context.moveTo(Math.min(px, seen), py);
      if (px > seen) context.lineTo(px, py);
    } else {
      if (isStep) context.lineTo(px, lastY);
      context.lineTo(px, py);
    }
    dots.add(px, py, isOpen);
    isOpen = true;
    lastX = px;
    lastY = py;
  };
  let i = first;
  while (i < last) {
    const px = (times[i] - origin) / msPerPx;
    const stop = columnEnd(times, i, last, origin + (Math.floor(px) + 1) * msPerPx);
    if (stop - i <= DENSE) for (; i < stop; i += 1) put((times[i] - origin) / msPerPx, y(values[i]));
    else i = putColumn(put, line, i, stop, plane, y);
  }
  end();
  context.stroke();
  if (!style.hasMarkers) dots.fill(context);
  context.setLineDash([]);
}

/** @returns {number} index behind the points before `time`; `i + 1` at least */
function columnEnd(times, i, last, time) {
  let stop = i + 1;
  while (stop < last && times[stop] < time) stop += 1;
  return stop;
}

/** Put what is to be seen of many points in one column, in their order: no spike and no break is lost. */
function putColumn(put, { times, values }, i, stop, { origin, msPerPx }, y) {
  while (i < stop) {
    let [lowest, highest, end] = [i, i, i];
    for (; end < stop && values[end] === values[end]; end += 1) {
      if (values[end] < values[lowest]) lowest = end;
      if (values[end] > values[highest]) highest = end;
    }
    if (end > i) {
      let before = -1;
      for (const at of [i, Math.min(lowest, highest), Math.max(lowest, highest), end - 1]) {
        if (at !== before) put((times[at] - origin) / msPerPx, y(values[at]));
        before = at;
      }
    }
    if (end < stop) put(0, NaN);
    i = end + 1;
  }
  return stop;
}

/** @returns {number} length of a line's path up to x; dashes begin there */
function lengthUntil(x, { times, values }, first, last, { origin, msPerPx }, y, isStep) {
  let length = 0;
  let [px, py] = [NaN, NaN];
  for (let i = first; i < last; i += 1) {
    const nextX = (times[i] - origin) / msPerPx;
    const nextY = y(values[i]);
    if (nextY !== nextY) length = 0;
    else if (py === py) {
      const dy = Math.abs(nextY - py);
      const part = nextX > x ? Math.max(0, (x - px) / (nextX - px)) : 1;
      length += isStep ? part * (nextX - px) + (part === 1 ? dy : 0) : part * Math.hypot(nextX - px, dy);
    }
    if (nextX >= x) break;
    px = nextX;
    py = nextY;
  }
  return Number.isFinite(length) ? length : 0;
}

function drawMarkers(context, { times, values }, first, last, plane, radius) {
  const y = yMap(plane);
  context.beginPath();
  for (let i = first; i < last; i += 1) {
    const py = y(values[i]);
    if (py !== py) continue;
    const px = (times[i] - plane.origin) / plane.msPerPx;
    context.moveTo(px + radius, py);
    context.arc(px, py, radius, 0, 2 * Math.PI);
  }
  context.fill();
}

/** The pieces of a line that are too short for a stroke to be seen: each becomes a dot. */
class Dots {
  /**
   * @param {number} width of the line, device px
   * @param {number} room around a reading that stands alone, device px
   */
  constructor(width, room) {
    this.width = width;
    this.room = room;
    /** x, y and radius of each. */
    this.places = [];
    this.isOpen = false;
    this.x = 0;
    this.y = 0;
    this.length = 0;
    /** End of the piece before. */
    this.before = -Infinity;
    this.stop = -Infinity;
  }

  /** Add the next point of the line; it begins a piece unless it is joined to the one before. */
  add(x, y, isJoined) {
    if (isJoined) this.length += Math.abs(x - this.x) + Math.abs(y - this.y);
    else {
      this.#close(x);
      this.isOpen = true;
      this.length = 0;
      this.before = this.stop;
    }
    this.x = x;
    this.y = y;
  }

  fill(context) {
    this.#close(Infinity);
    if (!this.places.length) return;
    context.beginPath();
    for (const [x, y, radius] of this.places) {
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.fill();
  }

  #close(next) {
    if (!this.isOpen) return;
    this.stop = this.x;
    if (this.length >= this.width) return;
    const isAlone = this.x - this.before >= this.room && next - this.x >= this.room;
    this.places.push([this.x, this.y, isAlone ? this.width : this.width / 2]);
  }
}
