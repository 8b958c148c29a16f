// The chart of a training: metrics over steps, runs over each other, what was taken back as faint lines.

import { swatch } from "../chart/icons.js";
import { dashPattern, styleOfLine } from "../chart/look.js";
import { shortNumber } from "../chart/ticks.js";
import { NOTHING_ABOVE, YAxis } from "../chart/yAxis.js";
import { button, element, setAttribute, setText } from "../shared/dom.js";
import { drawAt, nearest } from "./spectrum.js";
import { emptyRow } from "./valuePlot.js";
import { setToggle, showWindowPlot, toggle, WindowPlotPanel } from "./windowPlot.js";

const KEYS =
  "Left and right go from step to step, Home and End to the ends, up and down to other metrics, Escape lets go. " +
  "Plus and minus zoom, Shift and left or right move, Backspace shows the whole.";
/** While a view is near, what comes is asked for so often. */
const ASK_EVERY_MS = 2000;
/** Parts of a step that a view shows at least. */
const NEAREST = 1e-3;
const MARKS_PX = 9;
/** Of fewer points each has a dot. */
const FEW_POINTS = 40;
const DOT_PX = 2;
const MARK_PX = 3.5;
/** What smoothing reaches over, as a part of the axis. */
const SMOOTH_SHARE = 1 / 40;
const MINUS = "\u2212";

/** @returns {() => void} the clean-up */
export function renderTraining(view) {
  return showWindowPlot(view, new TrainingPanel());
}

export class TrainingPanel extends WindowPlotPanel {
  constructor() {
    super("training", "Training", KEYS, (range) => this.zoomTo(range), (from, to) => `${stepText(roundTo(to - from))} ${this.unit}s`);
    this.things = "metrics";
    this.range = null; // of the x axis, as a person chose on this page
    this.detail = null;
    this.askedAt = -Infinity;
    this.isLog = null; // as a person chose on this page
    this.isSmooth = false;
    this.hidden = new Set();
    this.axes = [];
    this.had = new Map();
    this.log = toggle("log", "Logarithmic y axis", () => {
      this.isLog = !(this.isLog ?? this.state?.log);
      if (this.state) this.show();
    });
    this.smooth = toggle("smooth", "Smooth lines, and show what they are made of faintly", () => {
      this.isSmooth = !this.isSmooth;
      if (this.state) this.show();
    });
    this.whole = button("", () => this.zoomTo(null), "nbs-tool nbs-tool-word", { title: "Show the whole (double click)" });
    this.whole.hidden = true;
    this.tools.insertBefore(this.whole, this.picture);
    this.tools.insertBefore(this.smooth, this.picture);
    this.tools.insertBefore(this.log, this.picture);
  }

  take(message) {
    if (message.state) this.#join(message.state);
    super.take(message);
  }

