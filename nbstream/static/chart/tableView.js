// What a chart shows as a table, newest first: a column for each channel, a row for each time, or for several times where
// there are too many.

import { element, OWN_KEYS, setText } from "../shared/dom.js";
import { countText, numberStyle, numberText, readingsText, unitBeside } from "../shared/format.js";
import { stateAt } from "./lanes.js";
import { CLOCK_SIGNS, clockText, niceStep } from "./ticks.js";

const MAX_ROWS = 200;
const EVERY_MS = 1000;
const MAX_WORDS = 3;
const NOTHING = "–";
const SEVERAL = "several states";

/**
 * @typedef {object} Column
 * @property {number} channel
 * @property {string} name
 * @property {string} unit
 * @property {import("./line.js").Line} line
 * @property {{until: number | null, word: (code: number) => string} | null} lane of a channel of words
 *
 * @typedef {object} Cell the readings of a channel in a row
 * @property {number} n 0 for a channel of words
 * @property {number} low
 * @property {number} high
 * @property {boolean} isWhole whether all that are drawn are whole numbers
 * @property {number[]} codes of a channel of words, each once
 */

/**
 * @param {Column[]} columns
 * @param {number} from epoch ms
 * @param {number} to epoch ms
 * @param {number} [maxRows]
 * @returns {{rows: {time: number, cells: (Cell | null)[]}[], n: number, isMerged: boolean}} oldest first, with how many
 *   readings there are, and whether some cell stands for more than one
 */
export function tableRows(columns, from, to, maxRows = MAX_ROWS) {
  const drawn = columns.map((column) => drawnIn(column, from, to));
  const times = new Set(drawn.flatMap((entries) => entries.map(({ time }) => time)));
  const step = times.size > maxRows ? niceStep((to - from) / (maxRows - 1)) : null;
  const rows = new Map();
  let [n, isMerged] = [0, false];
  drawn.forEach((entries, column) => {
    for (const entry of entries) {
      const key = step === null ? entry.time : Math.floor(entry.time / step);
      if (!rows.has(key)) rows.set(key, { time: entry.time, cells: columns.map(() => null) });
      const row = rows.get(key);
      row.time = Math.min(row.time, entry.time);
      row.cells[column] = merged(row.cells[column], entry);
      n += entry.n;
      isMerged ||= row.cells[column].n > 1;
    }
  });
  return { rows: [...rows.values()].sort((a, b) => a.time - b.time), n, isMerged };
}

/** The readings of a line that are drawn from `from` to `to`; where a point stands for more, its bins. */
function drawnIn({ line, lane }, from, to) {
  const { counts, times, values } = line;
  const isHead = (i) => (lane ? values[i] === values[i] : counts[i] > 0);
  const found = [];
  let i = line.indexOf(from);
  while (i < line.end && times[i] <= to) {
    const first = i;
    i += 1;
    if (!isHead(first)) continue; // a break, or what is left of a bin that begins before
    while (i < line.end && !isHead(i)) i += 1;
    const read = values.subarray(first, i).filter((value) => value === value);
    if (!read.length) continue;
    const ends = { low: Math.min(...read), high: Math.max(...read), isWhole: read.every(Number.isInteger) };
    found.push({ time: times[first], n: lane ? 0 : counts[first], ...ends, codes: lane ? [values[first]] : [] });
  }
  return found;
}

function merged(cell, { n, low, high, isWhole, codes }) {
  if (!cell) return { n, low, high, isWhole, codes };
  return {
    n: cell.n + n,
    low: Math.min(cell.low, low),
    high: Math.max(cell.high, high),
    isWhole: cell.isWhole && isWhole,
    codes: [...new Set([...cell.codes, ...codes])],
  };
}

export class TableView {
  /** @param {import("./plot.js").Plot} plot in whose place it stands */
  constructor(plot) {
    this.plot = plot;
    this.caption = element("caption");
    this.head = element("thead");
    this.body = element("tbody");
    const table = element("table", {}, [this.caption, this.head, this.body]);
    const about = { class: "nbs-table-view", role: "region", tabindex: "0", "aria-label": "Readings in view as a table" };
    this.el = element("div", { ...OWN_KEYS, ...about, hidden: true }, [table]);
    this.isPointed = false;
    this.el.addEventListener("pointerenter", () => (this.isPointed = true));
    this.el.addEventListener("pointerleave", () => (this.isPointed = false));
    /** By channel. @type {Map<number, import("../shared/format.js").NumberStyle>} */
    this.styles = new Map();
    this.updatedAt = -Infinity;
    this.shown = "";
  }

