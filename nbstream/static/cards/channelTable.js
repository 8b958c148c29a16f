// Several channels: a table that is legend and statistics in one, a line for each.

import { Chips, gravity } from "./channelState.js";
import { usualLine } from "./chartLines.js";
import { button, element, keepChildren, setAttribute, setName, setText } from "../shared/dom.js";
import { cardKey, Figures, removeStatistic } from "./figures.js";
import { numberStyle, rateText, rateUnit, readingsText, unitBeside } from "../shared/format.js";
import { Spark, vector } from "./spark.js";

const NAME_PX = 112;
const MAX_NAME_PX = 260;
const SWATCH_ROOM_PX = 48; // with the gaps around it and the unit
const NARROW_PX = 420;
const NARROW_STATE_PX = 88; // of a shape and the beginning of its word
const STATE_PX = 134; // of the longest word, "waiting for data"
const WIDE_STATE_PX = 176; // of two states
const COURSE_PX = 76;
const WIDE_COURSE_PX = 132;
const DIGIT_PX = 6.9; // of 12 px type, with some room
const PADDING_PX = 18;
const FEWEST_CHARACTERS = 9;
const NUMBERS_BEFORE_COURSE = 4;
const RESORT_MS = 2000;
const SWATCH_PX = 18;

/**
 * Which columns there is room for; the first number and the state always stay.
 * @param {number} width px of the table, 0 is not known
 * @param {number[]} numbers px of the columns of numbers
 * @param {number} name px that the longest name would need
 * @returns {{n: number, course: number, state: number}} columns of numbers; px of the small course (0 is none) and of the state
 */
export function roomFor(width, numbers, name = NAME_PX) {
  const state = width && width < NARROW_PX ? NARROW_STATE_PX : STATE_PX;
  let rest = width ? width - NAME_PX - state : Infinity;
  let n = 0;
  let course = 0;
  const take = (px) => {
    if (rest < px) return false;
    rest -= px;
    return true;
  };
  rest -= numbers[0] ?? 0;
  n = Math.min(1, numbers.length);
  while (n < numbers.length && n < NUMBERS_BEFORE_COURSE && take(numbers[n])) n += 1;
  const isRoomy = n === Math.min(numbers.length, NUMBERS_BEFORE_COURSE);
  if (isRoomy && take(COURSE_PX)) course = COURSE_PX;
  while (course && n < numbers.length && take(numbers[n])) n += 1;
  rest -= Math.max(Math.min(name, MAX_NAME_PX) - NAME_PX, 0);
  const isWide = course > 0 && n === numbers.length && take(WIDE_STATE_PX - state);
  if (isWide && take(WIDE_COURSE_PX - COURSE_PX)) course = WIDE_COURSE_PX;
  return { n, course, state: isWide ? WIDE_STATE_PX : state };
}

/** How the table is sorted: by a column's numbers, first the largest; the third time not at all. */
export class Sorting {
  constructor() {
    this.key = null;
    this.isDescending = true;
  }

  /** @param {boolean} isText whether the first time is ascending */
  press(key, isText = false) {
    if (key !== this.key) Object.assign(this, { key, isDescending: !isText });
    else if (this.isDescending === !isText) this.isDescending = isText;
    else this.key = null;
  }

  /** @returns {"ascending" | "descending" | null} */
  of(key) {
    if (key !== this.key) return null;
    return this.isDescending ? "descending" : "ascending";
  }

  /**
   * @template T
   * @param {T[]} items in their own order
   * @param {(item: T) => number | string | null} valueOf null goes last
   * @returns {T[]}
   */
  apply(items, valueOf) {
    if (this.key === null) return items;
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b);
    return items
      .map((item) => ({ item, value: valueOf(item) }))
      .sort((a, b) => {
        if (a.value === null || b.value === null) return (a.value === null) - (b.value === null);
        return compare(a.value, b.value) * (this.isDescending ? -1 : 1);
      })
      .map(({ item }) => item);
  }
}

