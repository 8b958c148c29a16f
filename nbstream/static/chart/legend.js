// The channels of a chart that has no table beside it: colour and dash, name, last value. A click hides or shows one,
// hovering brings its line to the fore.

import { button, element, keepChildren, setAttribute, setName, setText } from "../shared/dom.js";
import { numberStyle, numberText } from "../shared/format.js";
import { swatch } from "./icons.js";
import { dashPattern } from "./look.js";

const EVERY_MS = 250;
const LEAST_CHARACTERS = 6;
const LOOKS_BACK = 300; // points that say how many digits a value deserves

export class Legend {
  /**
   * @param {object} does
   * @param {(channel: number, isShown: boolean) => void} does.show
   * @param {(channel: number | null) => void} does.highlight
   */
  constructor(does) {
    this.does = does;
    this.el = element("div", { class: "nbs-legend", role: "group", "aria-label": "Channels" });
    /** @type {Map<string, Entry>} */
    this.entries = new Map();
    this.showedAt = -Infinity;
    this.timer = null;
  }

  /**
   * @param {{name: string, unit: string, color: string, dash: string | number[], isVisible: boolean, perPoint: string}[]} lines by channel
   */
  show(lines) {
    keepChildren(
      this.el,
      this.entries,
      lines.map((line, channel) => ({ ...line, channel })),
      ({ channel }) => String(channel),
      ({ channel }) => new Entry(channel, this.does),
      (entry, line) => entry.show(line),
    );
    if (this.lines) this.#showValues();
  }

  /**
   * Show the last values, a few times a second.
   * @param {import("./line.js").Line[]} lines by channel
   * @param {(channel: number, code: number) => {text: string, color: string} | null} wordOf a channel of words
   */
  showValues(lines, wordOf = () => null) {
    this.lines = lines;
    this.wordOf = wordOf;
    if (this.entries.size === 0 || this.timer !== null) return;
    const rest = this.showedAt + EVERY_MS - performance.now();
    if (rest <= 0) return this.#showValues();
    this.timer = setTimeout(() => {
      this.timer = null;
      this.#showValues();
    }, rest);
  }

  close() {
    clearTimeout(this.timer);
  }

  #showValues() {
    this.showedAt = performance.now();
    for (const entry of this.entries.values()) if (this.lines[entry.channel]) entry.showValue(this.lines[entry.channel], this.wordOf);
  }
}

class Entry {
  constructor(channel, does) {
    this.channel = channel;
    this.isVisible = true;
    this.style = null;
    this.drawn = "";
    this.sign = element("span", { class: "nbs-legend-sign" });
    this.name = element("span", { class: "nbs-legend-name" });
    this.value = element("span", { class: "nbs-legend-value", text: "–" });
    this.#reserve(LEAST_CHARACTERS);
    this.unit = element("span", { class: "nbs-legend-unit" });
    this.el = button("", () => does.show(channel, !this.isVisible), "nbs-legend-entry", {
      onpointerenter: () => does.highlight(channel),
      onpointerleave: () => does.highlight(null),
      onfocus: () => does.highlight(channel),
      onblur: () => does.highlight(null),
    });
    this.el.append(this.sign, this.name, this.value, this.unit);
  }

  show({ name, unit, color, dash, isVisible, perPoint = "", isLane = false }) {
    this.isVisible = isVisible;
    setName(this.name, name);
    setText(this.unit, unit ?? "");
    this.unit.hidden = !unit;
    setAttribute(this.el, "aria-pressed", String(isVisible));
    setAttribute(this.el, "title", `${name}: ${perPoint ? `${perPoint}, ` : ""}${isVisible ? "click to hide" : "click to show"}`);
    if (isLane) return;
    const pattern = typeof dash === "string" ? dashPattern(dash, 1) : (dash ?? []);
    const drawn = `${color} ${pattern.join(" ")}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.sign.replaceChildren(swatch(color, pattern));
  }

  showValue(line, wordOf) {
    const i = lastReading(line);
    const value = i < 0 ? null : line.values[i];
    const word = value === null ? null : wordOf(this.channel, value);
    if (word) return this.#showWord(word);
    if (value !== null) this.style = numberStyle(this.style, [value, null, null, ...spreadOf(line, i)]);
    const text = value === null ? "–" : numberText(value, this.style, true);
    setText(this.value, text);
    // It grows, and never shrinks: what stands beside it doesn't move to and fro.
    if (text.length > this.reserved) this.#reserve(text.length);
  }

  #showWord({ text, color }) {
    setText(this.value, text);
    setAttribute(this.value, "title", text);
    setAttribute(this.value, "data-word", "");
    if (color === this.drawn) return;
    this.drawn = color;
    this.sign.replaceChildren(element("i", { class: "nbs-legend-state", style: { background: color } }));
  }

  #reserve(characters) {
    this.reserved = characters;
    this.value.style.minWidth = `${characters}ch`;
  }
}

/** @returns {number} index of the newest point that has a value, or -1 */
function lastReading(line) {
  let i = line.end - 1;
  while (i >= line.start && Number.isNaN(line.values[i])) i -= 1;
  return i >= line.start ? i : -1;
}

/** @returns {[number, number]} smallest and largest of the newest values */
function spreadOf(line, last) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = Math.max(line.start, last - LOOKS_BACK); i <= last; i += 1) {
    const value = line.values[i];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
