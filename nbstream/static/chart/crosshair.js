// The values at the cursor, also while the lines move under it: a hairline through all rows, a dot on each line, and
// what every channel was at that time. The cursor is the pointer's, or one that keys move from reading to reading.

import { element, setName, setText } from "../shared/dom.js";
import { numberStyle, numberText, readingsText } from "../shared/format.js";
import { shadeOf, stateAt, stateText } from "./lanes.js";
import { Measure } from "./measure.js";
import { clockText } from "./ticks.js";

const MAX_ROWS = 12;

function named(name) {
  const node = element("span");
  setName(node, name);
  return node;
}
const NEAR_BREAK_PX = 12; // in a gap the value beside it is told only so near
const SHARE_EVENT = "nbstream:cursor";
const SLIP_PX = 4; // a press that moves so far is a drag
const MARGIN_PX = 4;
const BESIDE_PX = 12;
const STYLE_EVERY_MS = 500;

/**
 * @typedef {object} Found what a channel was at the cursor
 * @property {number} channel
 * @property {number} time of the reading, epoch ms
 * @property {number} value
 * @property {number} y CSS px in the plot
 */

export class Crosshair {
  /** @param {import("./plot.js").Plot} plot whose pointer it follows */
  constructor(plot) {
    this.plot = plot;
    this.hair = element("div", { class: "nbs-hair" });
    this.dots = element("div", { class: "nbs-dots" });
    this.readout = element("div", { class: "nbs-readout" });
    this.speaker = element("div", { class: "nbs-hidden", role: "status", "aria-live": "polite" });
    this.cursor = element("div", { class: "nbs-cursor", hidden: true }, [this.hair, this.dots, this.readout]);
    this.measure = new Measure();
    this.el = element("div", { class: "nbs-crosshair" }, [this.measure.el, this.cursor, this.speaker]);
    /** Where the pointer is, CSS px in the plot. @type {{x: number, y: number} | null} */
    this.place = null;
    /** Time of the reading that keys have moved to, epoch ms. @type {number | null} */
    this.pinnedTime = null;
    /** Time at the pointer over another chart of the same analyzer, epoch ms. @type {number | null} */
    this.sharedTime = null;
    /** What the others were told. @type {number | null} */
    this.toldTime = null;
    /** Channels in the order of their rows, until the pointer moves. @type {number[] | null} */
    this.order = null;
    /** @type {import("./data.js").ChartData | null} */
    this.data = null;
    /** @type {import("./line.js").Line[]} */
    this.lines = [];
    this.styles = new Map();
    this.shown = "";
    this.abort = new AbortController();
    const { signal } = this.abort;
    plot.el.addEventListener("pointermove", (event) => this.#follow(event), { signal });
    plot.el.addEventListener("pointerdown", (event) => (this.pressed = event), { signal });
    plot.el.addEventListener("click", (event) => this.#onClick(event), { signal });
    document.addEventListener(SHARE_EVENT, ({ detail }) => this.#hear(detail), { signal });
    plot.el.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && this.move(null), { signal });
  }

  close() {
    this.#tell(null);
    this.abort.abort();
  }

  /** Move to a place in the plot, CSS px; null hides it. */
  move(place) {
    if (place === null && this.place === null) return;
    this.place = place;
    this.order = null; // the pointer has moved
    if (place) this.pinnedTime = null;
    this.plot.hasNews = true;
  }

  /** Stay at a time, whatever the pointer does. */
  pin(time) {
    this.pinnedTime = time;
    this.order = null;
    this.plot.hasNews = true;
  }

  /** @returns {boolean} whether keys had put it anywhere */
  unpin() {
    const was = this.pinnedTime !== null;
    this.pinnedTime = null;
    setText(this.speaker, "");
    if (was) this.plot.hasNews = true;
    return was;
  }

  /** Set a second cursor where this one is, to measure from there; or take it away, where it is there already. */
  toggleMeasure() {
    const time = this.#time();
    this.measure.set(this.measure.time !== null && (time === null || time === this.measure.time) ? null : time);
    this.plot.hasNews = true;
  }

  /** @returns {boolean} whether there was anything to let go: what keys have moved, then the second cursor */
  letGo() {
    if (this.unpin()) return true;
    const was = this.measure.time !== null;
    this.measure.set(null);
    this.plot.hasNews = true;
    return was;
  }

  /**
   * Move to the reading before or after the one at the cursor.
   * @param {-1 | 1} sign
   * @returns {number | null} its time, epoch ms; null where there is none
   */
  step(sign) {
    const { plot } = this;
    const time = this.pinnedTime ?? (this.place ? plot.timeAt(this.place.x) : plot.frame.to);
    let next = null;
    for (const { line } of this.#readable()) {
      const found = neighbour(line, time, sign);
      if (found !== null && (next === null || sign * (found - next) < 0)) next = found;
    }
    if (next === null) return null;
    this.pin(next);
    const { span, texts } = this.#read(next, null);
    const words = texts.map(({ name, value, count }) => `${name} ${value}${count ? ` of ${count}` : ""}`);
    setText(this.speaker, `${this.#spanText(span)}: ${words.join(", ")}`);
    return next;
  }

  /** Speak of what is in view: each channel's newest value there, and what it spans. */
  describe() {
    const { frame } = this.plot;
    const all = frame ? this.#readable() : [];
    const words = all.slice(0, MAX_ROWS).map(({ line, channel, about }) => {
      const range = line.range(frame.from, frame.to);
      const i = line.nearest(frame.to);
      if (!range || i < 0) return `${about.name} no readings`;
      const style = this.#styleOf(channel, line, line.values[i]);
      const [last, low, high] = [line.values[i], ...range].map((value) => numberText(value, style, true));
      return `${about.name} ${last}${about.unit ? ` ${about.unit}` : ""}, from ${low} to ${high}`;
    });
    const more = all.length > MAX_ROWS ? `; ${all.length - MAX_ROWS} more` : "";
    setText(this.speaker, words.length ? `${words.join("; ")}${more}` : "no readings in view");
  }

  /**
   * Show what is at the cursor, after each paint.
   * @param {import("./data.js").ChartData} data whose marks' reasons it tells
   * @param {import("./line.js").Line[]} [lines] that are drawn, by channel
   */
  update(data, lines = data.lines) {
    this.data = data;
    this.lines = lines;
    const { plot, cursor } = this;
    const { frame } = plot;
    this.measure.place(plot);
    if (!frame || plot.el.dataset.drag) return this.#hide();
    const pointed = this.#pointedTime(frame);
    this.#tell(this.pinnedTime ?? pointed);
    const time = this.pinnedTime ?? pointed ?? this.sharedTime;
    if (time === null || time < frame.from || time > frame.to) return this.#hide();
    const read = this.#read(time, time === pointed ? this.place.y : null);
    if (!read) return this.#hide();
    cursor.hidden = false;
    const x = plot.xOf(read.time);
    this.hair.style.transform = `translateX(${Math.round(x)}px)`;
    this.#fit(frame);
    this.#showDots(read.found);
    this.#fill(read);
    this.#place(x, frame);
  }

  #follow(event) {
    const box = this.plot.el.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const isOverControl = Boolean(event.target?.closest?.("button"));
    const isOver = !isOverControl && this.plot.areaAt(x, y).area === "plot";
    this.move(isOver ? { x, y } : null);
  }

  /** Tell the other charts of the analyzer where the cursor is. */
  #tell(time) {
    const { analyzer } = this.data?.meta ?? {};
    if (time === this.toldTime || analyzer === undefined) return;
    this.toldTime = time;
    document.dispatchEvent(new CustomEvent(SHARE_EVENT, { detail: { analyzer, time, from: this } }));
  }

