// A statistic over the last minute, as a small line.

import { setAttribute } from "../shared/dom.js";

const SPARK_VALUES = 60;
const SPARK_STEP_MS = 1000;
export const SPARK_GAP_MS = 5000;
const SPARK_FEWEST = 15;
const SPARK_WIDTH = 60;
const SPARK_HEIGHT = 14;
const STILL_MS = 10_000;

/**
 * The course of a statistic, as the path of a line: the newest value at the right edge, the oldest at the
 * left one, unless they are few.
 * @param {{time: number, value: number | null}[]} points in ms, ascending
 * @returns {string} "" while there is no line
 */
export function sparkPath(points) {
  const known = points.filter(({ value }) => value !== null);
  if (known.length < 2) return "";
  const newest = points.at(-1).time;
  const span = Math.max(newest - points[0].time, SPARK_FEWEST * SPARK_STEP_MS);
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
      const isJoined = before !== null && time - before <= SPARK_GAP_MS;
      path += `${isJoined ? "L" : "M"}${x.toFixed(1)} ${(SPARK_HEIGHT - 1.5 - share * (SPARK_HEIGHT - 3)).toFixed(1)}`;
    }
    before = value === null ? null : time;
  }
  return path;
}

/** The last minute of one statistic as a line, from what the page was sent. */
export class Spark {
  constructor() {
    this.points = [];
    this.drawnAt = -Infinity;
    this.path = vector("path", { class: "nbs-spark-line" });
    this.el = vector("svg", { class: "nbs-spark", viewBox: `0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" });
    this.el.append(this.path);
  }

  /** Begin with what the statistic was in the past: older points that were remembered give way. */
  fill(points) {
    const begin = points.at(-1)?.time ?? -Infinity;
    this.points = [...points, ...this.points.filter(({ time }) => time > begin)];
    this.draw();
  }

  add(time, value) {
    const last = this.points.at(-1);
    if (last && time < last.time - SPARK_GAP_MS) this.points = []; // the kernel's clock was set back
    if (last && Math.floor(time / SPARK_STEP_MS) <= Math.floor(last.time / SPARK_STEP_MS) && this.points.length) {
      last.value = value;
    } else {
      this.points.push({ time, value });
    }
    while (time - this.points[0].time > SPARK_VALUES * SPARK_STEP_MS || this.points.length > SPARK_VALUES) this.points.shift();
    const isStill = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
    if (isStill && Math.abs(time - this.drawnAt) < STILL_MS) return;
    this.drawnAt = time;
    this.draw();
  }

  draw() {
    setAttribute(this.path, "d", sparkPath(this.points));
  }
}

/** Make an element of a drawing. */
export function vector(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
