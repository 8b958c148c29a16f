// Limits of rules that can be dragged on the plot, or moved by keys: a handle over each line says what the rule would
// have done, and the limit is moved when it is let go. Escape leaves it where it was.

import { element, keepChildren, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";
import { previewText } from "../shared/format.js";

const HANDLE_PX = 9;
const TRY_EVERY_MS = 300;
const STEP = 0.01; // of the axis, for an arrow key
const LONG_STEP = 0.1;

export class Limits {
  /**
   * @param {import("./plot.js").Plot} plot
   * @param {(command: object, onAnswer: (error: string, value?: object) => void) => void} ask
   */
  constructor(plot, ask) {
    this.plot = plot;
    this.ask = ask;
    this.handles = new Map();
    this.el = element("div", { class: "nbs-limits-layer" });
    this.thresholds = [];
    this.placed = "";
  }

  /** Take the limits that are drawn. */
  show(thresholds) {
    this.thresholds = thresholds;
    const key = ({ rule, limit, row, axis }) => [rule, limit, row, axis].join("\u0000");
    const make = (threshold) => new Handle(this, threshold);
    keepChildren(this.el, this.handles, this.thresholds, key, make, (handle, threshold) => handle.take(threshold));
    this.placed = "";
  }

  /** Be where the lines are. */
  follow(frame) {
    const placed = JSON.stringify([frame.left, frame.width, frame.rows.map(({ top, height, axes }) => [top, height, axes.map(({ bottom, top: upper }) => [bottom, upper])])]);
    if (placed === this.placed) return;
    this.placed = placed;
    for (const handle of this.handles.values()) handle.place(frame);
  }
}

class Handle {
  constructor(owner, threshold) {
    this.owner = owner;
    this.drag = null;
    this.triedAt = -Infinity;
    this.label = element("span", { class: "nbs-limit-label", hidden: true });
    this.line = element("span", { class: "nbs-limit-line" });
    this.el = element("div", {
      ...OWN_KEYS,
      class: "nbs-limit",
      tabindex: "0",
      role: "slider",
      "aria-orientation": "vertical",
      onpointerdown: (event) => this.#begin(event),
      onpointermove: (event) => this.drag && this.#move(event),
      onpointerup: () => this.drag && this.#commit(),
      onpointercancel: () => this.cancel(),
      onkeydown: (event) => this.#onKey(event),
      onblur: () => this.drag?.isByKeys && this.#commit(),
    }, [this.line, this.label]);
    this.take(threshold);
  }

  take(threshold) {
    this.threshold = threshold;
    const { text, value } = threshold;
    setAttribute(this.el, "aria-label", `Limit of ${text}. Arrow keys move it, Enter keeps it, Escape leaves it.`);
    setAttribute(this.el, "aria-valuenow", String(value));
    setAttribute(this.el, "data-severity", threshold.severity);
  }

  /** @returns {{row: any, axis: any}} geometry of the row and the axis that it belongs to */
  #geometry() {
    const row = this.owner.plot.frame.rows[this.threshold.row ?? 0];
    return { row, axis: row?.axes[this.threshold.axis ?? 0] };
  }

  place(frame) {
    const { row, axis } = this.#geometry();
    const value = this.drag?.value ?? this.threshold.value;
    const y = axis ? heightOf(value, axis, row) : NaN;
    const isInside = y >= 0 && y <= row.height;
    this.el.hidden = !isInside && !this.drag;
    if (this.el.hidden) return;
    Object.assign(this.el.style, {
      left: `${frame.left}px`,
      width: `${frame.width}px`,
      height: `${HANDLE_PX}px`,
      transform: `translateY(${(row.top + y - HANDLE_PX / 2).toFixed(1)}px)`,
    });
  }

  #begin(event) {
    if (event.button > 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.el.focus({ preventScroll: true });
    this.el.setPointerCapture?.(event.pointerId);
    this.drag = { y: event.clientY, value: this.threshold.value, isByKeys: false, isMoved: false };
    setAttribute(this.el, "data-drag", "");
  }

  #move(event) {
    event.stopPropagation();
    const { row, axis } = this.#geometry();
    const by = ((this.drag.y - event.clientY) / row.height) * spanOf(axis);
    this.#set(shifted(this.threshold.value, by, axis));
  }

  #set(value) {
    const { axis } = this.#geometry();
    this.drag.value = rounded(value, Math.abs(axis.top - axis.bottom));
    this.drag.isMoved = this.drag.value !== this.threshold.value;
    this.label.hidden = false;
    this.#say();
    this.place(this.owner.plot.frame);
    setAttribute(this.el, "aria-valuenow", String(this.drag.value));
    const wait = TRY_EVERY_MS - (performance.now() - this.triedAt);
    if (wait <= 0) this.#try();
    else this.timer ??= setTimeout(() => this.#try(), wait);
  }

  #say(preview = "") {
    setText(this.label, `${this.drag.value}${preview ? ` · ${preview}` : ""}`);
  }

  #command(kind) {
    const { rule, limit, value } = this.threshold;
    return { kind, rule, limit, before: value, value: this.drag.value };
  }

  #try() {
    clearTimeout(this.timer);
    this.timer = null;
    if (!this.drag) return;
    this.triedAt = performance.now();
    const { value } = this.drag;
    this.owner.ask(this.#command("try limit"), (error, found) => {
      if (this.drag?.value === value) this.#say(error || (found ? previewText(found) : ""));
    });
  }

  #commit() {
    const { isMoved, value } = this.drag;
    const command = this.#command("move limit");
    this.#end();
    if (!isMoved) return;
    this.threshold = { ...this.threshold, value }; // the kernel says so soon
    this.place(this.owner.plot.frame);
    this.owner.ask(command, (error) => {
      if (!error) return;
      this.threshold = { ...this.threshold, value: command.before };
      this.place(this.owner.plot.frame);
    });
  }

  /** Leave the limit where it was. @returns {boolean} whether it was being moved */
  cancel() {
    const wasMoving = this.drag !== null;
    this.#end();
    this.place(this.owner.plot.frame);
    return wasMoving;
  }

  #end() {
    clearTimeout(this.timer);
    this.timer = null;
    this.drag = null;
    this.label.hidden = true;
    setAttribute(this.el, "data-drag", null);
  }

  #onKey(event) {
    const sign = { ArrowUp: 1, ArrowDown: -1, PageUp: 1, PageDown: -1 }[event.key];
    if (sign) {
      this.drag ??= { y: 0, value: this.threshold.value, isByKeys: true, isMoved: false };
      const { axis } = this.#geometry();
      const step = event.key.startsWith("Page") || event.shiftKey ? LONG_STEP : STEP;
      this.#set(shifted(this.drag.value, sign * step * spanOf(axis), axis));
    } else if (event.key === "Enter" && this.drag) this.#commit();
    else if (event.key !== "Escape" || !this.cancel()) return;
    event.preventDefault();
    event.stopPropagation();
  }
}

const scaled = (value, { isLog }) => (isLog ? Math.log10(value) : value);

/** @returns {number} how much the axis spans, in decades if it is logarithmic */
const spanOf = (axis) => scaled(axis.top, axis) - scaled(axis.bottom, axis);

/** @returns {number} CSS px from the top of the row */
const heightOf = (value, axis, row) => ((scaled(axis.top, axis) - scaled(value, axis)) / spanOf(axis)) * row.height;

const shifted = (value, by, { isLog }) => (isLog ? value * 10 ** by : value + by);

/** @returns {number} a value with as many digits as a pixel is worth */
function rounded(value, span) {
  const digits = Math.min(15, Math.max(0, 2 - Math.floor(Math.log10(span))));
  return span > 0 ? Number(value.toFixed(digits)) : value;
}
