// Readings that a detector flagged: a ring around each, and its reason at the cursor.

const RADIUS_PX = 6;
const MAX_MARKS = 500;
const NEAR_PX = 12;

/**
 * @typedef {object} Mark
 * @property {number} channel index into the channels of `meta`
 * @property {number} time epoch ms
 * @property {number} value
 * @property {string} reason
 */

/** The marks of one chart, oldest first, the newest so many. */
export class Marks {
  constructor() {
    /** @type {Mark[]} */
    this.all = [];
  }

  /** Take in marks as a frame brings them: [channel, time, value, reason] each. */
  add(marks) {
    if (!marks.length) return;
    for (const [channel, time, value, reason] of marks) this.all.push({ channel, time, value, reason });
    this.all.sort((a, b) => a.time - b.time);
    if (this.all.length > MAX_MARKS) this.all.splice(0, this.all.length - MAX_MARKS);
  }

  clear() {
    this.all = [];
  }

  /** @returns {Mark[]} those of a channel that are in view */
  inView(channel, { from, to }) {
    return this.all.filter((mark) => mark.channel === channel && mark.time >= from && mark.time <= to);
  }

  /** @returns {Mark | null} the one of a channel that is nearest to `time`, if it is near enough */
  near(channel, time, plane) {
    const msPerPx = ((plane.to - plane.from) / plane.width) * plane.ratio;
    let best = null;
    for (const mark of this.inView(channel, plane)) {
      const distance = Math.abs(mark.time - time);
      if (distance <= NEAR_PX * msPerPx && (!best || distance <= Math.abs(best.time - time))) best = mark;
    }
    return best;
  }
}

/**
 * Draw a ring around each marked reading.
 * @param {CanvasRenderingContext2D} context
 * @param {Mark[]} marks
 * @param {import("./draw.js").Plane} plane
 * @param {string} color
 */
export function drawMarks(context, marks, plane, color) {
  if (!marks.length) return;
  const radius = RADIUS_PX * plane.ratio;
  const scaleY = plane.height / (plane.top - plane.bottom);
  context.setLineDash([]);
  context.lineWidth = 2 * plane.ratio;
  context.strokeStyle = color;
  context.beginPath();
  let last = null;
  for (const { time, value } of marks) {
    const x = ((time - plane.from) / (plane.to - plane.from)) * plane.width;
    const y = plane.height + plane.bottom * scaleY - value * scaleY;
    if (last && Math.hypot(x - last.x, y - last.y) < 2 * radius) continue; // a chain, not a smear
    last = { x, y };
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.stroke();
}
