// The histogram: bars over values, the newest value, quantiles, the limits of rules.

import { fontOf } from "../chart/grid.js";
import { YAxis } from "../chart/yAxis.js";
import { shortNumber } from "../chart/ticks.js";
import { countText } from "../shared/format.js";
import { emptyRow } from "./valuePlot.js";
import { setToggle, showWindowPlot, toggle, WindowPlotPanel } from "./windowPlot.js";

const KEYS = "Left and right go from bin to bin, Home and End to the ends, up and down to other channels, Escape lets go.";
const NEWEST_PX = 5;
const BAR_GAP_PX = 1;
const GAP_FROM_PX = 4;
const MINUS = "\u2212";

/** @returns {() => void} the clean-up */
export function renderHistogram(view) {
  return showWindowPlot(view, new HistogramPanel());
}

export class HistogramPanel extends WindowPlotPanel {
  constructor() {
    super("histogram", "Histogram", KEYS);
    this.isLog = null; // as a person chose on this page
    this.axes = [];
    this.log = toggle("log", "Logarithmic y axis", () => {
      this.isLog = !(this.isLog ?? this.state?.log);
      this.show();
    });
    this.tools.insertBefore(this.log, this.picture);
  }

  show() {
    setToggle(this.log, this.isLog ?? this.state.log);
    super.show();
  }

  factsOf(rows) {
    const { window } = this.state;
    const over = window === "all" ? "all readings" : `window ${window}`;
    if (rows.length !== 1) return [over];
    const [{ width, decades, unit, series }] = rows;
    const sum = (of) => series.reduce((whole, one) => whole + of(one), 0);
    const [missing, below, above] = [sum((one) => one.missing), sum((one) => one.below), sum((one) => one.above)];
    return [
      `${countText(sum(countOf))} readings, ${over}`,
      decades ? decadesText(decades) : width === null ? "" : `bins of ${withUnit(shortNumber(width), unit)}`,
      missing ? `${countText(missing)} missing` : "",
      below ? `${countText(below)} below the axis` : "",
      above ? `${countText(above)} above the axis` : "",
    ];
  }

  rowOf(row, number) {
    const { edges, series, unit } = row;
    if (!edges.length) return emptyRow(emptyText(series));
    const { density } = this.state;
    const isLog = this.isLog ?? this.state.log;
    const heights = series.map((one) => heightsOf(one, edges, density));
    const y = this.axisOf(number, heights, isLog, density);
    const styles = series.map((one) => this.styleOf(one));
    const isOne = series.length === 1;
    const title = isOne ? [series[0].name, unit].filter(Boolean).join(", ") : unit;
    return {
      x: { bottom: edges[0], top: edges.at(-1), isLog: Boolean(row.decades), title, step: row.step },
      y: { ...y, title: density ? `share per ${unit || "1"}` : "readings" },
      shapes: this.shapesOf(row, styles),
      draw: (context, place) => drawBars(context, place, edges, heights, styles),
      drawCursor: (context, place, i) => drawBin(context, place, edges, heights, styles, i),
      drawMarks: (context, place) => {
        series.forEach(({ last }, i) => drawNewest(context, place, last, edges, styles[i].color));
        drawTails(context, place, series);
      },
      count: edges.length - 1,
      indexAt: (value) => binOf(value, edges),
      span: (i) => [edges[i], edges[i + 1]],
      read: (i) => ({
        title: withUnit(binText(row, i), unit),
        entries: series.map((one, n) => ({
          color: styles[n].color,
          name: isOne ? "" : one.name,
          value: `${countText(one.counts[i])} ${one.counts[i] === 1 ? "reading" : "readings"}`,
          note: shareText(one.counts[i], countOf(one)),
        })),
      }),
    };
  }

