// The field for the pause from which on a line breaks: seconds, "never", or nothing, which leaves it to the pauses around it.

import { element, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";

const GAP_HINT = "seconds, never, or empty: what is long beside others";

/** @returns {string} how a chart's gap is said: "5 s", "never", "auto" */
export function gapText(gap) {
  return typeof gap === "number" ? `${gap} s` : (gap ?? "auto");
}

/** @returns {number | string | null | undefined} what somebody wrote as a gap; undefined is none */
export function readGap(text) {
  const word = text.trim().toLowerCase();
  if (word === "" || word === "auto" || word === "none") return null;
  if (word === "never") return word;
  const figures = word.replace(/ ?s$/, "").replace(",", ".");
  return /^(\d+\.?\d*|\.\d+)$/.test(figures) && Number(figures) > 0 ? Number(figures) : undefined;
}

export class GapField {
  /** @param {(gap: number | string | null) => void} choose */
  constructor(choose) {
    this.choose = choose;
    this.input = element("input", {
      ...OWN_KEYS,
      type: "text",
      maxlength: "24",
      placeholder: "auto",
      "aria-label": "Gap: pauses longer than this break the line. Seconds, never, or empty. Enter takes it, Escape drops it.",
      onkeydown: (event) => this.#onKey(event),
      oninput: () => this.#say(""),
      onblur: () => this.close(),
    });
    this.hint = element("span", { class: "nbs-gap-hint", role: "status", text: GAP_HINT });
    this.el = element("div", { class: "nbs-gap-field", hidden: true }, [element("span", { text: "gap" }), this.input, this.hint]);
    this.back = null;
  }

  /**
   * @param {number | string | null | undefined} gap as it is
   * @param {HTMLElement} back what gets the focus afterwards
   */
  open(gap, back) {
    this.back = back;
    this.input.value = gap === null || gap === undefined ? "" : String(gap);
    this.#say("");
    this.el.hidden = false;
    this.input.focus();
    this.input.select?.();
  }

  close() {
    this.el.hidden = true;
  }

  #say(error) {
    setText(this.hint, error || GAP_HINT);
    setAttribute(this.input, "aria-invalid", error ? "true" : null);
  }

  #onKey(event) {
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    const gap = event.key === "Enter" ? readGap(this.input.value) : undefined;
    if (event.key === "Enter" && gap === undefined) return this.#say("write seconds above 0, never, or nothing");
    this.close();
    this.back?.focus({ preventScroll: true });
    if (event.key === "Enter") this.choose(gap);
  }
}
