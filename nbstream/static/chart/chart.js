// The page side of LiveChart. plotly draws axes, grid, legend and shapes; the live lines are drawn on a
// canvas over its plot area, once per animation frame, and scroll by the data's own clock.

import { FittedRange, fromWallClock, wallClock, withThresholds } from "./axes.js";
import { keepCellHeight } from "../shared/cellHeight.js";
import { Crosshair } from "./crosshair.js";
import { button, element, OWN_KEYS } from "../shared/dom.js";
import { drawLine } from "./draw.js";
import { showFigure } from "./figure.js";
import { FollowClock } from "./follow.js";
import { Line } from "./line.js";
import { drawMarks, Marks } from "./marks.js";
import { connect, Requests } from "../shared/panel.js";
import { Badge, describeState } from "../shared/status.js";
import { themeLayout, watchTheme } from "../shared/theme.js";
import { LiveTraces } from "./traces.js";
import { newerThan, unpackLines } from "./wire.js";

// A relayout costs 5 to 13 ms, so the axis is laid out anew only now and then; between, its labels and grid
// are moved along.
const RELAYOUT_EVERY_PX = 24;
const RELAYOUT_MIN_MS = 400;
const RELAYOUT_MAX_MS = 2000;
const HISTORY_DELAY_MS = 150;
const LIVE_EDGE = 0.03; // a zoom whose right end is so near the edge (share of the width) goes on following
const MAX_POINTS = 400_000;
const MAX_AGES = 4096;
const REDUCED_MOTION_MS = 250;
const REPLAYED_AFTER_S = 86_400; // readings that are older when they come are of another day: a replay
const MARK_COLOR = "#dc2626";

const page = (globalThis.__nbstream ??= { stats: { fps: 0, ages: [] }, charts: new Map() });

/** @returns {Promise<() => void>} the clean-up */
export async function renderChart({ model, el, shared, plotly }) {
  const view = new ChartView(model, el);
  await view.start(shared, plotly);
  return () => view.close();
}

class ChartView {
  constructor(model, place) {
    this.model = model;
    this.place = place;
    this.requests = new Requests((message) => this.link.send(message));
    this.abort = new AbortController();
    this.meta = { channels: [], span: 60_000, interval: 0, stale: null, limits: [], choices: [], zone: { offset: 0, label: "" } };
    /** @type {Line[]} */
    this.lines = [];
    /** What is shown while the view stands still. @type {Line[]} */
    this.stillLines = [];
    this.marks = new Marks();
    this.clock = new FollowClock();
    this.fitted = new FittedRange();
    this.newest = null;
    this.arrivedAt = null;
    this.total = 0;
    this.isPaused = false;
    this.ended = null;
    /** Width of the view while it follows, if a zoom chose it. */
    this.zoomedWidth = null;
    /** What a zoom or pan away from the live edge looks at: [from, to]. */
    this.detached = null;
    this.manualY = null;
    /** Whether the points are in plotly's traces rather than on the canvas. */
    this.isFrozen = false;
    this.shownRange = null;
    this.laidOut = { at: -Infinity, from: 0, to: 1, y: null };
    this.hasNews = true;
    this.painted = { at: 0, from: 0, to: 0 };
    /** What was shown when the view last followed. */
    this.followed = { from: 0, to: Infinity };
    this.frameTimes = [];
    this.historyRequest = 0;
  }

  async start(shared, plotly) {
    const signal = this.abort.signal;
    this.figure = element("div", { class: "nbs-figure" });
    this.badge = new Badge();
    this.pauseButton = button("", () => this.choosePause(!this.isPaused), "nbs-tool");
    this.windowSelect = element("select", {
      ...OWN_KEYS,
      class: "nbs-tool",
      "aria-label": "Window",
      title: "Window of the view and of the statistics",
      onchange: () => this.requests.ask({ kind: "window", value: this.windowSelect.value }, (error) => error && this.showTools()),
    });
    this.jumpButton = button("", () => this.jumpToLive(), "nbs-jump", { hidden: true });
    this.toolbar = element("div", { class: "nbs-toolbar" }, [this.badge.el, this.windowSelect, this.pauseButton]);
    this.crosshair = new Crosshair();
    this.el = element("div", { class: "nbs-chart" }, [this.figure, this.toolbar, this.crosshair.el, this.jumpButton]);
    this.place.append(this.el);
    this.letHeightGo = keepCellHeight(this.el);
    this.removeFigure = await showFigure({ plotly, shared, el: this.figure });
    if (signal.aborted) return;
    this.traces = new LiveTraces(this.figure);
    this.canvas = element("canvas", { class: "nbs-canvas" });
    this.context = this.canvas.getContext("2d");
    this.listen(signal);
    this.disconnect = connect(this.model, this, () => this.el.clientWidth * devicePixelRatio);
    this.followTheme();
    watchTheme(() => this.followTheme(), signal);
    this.showTools();
    requestAnimationFrame((now) => this.animate(now));
  }

