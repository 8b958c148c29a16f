// Draws a chart: the live lines on a canvas over plotly's plot area, once per animation frame, and the axes,
// which plotly lays out, as far as they must. While a view stands still the points lie in plotly's own traces,
// so that everything plotly does works on them.

import { FittedRange, fromWallClock, wallClock, withThresholds } from "./axes.js";
import { Crosshair } from "./crosshair.js";
import { element } from "../shared/dom.js";
import { drawLine } from "./draw.js";
import { Line } from "./line.js";
import { drawMarks } from "./marks.js";
import { LiveTraces } from "./traces.js";

// A relayout costs 5 to 13 ms, so the axis is laid out anew only now and then; between, its labels and grid
// are moved along.
const RELAYOUT_EVERY_PX = 24;
const RELAYOUT_MIN_MS = 400;
const RELAYOUT_MAX_MS = 2000;
const MAX_POINTS = 400_000;
const REDUCED_MOTION_MS = 250;
const CLICK_PX = 20;
const MARK_COLOR = "#dc2626";

export class Painter {
  /**
   * @param {any} figure the element that plotly draws into
   * @param {import("./data.js").ChartData} data
   * @param {import("./viewport.js").Viewport} viewport
   */
  constructor(figure, data, viewport) {
    this.figure = figure;
    this.data = data;
    this.viewport = viewport;
    this.traces = new LiveTraces(figure);
    this.crosshair = new Crosshair();
    this.canvas = element("canvas", { class: "nbs-canvas" });
    this.context = this.canvas.getContext("2d");
    this.fitted = new FittedRange();
    /** What is shown while the view stands still. @type {Line[]} */
    this.stillLines = [];
    /** Whether the points are in plotly's traces rather than on the canvas. */
    this.isFrozen = false;
    this.laidOut = { at: -Infinity, from: 0, to: 1, y: null };
    this.hasNews = true;
    this.painted = { at: 0, from: 0, to: 0 };
    this.motion = matchMedia("(prefers-reduced-motion: reduce)");
  }

  /** @returns {[number, number]} what the plot shows, epoch ms */
  range(now) {
    if (!this.figure._dragging && !this.isFrozen) return this.viewport.range(now);
    const { range } = this.figure._fullLayout.xaxis;
    return range.map((end) => fromWallClock(end, this.offset));
  }

  get offset() {
    return this.data.meta.zone.offset;
  }

  /** Let the axes be laid out anew at the next frame. */
  layOutSoon() {
    this.laidOut.at = -Infinity;
  }

  /** Take in that plotly has made its axes anew. */
  forgetAxes() {
    this.groups = null;
  }

  /** @returns {boolean} whether anything was painted */
  paint(now) {
    if (this.motion.matches && now - this.painted.at < REDUCED_MOTION_MS) return false;
    const layout = this.figure._fullLayout;
    const size = layout._size;
    const [from, to] = this.range(now);
    const isMoving = from !== this.painted.from || to !== this.painted.to;
    const traces = this.figure._fullData; // anew whenever plotly takes in a trace or a style
    if (!isMoving && !this.hasNews && traces === this.paintedTraces) return false;
    this.paintedTraces = traces;
    if (!this.figure._dragging && !this.isFrozen) this.layOut(now, from, to, size.w);
    const [bottom, top] = layout.yaxis.range;
    const ratio = devicePixelRatio;
    const plane = {
      from,
      to,
      bottom,
      top,
      width: Math.round(size.w * ratio),
      height: Math.round(size.h * ratio),
      ratio,
    };
    this.place(size, plane);
    this.context.clearRect(0, 0, plane.width, plane.height);
    const drawable = this.drawable();
    const { marks } = this.data;
    for (const { number } of drawable) drawMarks(this.context, marks.inView(number, plane), plane, MARK_COLOR);
    if (!this.isFrozen) {
      for (const { line, style, isNative } of drawable) {
        if (!isNative) drawLine(this.context, line, plane, style);
      }
      if (!this.figure._dragging) {
        this.shiftAxis(from, to, size.w);
        this.viewport.followed = { from, to };
      }
    }
    this.plane = plane;
    const entries = drawable.map(({ line, number, style, channel }) => ({ line, number, color: style.color, ...channel }));
    this.crosshair.update(plane, entries, this.offset, marks);
    this.painted = { at: now, from, to };
    this.hasNews = false;
    return true;
  }

  drawable() {
    return this.traces.drawable(this.isFrozen ? this.stillLines : this.data.lines, this.data.meta.channels);
  }

  /** Put the canvas over the plot area. */
  place(size, plane) {
    if (!this.canvas.isConnected) this.figure.querySelector(".gl-container").append(this.canvas);
    if (this.canvas.width !== plane.width || this.canvas.height !== plane.height) {
      this.canvas.width = plane.width;
      this.canvas.height = plane.height;
    }
    const place = `${size.l} ${size.t} ${size.w} ${size.h}`;
    if (place === this.placed) return;
    this.placed = place;
    const [left, top, width, height] = [size.l, size.t, size.w, size.h].map((px) => `${px}px`);
    Object.assign(this.canvas.style, { left, top, width, height });
    Object.assign(this.crosshair.el.style, { left, top, height });
  }

