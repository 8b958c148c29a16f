// The plot: draws axes, lines and what belongs to them on one canvas, as far as they have changed.

import { element } from "../shared/dom.js";
import { Density } from "./density.js";
import { yMap } from "./draw.js";
import { drawFrames, drawGrid, drawNumbers, drawTimes, drawWhy, spacedTimeTicks } from "./grid.js";
import { Labels } from "./labels.js";
import { drawLanes, LaneLabels } from "./lanes.js";
import { frameOf, layOutRows } from "./layout.js";
import { readLook, styleOfLine } from "./look.js";
import { areaIn, readingIn, timeIn, valueIn, xIn, yIn } from "./places.js";
import { Row } from "./row.js";
import { drawSilence, endOf } from "./silence.js";
import { pictureWith } from "./snapshot.js";
import { StdBands } from "./stdBands.js";
import { drawAcross, drawAreas } from "./thresholds.js";
import { YAxis } from "./yAxis.js";

const NO_ROWS = [{ share: 1, axes: [{ title: "", unit: "", channels: [] }] }];
const NO_FIGURE = { title: null, height: 380, rows: NO_ROWS, lines: [], thresholds: [], shapes: [] };
const CANVAS_STYLE = { position: "absolute", left: "0", top: "0", pointerEvents: "none" };
const FIT_EVERY_MS = 250;
/** While it moves, a view is at one of so many places in a device pixel. */
const PARTS = 4;
const STILL_AFTER_MS = 300;
/** A view whose end is so near the newest reading (share of its width) is at the live edge. */
const NEAR_EDGE = 0.05;
const MUTED = 0.22;
/** Rounding of float64 epoch times, which must not look like another scale. */
const TIME_NOISE_MS = 6e-4;

export class Plot {
  #figure = NO_FIGURE;
  #lines = [];
  #hidden = new Set();
  #highlighted = null;
  #zone = { offset: 0, label: "" };
  #look = readLook(null, false);
  #age = null;
  /** Ranges of the axes by place and unit: they outlive a change of the figure. @type {Map<string, YAxis>} */
  #known = new Map();
  /** @type {Row[]} */
  #rows = [];
  /** By number of the channel: where it is, and how it looks. */
  #places = [];
  /** Of the channels of words: until when a state goes on that is told only when it changes, null for others. */
  #held = {};
  #holdsAny = false;
  #heldUntil = null;
  #density = new Density();
  #bands = new StdBands();
  #edition = 0;
  /** How the lines are drawn in this edition, by number of the channel. */
  #styles = [];
  #scale = null;
  #first = 0;
  #to = 0;
  #movedAt = -Infinity;
  #fittedAt = -Infinity;
  #mustFit = true;
  #size = null;
  /** Of a picture that isn't on the screen. */
  #ratio = null;