  axisOf(number, heights, isLog, density) {
    const axis = (this.axes[number] ??= new YAxis());
    const all = heights.flat().filter((height) => height > 0);
    const highest = Math.max(...all, 0);
    const least = density ? Math.min(...all) / 2 : 0.5;
    axis.configure({ policy: "fit", soft: isLog ? [null, null] : [0, null], log: isLog });
    if (highest > 0) axis.fit([isLog ? least : 0, highest], [], performance.now());
    const [bottom, top] = axis.range ?? (isLog ? [0.5, 10] : [0, 1]);
    return { bottom, top, isLog };
  }

  shapesOf({ series, limits, edges, step, decades }, styles) {
    const { look } = this.plot;
    const finestAt = (value) => (decades ? Math.abs(value) / 100 : (step ?? (edges[1] - edges[0]) / 10));
    const line = (value, text, color, dash, width) => ({ type: "line", x0: value, x1: value, y0: null, y1: null, text, color, dash, width });
    const quantiles = series.flatMap(({ quantiles: found }, i) =>
      found.map(([name, value]) => line(value, `${name} ${numberAt(value, finestAt(value))}`, series.length === 1 ? look.muted : styles[i].color, "dot", 1)),
    );
    return [...quantiles, ...limits.map(({ value, text, severity }) => line(value, text, look.severities[severity] ?? look.ink, "dash", 1.25))];
  }
}

/** @returns {string} how wide bins on a logarithmic axis are */
export function decadesText(decades) {
  return decades < 1 ? `${Math.round(1 / decades)} bins a decade` : `bins of ${decades === 1 ? "a decade" : `${decades} decades`}`;
}

/** @returns {number} readings of a channel that are not missing */
function countOf({ counts, below, above }) {
  return counts.reduce((sum, count) => sum + count, below + above);
}

/** @returns {number[]} of the bars: counts, or shares per unit of the x axis */
export function heightsOf(series, edges, isDensity) {
  if (!isDensity) return series.counts;
  const n = countOf(series);
  return series.counts.map((count, i) => (n ? count / n / (edges[i + 1] - edges[i]) : 0));
}