  /** Let plotly lay the axes out anew, if that is due. */
  layOut(now, from, to, widthPx) {
    const { laidOut, data } = this;
    const y = this.yRange(now, from, to);
    const pxPerMs = widthPx / (to - from);
    const moved = Math.abs(from - laidOut.from) * pxPerMs;
    const isWider = Math.abs(to - from - (laidOut.to - laidOut.from)) * pxPerMs > 0.5;
    const waited = now - laidOut.at;
    const hasNewY = y && y !== laidOut.y;
    const isDue =
      waited === Infinity ||
      isWider ||
      (hasNewY && waited >= RELAYOUT_MIN_MS / 4) ||
      (waited >= RELAYOUT_MIN_MS && moved >= RELAYOUT_EVERY_PX) ||
      (waited >= RELAYOUT_MAX_MS && moved > 0);
    if (!isDue) return;
    this.laidOut = { at: now, from, to, y };
    this.shiftAxis(from, to, widthPx, true);
    this.setRanges(from, to, y);
    this.forgetAxes();
    this.traces.refreshNative(this.drawable(), from, to, this.offset);
    for (const line of data.lines) {
      if (this.viewport.isFollowing) line.dropBefore(from - data.meta.span);
      else if (line.length > MAX_POINTS) line.dropBefore(line.times[line.end - MAX_POINTS]);
    }
  }

  setRanges(from, to, y) {
    const change = { "xaxis.range": [wallClock(from, this.offset), wallClock(to, this.offset)], _doNotReportToPy: true };
    if (y) change["yaxis.range"] = y;
    Plotly.relayout(this.figure, change);
  }

  yRange(now, from, to) {
    if (this.viewport.manualY) return this.viewport.manualY;
    let visible = null;
    for (const { line } of this.drawable()) {
      const range = line.range(from, to);
      if (range) visible = visible ? [Math.min(visible[0], range[0]), Math.max(visible[1], range[1])] : range;
    }
    return this.fitted.fit(visible && withThresholds(visible, this.data.meta.limits), now);
  }

  /** Move the x axis' labels and grid to where they belong now, between two layouts. */
  shiftAxis(from, to, widthPx, isReset = false) {
    const px = isReset ? 0 : ((this.laidOut.from - from) / (to - from)) * widthPx;
    this.groups ??= [...this.figure.querySelectorAll(".xaxislayer-above, .gridlayer .x"), ...this.timeShapes()];
    const transform = Math.abs(px) < 0.01 ? "" : `translate(${px.toFixed(2)},0)`;
    for (const group of this.groups) {
      if (transform) group.setAttribute("transform", transform);
      else group.removeAttribute("transform");
    }
  }

  /** Shapes that a person put at a time scroll with it. */
  timeShapes() {
    return (this.figure._fullLayout.shapes ?? [])
      .filter((shape) => shape.xref === "x")
      .flatMap((shape) => [...this.figure.querySelectorAll(`.shapelayer [data-index="${shape._index}"]`)]);
  }

  /** Stand still, with the points in plotly's traces. */
  freeze() {
    if (this.isFrozen) return;
    const now = performance.now();
    const [from, to] = this.viewport.detached ?? this.range(now);
    // A reading that came with the last frame may not have had its place on the axis yet.
    const y = this.yRange(now, from, to);
    this.isFrozen = true;
    this.setRanges(from, to, y && [...y]);
    this.shiftAxis(from, to, 1, true);
    this.fill(
      this.data.lines.map((line, channel) => ({
        channel,
        times: line.times.subarray(line.start, line.end),
        values: line.values.subarray(line.start, line.end),
      })),
    );
  }

  /** Move again. */
  thaw() {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    this.stillLines = [];
    this.traces.empty();
    this.layOutSoon();
    this.forgetAxes();
    this.hasNews = true;
  }

  /** Show other points while the view stands still. */
  fill(patches) {
    this.stillLines = this.data.lines.map(() => new Line());
    for (const patch of patches) this.stillLines[patch.channel]?.patch({ ...patch, cut: -Infinity });
    this.traces.fill(patches, this.offset);
    this.hasNews = true;
  }

  /** @returns {{x: number, y: number, width: number, height: number} | null} where in the plot the pointer is */
  cursorPlace(event) {
    const size = this.figure._fullLayout?._size;
    if (!size) return null;
    const box = this.figure.getBoundingClientRect();
    const x = event.clientX - box.left - size.l;
    const y = event.clientY - box.top - size.t;
    return x >= 0 && x <= size.w && y >= 0 && y <= size.h ? { x, y, width: size.w, height: size.h } : null;
  }

  moveCursor(event) {
    const place = this.cursorPlace(event);
    this.crosshair.move(place && !this.figure._dragging ? place.x : null);
    this.hasNews = true;
  }

  /** @returns {{channel: number, time: number, value: number} | null} the drawn reading that was clicked */
  readingAt(event) {
    const place = this.cursorPlace(event);
    if (!place || !this.plane) return null;
    const { from, to, bottom, top } = this.plane;
    const time = from + (to - from) * (place.x / place.width);
    let best = null;
    let nearest = CLICK_PX;
    for (const { line, channel } of this.drawable()) {
      const i = line.nearest(time);
      if (i < 0) continue;
      const dx = ((line.times[i] - time) / (to - from)) * place.width;
      const dy = ((line.values[i] - bottom) / (top - bottom)) * place.height - (place.height - place.y);
      const distance = Math.hypot(dx, dy);
      if (distance >= nearest) continue;
      nearest = distance;
      best = { channel: this.data.meta.channels.indexOf(channel), time: line.times[i], value: line.values[i] };
    }
    return best;
  }
}
