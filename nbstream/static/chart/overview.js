// The strip below a chart: all that the buffer holds, and a brush that moves and sizes the view.

import { element, OWN_KEYS, setAttribute } from "../shared/dom.js";
import { Events } from "./events.js";
import { FAINT, MIXED } from "./lanes.js";

const HEIGHT_PX = 34;
const GRIP_PX = 6;
const LEAST_PX = 8;
const ASK_EVERY_MS = 15_000; // what comes meanwhile stands in the live lines …
const ASK_SOON_MS = 2000; // … if nothing lies between
const GROW_EVERY_MS = 1000;
const MOST_BINS = 1024;
const MOST_VALUE = 3e38; // that a float32 holds
const LEAST_SHARE_PX = 0.1; // so little of a pixel of the strip is the shortest view
const STEP = 0.1; // of the view's width, for an arrow key
const GAP_FACTOR = 4.1; // as the chart's own lines break
const ALPHAS = { fill: 0.35, line: 0.8 };
const ALPHAS_OF_MANY = { fill: 0.08, line: 0.4 };
const MANY = 4;
/** Of a channel of words, and between two of them, CSS px; further ones are not in the strip. */
const STRIP_LANE_PX = 5;
const STRIP_GAP_PX = 1;
const MOST_STRIP_LANES = 3;

export class Overview {
  /**
   * @param {object} does
   * @param {(from: number, to: number) => void} does.look show a span, epoch ms
   * @param {() => void} does.goLive show the newest readings, as they come
   * @param {() => void} does.ask ask the kernel for the bins
   */
  constructor({ look, goLive, ask }) {
    this.look = look;
    this.goLive = goLive;
    this.ask = ask;
    this.canvas = element("canvas", {});
    /** What happened, as ticks. */
    this.events = new Events(look);
    this.brush = element("div", {
      ...OWN_KEYS,
      class: "nbs-brush",
      tabindex: "0",
      role: "slider",
      "aria-label": "Span of the view in the whole buffer. Arrow keys move it, comma and full stop show the incident or note before and after it.",
      onkeydown: (event) => this.#onKey(event),
    });
    this.el = element("div", { class: "nbs-overview", title: "All that the buffer holds; drag to look back" }, [this.canvas, this.brush, this.events.el]);
    for (const [name, take] of [["pointerdown", this.#onDown], ["pointermove", this.#onMove], ["pointerup", this.#onUp], ["pointercancel", this.#onUp], ["dblclick", () => this.goLive()]]) {
      this.el.addEventListener(name, take);
    }
    this.bins = null;
    this.askedAt = this.grownAt = -Infinity;
    this.isWhole = false;
    this.drawn = "";
    this.drag = null;
    this.shown = { from: 0, to: 1 };
  }

  /** Take the bins as the kernel sends them: per channel all smallest, then all largest values, float32. */
  take({ start, step, n }, [view]) {
    const numbers = n ? new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)) : new Float32Array();
    this.bins = { start, step, n, numbers };
    this.grownAt = -Infinity;
    this.drawn = "";
  }