  /** Put the ends of lines behind what this page has of them. */
  #join(state) {
    const had = new Map();
    for (const series of state.rows.flatMap((row) => row.series)) {
      const begun = series.from ? (this.had.get(series.id) ?? []) : [];
      series.points = series.points.map((column, i) => (begun[i] ?? []).slice(0, series.from).concat(column));
      had.set(series.id, series.points);
    }
    this.had = had;
  }

  get unit() {
    return /^(step|epoch|reading|token)$/.test(this.state?.x) ? this.state.x : "";
  }

  /** Show a part of the x axis, null for the whole. */
  zoomTo(range) {
    if (!this.state || (!range && !this.range)) return;
    const [first, last] = this.#wholeRange();
    let next = range && [Math.max(range[0], first), Math.min(range[1], last)];
    if (range && this.range && range[1] - range[0] <= (last - first) * (1 + 1e-9)) next = within(range, first, last);
    if (next && next[0] <= first + 1e-9 * (last - first) && next[1] >= last - 1e-9 * (last - first)) next = null;
    if (next && !(next[1] - next[0] > NEAREST)) return;
    this.range = next;
    if (!next) this.detail = null;
    for (const axis of this.axes) axis?.forget();
    this.show();
    this.#askSoon();
  }

  /** Ask for all that is known of what is near: at once, or when the last answer is old. */
  #askSoon() {
    const { range } = this;
    const isNew = range && (this.asked?.[0] !== range[0] || this.asked?.[1] !== range[1]);
    if (!range || this.requests.isWaiting("detail")) return;
    if (!isNew && performance.now() - this.askedAt < ASK_EVERY_MS) return;
    this.asked = range;
    this.askedAt = performance.now();
    this.requests.ask({ kind: "detail", low: range[0], high: range[1] }, (error, value) => {
      if (!this.range || error) return; // what is there has to do
      this.detail = new Map(Object.entries(value?.lines ?? {}));
      this.show();
      this.#askSoon();
    });
  }

  /** @returns {[number, number]} the steps that there are of what is shown: rows stand below each other */
  #wholeRange() {
    const ends = this.state.rows.flatMap(({ series }) => series).flatMap(({ name, points: [at], width, newest }) => {
      if (!at.length || this.hidden.has(name)) return [];
      return [width > 1 ? Math.floor(at[0] / width) * width : at[0], Math.max(at.at(-1), newest ?? -Infinity)];
    });
    return ends.length ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
  }

  show() {
    this.whole.hidden = !this.range;
    if (this.range) {
      setText(this.whole, `${this.range.map((end) => stepText(roundTo(end))).join(" … ")} ×`);
      this.#askSoon();
    }
    setToggle(this.log, this.isLog ?? this.state.log);
    setToggle(this.smooth, this.isSmooth);
    super.show();
  }

  factsOf() {
    return this.state.facts;
  }

  styleOf({ palette, dash }) {
    return styleOfLine({ palette, dash }, palette, this.plot.isDark);
  }

  rowOf(row, number) {
    const isLog = this.isLog ?? this.state.log;
    const lines = row.series.filter(({ name }) => !this.hidden.has(name)).map((one) => this.lineOf(one, isLog));
    const drawn = lines.filter(({ heights }) => heights.some(Number.isFinite));
    if (!drawn.length) return emptyRow(`${row.metric}: ${emptyText(lines, isLog)}`);
    const [first, last] = this.range ?? this.#wholeRange();
    const pad = last > first ? 0 : 0.5;
    for (const line of drawn) [line.from, line.stop] = this.range ? spanOf(line.at, first, last) : [0, line.at.length];
    const main = drawn.reduce((most, line) => (line.stop - line.from > most.stop - most.from ? line : most));
    if (this.isSmooth) for (const line of drawn) line.smooth = smoothed(line, (last - first) * SMOOTH_SHARE, isLog);
    const at = (i) => main.at[main.from + i];
    return {
      x: { bottom: first - pad, top: last + pad, isLog: false, title: this.state.x, step: (first - pad < 0 && !this.range) || pad ? 1 : null },
      y: { ...this.axisOf(number, drawn, isLog), title: row.metric },
      shapes: [],
      draw: (context, place) => drawn.forEach((line) => drawLine(context, place, line)),
      drawCursor: (context, place, i) => drawAt(context, place, at(i), drawn),
      drawBeside: (context, place, step) => drawAt(context, place, step, drawn),
      drawMarks: (context, place) => lines.forEach((line) => drawMissing(context, place, line)),
      count: main.stop - main.from,
      indexAt: (value) => Math.min(Math.max(nearest(main.at, value), main.from), main.stop - 1) - main.from,
      span: (i) => [at(i), at(i)],
      read: (i) => ({ title: `${this.state.x} ${stepsText(at(i), main.widthAt(at(i)))}`, entries: drawn.map((line) => entryOf(line, at(i), drawn)) }),
    };
  }

  lineOf(one, isLog) {
    const { points, widthAt } = this.range ? withDetail(one, this.detail?.get(one.id)) : { points: one.points, widthAt: () => one.width };
    const [at, means, low, high] = points;
    const heightOf = (value) => (value === null || (isLog && !(value > 0)) ? NaN : value);
    return {
      name: [one.name, one.part].filter(Boolean).join(" "),
      at,
      heights: means.map(heightOf),
      low: low.map(heightOf),
      high: high.map(heightOf),
      before: one.before.map(([steps, values]) => ({ at: steps, heights: values.map(heightOf) })),
      missing: one.missing,
      width: one.width,
      widthAt,
      newest: one.newest ?? -Infinity,
      style: this.styleOf(one),
    };
  }

  /** @returns {number[]} how high a line is where it enters and leaves what is shown */
  edgesOf({ at, heights, from, stop }) {
    if (!this.range) return [];
    return [
      [from - 1, this.range[0]],
      [stop - 1, this.range[1]],
    ].map(([i, step]) => heights[i] + ((step - at[i]) / (at[i + 1] - at[i])) * (heights[i + 1] - heights[i]));
  }

  axisOf(number, lines, isLog) {
    const axis = (this.axes[number] ??= new YAxis());
    const columnsOf = ({ heights, low, high, from, stop }) => [heights, low, high].flatMap((column) => column.slice(from, stop));
    const all = lines.flatMap((line) => [...columnsOf(line), ...this.edgesOf(line)]).filter(Number.isFinite);
    axis.configure({ policy: "fit", soft: [null, null], log: isLog });
    const [lowest, highest] = all.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
    axis.fit([lowest, highest], [], performance.now());
    const [bottom, top] = axis.range ?? (isLog ? [0.1, 1] : [0, 1]);
    return { bottom, top, isLog };
  }

  /** Runs by colour, which a click hides, and the parts of a training by dash. */
  showLegend() {
    const { runs, parts } = this.#legend(this.state.rows);
    const shown = JSON.stringify([runs.map(({ name, palette }) => [name, palette, this.hidden.has(name)]), parts, this.plot.isDark]);
    if (shown === this.shownLegend) return;
    this.shownLegend = shown;
    this.legend.hidden = runs.length < 2 && !parts.length;
    this.legend.replaceChildren(
      ...runs.map(({ name, palette }) => {
        const isShown = !this.hidden.has(name);
        const entry = button("", () => this.#toggleRun(name), "nbs-plot-legend-entry nbs-plot-legend-run", { title: isShown ? `Hide ${name}` : `Show ${name}` });
        entry.append(signOf(this.styleOf({ palette, dash: "solid" })), element("span", { class: "nbs-legend-name", text: name }));
        setAttribute(entry, "aria-pressed", String(isShown));
        return entry;
      }),
      ...parts.map(({ name, dash }) =>
        element("span", { class: "nbs-plot-legend-entry" }, [signOf({ color: this.plot.look.muted, dash }), element("span", { class: "nbs-legend-name", text: name })]),
      ),
    );
  }

  entriesOf(rows) {
    const { runs, parts } = this.#legend(rows);
    const shown = runs.filter(({ name }) => !this.hidden.has(name)).map(({ name, palette }) => ({ name, style: this.styleOf({ palette, dash: "solid" }) }));
    const muted = parts.map(({ name, dash }) => ({ name, style: { ...this.styleOf({ palette: 0, dash }), color: this.plot.look.muted } }));
    return [...shown, ...muted];
  }

  #legend(rows) {
    const series = rows.flatMap((row) => row.series);
    const runs = new Map(series.map(({ name, palette }) => [name, palette]));
    const parts = new Map(series.map(({ part, dash }) => [part, dash]));
    return {
      runs: [...runs].map(([name, palette]) => ({ name, palette })),
      parts: parts.size > 1 ? [...parts].map(([part, dash]) => ({ name: part || "train", dash })) : [],
    };
  }

  #toggleRun(name) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    this.show();
    [...this.legend.childNodes].find((node) => node.textContent === name)?.focus();
  }
}