export class ChannelTable {
  /**
   * @param {import("./chartLines.js").ChartLines} lines of the chart
   * @param {(name: string) => void} remove a statistic
   */
  constructor(lines, remove) {
    this.lines = lines;
    this.removeStatistic = remove;
    this.sorting = new Sorting();
    this.sortedAt = -Infinity;
    this.order = []; // channel numbers, from the top
    this.isPointedAt = false;
    this.rows = new Map();
    this.heads = new Map();
    this.columns = new Map(); // of numbers, by key
    this.cols = new Map();
    this.channels = [];
    this.statistics = [];
    this.states = [];
    this.width = 0;
    this.fitted = null;
    this.colgroup = element("colgroup");
    this.head = element("tr");
    this.body = element("tbody", { onmouseenter: () => (this.isPointedAt = true), onmouseleave: () => (this.isPointedAt = false) });
    this.el = element("div", { class: "nbs-scroll" }, [
      element("table", { class: "nbs-table", "aria-label": "Channels and their statistics" }, [this.colgroup, element("thead", {}, [this.head]), this.body]),
    ]);
    this.sizes = new ResizeObserver(([{ contentRect }]) => {
      this.width = contentRect.width;
      this.fit();
    });
    this.sizes.observe(this.el);
  }

  close() {
    this.sizes.disconnect();
  }

  show(channels, statistics, window) {
    Object.assign(this, { channels, statistics, window });
    const keys = new Set(statistics.map(cardKey));
    for (const key of this.columns.keys()) if (!keys.has(key)) this.columns.delete(key);
    statistics.forEach((statistic, i) => {
      const key = cardKey(statistic);
      if (!this.columns.has(key)) this.columns.set(key, new NumberColumn(statistic));
      this.columns.get(key).show(channels.map((channel) => channel.values[i] ?? null), channels.map((channel) => channel.units[i] ?? ""));
    });
    this.showHeads();
    this.sort();
    this.showRows();
    this.showLines();
    this.fit();
  }

  showHeads() {
    const heads = [
      { key: "name", label: "channel", isText: true },
      ...this.statistics.map((statistic) => ({ key: cardKey(statistic), label: statistic.name, statistic })),
      { key: "state", label: "state" },
      { key: "course", label: "" },
    ];
    keepChildren(this.colgroup, this.cols, heads, ({ key }) => key, () => ({ el: element("col") }), () => {});
    const press = (key, isText) => {
      this.sorting.press(key, isText);
      this.sortedAt = -Infinity;
      this.show(this.channels, this.statistics, this.window);
    };
    keepChildren(
      this.head,
      this.heads,
      heads,
      ({ key }) => key,
      (head) => new ColumnHead(head, press, this.removeStatistic),
      (part, { key }) => part.show(this.sorting.of(key), this.columns.get(key)?.unit ?? ""),
    );
  }

  /** Sort anew, but not below a hand or the focus, and not at each frame: lines that jump can't be read. */
  sort() {
    const now = performance.now();
    const isHeld = this.isPointedAt || this.body.contains(document.activeElement);
    const isOld = this.order.length !== this.channels.length;
    const isDue = this.sortedAt === -Infinity || (now - this.sortedAt >= RESORT_MS && !isHeld);
    if (!isOld && !isDue) return;
    this.sortedAt = now;
    const { key } = this.sorting;
    const i = this.statistics.findIndex((statistic) => cardKey(statistic) === key);
    const valueOf = (number) => {
      if (key === "name") return this.channels[number].name;
      if (key === "state") return this.states[number] ? gravity(this.states[number][0]) : null;
      return this.channels[number].values[i] ?? null;
    };
    if (i < 0 && key !== "name" && key !== "state") this.sorting.key = null; // its statistic is gone
    this.order = this.sorting.apply([...this.channels.keys()], valueOf);
  }

  showRows() {
    const keys = channelKeys(this.channels);
    keepChildren(
      this.body,
      this.rows,
      this.order,
      (number) => keys[number],
      () => this.makeRow(),
      (row, number) => row.show(number, this.channels[number], this.statistics, this.columns, this.window),
    );
  }

  makeRow() {
    this.fitted = null; // its cells are not folded yet
    return new ChannelRow(this.lines);
  }

  showLines() {
    const { shown } = this.lines;
    for (const row of this.rows.values()) row.showLine(shown[row.number], this.lines.chart !== null);
  }

  showStates(states, source) {
    this.states = states;
    for (const row of this.rows.values()) if (states[row.number]) row.showState(states[row.number], source);
    this.showLines();
  }

