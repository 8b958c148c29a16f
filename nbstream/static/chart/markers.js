// What somebody did or saw: a dashed line at its time with its words, and the field in which a person writes them.

import { element, OWN_KEYS } from "../shared/dom.js";

const LABEL_PX = 15;
const PAD_PX = 4;
const MAX_CHARACTERS = 28;
const MAX_LEVELS = 4;

/**
 * Draw the marks in view, their words in as many levels as they need side by side.
 * @param {CanvasRenderingContext2D} context in CSS px of the plot
 * @param {[number, string][]} markers epoch ms and words
 * @param {import("./plot.js").Plot} plot
 * @param {{ink: string, surface: string, family: string}} look
 */
export function drawMarkers(context, markers, plot, look) {
  const { frame } = plot;
  const shown = markers.filter(([time]) => time >= frame.from && time <= frame.to).sort((a, b) => a[0] - b[0]);
  if (!shown.length) return;
  context.font = `11px ${look.family}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.lineWidth = 1;
  context.strokeStyle = look.ink;
  const ends = [];
  for (const [time, words] of shown) {
    const x = Math.round(plot.xOf(time)) + 0.5;
    context.globalAlpha = 0.55;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(x, frame.top);
    context.lineTo(x, frame.top + frame.height);
    context.stroke();
    context.setLineDash([]);
    const text = words.length > MAX_CHARACTERS ? `${words.slice(0, MAX_CHARACTERS - 1)}…` : words;
    const wide = context.measureText(text).width + 2 * PAD_PX;
    const left = Math.min(x + 2, frame.left + frame.width - wide);
    let level = ends.findIndex((end) => end <= left);
    if (level < 0) level = ends.length;
    if (level >= MAX_LEVELS) continue;
    ends[level] = left + wide + 2;
    const top = frame.top + frame.height - (level + 1) * LABEL_PX - 2;
    context.globalAlpha = 0.9;
    context.fillStyle = look.surface;
    context.fillRect(left, top, wide, LABEL_PX - 1);
    context.globalAlpha = 1;
    context.fillStyle = look.ink;
    context.fillText(text, left + PAD_PX, top + LABEL_PX / 2);
  }
  context.globalAlpha = 1;
}

/** The field for the words of a new mark, at its time in the plot. */
export class MarkField {
  /** @param {(time: number, text: string) => void} save */
  constructor(save) {
    this.save = save;
    this.input = element("input", {
      ...OWN_KEYS,
      type: "text",
      maxlength: "200",
      placeholder: "what happened?",
      "aria-label": "What happened at this time? Enter keeps it, Escape drops it.",
      onkeydown: (event) => this.#onKey(event),
      onblur: () => this.close(),
    });
    this.el = element("div", { class: "nbs-mark-field", hidden: true }, [this.input]);
    this.back = null;
  }

  /**
   * @param {number} time epoch ms
   * @param {number} x CSS px in the plot
   * @param {HTMLElement} back what gets the focus afterwards
   */
  open(time, x, back) {
    this.time = time;
    this.back = back;
    this.input.value = "";
    this.el.hidden = false;
    this.el.style.left = `${Math.max(0, x)}px`;
    this.input.focus();
  }

  close() {
    this.el.hidden = true;
  }

  #onKey(event) {
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    const text = this.input.value.trim();
    this.close();
    this.back?.focus({ preventScroll: true });
    if (event.key === "Enter" && text) this.save(this.time, text);
  }
}