/** @returns {number} the bin that holds a value, −1 for none */
export function binOf(value, edges) {
  if (!(value >= edges[0] && value <= edges.at(-1))) return -1;
  let low = 0;
  let high = edges.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (edges[middle] <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** @returns {string} what a bin holds: "20.0 … 20.5"; of rounded readings "20.1 … 20.3", or the one that it holds */
export function binText({ edges, step }, i) {
  const [from, to] = step === null ? [edges[i], edges[i + 1]] : [edges[i] + step / 2, edges[i + 1] - step / 2];
  const size = step ?? to - from;
  if (!(to - from > size / 2)) return numberAt(from, size);
  return `${numberAt(from, size)} … ${numberAt(to, size)}`;
}

/** A number with the digits that tell it from another that is `step` away. */
function numberAt(value, step) {
  const magnitude = Math.abs(value);
  const finest = Math.floor(Math.log10(step) + 1e-9);
  if (magnitude >= 1e15 || (magnitude > 0 && finest < -9)) {
    const digits = magnitude > 0 ? Math.floor(Math.log10(magnitude)) - finest : 0;
    return value === 0 ? "0" : withMinus(value.toExponential(Math.min(Math.max(digits, 0), 15)).replace("e+", "e"));
  }
  const text = value.toFixed(Math.min(Math.max(-finest, 0), 12));
  return withMinus(Number(text) === 0 ? text.replace("-", "") : text).replace(/\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
}

/** @returns {string} "3.7 %" */
export function shareText(count, n) {
  if (!n) return "";
  const percent = (100 * count) / n;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  return `${percent === 100 || percent === 0 ? percent : percent.toFixed(1)} %`;
}

function withUnit(text, unit) {
  return unit ? `${text} ${unit}` : text;
}

function withMinus(text) {
  return text.replaceAll("-", MINUS);
}

function emptyText(series) {
  const missing = series.reduce((sum, one) => sum + one.missing, 0);
  const text = `${series.map(({ name }) => name).join(", ")}: no readings in the window`;
  return missing ? `${text}, ${countText(missing)} missing` : text;
}

function drawBars(context, place, edges, heights, styles) {
  const { x, y, box, ratio } = place;
  const bottom = box.top + box.height;
  heights.forEach((of, n) => {
    const { color } = styles[n];
    context.fillStyle = color;
    context.globalAlpha = heights.length === 1 ? 0.62 : 0.28;
    for (let i = 0; i < of.length; i += 1) {
      const bar = barOf(place, edges, of, i);
      if (bar) context.fillRect(bar.left, bar.top, bar.width, bar.height);
    }
    context.globalAlpha = 1;
    if (heights.length === 1) return;
    context.strokeStyle = color;
    context.lineWidth = Math.max(1, Math.round(1.5 * ratio));
    context.beginPath();
    context.moveTo(x(edges[0]), bottom);
    of.forEach((height, i) => {
      const top = height > 0 ? box.top + Math.round(y(height)) : bottom;
      context.lineTo(x(edges[i]), top);
      context.lineTo(x(edges[i + 1]), top);
    });
    context.lineTo(x(edges.at(-1)), bottom);
    context.stroke();
  });
}

/** Where a bar is, device px; a hair is left between bars that are wide enough. A bar of one reading is seen. */
function barOf({ x, y, box, ratio }, edges, heights, i) {
  if (!(heights[i] > 0)) return null;
  const [left, right] = [x(edges[i]), x(edges[i + 1])];
  const gap = right - left >= GAP_FROM_PX * ratio ? Math.round(BAR_GAP_PX * ratio) : 0;
  const top = Math.min(box.top + Math.round(y(heights[i])), box.top + box.height - Math.ceil(ratio));
  return { left, top, width: Math.max(1, right - left - gap), height: box.top + box.height - top };
}

function drawBin(context, place, edges, heights, styles, i) {
  const { x, box, look } = place;
  const [left, right] = [x(edges[i]), x(edges[i + 1])];
  context.globalAlpha = 0.08;
  context.fillStyle = look.ink;
  context.fillRect(left, box.top, right - left, box.height);
  context.globalAlpha = heights.length === 1 ? 1 : 0.45;
  heights.forEach((of, n) => {
    const bar = barOf(place, edges, of, i);
    context.fillStyle = styles[n].color;
    if (bar) context.fillRect(bar.left, bar.top, bar.width, bar.height);
  });
  context.globalAlpha = 1;
}

/** How many readings lie beyond the ends of the axis. */
function drawTails(context, { box, ratio, look }, series) {
  const sum = (of) => series.reduce((whole, one) => whole + of(one), 0);
  const [below, above] = [sum((one) => one.below), sum((one) => one.above)];
  context.font = fontOf(look, ratio);
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3 * ratio;
  context.strokeStyle = look.surface;
  context.fillStyle = look.muted;
  for (const [n, align, x, text] of [
    [below, "left", box.left + 5 * ratio, `‹ ${countText(below)}`],
    [above, "right", box.left + box.width - 5 * ratio, `${countText(above)} ›`],
  ]) {
    if (!n) continue;
    context.textAlign = align;
    context.strokeText(text, x, box.top + box.height - 12 * ratio);
    context.fillText(text, x, box.top + box.height - 12 * ratio);
  }
}

/** A small triangle on the x axis where the newest value is. */
function drawNewest(context, { x, box, ratio, look }, last, edges, color) {
  if (last === null || !(last >= edges[0] && last <= edges.at(-1))) return;
  const [at, bottom, size] = [x(last), box.top + box.height, NEWEST_PX * ratio];
  context.beginPath();
  context.moveTo(at, bottom - size);
  context.lineTo(at - size, bottom + 0.8 * size);
  context.lineTo(at + size, bottom + 0.8 * size);
  context.closePath();
  context.fillStyle = color;
  context.strokeStyle = look.surface;
  context.lineWidth = 1.5 * ratio;
  context.stroke();
  context.fill();
}