function signOf({ color, dash }) {
  const sign = element("span", { class: "nbs-legend-sign" });
  sign.append(swatch(color, dashPattern(dash, 1)));
  return sign;
}

function emptyText(lines, isLog) {
  if (!lines.length) return "every run is hidden";
  const isBelow = isLog && lines.some(({ at, missing }) => at.length > missing.length);
  return isBelow ? NOTHING_ABOVE : "only missing values (NaN)";
}

/**
 * A line as an average that reaches over a part of the axis, by distance; it begins unbiased and leaves gaps.
 * @returns {number[]}
 */
export function smoothed({ at, heights }, reach, isLog) {
  let [sum, weight, before] = [0, 0, at[0]];
  return heights.map((height, i) => {
    if (!Number.isFinite(height)) return NaN;
    const kept = reach > 0 ? Math.exp(-(at[i] - before) / reach) : 0;
    before = at[i];
    sum = sum * kept + (isLog ? Math.log(height) : height) * (1 - 0.9 * kept);
    weight = weight * kept + (1 - 0.9 * kept);
    return isLog ? Math.exp(sum / weight) : sum / weight;
  });
}

function entryOf(line, step, lines) {
  const i = nearest(line.at, step);
  const isInside = step >= line.at[0] && step <= line.at.at(-1);
  const height = isInside ? line.heights[i] : NaN;
  const hasBand = line.low.length && line.low[i] < line.high[i];
  const value = Number.isFinite(height) ? numberText((line.smooth ?? line.heights)[i]) : "–";
  const far = isInside && Math.abs(line.at[i] - step) > Math.max(line.widthAt(step), 1) ? `at ${stepText(line.at[i])}` : "";
  return {
    color: line.style.color,
    name: lines.length === 1 ? "" : line.name,
    value,
    note: Number.isFinite(height) ? [hasBand ? `${numberText(line.low[i])} … ${numberText(line.high[i])}` : "", far].filter(Boolean).join(", ") : "",
  };
}

