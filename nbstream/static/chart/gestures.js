// What a pointer does on a plot: a drag zooms, pans or selects, a drag on an axis moves it, the wheel and two
// fingers zoom, a double click goes back to live. The wheel scrolls the page, as on a map, until the chart is clicked.

import { Box, spanText } from "./box.js";

const DRAG_PX = 4; // less is a click
const BOX_PX = 8; // a smaller box was a slip
const TOUCH_PX = 8;
const WHEEL = 0.004; // of the width, per px of a wheel
const WHEEL_MOST_PX = 60;
const SAME_SCROLL_MS = 400; // wheel events that are so close belong to one scroll, which began elsewhere

/** What a drag over the plot does. */
export const MODES = ["zoom", "pan", "select"];

/**
 * @typedef {object} Drag
 * @property {"zoom" | "box" | "pan" | "select" | "zoomY" | "panY"} kind
 * @property {any} frame of the plot when it began
 * @property {any} place what lies where it began: {area, row, axis}
 * @property {{x: number, y: number}} start CSS px in the plot
 * @property {{x: number, y: number}} end
 */

export class Gestures {
  /**
   * @param {import("./plot.js").Plot} plot
   * @param {import("./viewport.js").Viewport} viewport changed by what people do
   * @param {object} does
   * @param {() => void} does.onChange the view or a y range has been changed
   * @param {(place: {x: number, y: number}) => void} [does.onClick] a click that was no drag, CSS px in the plot
   * @param {() => void} [does.jumpToLive] a double click; without it the view follows again and y fits
   * @param {(span: {from: number, to: number} | null) => void} [does.onSelect] a span was selected, or none is
   */
  constructor(plot, viewport, does) {
    this.plot = plot;
    this.viewport = viewport;
    this.does = does;
    this.mode = "zoom";
    /** The selected span, epoch ms. @type {{from: number, to: number} | null} */
    this.selection = null;
    /** @type {Drag | null} */
    this.drag = null;
    this.press = null;
    this.pinch = null;
    this.box = new Box();
    /** Pointers that are down, by their id. */
    this.pointers = new Map();
    this.isFocused = false;
    this.scrolledAt = -Infinity;
    this.abort = new AbortController();
    this.#listen();
    this.setMode("zoom");
    this.layer = (context, frame) => this.#draw(context, frame);
    plot.layers.over.push(this.layer);
  }

  /** Choose what a drag over the plot does: one of `MODES`. */
  setMode(mode) {
    this.mode = mode;
    this.plot.el.dataset.mode = mode;
  }

  /** Give up what is being done, and what is selected. @returns {boolean} whether there was anything */
  cancel() {
    const wasBusy = this.drag !== null || this.pinch !== null || this.selection !== null;
    if (this.drag) this.#undo();
    this.#end();
    this.pinch = null;
    this.#select(null);
    return wasBusy;
  }

  close() {
    this.abort.abort();
    this.plot.layers.over = this.plot.layers.over.filter((layer) => layer !== this.layer);
  }

