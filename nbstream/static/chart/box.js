// The box that a drag draws over a plot, and how long the span is that it takes in.

import { lastedText } from "../shared/format.js";

export class Box {
  constructor() {
    this.accent = "#2a5ac4";
    this.surface = "#fff";
  }

  /** Take the colours of the theme. */
  takeTheme(el) {
    const style = globalThis.getComputedStyle?.(el);
    this.accent = style?.getPropertyValue?.("--nbs-accent").trim() || this.accent;
    this.surface = style?.getPropertyValue?.("--nbs-surface").trim() || this.surface;
  }

  /**
   * @param {CanvasRenderingContext2D} context in CSS px of the plot
   * @param {number} x0
   * @param {number} y0
   * @param {number} x1
   * @param {number} y1
   * @param {string | null} text at its lower edge
   */
  draw(context, x0, y0, x1, y1, text) {
    context.save();
    context.setLineDash([]);
    context.fillStyle = context.strokeStyle = this.accent;
    context.globalAlpha = 0.14;
    context.fillRect(x0, y0, x1 - x0, y1 - y0);
    context.globalAlpha = 0.85;
    context.lineWidth = 1;
    context.strokeRect(Math.round(x0) + 0.5, Math.round(y0) + 0.5, Math.round(x1 - x0) - 1, Math.round(y1 - y0) - 1);
    if (text) this.#write(context, text, (x0 + x1) / 2, y1 - 6);
    context.restore();
  }

  /** Lines may lie under the words. */
  #write(context, text, x, y) {
    context.globalAlpha = 1;
    context.font = "600 11px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "bottom";
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeStyle = this.surface;
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  }
}

/** @returns {string} how long a span is: "80 ms", "12.4 s", "5 min 12 s" */
export function spanText(seconds) {
  if (seconds < 0.001) return `${Number((seconds * 1e6).toPrecision(3))} µs`;
  if (seconds < 1) return `${Number((seconds * 1000).toPrecision(3))} ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  return seconds < 172_800 ? lastedText(seconds) : `${Number((seconds / 86_400).toPrecision(3))} days`;
}