  /** Add what came since the kernel made the bins, and ask it for them where that is not known. */
  #grow({ lines, newest, meta }, now) {
    if (now - this.grownAt >= GROW_EVERY_MS) {
      this.grownAt = now;
      const hasWords = Object.keys(meta.lanes ?? {}).length > 0; // whose bins hold other things
      const grown = this.bins && !hasWords ? grownBins(this.bins, lines, newest) : null;
      this.isWhole = grown !== null;
      if (grown && newest !== this.grownTo) {
        [this.bins, this.grownTo] = [grown, newest];
        this.drawn = "";
      }
    }
    if (now - this.askedAt >= (this.isWhole ? ASK_EVERY_MS : ASK_SOON_MS)) {
      this.askedAt = now;
      this.ask();
    }
  }

  /**
   * Show where the view is; asks for the bins now and then.
   * @param {import("./data.js").ChartData} data the live lines
   * @param {{from: number, to: number, left: number, width: number, ratio: number}} frame of the plot
   * @param {{color: string, isVisible: boolean, isLane?: boolean, isHeld?: () => boolean, colorOf?: (code: number) => string}[]} lines
   *   by the number of their channel
   * @param {number} now page time, ms
   */
  paint(data, frame, lines, now) {
    this.#grow(data, now);
    this.shown = { from: frame.from, to: frame.to };
    this.width = frame.width;
    const place = `${frame.left} ${frame.width} ${frame.ratio}`;
    if (place !== this.place) {
      this.place = place;
      this.drawn = "";
      Object.assign(this.el.style, { marginLeft: `${frame.left}px`, width: `${frame.width}px`, height: `${HEIGHT_PX}px` });
    }
    this.#placeBrush();
    this.events.shown = this.shown;
    this.events.place(this.span, this.width, now);
    const looks = lines.map(({ color, isVisible }) => (isVisible ? color : "")).join();
    if (looks + place === this.drawn) return;
    this.drawn = looks + place;
    this.#draw(lines, frame.ratio);
  }

  /** @returns {[number, number]} the span of the strip, epoch ms; it reaches to the view's right edge */
  get span() {
    const { bins, shown } = this;
    if (!bins?.n) return [shown.from, shown.to];
    return [Math.min(bins.start, shown.from), Math.max(bins.start + bins.n * bins.step, shown.to)];
  }

  #placeBrush() {
    const [from, to] = this.span;
    const scale = this.width / (to - from);
    const width = Math.max(LEAST_PX, (this.shown.to - this.shown.from) * scale);
    const left = Math.min((this.shown.from - from) * scale, this.width - width);
    const text = `${left.toFixed(0)} ${width.toFixed(0)}`;
    if (text === this.brushed) return;
    this.brushed = text;
    Object.assign(this.brush.style, { left: `${left.toFixed(1)}px`, width: `${width.toFixed(1)}px` });
    setAttribute(this.brush, "aria-valuenow", String(Math.round((100 * (this.shown.to - from)) / (to - from))));
  }

  #draw(lines, ratio) {
    const { canvas } = this;
    canvas.width = Math.round(this.width * ratio);
    canvas.height = Math.round(HEIGHT_PX * ratio);
    Object.assign(canvas.style, { width: `${this.width}px`, height: `${HEIGHT_PX}px` });
    if (!this.bins?.n) return;
    const context = canvas.getContext("2d");
    const { start, step, n, numbers } = this.bins;
    const [from, to] = this.span;
    const scale = canvas.width / (to - from);
    const x = (i) => (start + (i + 0.5) * step - from) * scale;
    const drawn = lines.flatMap((line, channel) => {
      const low = numbers.subarray(2 * channel * n, (2 * channel + 1) * n);
      const high = numbers.subarray((2 * channel + 1) * n, (2 * channel + 2) * n);
      return line.isVisible && low.length === n ? [{ ...line, low, high }] : [];
    });
    const lanes = drawn.filter(({ isLane }) => isLane).slice(0, MOST_STRIP_LANES);
    const ofNumbers = drawn.filter(({ isLane }) => !isLane);
    const laneStep = ofNumbers.length ? (STRIP_LANE_PX + STRIP_GAP_PX) * ratio : Math.floor(canvas.height / Math.max(1, lanes.length));
    const bottom = canvas.height - lanes.length * laneStep;
    lanes.forEach((lane, i) => {
      const top = Math.round(bottom + i * laneStep + STRIP_GAP_PX * ratio);
      drawStripLane(context, lane, { top, height: Math.round(laneStep - STRIP_GAP_PX * ratio), edge: (bin) => Math.round((start + bin * step - from) * scale) });
    });
    const alphas = ofNumbers.length > MANY ? ALPHAS_OF_MANY : ALPHAS;
    context.lineWidth = ratio;
    context.lineJoin = "round";
    ofNumbers.forEach(({ color, low, high }) => {
      let [lowest, highest] = [Infinity, -Infinity];
      for (let i = 0; i < n; i += 1) {
        if (low[i] < lowest) lowest = low[i];
        if (high[i] > highest) highest = high[i];
      }
      if (!(highest >= lowest)) return;
      const room = bottom - 2 * ratio;
      const perUnit = highest > lowest ? room / (highest - lowest) : 0;
      const y = (value) => ratio + (perUnit ? (highest - value) * perUnit : room / 2);
      context.fillStyle = context.strokeStyle = color;
      for (const run of runsOf(low)) {
        context.globalAlpha = alphas.line;
        if (run.length === 1) {
          const [i] = run;
          context.fillRect(x(i) - ratio, y(high[i]) - ratio, 2 * ratio, y(low[i]) - y(high[i]) + 2 * ratio);
          continue;
        }
        context.beginPath();
        for (const i of run) context.lineTo(x(i), y(high[i]));
        for (const i of run.reverse()) context.lineTo(x(i), y(low[i]));
        context.closePath();
        context.stroke();
        context.globalAlpha = alphas.fill;
        context.fill();
      }
    });
  }

  /** Where a pointer took hold: of one end of the brush, or of all of it. */
  #onDown = (event) => {
    if (event.button !== 0) return;
    const x = event.clientX - this.el.getBoundingClientRect().left;
    const [from, to] = this.span;
    const perPx = (to - from) / this.width;
    const left = (this.shown.from - from) / perPx;
    const right = (this.shown.to - from) / perPx;
    let grip = "all";
    if (Math.abs(x - left) <= GRIP_PX) grip = "left";
    else if (Math.abs(x - right) <= GRIP_PX) grip = "right";
    this.drag = { x, grip, perPx, ...this.shown };
    if (grip === "all" && (x < left || x > right)) {
      const half = (this.shown.to - this.shown.from) / 2;
      this.drag.from = from + x * perPx - half;
      this.drag.to = this.drag.from + 2 * half;
      this.#move(x);
    }
    this.el.setPointerCapture?.(event.pointerId);
    event.preventDefault();
  };

  #onMove = (event) => {
    if (this.drag) this.#move(event.clientX - this.el.getBoundingClientRect().left);
  };

  #onUp = () => {
    this.drag = null;
  };

  #move(x) {
    const { grip, perPx } = this.drag;
    const by = (x - this.drag.x) * perPx;
    const least = LEAST_SHARE_PX * perPx;
    let { from, to } = this.drag;
    if (grip !== "right") from += by;
    if (grip !== "left") to += by;
    if (grip === "left") from = Math.min(from, to - least);
    if (grip === "right") to = Math.max(to, from + least);
    this.look(from, to);
  }

  #onKey(event) {
    const { from, to } = this.shown;
    const by = { ArrowLeft: -STEP, ArrowRight: STEP, PageUp: -1, PageDown: 1 }[event.key];
    const toEvent = { ",": -1, ".": 1 }[event.key];
    if (toEvent) this.events.step(toEvent, this.shown);
    else if (event.key === "End") this.goLive();
    else if (event.key === "Home") this.look(this.span[0], this.span[0] + to - from);
    else if (by) this.look(from + by * (to - from), to + by * (to - from));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function drawStripLane(context, { low, high, isHeld, color, colorOf }, { top, height, edge }) {
  for (const { code, from, stop, isFaint } of stateRuns(low, high, isHeld?.() ?? false)) {
    context.globalAlpha = isFaint ? FAINT : 1;
    context.fillStyle = colorOf?.(code) ?? color;
    const x = edge(from);
    context.fillRect(x, top, Math.max(1, edge(stop) - x), height);
  }
  context.globalAlpha = 1;
}

