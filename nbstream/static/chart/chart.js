// The page side of LiveChart. plotly draws axes, grid, legend and shapes; painter.js draws the live lines over
// its plot area, and viewport.js says which span of time is shown.

import { fromWallClock } from "./axes.js";
import { keepCellHeight } from "../shared/cellHeight.js";
import { ChartData } from "./data.js";
import { element } from "../shared/dom.js";
import { showFigure } from "./figure.js";
import { renewKept } from "../shared/kept.js";
import { Painter } from "./painter.js";
import { connect, Requests } from "../shared/panel.js";
import { describeState } from "../shared/status.js";
import { themeLayout, watchTheme } from "../shared/theme.js";
import { Toolbar } from "./toolbar.js";
import { Viewport } from "./viewport.js";
import { unpackLines } from "./wire.js";

const HISTORY_DELAY_MS = 150;
const MAX_AGES = 4096;
const REPLAYED_AFTER_S = 86_400; // readings that are older when they come are of another day: a replay

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
    this.abort = new AbortController();
    this.requests = new Requests((message) => this.link.send(message));
    this.data = new ChartData();
    this.viewport = new Viewport();
    this.toolbar = new Toolbar({
      chooseWindow: (value) => this.requests.ask({ kind: "window", value }, (error) => error && this.showTools()),
      togglePause: () => this.choosePause(!this.viewport.isPaused),
      jumpToLive: () => this.jumpToLive(),
    });
    this.ended = null;
    /** Readings that there were when the view stopped, null while it moves. */
    this.totalWhenStopped = null;
    this.frameTimes = [];
    this.historyRequest = 0;
  }

  async start(shared, plotly) {
    const { signal } = this.abort;
    this.figure = element("div", { class: "nbs-figure" });
    this.el = element("div", { class: "nbs-chart" }, [this.figure, this.toolbar.el]);
    this.place.append(this.el);
    this.letHeightGo = keepCellHeight(this.el);
    this.removeFigure = await showFigure({ plotly, shared, el: this.figure });
    if (signal.aborted) return;
    this.painter = new Painter(this.figure, this.data, this.viewport);
    this.el.append(this.painter.crosshair.el, this.toolbar.jump);
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
    const { chart } = this.data.meta;
    if (page.charts.get(chart) === this) page.charts.delete(chart);
  }

  listen(signal) {
    const { figure, painter } = this;
    figure.on("plotly_relayout", (change) => this.onRelayout(change));
    figure.on("plotly_restyle", () => (painter.hasNews = true));
    figure.on("plotly_doubleclick", () => this.jumpToLive());
    for (const [name, take] of [["msg:custom", this.onMessage], ["change:_config", this.onConfig]]) {
      this.model.on(name, take);
      signal.addEventListener("abort", () => this.model.off(name, take));
    }
    figure.addEventListener("pointermove", (event) => painter.moveCursor(event), { signal });
    figure.addEventListener("pointerleave", () => painter.crosshair.move(null), { signal });
    figure.addEventListener("click", (event) => this.onClick(event), { signal, capture: true });
    document.addEventListener(
      "nbstream:pause",
      ({ detail }) => detail.chart === this.data.meta.chart && this.setPaused(detail.paused),
      { signal },
    );
    this.resizeObserver = new ResizeObserver(() => {
      if (this.el.clientWidth > 0) Plotly.Plots.resize(figure);
      painter.hasNews = true;
    });
    this.resizeObserver.observe(this.el);
  }

  onMessage = (message, buffers) => {
    if (message.kind === "ended") {
      this.ended = message.reason;
      this.showState();
    } else if (message.kind === "kept") {
      renewKept(this, message);
    } else if (message.kind === "history" && message.to === this.link?.client) {
      const isWanted = message.request === this.historyRequest && this.painter.isFrozen;
      if (isWanted) this.painter.fill(unpackLines(message, buffers));
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
    if (isWhole) this.data.clear();
    if (message.meta) this.takeMeta(message.meta);
    if (this.data.take(message, buffers, isWhole)) this.viewport.clock.take(this.data.newest, this.data.arrivedAt);
    this.painter.hasNews = true;
    this.showState();
  }

  takeMeta(change) {
    const { window } = this.data.meta;
    const meta = (this.data.meta = { ...this.data.meta, ...change });
    this.viewport.clock.intervalMs = Math.max(1, meta.interval);
    this.viewport.span = meta.span;
    if (meta.chart && page.charts.get(meta.chart) !== this) page.charts.set(meta.chart, this);
    if (change.span !== undefined && change.window !== window) this.viewport.zoomedWidth = null;
    if (change.paused !== undefined && !this.requests.isWaiting("pause")) this.setPaused(change.paused);
    this.painter.layOutSoon();
    this.showTools();
  }

  animate(now) {
    if (this.abort.signal.aborted) return;
    requestAnimationFrame((next) => this.animate(next));
    if (!this.figure.isConnected || !this.figure._fullLayout || document.hidden) return;
    try {
      if (this.painter.paint(now)) this.count(now);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Measure the pace, and the age of what is shown. */
  count(now) {
    this.frameTimes.push(now);
    while (this.frameTimes[0] < now - 1000) this.frameTimes.shift();
    const { stats } = page;
    stats.fps = this.frameTimes.length;
    const shown = this.painter.isFrozen ? null : this.data.newestUntil(this.painter.painted.to);
    if (shown === null) return;
    stats.ages.push(Date.now() - shown);
    if (stats.ages.length > MAX_AGES) stats.ages.splice(0, MAX_AGES / 2);
  }

  // What people do.

  onRelayout(change) {
    this.painter.forgetAxes();
    if (change._doNotReportToPy || !this.link) return;
    if (change["xaxis.autorange"] || change["yaxis.autorange"]) {
      this.viewport.manualY = null;
      if (change["xaxis.autorange"]) this.jumpToLive();
      return;
    }
    const y = change["yaxis.range"] ?? [change["yaxis.range[0]"], change["yaxis.range[1]"]];
    if (y[0] !== undefined) this.viewport.manualY = y;
    const x = change["xaxis.range"] ?? [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    if (x[0] !== undefined) {
      this.viewport.lookAt(...x.map((end) => fromWallClock(end, this.data.meta.zone.offset)));
      this.stopOrGo();
    }
    this.painter.hasNews = true;
  }

  jumpToLive() {
    this.viewport.reset();
    if (this.viewport.isPaused) this.choosePause(false);
    else this.stopOrGo();
  }

  choosePause(isPaused) {
    this.setPaused(isPaused);
    this.requests.ask({ kind: "pause", value: isPaused }, () => {});
  }

  setPaused(isPaused) {
    if (isPaused === this.viewport.isPaused) return;
    this.viewport.pause(isPaused);
    this.stopOrGo();
  }

  /** Stand still or follow, as the viewport says. */
  stopOrGo() {
    if (this.viewport.isFollowing) {
      this.totalWhenStopped = null;
      this.painter.thaw();
    } else {
      this.totalWhenStopped ??= this.data.total;
      this.painter.freeze();
      this.askHistory();
    }
    this.showTools();
    this.showState();
  }

  askHistory() {
    clearTimeout(this.historyTimer);
    this.historyTimer = setTimeout(() => {
      const [from, to] = this.painter.range(performance.now());
      const margin = to - from;
      this.historyRequest += 1;
      this.link.send({ kind: "history", from: from - margin, to: to + margin, request: this.historyRequest });
    }, HISTORY_DELAY_MS);
  }

  onClick(event) {
    const clicked = event.target.closest?.(".modebar-btn");
    if (clicked?.getAttribute("data-title")?.startsWith("Download plot")) {
      event.stopPropagation();
      this.download();
      return;
    }
    const reading = this.painter.readingAt(event);
    if (reading) this.requests.ask({ kind: "click", ...reading }, () => {});
  }

  async download() {
    const wasFrozen = this.painter.isFrozen;
    this.painter.freeze();
    const name = this.figure.layout.title?.text || "nbstream";
    await Plotly.downloadImage(this.figure, { format: "png", scale: 2, filename: name });
    if (!wasFrozen) this.painter.thaw();
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
    this.painter.forgetAxes();
    this.painter.hasNews = true;
  }

  showTools() {
    this.toolbar.show(this.data.meta, this.viewport.isPaused);
  }

  /** @returns {number | null} seconds since the newest reading, by its own time where that is one of today */
  age() {
    if (this.data.newest === null) return null;
    const age = this.link.clock.age(this.data.newest);
    return age < REPLAYED_AFTER_S ? age : Math.max(this.data.silence(), this.link.clock.lateness());
  }

  tick() {
    this.showState();
  }

  showLink() {
    this.showState();
  }

  showState() {
    if (!this.link) return;
    const { link, ended, viewport, data } = this;
    const { meta } = data;
    this.toolbar.badge.show(
      describeState({
        link: link.state,
        silence: link.silence(),
        source: meta.source ?? null,
        sentence: meta.sentence ?? "",
        age: this.age(),
        isMoving: data.silence() <= meta.stale,
        staleAfter: meta.stale,
        isPaused: viewport.isPaused,
        isDetached: viewport.detached !== null,
        ended,
      }),
    );
    this.el.dataset.link = link.state;
    const isOver = ended !== null || link.state === "restarted";
    const more = this.totalWhenStopped === null ? null : data.total - this.totalWhenStopped;
    this.toolbar.offerJump(viewport.isElsewhere && !isOver, more);
  }

  fail(error) {
    if (this.failure === error.message) return;
    this.failure = error.message;
    console.error(error);
    this.toolbar.badge.show({ kind: "bad", text: `could not draw: ${error.message}` });
  }
}