  constructor() {
    this.canvas = element("canvas", { class: "nbs-plot-canvas", "aria-hidden": "true", style: CANVAS_STYLE });
    this.el = element("div", { class: "nbs-plot", style: { position: "relative", overflow: "hidden" } }, [this.canvas]);
    this.context = this.canvas.getContext("2d");
    this.labels = new Labels(this.context, this.#look);
    this.laneLabels = new LaneLabels();
    /** Functions (context, frame) that draw under and over the lines, in CSS px. */
    this.layers = { under: [], over: [] };
    /** Set it to have the next `paint` paint. */
    this.hasNews = true;
    this.frame = null; // geometry of the last paint, CSS px
    this.setFigure(NO_FIGURE);
    this.observer = new ResizeObserver(() => this.size());
    this.observer.observe(this.el);
  }

  /** @param {object} figure `meta.figure` of the frames */
  setFigure(figure) {
    this.#figure = { ...NO_FIGURE, ...figure, rows: figure.rows?.length ? figure.rows : NO_ROWS };
    const { rows, height } = this.#figure;
    if (this.el.style.height !== `${height}px`) this.el.style.height = `${height}px`;
    this.#places = [];
    for (const row of this.#rows.slice(rows.length)) row.close();
    const known = new Map();
    this.#rows = rows.map(({ axes }, number) => {
      const row = this.#rows[number] ?? new Row();
      row.axes = axes.map((settings, axis) => {
        const key = `${number}/${axis}/${settings.unit ?? ""}`;
        known.set(key, this.#known.get(key) ?? new YAxis());
        known.get(key).configure(settings);
        for (const channel of settings.channels) this.#places[channel] = { row: number, axis };
        return known.get(key);
      });
      return row;
    });
    this.#known = known;
    this.#restyle();
  }

  /** @param {import("./line.js").Line[]} lines by number of their channel */
  setLines(lines) {
    this.#lines = lines;
    this.#restyle();
  }

  /** Points of a line at or after `cut` (epoch ms) are others now. */
  changed(channel, cut) {
    this.hasNews = this.#mustFit = true;
    const line = this.#lines[channel];
    if (line) this.#rows[this.#places[channel]?.row]?.changed(line, cut);
  }

  /** @param {StdBands} bands around the lines, which may have changed */
  setBands(bands) {
    this.#bands = bands;
    this.hasNews = this.#mustFit = true;
  }

  /**
   * At each paint; it makes nothing.
   * @param {Record<number, boolean>} held which channels hold words, and whether each is told only when it changes
   * @param {number | null} until up to when such a state goes on
   */
  holdLanes(held, until) {
    if (held !== this.#held) {
      this.#held = held;
      this.#holdsAny = Object.values(held).some(Boolean);
      this.hasNews = true;
    } else if (this.#holdsAny && until !== this.#heldUntil) this.hasNews = true;
    this.#heldUntil = until;
  }

  /** @returns {{channel: number, name: string, line: import("./line.js").Line, until: number | null}[]} those that are shown */
  get lanes() {
    const shown = [];
    this.#figure.lines.forEach(({ lane, name, visible }, channel) => {
      const line = this.#lines[channel];
      if (lane && visible !== false && !this.#hidden.has(channel) && line) shown.push({ channel, name, line, until: this.#held[channel] ? this.#heldUntil : null });
    });
    return shown;
  }

  /** @param {import("./ticks.js").Zone} zone */
  setZone(zone) {
    this.#zone = zone;
    this.hasNews = true;
  }

  setTheme(isDark) {
    this.#look = readLook(this.el, isDark);
    this.labels.use(this.#look);
    this.#restyle();
  }

  /** Fix the range of an axis by hand, or give it back to its policy with null. */
  setY(row, axis, range) {
    this.#rows[row]?.axes[axis]?.choose(range);
    this.hasNews = this.#mustFit = true;
  }

  /** Give all axes back to their policies, which begin anew with what is visible. */
  fitY() {
    this.#rows.forEach(({ axes }, row) => axes.forEach((_, axis) => this.setY(row, axis, null)));
  }

  /** Whether what was painted lies on whole pixels, as it does while the view stands still. */
  get isSharp() {
    return Number.isInteger(this.#first);
  }

  /** Whether somebody fixed the range of any axis by hand. */
  get hasFixedY() {
    return [...this.#known.values()].some(({ chosen }) => chosen !== null);
  }

  /** The ranges that somebody fixed by hand: [row, axis, range]. */
  get fixedY() {
    return this.#rows.flatMap(({ axes }, row) => axes.flatMap(({ chosen }, axis) => (chosen ? [[row, axis, chosen]] : [])));
  }

  set fixedY(ranges) {
    for (const [row, axis] of this.fixedY) this.setY(row, axis, null);
    for (const fixed of ranges) this.setY(...fixed);
  }

  /** @returns {import("./look.js").Look} colours and fonts of the theme */
  get look() {
    return this.#look;
  }

  /** @returns {string} the colour of a severity in this theme */
  colorOf(severity) {
    return this.#look.severities[severity] ?? this.#look.accent;
  }

  /** Draw one line over the others, which are muted; null ends it. */
  highlight(channel) {
    if (channel === this.#highlighted) return;
    this.#highlighted = channel;
    this.#restyle();
  }

  /** @param {Set<number>} channels that are neither drawn nor count for the range of y */
  setHidden(channels) {
    this.#hidden = new Set(channels);
    this.#restyle();
  }

  /** @param {{time: number, isOver: boolean, text: string} | null} age of the newest reading where it is stale */
  setAge(age) {
    if (JSON.stringify(age) === JSON.stringify(this.#age)) return;
    this.#age = age;
    this.hasNews = true;
  }

  /** @returns {import("./look.js").LineStyle} how a channel's line looks, for its swatch */
  styleOf(channel) {
    return styleOfLine(this.#figure.lines[channel], channel, this.#look.isDark);
  }

  isVisible(channel) {
    if (!this.#places[channel] || !this.#lines[channel] || this.#hidden.has(channel)) return false;
    return this.#figure.lines[channel]?.visible !== false;
  }

  #restyle() {
    this.#edition += 1;
    this.#styles = [];
    this.hasNews = this.#mustFit = true;
  }

  /**
   * Paint what has changed.
   * @param {number} from epoch ms
   * @param {number} to epoch ms
   * @param {number} now page time, ms
   * @returns {boolean} whether anything was
   */
  paint(from, to, now) {
    if (this.#size?.ratio !== (this.#ratio ?? (globalThis.devicePixelRatio || 1))) this.size();
    if (!(this.#size.width > 0 && this.#size.height > 0 && to > from)) return false;
    const layout = layOutRows(this.#figure.rows, this.#size, this.lanes.length);
    const hasScale = this.#rescale(from, to, layout.width);
    const first = this.#firstColumn(to, now) - layout.width;
    const hasMoved = hasScale || first !== this.#first;
    if (hasScale || this.#mustFit || now - this.#fittedAt > FIT_EVERY_MS) this.#fit(this.#timeOf(first), to, now);
    if (!hasMoved && !this.hasNews) return false;
    this.#first = first;
    this.hasNews = false;
    this.#draw(layout);
    return true;
  }

  /** Take another scale of time where the width of the view is another. @returns {boolean} whether it is */
  #rescale(from, to, width) {
    const span = to - from;
    const old = this.#scale;
    if (old && old.width === width && Math.abs(span - old.span) <= Math.max(0.05 * old.msPerPx, TIME_NOISE_MS)) return false;
    this.#scale = { span, width, msPerPx: span / width, origin: to };
    return true;
  }

  /**
   * @returns {number} of the column behind the last, in which the newest reading is: whole while the view stands
   *   still, so that lines are sharp; else in parts of a column, so that they glide
   */
  #firstColumn(to, now) {
    if (to !== this.#to) {
      this.#to = to;
      this.#movedAt = now;
    }
    const parts = now - this.#movedAt > STILL_AFTER_MS ? 1 : PARTS;
    return Math.ceil(((to - this.#scale.origin) / this.#scale.msPerPx) * parts - 0.01) / parts;
  }

  #timeOf(column) {
    return this.#scale.origin + column * this.#scale.msPerPx;
  }

  /** The thresholds but for those of hidden channels. */
  #limits() {
    return this.#figure.thresholds.filter(({ channel }) => !this.#hidden.has(channel));
  }

  #fit(from, to, now) {
    this.#mustFit = false;
    this.#fittedAt = now;
    const visibleLine = (channel) => (this.isVisible(channel) ? this.#lines[channel] : null);
    const newest = Math.max(...this.#lines.map((line) => (line?.length ? line.times[line.end - 1] : -Infinity)));
    const until = to >= newest - NEAR_EDGE * (to - from) ? Infinity : to; // what is about to come into view counts
    this.#rows.forEach((row, number) => {
      const limits = this.#limits().filter((limit) => (limit.row ?? 0) === number);
      if (row.fit(visibleLine, this.#bands, limits, [from, until], now)) this.hasNews = true;
    });
    const seen = this.#lines.map((_, channel) => visibleLine(channel));
    if (this.#density.look(seen, [from, to], this.#scale.msPerPx * this.#size.ratio)) this.#restyle();
  }

  #draw(layout) {
    const { context, canvas } = this;
    const { ratio, canvasWidth, canvasHeight } = layout;
    if (canvas.width !== canvasWidth || canvas.height !== canvasHeight) {
      canvas.width = canvasWidth;
      canvas.height = canvasHeight;
      Object.assign(canvas.style, { width: `${canvasWidth / ratio}px`, height: `${canvasHeight / ratio}px` });
    } else context.clearRect(0, 0, canvasWidth, canvasHeight);
    const from = this.#timeOf(this.#first);
    const to = this.#timeOf(this.#first + layout.width);
    const axes = this.#rows.map((row) => row.frameAxes());
    this.frame = frameOf(layout, { from, to }, axes);
    const picture = this.#picture(layout, from, to, axes);
    this.#drawLayers(this.layers.under, ratio);
    drawAreas(context, this.#figure.shapes, picture);
    drawGrid(context, picture);
    this.#rows.forEach((_, i) => this.#drawBands(axes[i], layout, layout.rows[i]));
    this.#rows.forEach((row, i) => this.#drawLines(row, axes[i], layout, layout.rows[i]));
    drawFrames(context, picture);
    this.#rows.forEach(({ why }, i) => why && drawWhy(context, why, { ...layout.rows[i], left: layout.left, width: layout.width }, this.#look, ratio));
    drawAcross(context, { thresholds: this.#limits(), shapes: this.#figure.shapes }, picture);
    const ends = (line, channel) => (this.isVisible(channel) ? (endOf(line, this.#places[channel]) ?? []) : []);
    if (this.#age) drawSilence(context, this.#age, this.#lines.flatMap(ends), picture);
    drawNumbers(context, picture);
    drawTimes(context, picture);
    this.#drawLanes(picture);
    this.#drawLayers(this.layers.over, ratio);
  }

  #picture(layout, from, to, axes) {
    const { ratio } = layout;
    const { msPerPx, origin } = this.#scale;
    const numbersPx = layout.numbers / ratio - 9;
    return {
      layout,
      look: this.#look,
      zone: this.#zone.label,
      x: (time) => layout.left + Math.round((time - origin) / msPerPx - this.#first),
      times: spacedTimeTicks({ from, to, msPerPx: msPerPx * ratio }, this.#zone, (text) => this.labels.widthOf(text)),
      rows: axes.map((found, row) => ({
        axes: found.map((place, axis) => {
          const { height } = layout.rows[row];
          const { title, unit } = this.#figure.rows[row].axes[axis];
          const shown = place.channels.filter((channel) => this.isVisible(channel));
          return {
            y: place.isEmpty ? null : yMap({ ...place, height }),
            ticks: place.isEmpty ? null : this.labels.ticks(place, height / ratio, numbersPx),
            title: title || unit || "",
            color: found.length > 1 && shown.length === 1 ? this.styleOf(shown[0]).color : null,
          };
        }),
      })),
    };
  }

  #drawBands(axes, { left, width }, { top, height }) {
    if (this.#bands.k === null) return;
    const { msPerPx, origin } = this.#scale;
    const x = (time) => left + (time - origin) / msPerPx - this.#first;
    for (const { channel, axis, style } of this.#shown(axes)) this.#bands.draw(this.context, channel, { left, top, width, height }, x, axis, style);
  }

  #drawLines(row, axes, layout, { top, height }) {
    const place = { x: layout.left, y: top, width: layout.width, height, ratio: layout.ratio };
    row.draw(this.context, this.#shown(axes), place, this.#scale, this.#first, [this.#edition]);
  }

  #drawLanes({ layout, look }) {
    if (!layout.lanes.length) return;
    const opacity = (channel) => (this.#highlighted === null || this.#highlighted === channel ? 1 : MUTED);
    const lanes = this.lanes.map((lane) => ({ ...lane, opacity: opacity(lane.channel) }));
    drawLanes(this.context, lanes, this.laneLabels, { layout, look, scale: this.#scale, first: this.#first });
  }

  /** @returns {import("./row.js").Shown[]} the lines to be drawn in a row; the highlighted one lies on top */
  #shown(axes) {
    const shown = [];
    for (const axis of axes) {
      if (axis.isEmpty) continue;
      for (const channel of axis.channels.filter((number) => this.isVisible(number))) {
        shown.push({ channel, axis, line: this.#lines[channel], style: this.#drawnStyle(channel) });
      }
    }
    const level = ({ channel }) => (channel === this.#highlighted ? Infinity : channel);
    return shown.sort((a, b) => level(a) - level(b));
  }

  #drawnStyle(channel) {
    if (this.#styles[channel]) return this.#styles[channel];
    const style = this.styleOf(channel);
    const isMuted = this.#highlighted !== null && this.#highlighted !== channel;
    const hasMarkers = style.mode ? style.mode.includes("markers") : this.#density.sparse[channel];
    const width = this.#highlighted === channel ? style.width : this.#density.widthOf(style.width, this.#size.ratio);
    return (this.#styles[channel] = { ...style, width, hasMarkers, opacity: style.opacity * (isMuted ? MUTED : 1) });
  }

  #drawLayers(layers, ratio) {
    for (const draw of layers) {
      this.context.save();
      this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
      draw(this.context, this.frame);
      this.context.restore();
    }
  }

  // Where things are, CSS px from the corner of `el`.

  /** @returns {number} epoch ms */
  timeAt(x) {
    return timeIn(this.frame, x);
  }

  xOf(time) {
    return xIn(this.frame, time);
  }

  /** @returns {number | null} null for a line that isn't drawn */
  yOf(channel, value) {
    if (!this.isVisible(channel)) return null;
    const { row, axis } = this.#places[channel];
    return yIn(this.frame, row, axis, value);
  }

  valueAt(row, axis, y) {
    return valueIn(this.frame, row, axis, y);
  }

  /** @returns {{area: "plot" | "x" | "y" | null, row: number | null, axis: number | null}} */
  areaAt(x, y) {
    return this.frame ? areaIn(this.frame, x, y) : { area: null, row: null, axis: null };
  }

  /** @returns {{channel: number, time: number, value: number} | null} the drawn reading nearest to a place */
  lineAt(x, y, maxPx) {
    return this.frame && readingIn(this, this.#lines, x, y, maxPx);
  }

  /**
   * @param {number} scale device px per CSS px
   * @returns {HTMLCanvasElement} what is shown, with title and legend on the colour of the ground
   */
  toCanvas(scale) {
    const copy = new Plot();
    const { width, height, ratio } = this.#size;
    copy.#ratio = scale;
    copy.#size = { width: Math.round((width / ratio) * scale), height: Math.round((height / ratio) * scale), ratio: scale };
    copy.#look = this.#look;
    copy.labels.use(this.#look);
    copy.#hidden = this.#hidden;
    copy.#zone = this.#zone;
    copy.#age = this.#age;
    copy.#held = this.#held;
    copy.#heldUntil = this.#heldUntil;
    copy.#bands = this.#bands;
    copy.laneLabels = this.laneLabels;
    Object.assign(copy.#density, { sparse: [...this.#density.sparse], isBusy: this.#density.isBusy });
    copy.layers = this.layers;
    copy.setFigure(this.#figure);
    copy.setLines(this.#lines);
    this.#rows.forEach(({ axes }, row) => axes.forEach(({ range }, axis) => (copy.#rows[row].axes[axis].chosen = range)));
    copy.paint(this.frame.from, this.frame.to, 0);
    const visible = [...this.#lines.keys()].filter((channel) => this.isVisible(channel));
    const entries = visible.map((channel) => ({ name: this.#figure.lines[channel]?.name ?? "", style: this.styleOf(channel) }));
    copy.close();
    return pictureWith(copy.canvas, { scale, title: this.#figure.title, entries, look: this.#look });
  }

  /** Read the size of the chart again. */
  size() {
    if (this.#ratio !== null) return;
    const ratio = globalThis.devicePixelRatio || 1;
    const size = { width: Math.round(this.el.clientWidth * ratio), height: Math.round(this.el.clientHeight * ratio), ratio };
    if (this.#size && size.width === this.#size.width && size.height === this.#size.height && ratio === this.#size.ratio) return;
    this.#size = size;
    this.hasNews = true;
  }

  close() {
    this.observer.disconnect();
    for (const row of this.#rows) row.close();
    this.el.remove();
  }
}