  remember(time) {
    for (const row of this.rows.values()) row.remember(time);
  }

  /** @param {({time: number, value: number | null}[] | undefined)[][]} lines of each channel @param {number} span of them, ms */
  fill(lines, span) {
    for (const row of this.rows.values()) {
      const points = lines[row.number]?.[0];
      if (points) row.spark.fill(points, span);
    }
  }

  /** Give each column its width; those that there is no room for are folded away. */
  fit() {
    const columns = this.statistics.map((statistic) => this.columns.get(cardKey(statistic)));
    const longest = Math.max(0, ...this.channels.map(({ name, unit }) => name.length + unitBeside(name, unit).length));
    const room = roomFor(this.width, columns.map(({ px }) => px), longest * DIGIT_PX + SWATCH_ROOM_PX);
    const widths = new Map([
      ["name", null],
      ...columns.map(({ key, px }, i) => [key, i < room.n ? px : 0]),
      ["state", room.state],
      ["course", room.course],
    ]);
    const text = JSON.stringify([...widths]);
    if (text === this.fitted) return;
    this.fitted = text;
    for (const [key, px] of widths) {
      const col = this.cols.get(key)?.el;
      if (!col) continue;
      col.hidden = px === 0;
      col.style.width = px ? `${px}px` : "";
      this.heads.get(key).el.hidden = px === 0;
      for (const row of this.rows.values()) row.cells.get(key).el.hidden = px === 0;
    }
  }
}

/** Give channels keys of their own: names that were made fit to be shown may be equal. */
function channelKeys(channels) {
  const seen = new Map();
  return channels.map(({ name }) => {
    const nth = seen.get(name) ?? 0;
    seen.set(name, nth + 1);
    return JSON.stringify([name, nth]);
  });
}

/** A column of numbers: its unit, and its width, which only grows so that nothing moves to and fro. */
class NumberColumn {
  constructor(statistic) {
    this.key = cardKey(statistic);
    this.statistic = statistic;
    this.unit = "";
    this.characters = FEWEST_CHARACTERS;
  }

  show(values, units) {
    const { name, unit } = this.statistic;
    if (name === "rate") this.unit = rateUnit(Math.max(0, ...values.filter((value) => value !== null)));
    else if (unit !== "same") {
      const [first, ...others] = new Set(units.filter((_, i) => values[i] !== null));
      this.unit = others.length ? "" : (first ?? this.unit);
    }
    this.reserve(name.length + (this.unit ? this.unit.length + 1 : 0));
  }

  reserve(characters) {
    this.characters = Math.max(this.characters, Math.min(characters, 22));
  }

  get px() {
    return Math.ceil(this.characters * DIGIT_PX + PADDING_PX);
  }
}

class ColumnHead {
  constructor({ key, label, statistic, isText = false }, press, remove) {
    this.unit = element("span", { class: "nbs-unit" });
    this.el = element(key === "course" ? "td" : "th", { class: statistic ? "nbs-number" : null, scope: key === "course" ? null : "col", title: statistic ? [statistic.name, statistic.what].filter(Boolean).join(": ") : null });
    if (key === "course") return;
    this.el.append(button("", () => press(key, isText), "nbs-sort"));
    this.el.childNodes[0].append(element("span", { text: label }), this.unit);
    if (statistic) this.el.append(removeStatistic(statistic.name, remove));
  }

  show(order, unit) {
    setAttribute(this.el, "aria-sort", order);
    setText(this.unit, unit);
  }
}

class ChannelRow {
  constructor(lines) {
    this.lines = lines;
    this.number = 0;
    this.last = null;
    this.title = "";
    this.perPoint = "";
    this.style = null;
    this.isShown = true;
    this.cells = new Map();
    this.chips = new Chips();
    this.spark = new Spark();
    this.swatch = new Swatch();
    this.name = element("span", { class: "nbs-name" });
    this.unit = element("span", { class: "nbs-unit" });
    this.line = button("", (event) => this.toggle(event), "nbs-line", {
      "aria-pressed": "true",
      onfocus: () => this.highlight(true),
      onblur: () => this.highlight(false),
    });
    this.line.append(this.swatch.el, this.name, this.unit);
    this.el = element("tr", {
      onclick: (event) => this.toggle(event),
      onmouseenter: () => this.highlight(true),
      onmouseleave: () => this.highlight(false),
    });
    this.fixed = {
      name: element("th", { scope: "row" }, [this.line]),
      state: element("td", { class: "nbs-channel-state" }, [this.chips.el]),
      course: element("td", { class: "nbs-course" }, [this.spark.el]),
    };
  }