  #listen() {
    const { signal } = this.abort;
    const { el } = this.plot;
    const on = (name, take, more = {}) => el.addEventListener(name, take, { signal, ...more });
    on("pointerdown", (event) => this.#onDown(event));
    on("pointermove", (event) => this.#onMove(event));
    on("pointerup", (event) => this.#onUp(event));
    on("pointercancel", (event) => this.#onCancel(event));
    on("lostpointercapture", (event) => this.pointers.has(event.pointerId) && this.#onCancel(event));
    on("dblclick", (event) => this.#onDoubleClick(event));
    on("wheel", (event) => this.#onWheel(event), { passive: false });
    on("focus", () => (this.isFocused = true));
    on("blur", () => (this.isFocused = false));
    const escape = (event) => event.key === "Escape" && this.drag && this.#onEscape(event);
    document.addEventListener("keydown", escape, { signal, capture: true });
    const elsewhere = (event) => el.contains(event.target) || (this.scrolledAt = event.timeStamp);
    document.addEventListener("wheel", elsewhere, { signal, capture: true, passive: true });
  }

  #onDown(event) {
    if (event.button > 0 || isControl(event.target)) return;
    this.pointers.set(event.pointerId, this.#placeOf(event));
    this.plot.el.dataset.pointed = ""; // no ring is needed where a person has just clicked
    this.plot.el.focus({ preventScroll: true });
    if (this.pointers.size === 2) return this.#beginPinch();
    const start = this.#placeOf(event);
    const place = this.plot.areaAt(start.x, start.y);
    if (!place.area || this.pointers.size > 2) return;
    this.press = { start, place, id: event.pointerId, withShift: event.shiftKey, isTouch: event.pointerType === "touch" };
  }

  #onMove(event) {
    const at = this.#placeOf(event);
    if (this.pointers.has(event.pointerId)) this.pointers.set(event.pointerId, at);
    if (this.pinch) return this.#movePinch();
    const { press } = this;
    if (!press) {
      const area = this.plot.areaAt(at.x, at.y).area ?? "";
      if (this.plot.el.dataset.area !== area) this.plot.el.dataset.area = area;
      return;
    }
    if (event.pointerId !== press.id) return;
    if (event.buttons === 0) return this.#onCancel(event); // it was let go elsewhere
    const far = Math.hypot(at.x - press.start.x, at.y - press.start.y);
    if (!this.drag && far >= (press.isTouch ? TOUCH_PX : DRAG_PX)) this.#beginDrag(press);
    if (this.drag) this.#moveDrag(at);
  }

  #onUp(event) {
    this.pointers.delete(event.pointerId);
    if (this.pinch) {
      if (this.pointers.size < 2) this.#endPinch();
      return;
    }
    const { press, drag } = this;
    if (!press || event.pointerId !== press.id) return;
    if (drag) {
      this.#moveDrag(this.#placeOf(event));
      this.#finish(drag);
    } else if (press.place.area === "plot" && !press.withShift) {
      this.#select(null);
      this.does.onClick?.(press.start);
    }
    this.#end();
  }

  #onCancel(event) {
    this.pointers.delete(event.pointerId);
    if (this.pinch) this.#endPinch();
    if (this.drag) this.#undo();
    this.#end();
  }

  #onEscape(event) {
    event.preventDefault();
    event.stopPropagation();
    this.#undo();
    this.#end();
  }

  #onDoubleClick(event) {
    if (isControl(event.target)) return;
    const { x, y } = this.#placeOf(event);
    const { area, row, axis } = this.plot.areaAt(x, y);
    if (area === "y") this.plot.setY(row, axis, null);
    else if (area && this.does.jumpToLive) return this.does.jumpToLive();
    else if (area) this.#reset();
    this.#changed();
  }

  #onWheel(event) {
    const isMeant = event.ctrlKey || event.metaKey;
    const isOfScroll = event.timeStamp - this.scrolledAt < SAME_SCROLL_MS;
    if (!isMeant && isOfScroll) this.scrolledAt = event.timeStamp;
    const { x, y } = this.#placeOf(event);
    const { area, row, axis } = this.plot.areaAt(x, y);
    if (!area || isControl(event.target) || (!isMeant && (!this.isFocused || isOfScroll))) return;
    event.preventDefault();
    const [dx, dy] = wheelPx(event);
    const { frame } = this.plot;
    const isSideways = !isMeant && (Math.abs(dx) > Math.abs(dy) || event.shiftKey);
    if (isSideways) {
      const px = Math.abs(dx) > Math.abs(dy) ? dx : dy;
      this.viewport.pan((px / frame.width) * (frame.to - frame.from), performance.now());
    } else {
      const factor = Math.exp(Math.min(Math.max(dy, -WHEEL_MOST_PX), WHEEL_MOST_PX) * WHEEL);
      if (area === "y") this.#zoomY(frame.rows[row], row, axis, y, factor);
      else this.viewport.zoom(factor, this.plot.timeAt(x), performance.now());
    }
    this.#changed();
  }