  get isShown() {
    return !this.el.hidden;
  }

  /** Stand in the place of the plot, or give it back. */
  show(isShown) {
    if (isShown === this.isShown) return;
    const [next, before] = isShown ? [this.el, this.plot.el] : [this.plot.el, this.el];
    const hadFocus = before.contains(document.activeElement);
    this.el.hidden = !isShown;
    if (isShown) this.plot.el.dataset.behind = "";
    else delete this.plot.el.dataset.behind;
    if (hadFocus) next.focus();
    this.isPointed = false;
    this.updatedAt = -Infinity;
  }

  /** Whether somebody reads below its first rows, which would move away. */
  get isRead() {
    return this.el.scrollTop > 0 && (this.isPointed || this.el.contains(document.activeElement));
  }

  /**
   * Show what is in view now, if it is time to.
   * @param {Column[]} columns
   * @param {import("./ticks.js").Zone} zone
   * @param {number} now page time, ms
   */
  update(columns, zone, now) {
    const { frame } = this.plot;
    if (!this.isShown || !frame || now - this.updatedAt < EVERY_MS || this.isRead) return;
    this.updatedAt = now;
    const top = `${Math.round(frame.top)}px`;
    if (this.el.style.top !== top) this.el.style.top = top; // what is said above the frame stays to be read
    const { rows, n, isMerged } = tableRows(columns, frame.from, frame.to);
    const head = [`Time${zone.label ? ` (${zone.label})` : ""}`, ...columns.map(({ name, unit }) => (unit && unitBeside(name, unit) ? `${name} (${unit})` : name))];
    const clock = clockOf(rows, frame, zone);
    const write = columns.map((column, at) => this.#writer(column, rows, at));
    const body = rows.map(({ time, cells }) => [clock(time), ...cells.map((cell, at) => write[at](cell, time))]).reverse();
    const shown = JSON.stringify([head, body]);
    setText(this.caption, captionText([frame.from, frame.to].map(clock), n, rows.length, isMerged));
    if (shown === this.shown) return;
    this.shown = shown;
    this.head.replaceChildren(element("tr", {}, head.map((text) => element("th", { scope: "col", text }))));
    this.body.replaceChildren(...body.map(rowOf));
  }

  /** @returns {(cell: Cell | null, time: number) => string} what writes the cells of a column */
  #writer({ channel, line, lane }, rows, at) {
    if (lane) {
      const { from, to, width } = this.plot.frame;
      return (cell, time) => {
        const codes = cell?.codes ?? [stateAt(line, time, lane.until, (to - from) / width)?.code];
        if (codes[0] === undefined) return NOTHING;
        return codes.length > MAX_WORDS ? SEVERAL : codes.map(lane.word).join(", ");
      };
    }
    const cells = rows.map((row) => row.cells[at]).filter(Boolean);
    if (!cells.length) return () => NOTHING;
    const [low, high] = cells.reduce(([least, most], cell) => [Math.min(least, cell.low), Math.max(most, cell.high)], [Infinity, -Infinity]);
    const style = numberStyle(this.styles.get(channel) ?? null, [cells.at(-1).high, null, null, low, high]);
    style.isWhole = cells.every((cell) => cell.isWhole);
    this.styles.set(channel, style);
    return (cell) => (cell ? [...new Set([cell.low, cell.high].map((end) => numberText(end, style, true)))].join(" … ") : NOTHING);
  }
}

/** Seconds, thousandths or less, so that two rows differ. */
function clockOf(rows, { from, to }, zone) {
  let least = to - from;
  for (let i = 1; i < rows.length; i += 1) least = Math.min(least, rows[i].time - rows[i - 1].time);
  const signs = least < 1 ? CLOCK_SIGNS.finest : least < 1000 ? CLOCK_SIGNS.thousandths : CLOCK_SIGNS.seconds;
  return (time) => clockText(time, { from, to }, zone, signs);
}

function captionText([begin, end], n, nRows, isMerged) {
  const span = `${begin} to ${end}`;
  if (!nRows) return `${span}: no readings`;
  if (!n) return `${span}, newest first`;
  return `${span}, newest first: ${readingsText(n)}${isMerged ? ` in ${countText(nRows)} rows, smallest … largest of each` : ""}`;
}

function rowOf([time, ...texts]) {
  return element("tr", {}, [element("th", { scope: "row", text: time }), ...texts.map((text) => element("td", { text }))]);
}
