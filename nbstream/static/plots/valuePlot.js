// A plot over numbers instead of time: rows with an x axis each, drawn on one canvas when something has changed, and a
// cursor that goes by the pointer or by keys from place to place.

import { Box } from "../chart/box.js";
import { yMap } from "../chart/draw.js";
import { drawFrames, drawGrid, drawNumbers, drawTimes, drawWhy } from "../chart/grid.js";
import { Labels } from "../chart/labels.js";
import { layOutRows } from "../chart/layout.js";
import { readLook } from "../chart/look.js";
import { drawAcross } from "../chart/thresholds.js";
import { logTicks, numberLabels, numberTicks } from "../chart/ticks.js";
import { element, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";

const CANVAS_STYLE = { position: "absolute", left: "0", top: "0", pointerEvents: "none" };
const X_TICK_PX = 72;
const X_LABEL_PX = 64;
const LEAST_X_TICK_PX = 44;
const FEWEST_TICKS = 3;
const NUMBER_GAP_PX = 11;
const LEAST_ROW_PX = 130;
const MARGIN_PX = 4;
const BESIDE_PX = 12;
const PAGE = 10;
const DRAG_PX = 4; // less is a click
const LEAST_BOX_PX = 8; // a smaller box was a slip
const ZOOM = 0.8;
const WHEEL = 0.004; // of the width, per px of a wheel
const WHEEL_MOST_PX = 60;
const MOVE = 0.1; // of the width

/**
 * @typedef {object} ValueRow what a row shows
 * @property {{bottom: number, top: number, isLog: boolean, title: string, step?: number | null}} x
 * @property {{bottom: number, top: number, isLog: boolean, title: string} | null} y null has no numbers
 * @property {string} [why] it has nothing to show
 * @property {any[]} shapes as those of a chart's figure, with values of the x axis for times
 * @property {(context: CanvasRenderingContext2D, place: RowPlace) => void} draw the data
 * @property {(context: CanvasRenderingContext2D, place: RowPlace, index: number) => void} drawCursor
 * @property {(context: CanvasRenderingContext2D, place: RowPlace, value: number) => void} [drawBeside] where the cursor of another row is
 * @property {number} count of the places that the cursor can be at
 * @property {(value: number) => number} indexAt a value of the x axis, −1 for none
 * @property {(index: number) => [number, number]} span of a place, values of the x axis
 * @property {(index: number) => {title: string, entries: {color: string, name: string, value: string, note: string}[]}} read
 */

/**
 * @typedef {object} RowPlace where a row is, device px
 * @property {(value: number) => number} x
 * @property {(value: number) => number} y
 * @property {{left: number, top: number, width: number, height: number}} box
 * @property {number} ratio
 * @property {import("../chart/look.js").Look} look
 */

export class ValuePlot {
  #rows = [];
  #places = [];
  #look = readLook(null, false);
  #isDark = false;
  #asked = 0;
  #cursor = null;
  #pointer = null;
  #waiting = "";
  #drag = null;

  /**
   * @param {string} label what it is and what its keys do
   * @param {((range: [number, number] | null) => void) | null} [onZoom] a person chose a part of the x axis, null for
   *   the whole; without it the plot has one view only
   * @param {(from: number, to: number) => string} [spanText] what a box says of the part that it takes in
   */
  constructor(label, onZoom = null, spanText = () => "") {
    this.label = label;
    this.onZoom = onZoom;
    this.spanText = spanText;
    this.box = new Box();
    this.canvas = element("canvas", { class: "nbs-plot-canvas", "aria-hidden": "true", style: CANVAS_STYLE });
    this.readout = element("div", { class: "nbs-readout", hidden: true });
    this.speaker = element("div", { class: "nbs-hidden", role: "status", "aria-live": "polite" });
    this.empty = element("div", { class: "nbs-plot-empty" });
    const over = element("div", { class: "nbs-crosshair" }, [this.readout, this.speaker]);
    this.el = element(
      "div",
      { ...OWN_KEYS, class: "nbs-plot nbs-value-plot", tabindex: "0", role: "application", "aria-label": label },
      [this.canvas, this.empty, over],
    );
    this.context = this.canvas.getContext("2d");
    this.labels = new Labels(this.context, this.#look);
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.el.addEventListener("pointermove", (event) => this.#point(event), { signal });
    this.el.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    this.el.addEventListener("pointerleave", () => this.#pointer && this.#moveTo(null), { signal });
    this.el.addEventListener("blur", () => this.#leave(), { signal });
    this.el.addEventListener("keydown", (event) => this.press(event), { signal });
    if (onZoom) this.#listenForZoom(signal);
    this.observer = new ResizeObserver(() => this.paintSoon());
    this.observer.observe(this.el);
  }

  get look() {
    return this.#look;
  }

  get isDark() {
    return this.#isDark;
  }

  setTheme(isDark) {
    this.#isDark = isDark;
    this.#look = readLook(this.el, isDark);
    this.labels.use(this.#look);
    this.paintSoon();
  }

  /** Say what it is, for who cannot see it. */
  describe(title) {
    setAttribute(this.el, "aria-label", title ? `${title}. ${this.label}` : this.label);
  }

  /**
   * @param {ValueRow[]} rows
   * @param {number} height CSS px of all; a row has room to be read all the same
   * @param {string} waiting what stands in a plot without rows
   */
  show(rows, height, waiting) {
    this.#carryCursor(rows);
    this.#rows = rows;
    this.#waiting = waiting;
    const px = `${Math.max(height, LEAST_ROW_PX * rows.length)}px`;
    if (this.el.style.height !== px) this.el.style.height = px;
    setText(this.empty, waiting);
    this.paintSoon();
  }

  paintSoon() {
    if (this.#asked) return;
    this.#asked = requestAnimationFrame(() => {
      this.#asked = 0;
      this.paint();
    });
  }

  close() {
    cancelAnimationFrame(this.#asked);
    this.observer.disconnect();
    this.abort.abort();
  }

  paint() {
    const ratio = globalThis.devicePixelRatio || 1;
    const [width, height] = [Math.round(this.el.clientWidth * ratio), Math.round(this.el.clientHeight * ratio)];
    if (!(width > 0 && height > 0)) return;
    const { canvas, context } = this;
    if (canvas.width !== width || canvas.height !== height) {
      [canvas.width, canvas.height] = [width, height];
      canvas.style.width = `${width / ratio}px`;
      canvas.style.height = `${height / ratio}px`;
    }
    const rows = this.#rows.length ? this.#rows : [null];
    const rowHeight = Math.floor(height / rows.length);
    const laidOut = rows.map((row, i) => this.#layOut(row, { width, height: rowHeight, ratio, top: i * rowHeight }));
    this.#places = laidOut.map((one) => (one.place ? one : null));
    if (this.#pointer) this.#cursor = this.#cursorAt(this.#pointer);
    context.clearRect(0, 0, width, height);
    laidOut.forEach((one, i) => this.#paintRow(one, i));
    this.#drawBox(ratio);
    this.#showReadout();
  }

  /** @returns {HTMLCanvasElement} what is shown, with nothing under the cursor */
  toCanvas() {
    const [cursor, pointer] = [this.#cursor, this.#pointer];
    this.#cursor = this.#pointer = null;
    this.paint();
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [this.canvas.width, this.canvas.height];
    copy.getContext("2d").drawImage(this.canvas, 0, 0);
    [this.#cursor, this.#pointer] = [cursor, pointer];
    this.paint();
    return copy;
  }

  /** Where a row and its axes are; without a place where it has nothing to show. */
  #layOut(row, size) {
    const { ratio } = size;
    const layout = layOutRows([{ axes: [{}] }], size);
    const [box] = layout.rows;
    box.top += size.top;
    layout.bottom += size.top;
    const laidOut = { row, layout, ratio, place: null, top: size.top / ratio, bottom: (size.top + size.height) / ratio };
    if (!row || row.why) return laidOut;
    const toLeft = yMap({ ...row.x, height: layout.width });
    const x = (value) => layout.left + layout.width - Math.round(toLeft(value));
    const y = row.y ? yMap({ ...row.y, height: box.height }) : () => NaN;
    return { ...laidOut, place: { x, y, box: { ...box, left: layout.left, width: layout.width }, ratio, look: this.#look } };
  }

  #paintRow({ row, layout, ratio, place }, number) {
    const { context } = this;
    const look = this.#look;
    const picture = { layout, look, times: { ticks: [], spans: [] }, x: () => 0, zone: "", rows: [{ axes: [{ y: null, ticks: null, title: "", color: null }] }] };
    if (!place) {
      drawFrames(context, picture);
      if (row) drawWhy(context, row.why, { ...layout.rows[0], left: layout.left, width: layout.width }, look, ratio);
      return;
    }
    const { box } = place;
    const axis = this.#xTicks(row.x, box.width / ratio);
    picture.x = place.x;
    picture.times.ticks = axis.ticks;
    picture.zone = [row.x.title, axis.note].filter(Boolean).join("  ");
    if (row.y) {
      const ticks = this.labels.ticks(row.y, box.height / ratio, layout.numbers / ratio - NUMBER_GAP_PX);
      picture.rows[0].axes[0] = { y: place.y, ticks, title: row.y.title, color: null };
    }
    drawGrid(context, picture);
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
    row.draw(context, place);
    if (this.#cursor?.row === number && this.#cursor.index < row.count) row.drawCursor(context, place, this.#cursor.index);
    else if (this.#cursor && this.#cursor.row !== number) this.#drawBeside(row, place);
    context.restore();
    drawFrames(context, picture);
    drawAcross(context, { shapes: row.shapes }, picture);
    drawNumbers(context, picture);
    drawTimes(context, picture);
    row.drawMarks?.(context, place);
  }

  #xTicks(axis, width) {
    const { step, values } = valueTicks(axis, width);
    const { texts, note } = numberLabels(values, step, (text) => this.labels.widthOf(text) <= X_LABEL_PX);
    return { ticks: values.map((time, i) => ({ time, text: texts[i] })), note };
  }

  #drawBeside(row, place) {
    const other = this.#rows[this.#cursor.row];
    if (row.drawBeside && this.#cursor.index < other.count) row.drawBeside(this.context, place, other.span(this.#cursor.index)[0]);
  }

  // A part of the axis.

  #listenForZoom(signal) {
    const on = (name, take, more = {}) => this.el.addEventListener(name, take, { signal, ...more });
    on("pointerup", (event) => this.#drop(event));
    on("pointercancel", () => this.#letGo());
    on("lostpointercapture", () => this.#letGo());
    on("dblclick", () => this.onZoom(null));
    on("wheel", (event) => this.#wheel(event), { passive: false });
    const escape = (event) => {
      if (event.key !== "Escape" || !this.#drag) return;
      event.stopPropagation();
      event.preventDefault();
      if (this.#drag.isPan) this.onZoom(this.#drag.range);
      this.#letGo();
    };
    document.addEventListener("keydown", escape, { signal, capture: true });
  }

  #press(event) {
    this.el.dataset.pointed = ""; // no ring is needed where a person has just clicked
    this.#point(event);
    if (!this.onZoom || event.button > 0 || event.pointerType === "touch") return;
    const px = this.#pxOf(event)[0];
    const found = this.#placeAt(event);
    if (!found || this.#shareAt(found, px) === null) return;
    const { bottom, top } = found.row.x;
    this.#drag = { found, from: px, to: px, range: [bottom, top], isPan: event.shiftKey, isFar: false };
    this.el.setPointerCapture?.(event.pointerId);
    if (event.shiftKey) event.preventDefault(); // or it selects text
  }

  #move(event) {
    const drag = this.#drag;
    if (event.buttons === 0) return this.#letGo(); // it was let go elsewhere
    const { left, width } = drag.found.place.box;
    const { ratio } = drag.found.place;
    drag.to = Math.min(Math.max(this.#pxOf(event)[0], left / ratio), (left + width) / ratio);
    drag.isFar ||= Math.abs(drag.to - drag.from) >= DRAG_PX;
    if (!drag.isFar) return;
    this.#moveTo(null);
    if (drag.isPan) {
      const by = ((drag.from - drag.to) * ratio * (drag.range[1] - drag.range[0])) / width;
      this.onZoom(drag.range.map((end) => end + by));
    }
    this.paintSoon();
  }

  #drop(event) {
    const drag = this.#drag;
    if (!drag) return;
    this.#move(event.buttons ? event : { clientX: event.clientX, clientY: event.clientY, buttons: 1 });
    const isWide = Math.abs(drag.to - drag.from) >= LEAST_BOX_PX;
    this.#letGo();
    if (drag.isPan || !isWide) return;
    const ends = [drag.from, drag.to].sort((a, b) => a - b);
    this.onZoom(ends.map((px) => valueAt(drag.found.row.x, this.#shareAt(drag.found, px) ?? 0)));
  }

  #letGo() {
    if (!this.#drag) return;
    this.#drag = null;
    this.paintSoon();
  }

  #wheel(event) {
    const found = event.ctrlKey || event.metaKey ? this.#placeAt(event) : null;
    const share = found && this.#shareAt(found, this.#pxOf(event)[0]);
    if (share === null) return;
    event.preventDefault();
    const dy = event.deltaY * ([1, 16, 400][event.deltaMode] ?? 1);
    this.#zoom(found.row.x, Math.exp(Math.min(Math.max(dy, -WHEEL_MOST_PX), WHEEL_MOST_PX) * WHEEL), share);
  }

  #zoom({ bottom, top }, factor, share) {
    const at = bottom * (1 - share) + top * share;
    this.onZoom([at - (at - bottom) * factor, at + (top - at) * factor]);
  }

  #zoomByKey(key, isShifted, row) {
    const { bottom, top } = row.x;
    const factor = { "+": ZOOM, "=": ZOOM, "-": 1 / ZOOM, "\u2212": 1 / ZOOM }[key];
    const way = isShifted ? { ArrowLeft: -1, ArrowRight: 1 }[key] : undefined;
    if (factor) {
      const at = this.#cursor && this.#cursor.index < row.count ? row.span(this.#cursor.index)[0] : (bottom + top) / 2;
      this.#zoom(row.x, factor, (at - bottom) / (top - bottom));
    } else if (way) this.onZoom([bottom, top].map((end) => end + way * MOVE * (top - bottom)));
    else if (key === "Backspace" || key === "0") this.onZoom(null);
    else return false;
    return true;
  }

  #drawBox(ratio) {
    const drag = this.#drag;
    if (!drag?.isFar || drag.isPan) return;
    const { context } = this;
    const [x0, x1] = [drag.from, drag.to].sort((a, b) => a - b);
    const { row } = drag.found;
    const [from, to] = [x0, x1].map((px) => valueAt(row.x, this.#shareAt(drag.found, px) ?? 0));
    this.box.takeTheme(this.el);
    context.save();
    context.scale(ratio, ratio);
    for (const found of this.#places) {
      if (!found) continue;
      const { top, height } = found.place.box;
      const text = found.row === row && x1 - x0 > 60 ? this.spanText(from, to) : null;
      this.box.draw(context, x0, top / ratio, x1, (top + height) / ratio, text);
    }
    context.restore();
  }

  #pxOf(event) {
    const box = this.el.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #placeAt(event) {
    const py = this.#pxOf(event)[1];
    return this.#places.find((found) => found && py >= found.top && py < found.bottom) ?? null;
  }

  /** @returns {number | null} where along the axis a place is, CSS px; null beside it */
  #shareAt({ place }, px) {
    const share = (px * place.ratio - place.box.left) / place.box.width;
    return share >= -1e-9 && share <= 1 + 1e-9 ? Math.min(Math.max(share, 0), 1) : null;
  }

  // The cursor.

  #point(event) {
    if (this.#drag) return this.#move(event);
    const pointer = this.#pxOf(event);
    this.#moveTo(this.#cursorAt(pointer));
    this.#pointer = pointer; // it may rest while what is under it changes
  }

  #cursorAt([px, py]) {
    const number = this.#places.findIndex((found) => found && py >= found.top && py < found.bottom);
    if (number < 0) return null;
    const { row, place } = this.#places[number];
    const value = valueAt(row.x, (px * place.ratio - place.box.left) / place.box.width);
    const index = value === null ? -1 : row.indexAt(value);
    return index < 0 ? null : { row: number, index };
  }

  /** A cursor that came by keys stays at its value, whichever place that is among the next rows. */
  #carryCursor(rows) {
    const cursor = this.#cursor;
    if (!cursor || this.#pointer) return;
    const [before, after] = [this.#rows[cursor.row], rows[cursor.row]];
    if (!after?.count || !(cursor.index < before?.count)) return;
    const [low, high] = before.span(cursor.index);
    const index = after.indexAt((low + high) / 2);
    if (index >= 0) this.#cursor = { row: cursor.row, index };
  }

  #moveTo(cursor) {
    const old = this.#cursor;
    this.#pointer = null;
    if (cursor === null ? old === null : old && cursor.row === old.row && cursor.index === old.index) return;
    this.#cursor = cursor;
    if (cursor === null) setText(this.speaker, "");
    this.paintSoon();
  }

  #leave() {
    delete this.el.dataset.pointed;
    this.#moveTo(null);
  }

  /** Do what a key says. */
  press(event) {
    delete this.el.dataset.pointed;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = this.#rows[this.#cursor?.row ?? 0];
    if (this.onZoom && row && !row.why && this.#zoomByKey(event.key, event.shiftKey, row)) {
      event.preventDefault?.();
      event.stopPropagation?.();
      return;
    }
    const next = row && this.#moved(event.key, row);
    if (next === undefined || next === null) return;
    event.preventDefault?.();
    event.stopPropagation?.();
    if (next === false) return this.#moveTo(null);
    this.#moveTo(next);
    const { title, entries } = this.#rows[next.row].read(next.index);
    setText(this.speaker, `${title}: ${entries.map(({ name, value, note }) => [name, value, note].filter(Boolean).join(" ")).join("; ")}`);
  }

  /** @returns {{row: number, index: number} | false | null} where a key leads; false lets go, null is no key of ours */
  #moved(key, row) {
    const at = this.#cursor ?? { row: 0, index: -1 };
    const last = row.count - 1;
    if (key === "Escape") return this.#cursor ? false : null;
    if (last < 0) return null;
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: PAGE, PageDown: -PAGE };
    if (key in steps) {
      const start = at.index < 0 ? Math.floor(last / 2) - Math.sign(steps[key]) : at.index;
      return { row: at.row, index: Math.min(Math.max(start + steps[key], 0), last) };
    }
    if (key === "Home") return { row: at.row, index: 0 };
    if (key === "End") return { row: at.row, index: last };
    const way = { ArrowUp: -1, ArrowDown: 1 }[key];
    const next = this.#rows[at.row + way];
    if (!way || !next?.count) return null;
    return { row: at.row + way, index: Math.min(Math.max(at.index, 0), next.count - 1) };
  }

  #showReadout() {
    const { readout } = this;
    const found = this.#cursor && this.#places[this.#cursor.row];
    const isThere = Boolean(found) && this.#cursor.index < found.row.count;
    readout.hidden = !isThere;
    if (!isThere) return;
    const { title, entries } = found.row.read(this.#cursor.index);
    readout.replaceChildren(
      element("div", { class: "nbs-readout-time", text: title }),
      ...entries.map(({ color, name, value, note }) =>
        element("div", { class: "nbs-readout-row" }, [
          name ? element("i", { style: { background: color } }) : null,
          name ? element("span", { text: name }) : null,
          element("b", { text: value }),
          note ? element("em", { text: note }) : null,
        ]),
      ),
    );
    const { place } = found;
    const [low, high] = found.row.span(this.#cursor.index).map((value) => place.x(value) / place.ratio);
    const [width, height] = [readout.offsetWidth, readout.offsetHeight];
    const room = this.el.clientWidth;
    const isRight = high + BESIDE_PX + width <= room - MARGIN_PX;
    const left = isRight ? high + BESIDE_PX : Math.max(MARGIN_PX, low - BESIDE_PX - width);
    const top = Math.min(place.box.top / place.ratio + MARGIN_PX, this.el.clientHeight - height - MARGIN_PX);
    readout.style.transform = `translate(${Math.round(left)}px, ${Math.round(Math.max(0, top))}px)`;
  }
}

/**
 * Ticks of an x axis: three at least where they have room, and not finer than the values are.
 * @param {{bottom: number, top: number, isLog: boolean, step?: number | null}} axis
 * @param {number} width CSS px
 */
export function valueTicks({ bottom, top, isLog, step: least = null }, width) {
  const most = Math.max(2, Math.floor(width / LEAST_X_TICK_PX));
  let count = Math.max(2, Math.floor(width / X_TICK_PX));
  const find = () => (isLog ? logTicks(bottom, top, count) : numberTicks(bottom, top, count));
  let found = find();
  while (found.values.length < FEWEST_TICKS && count < most) {
    count += 1;
    found = find();
  }
  while (least !== null && found.step !== null && found.step < least * (1 - 1e-9) && count > 1) {
    count -= 1;
    found = find();
  }
  return found;
}

/** @returns {ValueRow} one that has nothing to show but why */
export function emptyRow(why) {
  return {
    x: { bottom: 0, top: 1, isLog: false, title: "" },
    y: null,
    why,
    shapes: [],
    draw() {},
    drawCursor() {},
    count: 0,
    indexAt: () => -1,
    span: () => [0, 0],
    read: () => ({ title: "", entries: [] }),
  };
}

/** @returns {number | null} the value at a share of an axis; null outside */
export function valueAt({ bottom, top, isLog }, share) {
  if (!(share >= 0 && share <= 1)) return null;
  if (isLog) return 10 ** (Math.log10(bottom) * (1 - share) + Math.log10(top) * share);
  return bottom * (1 - share) + top * share;
}