function numberText(value) {
  return shortNumber(Number(value.toPrecision(4)));
}

/** @returns {string} "12,400", "0.35" of an epoch */
export function stepText(step) {
  const text = Math.abs(step - Math.round(step)) < 1e-9 ? Math.round(step).toLocaleString("en") : Number(step.toPrecision(6)).toLocaleString("en", { maximumFractionDigits: 3 });
  return text.replace("-", MINUS);
}

/** @returns {string} the steps that a point stands for */
export function stepsText(step, width) {
  if (width <= 1) return stepText(step);
  const first = Math.floor(step / width) * width;
  return `${stepText(first)} … ${stepText(first + width - 1)}`;
}

/** @returns {number} a step with the digits that people read */
function roundTo(step) {
  return Math.abs(step) >= 20 ? Math.round(step) : Number(step.toPrecision(3));
}

/** Move a range so that it lies within the whole. */
function within([low, high], first, last) {
  const by = low < first ? first - low : high > last ? last - high : 0;
  return [low + by, high + by];
}

/** @returns {[number, number]} from which of ascending steps on, and up to which, they lie in a range */
function spanOf(at, low, high) {
  const from = at.findIndex((step) => step >= low);
  const stop = at.findLastIndex((step) => step <= high) + 1;
  return from < 0 ? [at.length, at.length] : [from, Math.max(from, stop)];
}

/**
 * Put what is known of a part of a line in its place.
 * @returns {{points: number[][], widthAt: (step: number) => number}}
 */
export function withDetail({ points, width }, detail) {
  if (!detail?.points[0].length) return { points, widthAt: () => width };
  const [first, last] = [detail.points[0][0], detail.points[0].at(-1)];
  const [before, after] = [points[0].findLastIndex((step) => step < first - width) + 1, points[0].findIndex((step) => step > last + width / 2)];
  const hasBand = Boolean(points[2].length || detail.points[2].length);
  const columnsOf = (from) => from.map((column, i) => (i > 1 && hasBand && !column.length ? from[1] : column));
  const [coarse, fine] = [columnsOf(points), columnsOf(detail.points)];
  const joined = coarse.map((column, i) => [...column.slice(0, before), ...fine[i], ...(after < 0 ? [] : column.slice(after))]);
  return { points: joined, widthAt: (step) => (step >= first && step <= last ? detail.width : width) };
}

