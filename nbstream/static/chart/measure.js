// A second cursor that stays where it was set: between it and the first one the readout tells the time, its inverse,
// and for each channel the difference and the slope.

import { spanText } from "./box.js";
import { element } from "../shared/dom.js";
import { numberText } from "../shared/format.js";

export class Measure {
  constructor() {
    this.el = element("div", { class: "nbs-hair nbs-hair-set", hidden: true });
    /** Where it was set, epoch ms. @type {number | null} */
    this.time = null;
  }

  /** Set it to a time, or take it away with null. */
  set(time) {
    this.time = time;
  }

  /** Stand at its time, through all rows, if that is in view. */
  place(plot) {
    const { frame } = plot;
    const isIn = this.time !== null && frame && this.time >= frame.from && this.time <= frame.to;
    this.el.hidden = !isIn;
    if (!isIn) return;
    Object.assign(this.el.style, { top: `${frame.top}px`, height: `${frame.whole ?? frame.height}px` });
    this.el.style.transform = `translateX(${Math.round(plot.xOf(this.time))}px)`;
  }

  /** @returns {string} the time between both cursors, and its inverse; "" where there is only one */
  timeText(time) {
    if (this.time === null) return "";
    const seconds = (time - this.time) / 1000;
    if (seconds === 0) return "Δt 0 s";
    const sign = seconds < 0 ? "\u2212" : "";
    return `Δt ${sign}${spanText(Math.abs(seconds))} · 1/Δt ${Number((1 / Math.abs(seconds)).toPrecision(4))} Hz`;
  }

  /**
   * @param {import("./line.js").Line} line
   * @param {{time: number, value: number}} reading at the other cursor
   * @param {import("../shared/format.js").NumberStyle} style of the channel's numbers
   * @returns {string} how far a channel has come since, and how fast; "" where that isn't known
   */
  changeText(line, { time, value }, style) {
    if (this.time === null || Number.isNaN(value)) return "";
    const i = line.nearest(this.time);
    if (i < 0) return "";
    const change = value - line.values[i];
    const seconds = (time - line.times[i]) / 1000;
    const text = `Δ ${signed(numberText(change, style, true), change)}`;
    if (seconds === 0 || !Number.isFinite(change)) return Number.isFinite(change) ? text : "";
    return `${text} · ${signed(slopeText(change / seconds), change / seconds)}/s`;
  }
}

function slopeText(slope) {
  const magnitude = Math.abs(slope);
  const short = magnitude !== 0 && (magnitude >= 1e6 || magnitude < 1e-3) ? slope.toExponential(2).replace("e+", "e") : String(Number(slope.toPrecision(3)));
  return short.replaceAll("-", "\u2212");
}

function signed(text, value) {
  return value > 0 ? `+${text}` : text;
}
