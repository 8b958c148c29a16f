// The spectrum: lines over frequencies, the highest peak with its frequency.

import { fontOf } from "../chart/grid.js";
import { YAxis } from "../chart/yAxis.js";
import { shortNumber } from "../chart/ticks.js";
import { element, setAttribute } from "../shared/dom.js";
import { emptyRow } from "./valuePlot.js";
import { setToggle, showWindowPlot, toggle, WindowPlotPanel } from "./windowPlot.js";

const KEYS = "Left and right go from frequency to frequency, Home and End to the ends, up and down to other channels, Escape lets go.";
const Y_NAMES = { db: "dB", log: "log", linear: "lin" };
const Y_TITLES = { db: "y axis in decibels", log: "Logarithmic y axis", linear: "Linear y axis" };
/** What lies so far below the highest is rounding, not signal. */
const DEEPEST_DB = 160;
const PEAK_PX = 3.5;
const DOT_PX = 3;

/** @returns {() => void} the clean-up */
export function renderSpectrum(view) {
  return showWindowPlot(view, new SpectrumPanel());
}

export class SpectrumPanel extends WindowPlotPanel {
  constructor() {
    super("spectrum", "Spectrum", KEYS);
    this.y = null; // as a person chose on this page
    this.hasLogX = null;
    this.axes = [];
    this.words = new Map(Object.entries(Y_NAMES).map(([y, text]) => [y, this.word(y, text)]));
    this.logX = toggle("log f", "Logarithmic axis of frequencies", () => {
      this.hasLogX = !(this.hasLogX ?? this.state?.logX);
      this.show();
    });
    const group = element("span", { class: "nbs-tool-group", role: "radiogroup", "aria-label": "y axis" }, [...this.words.values()]);
    this.tools.insertBefore(group, this.picture);
    this.tools.insertBefore(this.logX, this.picture);
  }