  toggle(event) {
    event.stopPropagation?.(); // the button's click is not the line's again
    if (globalThis.getSelection?.()?.isCollapsed === false) return; // a number was selected
    this.lines.ask(this.number, { visible: !this.isShown });
  }

  highlight(highlighted) {
    this.lines.ask(this.number, { highlighted });
  }

  show(number, channel, statistics, columns, window) {
    this.number = number;
    this.last = channel.scale[0];
    this.style = numberStyle(this.style, channel.scale);
    setName(this.name, channel.name);
    setText(this.unit, unitBeside(channel.name, channel.unit));
    this.title = `${channel.name}: ${readingsText(channel.count)} in ${window}`;
    this.showTitle();
    keepChildren(
      this.el,
      this.cells,
      [{ key: "name" }, ...statistics.map((statistic, i) => ({ key: cardKey(statistic), statistic, i })), { key: "state" }, { key: "course" }],
      ({ key }) => key,
      ({ key, statistic }) => (statistic ? new NumberCell(statistic) : { el: this.fixed[key] }),
      (cell, { key, statistic, i }) => {
        if (!statistic) return;
        cell.show(channel.values[i] ?? null, channel.units[i] ?? "", this.style, channel.failed[statistic.name] ?? "", columns.get(key), channel.label);
      },
    );
  }

  showTitle() {
    setAttribute(this.line, "title", this.perPoint ? `${this.title} · ${this.perPoint}` : this.title);
  }

  showLine(line, hasChart) {
    const { color, dash, isVisible, perPoint = "" } = line ?? usualLine(this.number);
    this.perPoint = perPoint;
    this.showTitle();
    this.isShown = isVisible;
    this.swatch.show(color, dash);
    this.el.style.setProperty("--nbs-line-color", color);
    setAttribute(this.el, "data-off", isVisible ? null : "");
    setAttribute(this.line, "aria-pressed", hasChart ? String(isVisible) : null);
    this.line.disabled = !hasChart;
  }

  remember(time) {
    this.spark.add(time, this.last);
  }

  showState(states, source) {
    setAttribute(this.el, "data-kind", states[0].kind);
    this.chips.show(states, source?.text ?? "");
  }
}

class NumberCell {
  constructor(statistic) {
    this.statistic = statistic;
    this.figures = new Figures(statistic);
    this.el = element("td", { class: "nbs-number", "data-statistic": statistic.name });
  }

  show(value, unit, style, why, column, word = "") {
    const { name, unit: kind } = this.statistic;
    if (word && name === "last") {
      setText(this.el, word);
      setAttribute(this.el, "title", word);
      column.reserve(word.length);
      return;
    }
    const text = name === "rate" ? rateText(value, column.unit).text : this.figures.text(value, style);
    // A unit stands once: the channel's beside its name, that of a column at its head.
    const own = value === null || kind === "same" || unit === column.unit || name === "rate" ? "" : ` ${unit}`;
    setText(this.el, text + own);
    setAttribute(this.el, "title", why || null);
    setAttribute(this.el, "data-failed", why ? "" : null);
    column.reserve(text.length + own.length);
  }
}

/** A piece of the line as the chart draws it. */
class Swatch {
  constructor() {
    this.line = vector("line", { x1: 0, x2: SWATCH_PX, y1: 4, y2: 4, "stroke-width": 2.5 });
    this.el = vector("svg", { class: "nbs-swatch", viewBox: `0 0 ${SWATCH_PX} 8`, width: SWATCH_PX, height: 8, "aria-hidden": "true", focusable: "false" });
    this.el.append(this.line);
  }

  show(color, dash) {
    setAttribute(this.line, "stroke", color);
    setAttribute(this.line, "stroke-dasharray", dash.length ? dash.join(" ") : null);
  }
}
