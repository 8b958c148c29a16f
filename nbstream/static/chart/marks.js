// What detectors flagged: a shape for each detector at the strangest reading of a run, with a line from the first to the
// last of it; who flagged it, how strange it is and why stands at the cursor.

import { countText } from "../shared/format.js";
import { fontOf } from "./grid.js";

const RADIUS_PX = 5;
const MAX_MARKS = 500;
const MAX_DRAWN = 200;
const NEAR_PX = 12;
const LEVELS = 4;
const MAX_TOLD = 3;
const KEY_PX = 11;
const KEY_SHARE = 0.36; // of the plot's width: chips stand in the middle

/** Outlines around 0, 0 in shares of the radius; after them the shapes come again, filled. */
const SHAPES = [
  [[0, -1.1], [1.05, 0.8], [-1.05, 0.8]],
  [[0, -1.2], [1.1, 0], [0, 1.2], [-1.1, 0]],
  [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
  null, // a circle
  [[0, 1.1], [1.05, -0.8], [-1.05, -0.8]],
  [[-0.6, -1.1], [0.6, -1.1], [1.2, 0], [0.6, 1.1], [-0.6, 1.1], [-1.2, 0]],
];

/**
 * @typedef {object} Mark flagged readings that follow each other
 * @property {number} channel index into the channels of `meta`
 * @property {number} from epoch ms of the first
 * @property {number} to epoch ms of the last
 * @property {number} time epoch ms of the strangest
 * @property {number} value of the strangest
 * @property {number} detector
 * @property {number} n how many they are
 * @property {number | null} score null is endless
 * @property {string} reason
 */

/** The marks of one chart, oldest first, the newest so many. */
export class Marks {
  constructor() {
    /** @type {Mark[]} */
    this.all = [];
    /** By number. @type {string[]} */
    this.detectors = [];
  }

  /** Take in marks as a frame brings them; a run that has grown comes again. */
  add(marks, detectors = this.detectors) {
    this.detectors = detectors;
    if (!marks.length) return;
    const runs = new Map(this.all.map((mark) => [keyOf(mark), mark]));
    for (const [channel, from, to, time, value, detector, n, score, reason] of marks) {
      const mark = { channel, from, to, time, value, detector, n, score, reason };
      runs.set(keyOf(mark), mark);
    }
    this.all = [...runs.values()].sort((a, b) => a.from - b.from);
    if (this.all.length > MAX_MARKS) this.all.splice(0, this.all.length - MAX_MARKS);
  }

  clear() {
    this.all = [];
  }

  /** @returns {Mark[]} those of a channel that reach into the view */
  inView(channel, { from, to }) {
    return this.all.filter((mark) => mark.channel === channel && mark.to >= from && mark.from <= to);
  }

  /**
   * @param {number} channel
   * @param {number} time epoch ms
   * @param {{from: number, to: number, width: number}} frame what a plot shows, over how many CSS px
   * @returns {Mark[]} those of a channel near to `time`, of each detector the nearest
   */
  near(channel, time, frame) {
    const reach = (NEAR_PX * (frame.to - frame.from)) / frame.width;
    const found = new Map();
    const distance = (mark) => Math.max(mark.from - time, time - mark.to, 0);
    for (const mark of this.inView(channel, frame)) {
      const other = found.get(mark.detector);
      if (distance(mark) <= reach && (!other || distance(mark) <= distance(other))) found.set(mark.detector, mark);
    }
    return [...found.values()].sort((a, b) => distance(a) - distance(b));
  }

  /** @returns {string[]} what is said of the marks at a time: detector, score and reason each */
  words(channel, time, frame) {
    const marks = this.near(channel, time, frame);
    const said = marks.slice(0, MAX_TOLD).map(({ detector, n, score, reason }) => {
      const many = n > 1 ? `, ${countText(n)} flags` : "";
      const strange = score === null ? "" : `, score ${Number(score.toPrecision(3))}`;
      return `${this.detectors[detector] ?? "detector"}${strange}${many}: ${reason}`;
    });
    return marks.length > MAX_TOLD ? [...said, `+${marks.length - MAX_TOLD} more detectors`] : said;
  }
}

const keyOf = ({ channel, detector, from }) => `${channel} ${detector} ${from}`;

/**
 * Draw the marks of the channels that are shown, and whose shapes they are.
 * @param {CanvasRenderingContext2D} context in CSS px of the plot
 * @param {Marks} marks
 * @param {import("./plot.js").Plot} plot
 */
export function drawMarks(context, marks, plot) {
  const seen = new Map();
  for (const mark of marks.all) {
    if (mark.to < plot.frame.from || mark.from > plot.frame.to || plot.yOf(mark.channel, mark.value) === null) continue;
    if (!seen.has(mark.detector)) seen.set(mark.detector, []);
    seen.get(mark.detector).push(mark);
  }
  if (!seen.size) return;
  // What a detector flags seldom has its place before the storms of another.
  const byRarity = [...seen.values()].sort((a, b) => a.length - b.length).flatMap((of) => of.sort((a, b) => (b.score ?? Infinity) - (a.score ?? Infinity)));
  const taken = [];
  for (const mark of byRarity.slice(0, MAX_DRAWN)) drawMark(context, mark, plot, taken);
  drawKey(context, [...seen.keys()].sort((a, b) => a - b), marks.detectors, plot);
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function drawMark(context, mark, plot, taken) {
  const { frame, look } = plot;
  const edge = frame.left + frame.width;
  const [x0, x1] = [mark.from, mark.to].map((time) => Math.min(Math.max(plot.xOf(time), frame.left), edge));
  const isIn = mark.time >= frame.from && mark.time <= frame.to;
  const x = isIn ? plot.xOf(mark.time) : (x0 + x1) / 2;
  const step = 2 * RADIUS_PX + 2;
  let y = plot.yOf(mark.channel, mark.value);
  for (let level = 0; ; level += 1) {
    const there = taken.find((other) => Math.abs(other.x - x) < step && Math.abs(other.y - y) < step);
    if (!there) break;
    if (there.detector === mark.detector || level === LEVELS) return; // a chain, not a smear
    y -= step;
  }
  taken.push({ x, y, detector: mark.detector });
  context.strokeStyle = look.ink;
  if (x1 - x0 > 2 * RADIUS_PX) {
    context.globalAlpha = 0.6;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x0, y);
    context.lineTo(x1, y);
    for (const end of [x0, x1]) {
      context.moveTo(end, y - 3);
      context.lineTo(end, y + 3);
    }
    context.stroke();
  }
  drawShape(context, mark.detector, x, y, look);
}

function drawShape(context, detector, x, y, look) {
  const outline = SHAPES[detector % SHAPES.length];
  const isFilled = Math.floor(detector / SHAPES.length) % 2 === 1;
  context.beginPath();
  if (outline) outline.forEach(([dx, dy], i) => context[i ? "lineTo" : "moveTo"](x + dx * RADIUS_PX, y + dy * RADIUS_PX));
  else context.arc(x, y, RADIUS_PX, 0, 2 * Math.PI);
  context.closePath();
  context.globalAlpha = 0.85;
  context.fillStyle = isFilled ? look.ink : look.surface;
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 1.5;
  context.strokeStyle = look.ink;
  context.stroke();
}

/** Whose shape is whose, above the plot's right end: a row of its own would make all jump with the first flag. */
function drawKey(context, detectors, names, plot) {
  const { frame, look } = plot;
  context.font = fontOf(look, 1);
  context.textAlign = "left";
  context.textBaseline = "middle";
  const y = Math.max(frame.top - KEY_PX, KEY_PX);
  let right = frame.left + frame.width - 2;
  const least = right - KEY_SHARE * frame.width;
  for (const [i, detector] of detectors.entries()) {
    const text = names[detector] ?? "detector";
    const left = right - context.measureText(text).width - 2 * RADIUS_PX - 6;
    if (i > 0 && left < least) {
      const rest = `+${detectors.length - i}`;
      context.fillStyle = look.muted;
      context.fillText(rest, right - context.measureText(rest).width, y);
      return;
    }
    drawShape(context, detector, left + RADIUS_PX, y, look);
    context.fillStyle = look.muted;
    context.fillText(text, left + 2 * RADIUS_PX + 4, y + 0.5);
    right = left - 12;
  }
}