  close() {
    this.abort.abort();
    clearTimeout(this.historyTimer);
    this.letHeightGo?.();
    this.resizeObserver?.disconnect();
    this.disconnect?.();
    this.removeFigure?.();
    this.el.remove();
    if (page.charts.get(this.meta.chart) === this) page.charts.delete(this.meta.chart);
  }

  listen(signal) {
    const gd = this.figure;
    gd.on("plotly_relayout", (change) => this.onRelayout(change));
    gd.on("plotly_restyle", () => (this.hasNews = true));
    gd.on("plotly_doubleclick", () => this.jumpToLive());
    for (const [name, take] of [["msg:custom", this.onMessage], ["change:_config", this.onConfig]]) {
      this.model.on(name, take);
      signal.addEventListener("abort", () => this.model.off(name, take));
    }
    gd.addEventListener("pointermove", (event) => this.moveCursor(event), { signal });
    gd.addEventListener("pointerleave", () => this.crosshair.move(null), { signal });
    gd.addEventListener("click", (event) => this.onClick(event), { signal, capture: true });
    document.addEventListener(
      "nbstream:pause",
      ({ detail }) => detail.chart === this.meta.chart && this.setPaused(detail.paused),
      { signal },
    );
    this.resizeObserver = new ResizeObserver(() => {
      if (this.el.clientWidth > 0) Plotly.Plots.resize(gd);
      this.hasNews = true;
    });
    this.resizeObserver.observe(this.el);
  }

  onMessage = (message, buffers) => {
    if (message.kind === "ended") {
      this.ended = message.reason;
      this.showState();
    } else if (message.kind === "history" && message.to === this.link?.client) {
      if (message.request === this.historyRequest && this.isFrozen) this.fillTraces(unpackLines(message, buffers));
    }
  };

  /** Plotly reads its configuration when the figure is made, but for the buttons, at each change of their bar. */
  onConfig = () => {
    this.figure._context.modeBarButtons = structuredClone(this.model.get("_config").modeBarButtons);
    const { orientation } = this.figure._fullLayout.modebar;
    Plotly.relayout(this.figure, { "modebar.orientation": orientation, _doNotReportToPy: true });
  };

  // Frames.

  take(message, buffers, isWhole) {
    const now = performance.now();
    if (isWhole) {
      for (const line of this.lines) line.clear();
      this.marks.clear();
    }
    if (message.meta) this.takeMeta(message.meta);
    for (const patch of unpackLines(message, buffers)) {
      while (this.lines.length <= patch.channel) this.lines.push(new Line());
      const line = this.lines[patch.channel];
      line.patch(message.whole && !isWhole ? newerThan(line, patch) : patch);
    }
    this.marks.add(message.marks ?? []);
    this.total = message.total ?? this.total;
    if (message.newest !== null && message.newest !== this.newest) {
      this.newest = message.newest;
      this.arrivedAt = now;
      this.clock.take(message.newest, now);
    }
    this.hasNews = true;
    this.showState();
  }

  takeMeta(meta) {
    const before = this.meta;
    this.meta = { ...before, ...meta };
    this.clock.intervalMs = Math.max(1, this.meta.interval);
    if (this.meta.chart && page.charts.get(this.meta.chart) !== this) page.charts.set(this.meta.chart, this);
    if (meta.span !== undefined && meta.window !== before.window) this.zoomedWidth = null;
    if (meta.paused !== undefined && !this.requests.isWaiting("pause")) this.setPaused(meta.paused);
    this.laidOut.at = -Infinity;
    this.showTools();
  }

  // Painting.

  animate(now) {
    if (this.abort.signal.aborted) return;
    requestAnimationFrame((next) => this.animate(next));
    if (!this.figure.isConnected || !this.figure._fullLayout || document.hidden) return;
    if (this.isReducedMotion && now - this.painted.at < REDUCED_MOTION_MS) return;
    try {
      this.paint(now);
    } catch (error) {
      this.fail(error);
    }
  }