/**
 * The states of a channel of words; of a bin in which it changed each half has one.
 * @param {Float32Array} first code of each bin, NaN where there is none, `MIXED` for several
 * @param {Float32Array} last code of each bin
 * @param {boolean} isHeld whether it is told only when it changes: then it has no pauses
 * @returns {{code: number, from: number, stop: number, isFaint: boolean}[]} in bins
 */
export function stateRuns(first, last, isHeld) {
  const runs = [];
  const put = (code, from, stop, isFaint = false) => {
    const before = runs.at(-1);
    if (before && before.code === code && before.stop === from && before.isFaint === isFaint) before.stop = stop;
    else runs.push({ code, from, stop, isFaint });
  };
  for (const joined of isHeld ? [runsOf(first).flat()] : runsOf(first)) {
    joined.forEach((bin, i) => {
      const behind = joined[i + 1] ?? bin + 1;
      if (first[bin] !== last[bin]) put(first[bin], bin, bin + 0.5);
      // What follows several states within a bin is not known before the next one.
      const from = first[bin] === last[bin] ? bin : bin + 0.5;
      put(last[bin], from, first[bin] === MIXED ? Math.min(behind, bin + 1) : behind);
    });
    if (isHeld && joined.length && last[joined.at(-1)] !== MIXED) put(last[joined.at(-1)], joined.at(-1) + 1, first.length, true);
  }
  return runs.filter(({ from, stop }) => stop > from);
}