  // Drags.

  #beginDrag({ start, place, id, withShift, isTouch }) {
    this.plot.el.setPointerCapture?.(id);
    const kind = this.#kindOf(place.area, withShift, isTouch);
    const frame = structuredClone(this.plot.frame);
    this.drag = { kind, place, start, end: start, frame };
    this.box.takeTheme(this.plot.el);
    this.plot.el.dataset.drag = kind;
    this.viewport.hold(performance.now());
    this.before = { detached: this.viewport.detached, zoomedWidth: this.viewport.zoomedWidth };
    this.hadFixedY = this.plot.hasFixedY;
  }

  #kindOf(area, withShift, isTouch) {
    if (area === "x") return "pan";
    if (area === "y") return this.mode === "pan" ? "panY" : "zoomY";
    if (this.mode === "select") return "select";
    if (this.mode === "pan" || isTouch) return "pan";
    return withShift ? "box" : "zoom";
  }

  #moveDrag(at) {
    const { drag, viewport } = this;
    const { frame, start } = drag;
    const { row } = drag.place;
    const within = row === null || row === undefined ? frame : frame.rows[row];
    drag.end = { x: clamp(at.x, frame.left, frame.left + frame.width), y: clamp(at.y, within.top, within.top + within.height) };
    if (drag.kind === "pan") {
      const ms = ((at.x - start.x) / frame.width) * (frame.to - frame.from);
      viewport.lookAt(frame.from - ms, frame.to - ms, performance.now());
      this.does.onChange();
    } else if (drag.kind === "panY") {
      const dy = at.y - start.y;
      this.#setY(frame.rows[row], row, drag.place.axis, dy, dy);
      this.does.onChange();
    }
    this.plot.hasNews = true;
  }

  #finish({ kind, frame, start, end, place }) {
    const xs = [start.x, end.x].sort((a, b) => a - b);
    const ys = [start.y, end.y].sort((a, b) => b - a);
    const time = (x) => frame.from + ((x - frame.left) / frame.width) * (frame.to - frame.from);
    const isWide = xs[1] - xs[0] >= BOX_PX;
    const isHigh = ys[0] - ys[1] >= BOX_PX;
    if (kind === "select") this.#select(isWide ? { from: time(xs[0]), to: time(xs[1]) } : null);
    if ((kind === "zoom" || kind === "box") && isWide) this.viewport.lookAt(time(xs[0]), time(xs[1]), performance.now());
    if ((kind === "zoomY" || (kind === "box" && isWide)) && isHigh) {
      const row = frame.rows[place.row];
      const axes = kind === "box" ? row.axes.map((_, axis) => axis) : [place.axis];
      for (const axis of axes) this.#setY(row, place.row, axis, row.top + row.height - ys[0], row.top - ys[1]);
    }
  }

  /** Put back what a drag has moved. */
  #undo() {
    const { drag, viewport } = this;
    if (drag.kind === "pan") {
      viewport.lookAt(drag.frame.from, drag.frame.to, performance.now());
      Object.assign(viewport, this.before);
    } else if (drag.kind === "panY") {
      const { row, axis } = drag.place;
      const { bottom, top } = drag.frame.rows[row].axes[axis];
      this.plot.setY(row, axis, this.hadFixedY ? [bottom, top] : null);
    }
  }

  #end() {
    const wasDrag = this.drag !== null;
    this.press = this.drag = null;
    this.viewport.release(performance.now());
    delete this.plot.el.dataset.drag;
    this.plot.hasNews = true;
    if (wasDrag) this.#changed();
  }

  // Two fingers.

  #beginPinch() {
    if (this.drag) this.#undo();
    this.#end();
    const [a, b] = [...this.pointers.values()];
    this.viewport.hold(performance.now());
    this.pinch = { wide: Math.max(Math.abs(a.x - b.x), 20), frame: structuredClone(this.plot.frame), middle: (a.x + b.x) / 2 };
    this.plot.el.dataset.drag = "pinch";
  }

  #movePinch() {
    if (this.pointers.size < 2) return;
    const [a, b] = [...this.pointers.values()];
    const { frame, middle, wide } = this.pinch;
    const factor = wide / Math.max(Math.abs(a.x - b.x), 20);
    const span = (frame.to - frame.from) * factor;
    // The time that was between the fingers stays between them.
    const time = frame.from + ((middle - frame.left) / frame.width) * (frame.to - frame.from);
    const from = time - (((a.x + b.x) / 2 - frame.left) / frame.width) * span;
    this.viewport.lookAt(from, from + span, performance.now());
    this.#changed();
  }

  #endPinch() {
    this.pinch = null;
    this.#end();
    this.#changed();
  }

  // What they change.

  /** Show of an axis what lies between places moved by so many px from its lower and upper end. */
  #setY(row, number, axis, fromBottom, fromTop) {
    const { bottom, top, isLog } = row.axes[axis];
    const [low, high] = isLog ? [Math.log10(bottom), Math.log10(top)] : [bottom, top];
    const at = (share) => low * (1 - share) + high * share;
    const range = [at(fromBottom / row.height), at(1 + fromTop / row.height)].map((end) => (isLog ? 10 ** end : end));
    if (range.every(Number.isFinite) && range[0] < range[1]) this.plot.setY(number, axis, range);
  }

  #zoomY(row, number, axis, y, factor) {
    const below = row.top + row.height - y;
    this.#setY(row, number, axis, below * (1 - factor), (below - row.height) * (1 - factor));
  }

  #select(span) {
    if (span === this.selection) return;
    this.selection = span;
    this.plot.hasNews = true;
    this.does.onSelect?.(span);
  }

  #reset() {
    this.viewport.reset();
    this.viewport.pause(false);
    this.plot.frame.rows.forEach(({ axes }, row) => axes.forEach((_, axis) => this.plot.setY(row, axis, null)));
  }

  #changed() {
    this.plot.hasNews = true;
    this.does.onChange();
  }

  #placeOf(event) {
    const box = this.plot.el.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  // What one sees of it.

  #draw(context, frame) {
    const { drag, selection } = this;
    if (selection) {
      const [x0, x1] = [selection.from, selection.to].map((time) =>
        clamp(this.plot.xOf(time), frame.left, frame.left + frame.width),
      );
      if (x1 > x0) this.box.draw(context, x0, frame.top, x1, frame.top + frame.height, null);
    }
    if (!drag || drag.kind.startsWith("pan")) return;
    const row = drag.kind === "box" || drag.kind === "zoomY" ? frame.rows[drag.place.row] : null;
    const hasX = drag.kind !== "zoomY";
    const [x0, x1] = hasX ? sorted(drag.start.x, drag.end.x) : [frame.left, frame.left + frame.width];
    const [y0, y1] = row ? sorted(drag.start.y, drag.end.y) : [frame.top, frame.top + frame.height];
    const seconds = ((x1 - x0) / frame.width) * ((frame.to - frame.from) / 1000);
    this.box.draw(context, x0, y0, x1, y1, hasX && x1 - x0 > 60 ? spanText(seconds) : null);
  }
}

/** @returns {[number, number]} how far a wheel was turned, CSS px */
function wheelPx({ deltaX, deltaY, deltaMode }) {
  const unit = [1, 16, 400][deltaMode] ?? 1;
  return [deltaX * unit, deltaY * unit];
}

function isControl(target) {
  return Boolean(target?.closest?.("button, a, input, select, textarea, .nbs-limit, .nbs-selection, .nbs-help"));
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

const sorted = (a, b) => (a < b ? [a, b] : [b, a]);
