// A plot over numbers instead of time: rows with an x axis each, drawn on one canvas when something has changed, and a
// cursor that goes by the pointer or by keys from place to place.

import { yMap } from "../chart/draw.js";
import { drawFrames, drawGrid, drawNumbers, drawTimes, fontOf, shortenedTo } from "../chart/grid.js";
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

/**
 * @typedef {object} ValueRow what a row shows
 * @property {{bottom: number, top: number, isLog: boolean, title: string, step?: number | null}} x
 * @property {{bottom: number, top: number, isLog: boolean, title: string} | null} y null has no numbers
 * @property {string} [why] it has nothing to show
 * @property {any[]} shapes as those of a chart's figure, with values of the x axis for times
 * @property {(context: CanvasRenderingContext2D, place: RowPlace) => void} draw the data
 * @property {(context: CanvasRenderingContext2D, place: RowPlace, index: number) => void} drawCursor
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
  #waiting = "";

  /** @param {string} label what it is and what its keys do */
  constructor(label) {
    this.label = label;
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
    this.el.addEventListener("pointerdown", (event) => this.#point(event), { signal });
    this.el.addEventListener("pointerleave", () => this.#cursor?.isPointed && this.#moveTo(null), { signal });
    this.el.addEventListener("blur", () => this.#moveTo(null), { signal });
    this.el.addEventListener("keydown", (event) => this.press(event), { signal });
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
    context.clearRect(0, 0, width, height);
    const rows = this.#rows.length ? this.#rows : [null];
    const rowHeight = Math.floor(height / rows.length);
    this.#places = rows.map((row, i) => this.#paintRow(row, i, { width, height: rowHeight, ratio, top: i * rowHeight }));
    this.#showReadout();
  }

  /** @returns {HTMLCanvasElement} what is shown, with nothing under the cursor */
  toCanvas() {
    const cursor = this.#cursor;
    this.#cursor = null;
    this.paint();
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [this.canvas.width, this.canvas.height];
    copy.getContext("2d").drawImage(this.canvas, 0, 0);
    this.#cursor = cursor;
    this.paint();
    return copy;
  }

  #paintRow(row, number, size) {
    const { context } = this;
    const look = this.#look;
    const { ratio } = size;
    const layout = layOutRows([{ axes: [{}] }], size);
    const [box] = layout.rows;
    box.top += size.top;
    const picture = { layout, look, times: { ticks: [], spans: [] }, x: () => 0, zone: "", rows: [{ axes: [{ y: null, ticks: null, title: "", color: null }] }] };
    if (!row || row.why) {
      drawFrames(context, picture);
      if (row) this.#sayWhy(row.why, layout, ratio);
      return null;
    }
    const toLeft = yMap({ ...row.x, height: layout.width });
    const x = (value) => layout.left + layout.width - Math.round(toLeft(value));
    const y = row.y ? yMap({ ...row.y, height: box.height }) : () => NaN;
    const axis = this.#xTicks(row.x, layout.width / ratio);
    picture.x = x;
    picture.times.ticks = axis.ticks;
    picture.zone = [row.x.title, axis.note].filter(Boolean).join("  ");
    if (row.y) {
      const ticks = this.labels.ticks(row.y, box.height / ratio, layout.numbers / ratio - NUMBER_GAP_PX);
      picture.rows[0].axes[0] = { y, ticks, title: row.y.title, color: null };
    }
    drawGrid(context, picture);
    const place = { x, y, box: { ...box, left: layout.left, width: layout.width }, ratio, look };
    context.save();
    context.beginPath();
    context.rect(layout.left, box.top, layout.width, box.height);
    context.clip();
    row.draw(context, place);
    if (this.#cursor?.row === number && this.#cursor.index < row.count) row.drawCursor(context, place, this.#cursor.index);
    context.restore();
    drawFrames(context, picture);
    drawAcross(context, { shapes: row.shapes }, picture);
    drawNumbers(context, picture);
    drawTimes(context, picture);
    row.drawMarks?.(context, place);
    return { row, place, top: size.top / ratio, bottom: (size.top + size.height) / ratio };
  }

  #sayWhy(text, { left, width, rows: [{ top, height }] }, ratio) {
    const { context } = this;
    context.font = fontOf(this.#look, ratio * 1.15);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = this.#look.muted;
    context.fillText(shortenedTo(context, text, width * 0.94), left + width / 2, top + height / 2);
  }

  #xTicks(axis, width) {
    const { step, values } = valueTicks(axis, width);
    const { texts, note } = numberLabels(values, step, (text) => this.labels.widthOf(text) <= X_LABEL_PX);
    return { ticks: values.map((time, i) => ({ time, text: texts[i] })), note };
  }

  // The cursor.

  #point(event) {
    const box = this.el.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    const number = this.#places.findIndex((found) => found && py >= found.top && py < found.bottom);
    const found = this.#places[number];
    if (!found) return this.#moveTo(null);
    const { row, place } = found;
    const value = valueAt(row.x, (px * place.ratio - place.box.left) / place.box.width);
    const index = value === null ? -1 : row.indexAt(value);
    this.#moveTo(index < 0 ? null : { row: number, index, isPointed: true });
  }

  #moveTo(cursor) {
    const old = this.#cursor;
    if (cursor === null ? old === null : old && cursor.row === old.row && cursor.index === old.index) return;
    this.#cursor = cursor;
    if (cursor === null) setText(this.speaker, "");
    this.paintSoon();
  }

  /** Move the cursor by a key. */
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = this.#rows[this.#cursor?.row ?? 0];
    const next = row && this.#moved(event.key, row);
    if (next === undefined || next === null) return;
    event.preventDefault?.();
    event.stopPropagation?.();
    if (next === false) return this.#moveTo(null);
    this.#moveTo({ ...next, isPointed: false });
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