function drawLine(context, place, line) {
  const { ratio } = place;
  const { color, dash } = line.style;
  context.fillStyle = color;
  context.strokeStyle = color;
  context.lineJoin = "round";
  context.lineWidth = Math.max(1, 1.5 * ratio);
  context.globalAlpha = 0.3;
  for (const before of line.before) trace(context, place, before.at, before.heights);
  if (line.low.length) {
    context.globalAlpha = 0.16;
    drawBand(context, place, line);
  }
  context.globalAlpha = line.smooth ? 0.3 : 1;
  context.setLineDash(dashPattern(dash, 1.5 * ratio));
  trace(context, place, line.at, line.heights);
  context.globalAlpha = 1;
  if (line.smooth) {
    context.lineWidth = Math.max(1, 2 * ratio);
    trace(context, place, line.at, line.smooth);
  }
  context.setLineDash([]);
  drawDots(context, place, line);
}

function trace(context, { x, y, box }, at, heights) {
  let isOpen = false;
  context.beginPath();
  for (let i = 0; i < at.length; i += 1) {
    if (!Number.isFinite(heights[i])) {
      isOpen = false;
      continue;
    }
    const [px, py] = [x(at[i]), box.top + y(heights[i])];
    if (isOpen) context.lineTo(px, py);
    else context.moveTo(px, py);
    isOpen = true;
  }
  context.stroke();
}

/** From the smallest to the largest reading of each point; what lies below a logarithmic axis ends at its foot. */
function drawBand(context, { x, y, box }, { at, low, high, heights }) {
  const foot = box.top + box.height;
  let from = 0;
  const fill = (to) => {
    if (to - from < 2) return;
    context.beginPath();
    for (let i = from; i < to; i += 1) context.lineTo(x(at[i]), box.top + y(high[i]));
    for (let i = to - 1; i >= from; i -= 1) context.lineTo(x(at[i]), Number.isFinite(low[i]) ? box.top + y(low[i]) : foot);
    context.closePath();
    context.fill();
  };
  for (let i = 0; i <= at.length; i += 1) {
    if (i < at.length && Number.isFinite(high[i]) && Number.isFinite(heights[i])) continue;
    fill(i);
    from = i + 1;
  }
}

/** A dot for each point of a line of few, and for those that stand between gaps. */
function drawDots(context, { x, y, box, ratio }, { at, heights }) {
  const isThere = (i) => Number.isFinite(heights[i]);
  const areFew = at.length <= FEW_POINTS;
  for (let i = 0; i < at.length; i += 1) {
    if (!isThere(i) || !(areFew || (!isThere(i - 1) && !isThere(i + 1)))) continue;
    context.beginPath();
    context.arc(x(at[i]), box.top + y(heights[i]), DOT_PX * ratio, 0, 2 * Math.PI);
    context.fill();
  }
}

/** A cross at the foot where readings are NaN, which a gap of one among many would not show. */
function drawMissing(context, { x, box, ratio, look }, { missing, style }) {
  const bottom = box.top + box.height - 6 * ratio;
  const size = MARK_PX * ratio;
  context.lineCap = "round";
  for (const [width, color] of [
    [4, look.surface],
    [1.75, style.color],
  ]) {
    context.lineWidth = width * ratio;
    context.strokeStyle = color;
    context.beginPath();
    let last = -Infinity;
    for (const step of missing) {
      const at = x(step);
      if (at < box.left || at > box.left + box.width || at - last < MARKS_PX * ratio) continue;
      last = at;
      context.moveTo(at - size, bottom - size);
      context.lineTo(at + size, bottom + size);
      context.moveTo(at - size, bottom + size);
      context.lineTo(at + size, bottom - size);
    }
    context.stroke();
  }
  context.lineCap = "butt";
}
