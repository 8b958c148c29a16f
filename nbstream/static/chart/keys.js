// What keys do on a plot that has the focus; the notebook doesn't hear them.

import { OWN_KEYS, setAttribute } from "../shared/dom.js";

const ZOOM = 0.8;
const PAN = 0.1; // of the width
/** What is in the list of keys: [keys, what they do]. */
export const KEYS = [
  [["+", "−"], "zoom"],
  [["←", "→"], "move"],
  [["Page ↑", "Page ↓"], "move by nearly a width"],
  [["Home"], "the oldest readings"],
  [["End", "L"], "live; again: the whole window, and y fits"],
  [["Space"], "pause, and go on"],
  [["F", "0"], "fit y"],
  [["Backspace", "Ctrl Z"], "back to the view before"],
  [["Shift ←", "Shift →"], "read the values, one reading after the other"],
  [["C"], "measure from there"],
  [["S"], "speak of all that is in view"],
  [["M"], "note what happened"],
  [["?"], "this list"],
  [["Esc"], "let go"],
  [["Ctrl + wheel"], "zoom at the pointer; the wheel alone once the chart has the focus"],
];
const NOT_OF_FILES = "Space";
/** What is in the list where a file is shown, which neither goes on nor stands still. */
export const KEYS_OF_FILES = KEYS.filter(([keys]) => keys[0] !== NOT_OF_FILES).map(([keys, what]) => [keys, what.replace(/^live;/, "the end;")]);
const LABEL =
  "Chart. Plus and minus zoom, left and right move, with Shift they read the values; " +
  "C measures from there, S speaks of all, M notes an event, Space pauses, L or End is live, F fits y, Backspace takes a zoom back, question mark lists all keys, Escape lets go.";

const LABEL_OF_FILES = LABEL.replace("Space pauses, L or End is live", "L or End is the end of the file");

export class Keys {
  /**
   * @param {import("./plot.js").Plot} plot made focusable
   * @param {import("./viewport.js").Viewport} viewport changed by what people press
   * @param {object} does
   * @param {() => void} does.onChange the view has been changed
   * @param {() => void} does.togglePause
   * @param {() => void} does.jumpToLive
   * @param {() => void} does.fitY
   * @param {import("./crosshair.js").Crosshair} [does.crosshair] moved by Shift and arrows
   * @param {import("./gestures.js").Gestures} [does.gestures] whose selection Escape lets go
   * @param {() => void} [does.goBack] to the view before
   * @param {() => void} [does.showHelp] list the keys
   * @param {() => void} [does.mark] have a person note what happened
   * @param {() => number | null} [does.oldest] time of the oldest reading that can be shown; Home goes there
   */
  constructor(plot, viewport, does) {
    this.plot = plot;
    this.viewport = viewport;
    this.does = does;
    this.abort = new AbortController();
    const { el } = plot;
    for (const [name, value] of Object.entries({ ...OWN_KEYS, tabindex: "0", role: "application", "aria-label": LABEL })) {
      el.setAttribute(name, value);
    }
    el.addEventListener("keydown", (event) => this.press(event), { signal: this.abort.signal });
    el.addEventListener("blur", () => this.#leave(), { signal: this.abort.signal });
  }

  /** Say what the chart is, for who cannot see it. */
  describe(title) {
    const label = this.isOfFile ? LABEL_OF_FILES : LABEL;
    setAttribute(this.plot.el, "aria-label", title ? `${title}. ${label}` : label);
  }

  press(event) {
    if (event.target !== this.plot.el || event.altKey || event.isComposing) return;
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if ((event.ctrlKey || event.metaKey) && !isUndo) return;
    const act = this.#actionOf(isUndo ? "Backspace" : event.key, event.shiftKey);
    if (!act || act() === false) return;
    event.preventDefault?.();
    event.stopPropagation?.();
    delete this.plot.el.dataset.pointed;
    this.plot.hasNews = true;
  }

  close() {
    this.abort.abort();
  }

  #leave() {
    delete this.plot.el.dataset.pointed;
    this.does.crosshair?.unpin();
  }

  #actionOf(key, withShift) {
    const { does } = this;
    switch (key) {
      case "+":
      case "=":
        return () => this.#zoom(ZOOM);
      case "-":
      case "_":
      case "−":
        return () => this.#zoom(1 / ZOOM);
      case "ArrowLeft":
      case "ArrowRight": {
        const sign = key === "ArrowLeft" ? -1 : 1;
        return () => (withShift && does.crosshair ? this.#read(sign) : this.#pan(sign * PAN));
      }
      case "PageUp":
        return () => this.#pan(-0.9);
      case "PageDown":
        return () => this.#pan(0.9);
      case "Home":
        return () => this.#goHome();
      case "End":
      case "l":
      case "L":
        return () => does.jumpToLive();
      case " ":
        return () => does.togglePause();
      case "0":
      case "f":
      case "F":
        return () => does.fitY();
      case "c":
      case "C":
        return () => (does.crosshair ? does.crosshair.toggleMeasure() : false);
      case "m":
      case "M":
        return does.mark ? () => does.mark() : null;
      case "s":
      case "S":
        return () => (does.crosshair ? does.crosshair.describe() : false);
      case "Backspace":
        return does.goBack ? () => does.goBack() : null;
      case "?":
        return does.showHelp ? () => does.showHelp() : null;
      case "Escape":
        return () => this.#escape();
      default:
        return null;
    }
  }

  #zoom(factor) {
    this.viewport.zoom(factor, this.does.crosshair?.pinnedTime ?? null, performance.now());
    this.does.onChange();
  }

  #pan(widths) {
    this.viewport.pan(widths * this.viewport.width, performance.now());
    this.does.onChange();
  }

  #goHome() {
    const oldest = this.does.oldest?.() ?? null;
    if (oldest === null) return this.#pan(-0.9);
    const { width } = this.viewport;
    this.viewport.lookAt(oldest, oldest + width, performance.now());
    this.does.onChange();
  }

  /** Move the reading cursor to the next reading, and the view after it. */
  #read(sign) {
    const time = this.does.crosshair.step(sign);
    if (time === null) return;
    const [from, to] = this.viewport.range(performance.now());
    if (time >= from && time <= to) return;
    this.viewport.pan(time - (from + to) / 2, performance.now());
    this.does.onChange();
  }

  /** Let go of one thing: the reading cursor, the one that measures, a selection, at last the focus. */
  #escape() {
    if (this.does.crosshair?.letGo()) return;
    if (this.does.gestures?.cancel()) return;
    this.plot.el.blur?.();
  }
}