  get isReducedMotion() {
    this.motionQuery ??= matchMedia("(prefers-reduced-motion: reduce)");
    return this.motionQuery.matches;
  }

  get width() {
    return this.zoomedWidth ?? this.meta.span;
  }

  get isFollowing() {
    return !this.detached && !this.isPaused;
  }

  /** @returns {[number, number]} what the plot shows, epoch ms */
  visibleRange(now) {
    if (this.figure._dragging || this.isFrozen) {
      const { range } = this.figure._fullLayout.xaxis;
      return range.map((end) => fromWallClock(end, this.meta.zone.offset));
    }
    const edge = this.clock.edge(now) ?? Date.now();
    return [edge - this.width, edge];
  }

  paint(now) {
    const layout = this.figure._fullLayout;
    const size = layout._size;
    const [from, to] = this.visibleRange(now);
    const isMoving = from !== this.painted.from || to !== this.painted.to;
    const traces = this.figure._fullData; // anew whenever plotly takes in a trace or a style
    if (!isMoving && !this.hasNews && traces === this.paintedTraces) return;
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
    this.placeCanvas(size, plane);
    this.context.clearRect(0, 0, plane.width, plane.height);
    const drawable = this.drawable();
    for (const { number } of drawable) {
      drawMarks(this.context, this.marks.inView(number, plane), plane, MARK_COLOR);
    }
    if (!this.isFrozen) {
      for (const { line, style, isNative } of drawable) {
        if (!isNative) drawLine(this.context, line, plane, style);
      }
      if (!this.figure._dragging) {
        this.shiftAxis(from, to, size.w);
        this.followed = { from, to };
      }
    }
    this.plane = plane;
    this.crosshair.el.style.left = `${size.l}px`;
    this.crosshair.el.style.top = `${size.t}px`;
    this.crosshair.el.style.height = `${size.h}px`;
    const entries = drawable.map(({ line, number, style, channel }) => ({ line, number, color: style.color, ...channel }));
    this.crosshair.update(plane, entries, this.meta.zone.offset, this.marks);
    this.painted = { at: now, from, to };
    this.hasNews = false;
    this.count(now, to);
  }

  drawable() {
    return this.traces.drawable(this.isFrozen ? this.stillLines : this.lines, this.meta.channels);
  }

  placeCanvas(size, plane) {
    if (!this.canvas.isConnected) this.figure.querySelector(".gl-container").append(this.canvas);
    if (this.canvas.width !== plane.width || this.canvas.height !== plane.height) {
      this.canvas.width = plane.width;
      this.canvas.height = plane.height;
    }
    const place = `${size.l} ${size.t} ${size.w} ${size.h}`;
    if (place === this.canvasPlace) return;
    this.canvasPlace = place;
    Object.assign(this.canvas.style, {
      left: `${size.l}px`,
      top: `${size.t}px`,
      width: `${size.w}px`,
      height: `${size.h}px`,
    });
  }

  /** Let plotly lay the axes out anew, if that is due. */
  layOut(now, from, to, widthPx) {
    const { laidOut } = this;
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
    const { offset } = this.meta.zone;
    const change = { "xaxis.range": [wallClock(from, offset), wallClock(to, offset)], _doNotReportToPy: true };
    if (y) change["yaxis.range"] = y;
    this.shiftAxis(from, to, widthPx, true);
    Plotly.relayout(this.figure, change);
    this.groups = null;
    this.traces.refreshNative(this.drawable(), from, to, offset);
    for (const line of this.lines) {
      if (this.isFollowing) line.dropBefore(from - this.meta.span);
      else if (line.length > MAX_POINTS) line.dropBefore(line.times[line.end - MAX_POINTS]);
    }
  }