/**
 * The bins with what lines hold beyond them, of which the last may be half full.
 * @param {{start: number, step: number, n: number, numbers: Float32Array}} bins
 * @param {import("./line.js").Line[]} lines by the number of their channel
 * @param {number | null} newest time of the newest reading, epoch ms
 * @returns {typeof bins | null} null if readings lie between that neither holds, or a channel is new
 */
export function grownBins(bins, lines, newest) {
  const { start, step, n, numbers } = bins;
  const channels = numbers.length / (2 * n);
  const last = start + (n - 1) * step;
  const isApart = (line) => line.length > 0 && line.times[line.start] > last + step;
  if (!n || newest === null || lines.length > channels || lines.some(isApart)) return null;
  const wide = Math.max(n, Math.floor((newest - start) / step) + 1);
  if (wide > MOST_BINS) return null;
  const grown = new Float32Array(2 * channels * wide).fill(NaN);
  for (let row = 0; row < 2 * channels; row += 1) grown.set(numbers.subarray(row * n, (row + 1) * n), row * wide);
  lines.forEach(({ times, values, end }, channel) => {
    const low = 2 * channel * wide;
    for (let i = lines[channel].indexOf(last); i < end; i += 1) {
      const bin = Math.floor((times[i] - start) / step);
      if (bin >= wide || Number.isNaN(values[i])) continue;
      const value = Math.min(Math.max(values[i], -MOST_VALUE), MOST_VALUE);
      if (!(grown[low + bin] <= value)) grown[low + bin] = value;
      if (!(grown[low + wide + bin] >= value)) grown[low + wide + bin] = value;
    }
  });
  return { start, step, n: wide, numbers: grown };
}

/**
 * Which bins are joined: all that have readings, but for pauses that are long beside the usual one.
 * @param {Float32Array} low smallest value of each bin, NaN where there is none
 * @returns {number[][]} indices of bins, in runs
 */
export function runsOf(low) {
  const held = [];
  for (let i = 0; i < low.length; i += 1) if (low[i] === low[i]) held.push(i);
  const steps = held.slice(1).map((i, k) => i - held[k]);
  const usual = [...steps].sort((a, b) => a - b)[steps.length >> 1] ?? 1;
  const runs = [];
  held.forEach((i, k) => {
    if (k && steps[k - 1] <= GAP_FACTOR * usual) runs.at(-1).push(i);
    else runs.push([i]);
  });
  return runs;
}
