// A statistic over the last minute, or longer where the window is, as a small line by the data's own clock.

import { setAttribute } from "../shared/dom.js";

const SPARK_VALUES = 60;
const SPARK_SPAN_MS = 60_000;
/** Values that are farther apart are not joined, in parts of the whole span. */
const SPARK_GAP = 1 / 12;
export const SPARK_GAP_MS = SPARK_SPAN_MS * SPARK_GAP;
/** Readings that are of another day when they come are a replay: between them time stands still. */
const DAY_MS = 86_400_000;
const SPARK_FEWEST = 15;
const SPARK_WIDTH = 60;
const SPARK_HEIGHT = 14;
const STILL_MS = 10_000;

/**
 * The course of a statistic, as the path of a line: the newest value at the right edge, the oldest at the
 * left one, unless they are few.
 * @param {{time: number, value: number | null}[]} points in ms, ascending
 * @param {number} [whole] the span of the line, ms
 * @returns {string} "" while there is no line
 */
export function sparkPath(points, whole = SPARK_SPAN_MS) {
  const known = points.filter(({ value }) => value !== null);
  if (known.length < 2) return "";
  const newest = points.at(-1).time;
  const span = Math.max(newest - points[0].time, (SPARK_FEWEST / SPARK_VALUES) * whole);
  const low = Math.min(...known.map(({ value }) => value));
  const high = Math.max(...known.map(({ value }) => value));
  // Halves, for the difference of two numbers may be too large for one.
  const range = high / 2 - low / 2;
  const isFlat = !(range > 1e-9 * Math.max(Math.abs(low), Math.abs(high)));
  let path = "";
  let before = null;
  for (const { time, value } of points) {
    if (value !== null) {
      const x = SPARK_WIDTH * (1 - (newest - time) / span);
      const share = isFlat ? 0.5 : (value / 2 - low / 2) / range;
      const isJoined = before !== null && time - before <= SPARK_GAP * whole;
      path += `${isJoined ? "L" : "M"}${x.toFixed(1)} ${(SPARK_HEIGHT - 1.5 - share * (SPARK_HEIGHT - 3)).toFixed(1)}`;
    }
    before = value === null ? null : time;
  }
  return path;
}

/** The time of the data: that of its newest reading, and what has gone by since. */
export class DataClock {
  constructor() {
    this.newest = null;
    this.cameAt = 0;
  }

  /**
   * @param {number} now of the kernel, ms
   * @param {number | null} newest time of the newest reading, null without any
   * @returns {number} ms
   */
  time(now, newest) {
    if (newest !== this.newest) [this.newest, this.cameAt] = [newest, now];
    if (newest === null) return now;
    return now - newest > DAY_MS ? newest : newest + Math.max(0, now - this.cameAt);
  }
}

/** The last minute of one statistic as a line, or as long as it was filled with, from what the page was sent. */
export class Spark {
  constructor() {
    this.points = [];
    this.span = SPARK_SPAN_MS;
    this.drawnAt = -Infinity;
    this.path = vector("path", { class: "nbs-spark-line" });
    this.el = vector("svg", { class: "nbs-spark", viewBox: `0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" });
    this.el.append(this.path);
  }

  /**
   * Begin with what the statistic was in the past: older points that were remembered give way.
   * @param {{time: number, value: number | null}[]} points
   * @param {number} [span] of the line, ms
   */
  fill(points, span = SPARK_SPAN_MS) {
    this.span = span;
    const begin = points.at(-1)?.time ?? -Infinity;
    this.points = [...points, ...this.points.filter(({ time }) => time > begin)];
    this.draw();
  }

  add(time, value) {
    const last = this.points.at(-1);
    const step = this.span / SPARK_VALUES;
    if (last && time < last.time - SPARK_GAP * this.span) this.points = []; // a clock was set back
    if (last && Math.floor(time / step) <= Math.floor(last.time / step) && this.points.length) {
      last.value = value;
    } else {
      this.points.push({ time, value });
    }
    while (time - this.points[0].time > this.span || this.points.length > SPARK_VALUES) this.points.shift();
    const isStill = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
    if (isStill && Math.abs(time - this.drawnAt) < STILL_MS) return;
    this.drawnAt = time;
    this.draw();
  }

  draw() {
    setAttribute(this.path, "d", sparkPath(this.points, this.span));
  }
}

/** Make an element of a drawing. */
export function vector(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