  word(y, text) {
    const choose = (chosen) => {
      this.y = chosen;
      this.axes = [];
      this.show();
    };
    const node = toggle(text, Y_TITLES[y], () => this.state && choose(y));
    setAttribute(node, "aria-pressed", null);
    setAttribute(node, "role", "radio");
    setAttribute(node, "aria-checked", "false");
    node.addEventListener("keydown", (event) => {
      const sign = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!sign || !this.state) return;
      event.preventDefault();
      const names = Object.keys(Y_NAMES);
      const next = names[(names.indexOf(y) + sign + names.length) % names.length];
      choose(next);
      this.words.get(next).focus();
    });
    return node;
  }

  show() {
    const y = this.y ?? this.state.y;
    for (const [name, node] of this.words) {
      setAttribute(node, "aria-checked", String(name === y));
      setAttribute(node, "data-on", name === y ? "" : null);
    }
    setToggle(this.logX, this.hasLogX ?? this.state.logX);
    super.show();
  }

  factsOf(rows) {
    const series = rows.flatMap((row) => row.series).filter(({ segments }) => segments);
    if (series.length !== 1 && !areAlike(series)) return [];
    const [one] = series;
    if (!one) return [];
    const { step, segments, length, resampled, leftOut, isCut } = one;
    const span = 1 / step;
    return [
      `Δf = ${frequencyText(step, step)}, ${isCut ? "the newest " : ""}${segments.toLocaleString("en")} ${segments === 1 ? "segment" : "segments"} of ${secondsText(span)}`,
      `${frequencyText(step * length, step * length)} sampling`,
      resampled > segments / 2 ? "resampled" : "",
      leftOut ? `${leftOut} left out for gaps` : "",
    ];
  }

  noteOf(rows) {
    const isResampled = rows.some(({ series }) => series.some(({ segments, resampled }) => resampled > segments / 2));
    return isResampled ? "resampled to even times, for readings come at uneven ones" : "";
  }

  rowOf(row, number) {
    const { unit } = row;
    const series = row.series.filter(({ power }) => power.length);
    if (!series.length) return emptyRow(row.series.map(waitingText).join("; "));
    const isLog = this.hasLogX ?? this.state.logX;
    const y = this.y ?? this.state.y;
    const lines = series.map((one) => this.lineOf(one, y));
    if (series.every(({ power }) => power.every((value) => value === null))) {
      return emptyRow(`${series.map(({ name }) => name).join(", ")}: the readings are too large for a spectrum`);
    }
    if (y !== "linear" && !lines.some(({ heights }) => heights.some(Number.isFinite))) {
      return emptyRow(`${series.map(({ name }) => name).join(", ")}: no power, the readings are all the same`);
    }
    const isOne = row.series.length === 1;
    const first = Math.min(...series.map(({ step }) => step));
    const last = Math.max(...lines.map(({ at }) => at.at(-1)));
    const [main] = lines;
    const read = (i) => ({
      title: `${frequencyText(main.at[i], main.width)} · ${secondsText(1 / main.at[i])}`,
      entries: lines.map((line) => {
        const power = line.power[nearest(line.at, main.at[i])];
        return { color: line.style.color, name: isOne ? "" : line.name, ...this.valueText(power, unit, y) };
      }),
    });
    return {
      x: { bottom: isLog ? first : 0, top: last, isLog, title: isOne ? `${series[0].name}, Hz` : "Hz" },
      y: { ...this.axisOf(number, lines, y), title: this.titleOf(unit, y) },
      shapes: [],
      draw: (context, place) => lines.forEach((line) => drawSpectrum(context, place, line, lines.length === 1)),
      drawCursor: (context, place, i) => drawAt(context, place, main.at[i], lines),
      count: main.at.length,
      indexAt: (value) => nearest(main.at, value),
      span: (i) => [main.at[i], main.at[i]],
      read,
    };
  }

  lineOf(one, y) {
    const { step, group, power, peak, name } = one;
    const at = power.map((_, i) => step * (1 + i * group + (group - 1) / 2));
    const heights = power.map((value) => this.heightOf(value, y));
    return {
      name,
      at,
      power,
      heights,
      width: step * group,
      peak: peak && { frequency: peak[0], height: this.heightOf(peak[1], y), text: frequencyText(peak[0], step / 10) },
      style: this.styleOf(one),
    };
  }

  heightOf(value, y) {
    if (value === null || (y !== "linear" && !(value > 0))) return NaN;
    return y === "db" ? (this.state.scale === "density" ? 10 : 20) * Math.log10(value) : value;
  }

  axisOf(number, lines, y) {
    const axis = (this.axes[number] ??= new YAxis());
    const all = lines.flatMap(({ heights, peak }) => (peak ? [...heights, peak.height] : heights)).filter(Number.isFinite);
    const highest = Math.max(...all);
    const deepest = y === "db" ? highest - DEEPEST_DB : y === "log" ? highest * 10 ** (-DEEPEST_DB / 10) : 0;
    const lowest = y === "linear" ? 0 : Math.max(Math.min(...all), deepest);
    axis.configure({ policy: "fit", soft: y === "linear" ? [0, null] : [null, null], log: y === "log" });
    if (all.length) axis.fit([lowest, highest], [], performance.now());
    const [bottom, top] = axis.range ?? (y === "log" ? [0.1, 1] : [0, 1]);
    return { bottom, top, isLog: y === "log" };
  }

  titleOf(unit, y) {
    const per = this.state.scale === "density" ? `${unit ? squared(unit) : "1"}/Hz` : unit || "amplitude";
    return y === "db" ? `dB re 1${per === "1/Hz" ? "/Hz" : ` ${unit || this.state.scale === "density" ? per : ""}`}`.trim() : per;
  }

  valueText(power, unit, y) {
    const scale = this.state.scale === "density" ? `${unit ? squared(unit) : "1"}/Hz` : unit;
    const plain = power === null ? "–" : `${shortNumber(Number(power.toPrecision(3)))} ${scale}`.trim();
    const height = this.heightOf(power, "db");
    if (y !== "db" || !Number.isFinite(height)) return { value: plain, note: "" };
    return { value: `${height.toFixed(1).replace("-", "\u2212")} dB`, note: plain };
  }
}

/** Whether all series say the same of themselves. */
function areAlike(series) {
  const said = ({ step, length, segments, resampled, leftOut, isCut }) => [step, length, segments, resampled, leftOut, isCut].join();
  return series.length > 0 && series.every((one) => said(one) === said(series[0]));
}

function squared(unit) {
  return /[\s/·*^²]/.test(unit) ? `(${unit})²` : `${unit}²`;
}

/** @returns {string} why a channel has no spectrum yet */
export function waitingText({ name, length, readings, leftOut }) {
  if (leftOut) return `${name}: every segment of ${length} readings holds a gap`;
  if (!length) return `${name}: waiting for 8 readings at different times`;
  return `${name}: waiting for ${length} readings, ${readings} so far`;
}

/**
 * @param {number} hertz
 * @param {number} step that is to be told apart
 * @returns {string} "50.0 Hz", "1.25 kHz", "16.7 mHz"
 */
