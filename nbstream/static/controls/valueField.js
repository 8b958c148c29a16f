// A field of the controls and rules. What a person edits is theirs until it is sent or given up: no update touches it.

import { element, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";

/** A text field with a value of the kernel: Enter or leaving it sends, Escape gives up. */
export class ValueField {
  /**
   * @param {object} options
   * @param {string} options.label
   * @param {(typed: string) => {value?: any, error?: string}} options.read
   * @param {(value: any, onAnswer: (error: string) => void) => void} options.send
   * @param {Record<string, any>} [options.attributes]
   */
  constructor({ label, read, send, attributes = {} }) {
    this.read = read;
    this.sendValue = send;
    this.shown = ""; // what the kernel says
    this.sent = null; // what was sent and not answered
    this.isDirty = false;
    this.error = element("span", { class: "nbs-field-error", role: "alert" });
    this.input = element("input", {
      ...OWN_KEYS,
      type: "text",
      class: "nbs-input",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": label,
      ...attributes,
      oninput: () => this.edit(),
      onkeydown: (event) => this.press(event),
      onblur: () => this.commit(),
    });
    this.el = element("span", { class: "nbs-field" }, [this.input, this.error]);
  }

  /** Show the kernel's value, unless somebody is editing or waits for an answer. */
  show(text) {
    this.shown = text;
    if (this.isDirty || this.sent !== null) return;
    if (this.input.value !== text) this.input.value = text;
  }

  edit() {
    this.isDirty = true;
    this.fail("");
  }

  press(event) {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.commit();
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.reset();
    }
  }

  commit() {
    const typed = this.input.value;
    if (!this.isDirty || typed === this.sent) return;
    if (typed.trim() === this.shown) return this.reset();
    const { value, error } = this.read(typed);
    if (error) return this.fail(error);
    this.sent = typed;
    this.isDirty = false;
    setAttribute(this.el, "data-waiting", "");
    this.sendValue(value, (problem) => this.take(typed, problem));
  }

  take(typed, problem) {
    if (this.sent !== typed) return; // another value was sent meanwhile
    this.sent = null;
    setAttribute(this.el, "data-waiting", null);
    if (problem) {
      this.isDirty = true;
      this.fail(problem);
    } else if (!this.isDirty) {
      this.shown = typed.trim();
      this.fail("");
    }
  }

  reset() {
    this.isDirty = false;
    this.fail("");
    if (this.sent === null) this.input.value = this.shown;
  }

  fail(error) {
    setText(this.error, error);
    setAttribute(this.input, "aria-invalid", error ? "true" : null);
    setAttribute(this.input, "title", error || null);
  }
}
