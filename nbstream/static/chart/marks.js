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

  /**
   * @param {number} channel
   * @param {number} time epoch ms
   * @param {{from: number, to: number, width: number}} frame what a plot shows, over how many CSS px
   * @returns {Mark | null} the one of a channel that is nearest to `time`, if it is near enough
   */
  near(channel, time, frame) {
    const msPerPx = (frame.to - frame.from) / frame.width;
    let best = null;
    for (const mark of this.inView(channel, frame)) {
      const distance = Math.abs(mark.time - time);
      if (distance <= NEAR_PX * msPerPx && (!best || distance <= Math.abs(best.time - time))) best = mark;
    }
    return best;
  }
}

/**
 * Draw a ring around each marked reading of the channels that are shown.
 * @param {CanvasRenderingContext2D} context in CSS px of the plot
 * @param {Marks} marks
 * @param {import("./plot.js").Plot} plot
 * @param {string} color
 */
export function drawMarks(context, marks, plot, color) {
  context.setLineDash([]);
  context.lineWidth = 2;
  context.strokeStyle = color;
  context.beginPath();
  for (const channel of new Set(marks.all.map((mark) => mark.channel))) {
    let last = null;
    for (const { time, value } of marks.inView(channel, plot.frame)) {
      const x = plot.xOf(time);
      const y = plot.yOf(channel, value);
      if (y === null || (last && Math.hypot(x - last.x, y - last.y) < 2 * RADIUS_PX)) continue; // a chain, not a smear
      last = { x, y };
      context.moveTo(x + RADIUS_PX, y);
      context.arc(x, y, RADIUS_PX, 0, 2 * Math.PI);
    }
  }
  context.stroke();
}