export function frequencyText(hertz, step) {
  const [factor, unit] = hertz >= 1e9 ? [1e9, "GHz"] : hertz >= 1e6 ? [1e6, "MHz"] : hertz >= 1e4 ? [1e3, "kHz"] : hertz < 0.1 && hertz > 0 ? [hertz < 1e-4 ? 1e-6 : 1e-3, hertz < 1e-4 ? "µHz" : "mHz"] : [1, "Hz"];
  const finest = step / factor;
  const decimals = finest > 0 ? Math.min(Math.max(Math.ceil(-Math.log10(finest) - 1e-9), 0), 6) : 0;
  const digits = Math.max(decimals, 2 - Math.floor(Math.log10(Math.max(hertz / factor, 1e-9))));
  const text = (hertz / factor).toFixed(Math.min(Math.max(digits > 4 ? decimals : Math.max(decimals, Math.min(digits, 2)), 0), 6));
  return `${step === hertz ? Number((hertz / factor).toPrecision(3)) : text} ${unit}`;
}

/** @returns {string} a duration with three digits: "20 ms", "2.05 s", "5.2 min" */
export function secondsText(seconds) {
  const forms = [
    [1e-3, 1e-6, "µs"],
    [1, 1e-3, "ms"],
    [120, 1, "s"],
    [7200, 60, "min"],
    [172_800, 3600, "h"],
    [Infinity, 86_400, "days"],
  ];
  const [, factor, unit] = forms.find(([below]) => seconds < below);
  return `${Number((seconds / factor).toPrecision(3))} ${unit}`;
}

/** @returns {number} index of the nearest of numbers that ascend, −1 of none */
export function nearest(numbers, value) {
  if (!numbers.length) return -1;
  let low = 0;
  let high = numbers.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= value) low = middle;
    else high = middle;
  }
  return high > low && numbers[high] - value < value - numbers[low] ? high : low;
}

function drawSpectrum(context, place, { at, heights, style, peak }, isOne) {
  const { x, y, box, ratio, look } = place;
  const bottom = box.top + box.height;
  const trace = () => {
    let isOpen = false;
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
  };
  if (isOne && heights.every(Number.isFinite)) {
    context.beginPath();
    trace();
    context.lineTo(x(at.at(-1)), bottom);
    context.lineTo(x(at[0]), bottom);
    context.globalAlpha = 0.12;
    context.fillStyle = style.color;
    context.fill();
    context.globalAlpha = 1;
  }
  context.beginPath();
  trace();
  context.strokeStyle = style.color;
  context.lineWidth = Math.max(1, 1.5 * ratio);
  context.lineJoin = "round";
  context.stroke();
  if (peak && Number.isFinite(peak.height)) drawPeak(context, place, peak, style.color, look);
}

/** A ring on the peak, with its frequency beside it. */
function drawPeak(context, { x, y, box, ratio }, { frequency, height, text }, color, look) {
  const [px, py] = [x(frequency), box.top + y(height)];
  context.beginPath();
  context.arc(px, py, PEAK_PX * ratio, 0, 2 * Math.PI);
  context.fillStyle = look.surface;
  context.fill();
  context.strokeStyle = color;
  context.lineWidth = 1.5 * ratio;
  context.stroke();
  context.font = fontOf(look, ratio, "600 ");
  const width = context.measureText(text).width;
  const isRight = px + 10 * ratio + width <= box.left + box.width;
  context.textAlign = isRight ? "left" : "right";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3 * ratio;
  context.strokeStyle = look.surface;
  context.fillStyle = color;
  const at = [text, px + (isRight ? 8 : -8) * ratio, Math.max(py, box.top + 8 * ratio)];
  context.strokeText(...at);
  context.fillText(...at);
}

/** A hairline at a place of the x axis, and a dot on each line. */
export function drawAt(context, { x, y, box, ratio, look }, frequency, lines) {
  context.globalAlpha = 0.55;
  context.fillStyle = look.ink;
  context.fillRect(x(frequency), box.top, Math.max(1, Math.floor(ratio)), box.height);
  context.globalAlpha = 1;
  for (const { at, heights, style } of lines) {
    const i = nearest(at, frequency);
    if (!Number.isFinite(heights[i])) continue;
    context.beginPath();
    context.arc(x(at[i]), box.top + y(heights[i]), DOT_PX * ratio, 0, 2 * Math.PI);
    context.fillStyle = style.color;
    context.strokeStyle = look.surface;
    context.lineWidth = ratio;
    context.fill();
    context.stroke();
  }
}