  #hear({ analyzer, time, from }) {
    if (from === this || analyzer !== this.data?.meta.analyzer) return;
    this.sharedTime = time;
    this.plot.hasNews = true;
  }

  /** A finger shows the values where it taps; with Shift a click measures from there. */
  #onClick(event) {
    const { pressed } = this;
    const { shiftKey, clientX, clientY } = event;
    if (!pressed || Math.hypot(clientX - pressed.clientX, clientY - pressed.clientY) >= SLIP_PX) return;
    if (pressed.pointerType === "touch") this.#follow(event);
    if (shiftKey && this.place) this.toggleMeasure();
  }

  /** @returns {number | null} time of the reading at the cursor */
  #time() {
    const { frame } = this.plot;
    const time = this.pinnedTime ?? (frame ? this.#pointedTime(frame) : null);
    return time === null ? null : (this.#read(time, null)?.time ?? null);
  }

  #pointedTime(frame) {
    if (!this.place) return null;
    const { x } = this.place;
    return x >= frame.left && x <= frame.left + frame.width ? this.plot.timeAt(x) : null;
  }

  #hide() {
    if (this.pinnedTime === null && !this.place) this.#tell(null);
    if (!this.cursor.hidden) this.cursor.hidden = true;
  }

  /** What can be read: the lines that are shown. */
  #readable() {
    const { plot, data, lines } = this;
    if (!data) return [];
    const about = data.meta.figure?.lines ?? [];
    return lines
      .map((line, channel) => ({ line, channel, about: about[channel] ?? { name: `channel ${channel}`, unit: "" } }))
      .filter(({ line, channel }) => line?.length && plot.isVisible(channel));
  }

  /**
   * @param {number} time epoch ms
   * @param {number | null} y of the pointer, CSS px
   * @returns {{time: number, span: [number, number], found: Found[], texts: any[], more: number} | null} null where no
   *   channel has a reading; the span is that of the bin that is read
   */
  #read(time, y) {
    const { plot } = this;
    const { frame } = plot;
    const msPerPx = (frame.to - frame.from) / frame.width;
    const all = [];
    for (const { line, channel, about } of this.#readable()) {
      const i = line.nearest(time);
      if (i < 0) continue;
      const when = line.times[i];
      const isFar = Math.abs(when - time) > NEAR_BREAK_PX * msPerPx && isBroken(line, i, time);
      const isIn = when >= frame.from && when <= frame.to && !isFar;
      const value = isIn ? line.values[i] : NaN;
      const bin = isIn ? line.binAt(i) : null;
      all.push({ channel, about, line, time: when, value, bin, y: isIn ? plot.yOf(channel, value) : null });
    }
    const known = all.filter(({ value }) => !Number.isNaN(value));
    const { lanes = [] } = plot;
    if (!known.length && !lanes.length) return null;
    // The hairline stands on a reading, the nearest in time.
    const nearest = known.reduce((best, one) => (best && Math.abs(best.time - time) <= Math.abs(one.time - time) ? best : one), null);
    const when = nearest?.time ?? time;
    const rows = this.#inOrder(all, y);
    const states = lanes.slice(0, MAX_ROWS).map((lane) => this.#stateOf(lane, when, msPerPx));
    const texts = [...rows.map((row) => this.#textOf(row, time)), ...states];
    const found = rows.filter(({ channel, y: at }) => at !== null && isWithin(frame, channel, at));
    const span = nearest?.bin ? [nearest.bin.from, nearest.bin.to] : [when, when];
    return { time: when, span, found, texts, more: all.length - rows.length + lanes.length - states.length };
  }

  /** The nearest to the pointer first; the order stays while the pointer rests, so that nobody has to search. */
  #inOrder(all, y) {
    if (!this.order || y === null) {
      const distance = (row) => (y === null ? row.channel : row.y === null ? Infinity : Math.abs(row.y - y));
      this.order = [...all].sort((a, b) => distance(a) - distance(b) || a.channel - b.channel).map(({ channel }) => channel);
    }
    const place = (row) => {
      const i = this.order.indexOf(row.channel);
      return i < 0 ? Infinity : i;
    };
    return [...all].sort((a, b) => place(a) - place(b)).slice(0, MAX_ROWS);
  }

  #stateOf({ channel, name, line, until }, time, msPerPx) {
    const { laneLabels, look } = this.plot;
    const state = stateAt(line, time, until, msPerPx);
    const label = state && laneLabels.of(channel, state.code);
    return {
      color: label ? shadeOf(label.shade, look.isDark) : look.muted,
      name,
      value: state ? stateText(laneLabels.text(channel, state.code), state, time, (since) => this.#clockText(since)) : "–",
      count: "",
      change: "",
      reasons: [],
    };
  }

  #textOf({ channel, about, line, value, bin, time: when }, time) {
    const { plot } = this;
    const style = Number.isNaN(value) ? null : this.#styleOf(channel, line, value);
    const ends = bin ? [...new Set([bin.low, bin.high].map((end) => numberText(end, style, true)))] : [];
    const number = bin ? ends.join(" … ") : style ? numberText(value, style, true) : "–";
    return {
      color: plot.styleOf(channel).color,
      name: about.name,
      value: about.unit && style ? `${number} ${about.unit}` : number,
      count: bin ? readingsText(bin.n) : "",
      change: style ? this.measure.changeText(line, { time: when, value }, style) : "",
      reasons: this.data.marks.words(channel, time, plot.frame),
    };
  }

  /** Digits by what the channel spans in view, looked at now and then. */
  #styleOf(channel, line, value) {
    const now = performance.now();
    const held = this.styles.get(channel);
    if (held && now - held.at < STYLE_EVERY_MS) return held.style;
    const { from, to } = this.plot.frame;
    const [low, high] = line.range(from, to) ?? [value, value];
    const style = numberStyle(held?.style ?? null, [value, null, null, low, high]);
    this.styles.set(channel, { style, at: now });
    return style;
  }

  #clockText(time) {
    return clockText(time, this.plot.frame, this.data.meta.zone);
  }

  #spanText([from, to]) {
    const [begin, end] = [this.#clockText(from), this.#clockText(to)];
    if (begin === end) return begin;
    // Day and offset stand once.
    const offset = / UTC\S+$/.exec(end)?.[0] ?? "";
    const first = offset && begin.endsWith(offset) ? begin.slice(0, -offset.length) : begin;
    return `${first}–${end.slice(0, 10) === begin.slice(0, 10) && /^\d{4}-/.test(end) ? end.slice(11) : end}`;
  }

  #showDots(found) {
    const { dots, plot } = this;
    while (dots.childNodes.length > found.length) dots.childNodes[dots.childNodes.length - 1].remove();
    while (dots.childNodes.length < found.length) dots.append(element("i"));
    found.forEach(({ channel, time, y }, i) => {
      const { style } = dots.childNodes[i];
      style.transform = `translate(${plot.xOf(time).toFixed(1)}px, ${y.toFixed(1)}px)`;
      style.background = plot.styleOf(channel).color;
    });
  }

  #fill({ time, span, texts, more }) {
    const clock = this.#spanText(span);
    const between = this.measure.timeText(time);
    const shown = JSON.stringify([clock, between, texts, more]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.readout.replaceChildren(
      element("div", { class: "nbs-readout-time", text: clock }),
      ...(between ? [element("div", { class: "nbs-readout-between", text: between })] : []),
      ...texts.flatMap(({ color, name, value, count, change, reasons }) => [
        element("div", { class: "nbs-readout-row" }, [
          element("i", { style: { background: color } }),
          named(name),
          element("b", { text: value }),
          ...(count ? [element("em", { class: "nbs-readout-count", text: count })] : []),
          ...(change ? [element("em", { text: change })] : []),
        ]),
        ...reasons.map((reason) => element("div", { class: "nbs-readout-reason", text: reason })),
      ]),
      ...(more > 0 ? [element("div", { class: "nbs-readout-more", text: `+${more} more` })] : []),
    );
  }

  /** The hairline goes through all rows. */
  #fit({ top, height: ofRows, whole: height = ofRows }) {
    const fitted = `${top} ${height}`;
    if (fitted === this.fitted) return;
    this.fitted = fitted;
    this.hair.style.top = `${top}px`;
    this.hair.style.height = `${height}px`;
  }

  /** Beside the hairline, within the chart. */
  #place(x, frame) {
    const { readout, plot } = this;
    const [width, height] = [readout.offsetWidth ?? 0, readout.offsetHeight ?? 0];
    const room = (plot.el.clientWidth || frame.left + frame.width) - width - MARGIN_PX;
    const isRight = x > frame.left + frame.width / 2;
    const left = Math.max(MARGIN_PX, Math.min(isRight ? x - width - BESIDE_PX : x + BESIDE_PX, room));
    const top = Math.max(0, Math.min(frame.top + 8, (plot.el.clientHeight || Infinity) - height - MARGIN_PX));
    readout.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}

/** @returns {boolean} whether a place is within its channel's row */
function isWithin({ rows }, channel, y) {
  const row = rows.find(({ axes }) => axes.some(({ channels }) => channels.includes(channel)));
  return Boolean(row) && y >= row.top && y <= row.top + row.height;
}

/** @returns {boolean} whether the line is broken, or has ended, between its point `i` and a time */
function isBroken(line, i, time) {
  const sign = Math.sign(time - line.times[i]);
  if (sign === 0) return false;
  const next = i + sign;
  return next < line.start || next >= line.end || Number.isNaN(line.values[next]);
}

/** @returns {number | null} time of the reading before or after a time */
function neighbour(line, time, sign) {
  let i = line.indexOf(time);
  if (sign > 0) while (i < line.end && (line.times[i] <= time || Number.isNaN(line.values[i]))) i += 1;
  else for (i -= 1; i >= line.start && Number.isNaN(line.values[i]); ) i -= 1;
  return i >= line.start && i < line.end ? line.times[i] : null;
}