  yRange(now, from, to) {
    if (this.manualY) return this.manualY;
    let visible = null;
    for (const { line } of this.drawable()) {
      const range = line.range(from, to);
      if (range) visible = visible ? [Math.min(visible[0], range[0]), Math.max(visible[1], range[1])] : range;
    }
    return this.fitted.fit(visible && withThresholds(visible, this.meta.limits), now);
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

  count(now, to) {
    this.frameTimes.push(now);
    while (this.frameTimes[0] < now - 1000) this.frameTimes.shift();
    page.stats.fps = this.frameTimes.length;
    if (this.newest === null || this.isFrozen) return;
    const shown = this.newestShown(to);
    if (shown === null) return;
    page.stats.ages.push(Date.now() - shown);
    if (page.stats.ages.length > MAX_AGES) page.stats.ages.splice(0, MAX_AGES / 2);
  }

  newestShown(to) {
    let newest = null;
    for (const line of this.lines) {
      const i = line.indexOf(to) - 1;
      if (i >= line.start && (newest === null || line.times[i] > newest)) newest = line.times[i];
    }
    return newest;
  }

  // Standing still: the points go into plotly's own traces, so that everything plotly does works on them.

  freeze() {
    if (this.isFrozen) return;
    const [from, to] = this.detached ?? this.visibleRange(performance.now());
    // A reading that came with the last frame may not have had its place on the axis yet.
    const y = this.yRange(performance.now(), from, to);
    this.isFrozen = true;
    this.pausedTotal = this.total;
    const { offset } = this.meta.zone;
    const change = { "xaxis.range": [wallClock(from, offset), wallClock(to, offset)], _doNotReportToPy: true };
    if (y) change["yaxis.range"] = [...y];
    Plotly.relayout(this.figure, change);
    this.shiftAxis(from, to, 1, true);
    this.fillTraces(
      this.lines.map((line, channel) => ({
        channel,
        times: line.times.subarray(line.start, line.end),
        values: line.values.subarray(line.start, line.end),
      })),
    );
    this.hasNews = true;
  }

  thaw() {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    this.stillLines = [];
    this.traces.empty();
    this.laidOut.at = -Infinity;
    this.groups = null;
    this.hasNews = true;
  }

  fillTraces(patches) {
    this.stillLines = this.lines.map(() => new Line());
    for (const patch of patches) this.stillLines[patch.channel]?.patch({ ...patch, cut: -Infinity });
    this.traces.fill(patches, this.meta.zone.offset);
    this.hasNews = true;
  }

  askHistory() {
    clearTimeout(this.historyTimer);
    this.historyTimer = setTimeout(() => {
      const [from, to] = this.visibleRange(performance.now());
      const margin = to - from;
      this.historyRequest += 1;
      this.link.send({ kind: "history", from: from - margin, to: to + margin, request: this.historyRequest });
    }, HISTORY_DELAY_MS);
  }

  // What people do.

  onRelayout(change) {
    this.groups = null;
    if (change._doNotReportToPy || !this.link) return;
    if (change["xaxis.autorange"] || change["yaxis.autorange"]) {
      this.manualY = null;
      if (change["xaxis.autorange"]) this.jumpToLive();
      return;
    }
    const y = change["yaxis.range"] ?? [change["yaxis.range[0]"], change["yaxis.range[1]"]];
    if (y[0] !== undefined) this.manualY = y;
    const x = change["xaxis.range"] ?? [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    if (x[0] !== undefined) this.lookAt(...x.map((end) => fromWallClock(end, this.meta.zone.offset)));
    this.hasNews = true;
  }

  /** Show a span that a person chose: follow if it reaches to the live edge, else stay there. */
  lookAt(from, to) {
    // As it was when the drag began: the view stood still since.
    const { from: left, to: edge } = this.followed;
    const reachesLive = !this.isPaused && to >= edge - LIVE_EDGE * (edge - left);
    if (reachesLive) {
      this.zoomedWidth = to - from;
      this.detached = null;
      this.thaw();
    } else {
      this.detached = [from, to];
      this.freeze();
      this.askHistory();
    }
    this.showTools();
    this.showState();
  }

  jumpToLive() {
    this.detached = null;
    this.zoomedWidth = null;
    this.manualY = null;
    if (this.isPaused) this.choosePause(false);
    else this.thaw();
    this.showTools();
    this.showState();
  }

  choosePause(isPaused) {
    this.setPaused(isPaused);
    this.requests.ask({ kind: "pause", value: isPaused }, () => {});
  }

  setPaused(isPaused) {
    if (isPaused === this.isPaused) return;
    this.isPaused = isPaused;
    if (isPaused) {
      this.freeze();
      this.askHistory();
    } else {
      this.detached = null;
      this.thaw();
    }
    this.showTools();
    this.showState();
  }

  onClick(event) {
    const button = event.target.closest?.(".modebar-btn");
    if (button?.getAttribute("data-title")?.startsWith("Download plot")) {
      event.stopPropagation();
      this.download();
      return;
    }
    const place = this.cursorPlace(event);
    if (!place || !this.plane) return;
    const { from, to, bottom, top } = this.plane;
    const time = from + (to - from) * (place.x / place.width);
    let best = null;
    for (const { line, channel } of this.drawable()) {
      const i = line.nearest(time);
      if (i < 0) continue;
      const dx = ((line.times[i] - time) / (to - from)) * place.width;
      const dy = ((line.values[i] - bottom) / (top - bottom)) * place.height - (place.height - place.y);
      const distance = Math.hypot(dx, dy);
      const number = this.meta.channels.indexOf(channel);
      if (distance < 20 && (!best || distance < best.distance)) {
        best = { distance, channel: number, time: line.times[i], value: line.values[i] };
      }
    }
    if (best) this.requests.ask({ kind: "click", channel: best.channel, time: best.time, value: best.value }, () => {});
  }

  async download() {
    const wasFrozen = this.isFrozen;
    this.freeze();
    const name = this.figure.layout.title?.text || "nbstream";
    await Plotly.downloadImage(this.figure, { format: "png", scale: 2, filename: name });
    if (!wasFrozen) this.thaw();
  }

  moveCursor(event) {
    const place = this.cursorPlace(event);
    this.crosshair.move(place && !this.figure._dragging ? place.x : null);
    this.hasNews = true;
  }

  cursorPlace(event) {
    const size = this.figure._fullLayout?._size;
    if (!size) return null;
    const box = this.figure.getBoundingClientRect();
    const x = event.clientX - box.left - size.l;
    const y = event.clientY - box.top - size.t;
    return x >= 0 && x <= size.w && y >= 0 && y <= size.h ? { x, y, width: size.w, height: size.h } : null;
  }

  // What is said.

  followTheme() {
    const theme = themeLayout();
    this.themed ??= Object.keys(theme).filter((name) => {
      const given = name.split(".").reduce((value, key) => value?.[key], this.figure.layout);
      return given === undefined || given === null;
    });
    const change = Object.fromEntries(this.themed.map((name) => [name, theme[name]]));
    Plotly.relayout(this.figure, { ...change, _doNotReportToPy: true });
    this.groups = null;
    this.hasNews = true;
  }

  showTools() {
    this.pauseButton.textContent = this.isPaused ? "▶" : "❚❚";
    this.pauseButton.title = this.isPaused ? "Resume: follow the newest readings" : "Pause the view; the data goes on";
    this.pauseButton.setAttribute("aria-label", this.isPaused ? "Resume" : "Pause");
    this.pauseButton.hidden = this.windowSelect.hidden = this.meta.toolbar === false;
    const current = this.meta.window ?? "60s";
    const { choices: known } = this.meta;
    const choices = known.includes(current) ? known : [current, ...known];
    if (this.windowChoices !== choices.join()) {
      this.windowChoices = choices.join();
      this.windowSelect.replaceChildren(...choices.map((text) => element("option", { value: text, text })));
    }
    if (this.windowSelect.value !== current) this.windowSelect.value = current;
  }

  /** @returns {number} seconds since a reading was newer than those before, as the page saw it */
  silence() {
    return this.arrivedAt === null ? Infinity : (performance.now() - this.arrivedAt) / 1000;
  }

  /** @returns {number | null} seconds since the newest reading, by its own time where that is one of today */
  age() {
    if (this.newest === null) return null;
    const age = this.link.clock.age(this.newest);
    return age < REPLAYED_AFTER_S ? age : Math.max(this.silence(), this.link.clock.lateness());
  }

  showLink() {
    this.showState();
  }

  tick() {
    this.showState();
  }

  showState() {
    if (!this.link) return;
    const age = this.age();
    const state = describeState({
      link: this.link.state,
      silence: this.link.silence(),
      source: this.meta.source ?? null,
      sentence: this.meta.sentence ?? "",
      age,
      isMoving: this.silence() <= this.meta.stale,
      staleAfter: this.meta.stale,
      isPaused: this.isPaused,
      isDetached: this.detached !== null,
      ended: this.ended,
    });
    this.badge.show(state);
    this.el.dataset.link = this.link.state;
    const isBehind = this.isPaused || this.detached !== null || this.zoomedWidth !== null;
    this.jumpButton.hidden = !isBehind || this.ended !== null || this.link.state === "restarted";
    if (isBehind) {
      const since = this.total - (this.pausedTotal ?? this.total);
      const more = this.isFrozen && since > 0 ? ` (+${since.toLocaleString("en")})` : "";
      this.jumpButton.textContent = this.isFrozen ? `jump to live${more}` : "back to the whole window";
    }
  }

  fail(error) {
    if (this.failure === error.message) return;
    this.failure = error.message;
    console.error(error);
    this.badge.show({ kind: "bad", text: `could not draw: ${error.message}` });
  }
}
