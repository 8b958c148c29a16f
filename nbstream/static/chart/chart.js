// The page side of LiveChart: frames of the kernel become lines, viewport.js says which span of time is shown, and
// plot.js draws it at each animation frame.

import { keepCellHeight } from "../shared/cellHeight.js";
import { Crosshair } from "./crosshair.js";
import { ChartData } from "./data.js";
import { pngOf, saveAs } from "./download.js";
import { element, setText } from "../shared/dom.js";
import { eventsOf } from "./events.js";
import { GapField, gapText } from "./gapField.js";
import { Gestures } from "./gestures.js";
import { Guests } from "./guests.js";
import { Help } from "./help.js";
import { History } from "./history.js";
import { drawIncidents } from "./incidents.js";
import { renewKept } from "../shared/kept.js";
import { KernelFiles } from "./kernelFiles.js";
import { Keys, KEYS_OF_FILES } from "./keys.js";
import { Legend } from "./legend.js";
import { Limits } from "./limits.js";
import { drawMarkers, MarkField } from "./markers.js";
import { drawMarks } from "./marks.js";
import { Overview } from "./overview.js";
import { connect, Requests } from "../shared/panel.js";
import { isBeside, PAUSE_EVENTS } from "./pause.js";
import { Plot } from "./plot.js";
import { SelectionPanel } from "./selection.js";
import { ShownLines } from "./shownLines.js";
import { ageText, describeState, OVER } from "../shared/status.js";
import { isDark, watchTheme } from "../shared/theme.js";
import { TableView } from "./tableView.js";
import { Toolbar } from "./toolbar.js";
import { Viewport } from "./viewport.js";
import { ViewSteps } from "./viewSteps.js";
import { unpackLines } from "./wire.js";

const MAX_AGES = 4096;
const MAX_POINTS = 400_000;
const REDUCED_MOTION_MS = 250;
const CLICK_PX = 20;
const NO_LANES = {};
const REPLAYED_AFTER_S = 86_400; // readings that are older when they come are of another day: a replay

const page = (globalThis.__nbstream ??= { stats: { fps: 0, ages: [], firsts: [] }, charts: new Map() });
page.views ??= new Set(); // of charts, of which one may be displayed twice

/**
 * @param {object} place
 * @param {import("../dashboard/dashboard.js").TitleRow} [place.row] takes the toolbar, which stands above the chart else
 * @returns {() => void} the clean-up
 */
export function renderChart({ model, el, load, row }) {
  const view = new ChartView(model, el, load, row);
  view.start();
  return () => view.close();
}

class ChartView {
  constructor(model, place, load, row = null) {
    this.model = model;
    this.row = row;
    this.place = place;
    this.abort = new AbortController();
    this.requests = new Requests((message) => this.link.send(message));
    this.data = new ChartData();
    this.viewport = new Viewport();
    this.history = new History((message) => this.link.send(message));
    this.plot = new Plot();
    this.steps = new ViewSteps(this.viewport, this.plot);
    this.shown = new ShownLines(this.data, this.plot);
    this.guests = new Guests((say) => load("plotly", say), (error) => this.fail(error));
    this.toldPause = false; // by Python
    this.crosshair = new Crosshair(this.plot);
    this.table = new TableView(this.plot);
    this.limits = new Limits(this.plot, (...command) => this.requests.ask(...command));
    this.selection = new SelectionPanel(() => this.gestures.cancel());
    const onChange = () => this.onViewChange();
    const jumpToLive = () => this.jumpToLive();
    const togglePause = () => this.togglePause();
    const fitY = () => this.fitY();
    this.gestures = new Gestures(this.plot, this.viewport, {
      onChange,
      jumpToLive: () => this.showAll(),
      onClick: (place) => this.onClick(place),
      onSelect: (span) => this.select(span),
    });
    this.help = new Help();
    this.files = new KernelFiles((...command) => this.requests.ask(...command), (message) => this.link.send(message));
    const showHelp = () => this.help.open();
    const goBack = () => this.goBack();
    const { crosshair, gestures } = this;
    this.markField = new MarkField((time, text) => this.requests.ask({ kind: "mark", time, text }, () => {}));
    this.gapField = new GapField((gap) => this.requests.ask({ kind: "gap", value: gap }, (error) => error && this.toolbar.tell(error)));
    this.overview = new Overview({
      look: (from, to) => this.lookAt(from, to),
      goLive: () => this.showAll(),
      ask: () => this.link.send({ kind: "overview" }),
    });
    const oldest = () => this.overview.span[0];
    this.keys = new Keys(this.plot, this.viewport, { onChange, togglePause, jumpToLive, fitY, crosshair, gestures, oldest, goBack, showHelp, mark: () => this.mark() });
    this.toolbar = new Toolbar({
      chooseWindow: (value) => this.chooseWindow(value),
      chooseMode: (mode) => gestures.setMode(mode),
      togglePause,
      jumpToLive,
      fitY,
      save: (format) => this.save(format),
      keep: () => this.keep(),
      isTable: () => this.table.isShown,
      showTable: (isTable) => this.chooseTable(isTable),
      goBack,
      showHelp,
      band: { k: () => this.data.meta.usualBand ?? 2, isOn: () => this.data.bands.k !== null, toggle: () => this.toggleBand() },
      rows: { isOn: () => this.data.meta.eachRow === true, toggle: () => this.toggleRows() },
      gap: { text: () => gapText(this.data.meta.gap), choose: () => this.gapField.open(this.data.meta.gap, this.plot.el) },
      resetAll: () => this.resetAll(),
      showWindow: () => this.showWindow(),
    });
    this.legend = new Legend({
      show: (channel, isShown) => this.showLine(channel, isShown),
      highlight: (channel) => this.highlight(channel),
    });
    /** Why there is nothing to be seen, in the middle of the plot; the badge says it to who cannot see. */
    this.empty = element("div", { class: "nbs-plot-empty", "aria-hidden": "true" });
    this.ended = null;
    /** Readings that there were when the view stopped, null while it moves. */
    this.totalWhenStopped = null;
    /** Whether it shows points made for its own view. */
    this.isOwn = false;
    this.hasTheme = false;
    /** Page times of its making, of its first frame and of the first paint of readings, ms. */
    this.first = { made: performance.now(), framed: null, painted: null };
    this.paintedAt = -Infinity;
    this.frameTimes = [];
    this.motion = matchMedia("(prefers-reduced-motion: reduce)");
  }

  start() {
    const { signal } = this.abort;
    const { plot } = this;
    plot.el.append(this.empty, this.guests.el, this.limits.el, this.crosshair.el, this.toolbar.chips, this.selection.el, this.markField.el, this.gapField.el, this.help.el);
    const stage = element("div", { class: "nbs-stage" }, [plot.el, this.table.el]);
    this.el = element("div", { class: "nbs-chart" }, [this.row ? null : this.toolbar.el, this.legend.el, stage, this.overview.el]);
    this.row?.head.append(this.toolbar.head);
    this.row?.tools.append(this.toolbar.tools);
    this.place.append(this.el);
    this.letHeightGo = keepCellHeight(this.el);
    plot.laneLabels = this.data.labels;
    plot.setLines(this.data.lines);
    this.begin(this.model.get("_begins") ?? {});
    const { incidents } = this.data;
    plot.layers.under.push((context, frame) => drawIncidents(context, incidents.inView(frame), plot, (severity) => plot.colorOf(severity)));
    plot.layers.over.push((context) => drawMarkers(context, this.data.meta.markers ?? [], plot, plot.look));
    plot.layers.over.push((context) => drawMarks(context, this.data.marks, plot));
    this.model.on("msg:custom", this.onMessage);
    signal.addEventListener("abort", () => this.model.off("msg:custom", this.onMessage));
    this.disconnect = connect(this.model, this, () => plot.el.clientWidth * devicePixelRatio);
    watchTheme(() => this.takeTheme(), signal);
    const onPause = ({ detail }) => this.isThis(detail) && isBeside(detail.from, this.el) && this.setPaused(detail.paused);
    document.addEventListener(PAUSE_EVENTS.ask, onPause, { signal });
    document.addEventListener("nbstream:line", ({ detail }) => this.isThis(detail) && this.onLine(detail), { signal });
    requestAnimationFrame((now) => this.animate(now));
  }

  /** Take the place that the chart will have, before its first frame. */
  begin({ title = null, height, zone, toolbar, legend }) {
    const { meta } = this.data;
    this.data.meta = { ...meta, zone: zone ?? meta.zone, toolbar: toolbar ?? true, legend: legend ?? true };
    if (height) this.plot.setFigure({ title, height });
    this.plot.setZone(this.data.meta.zone);
    this.showTools(title);
    this.legend.el.hidden = legend === false;
  }

  close() {
    this.abort.abort();
    this.letHeightGo?.();
    this.disconnect?.();
    for (const part of [this.toolbar, this.gestures, this.keys, this.crosshair, this.legend, this.guests, this.plot]) part.close();
    this.el.remove();
    const { chart } = this.data.meta;
    if (page.charts.get(chart) === this) page.charts.delete(chart);
    page.views.delete(this);
  }

  /** How the lines look, by the number of their channel; a table beside the chart asks for it. */
  get lines() {
    return this.shown.lines;
  }

  /** The lines that are drawn: those of its own view, else the live ones. */
  get drawn() {
    return this.isOwn ? this.history.lines : this.data.lines;
  }

  isThis({ chart }) {
    return chart === this.data.meta.chart;
  }

  onMessage = (message, buffers) => {
    if (message.kind === "ended") {
      this.ended = message.reason;
      this.showState();
    } else if (message.kind === "kept") {
      renewKept(this, message);
    }
    if (!this.link || message.to !== this.link.client) return;
    const got = this.link.arrived(message, buffers);
    if (got === null) return;
    if (message.kind === "history" && this.isOwn) {
      this.data.labels.take(message.labels);
      this.takeHistory(this.history.take(message, unpackLines(message, got)));
    } else if (message.kind === "piece") {
      this.files.take(message, got);
    } else if (message.kind === "overview") {
      this.data.labels.take(message.labels);
      this.overview.take(message, got);
    }
  };

  takeHistory(changes) {
    if (changes === "all") this.plot.setLines(this.history.lines);
    else for (const [channel, cut] of changes ?? []) this.plot.changed(channel, cut);
  }

  // Frames.

  take(message, buffers, isWhole) {
    this.first.framed ??= performance.now();
    if (isWhole) this.data.clear();
    if (message.meta) this.takeMeta(message.meta);
    const { isNewer, cuts } = this.data.take(message, buffers, isWhole);
    if (message.bands) this.plot.setBands(this.data.bands);
    if (isNewer) this.viewport.clock.take(this.data.newest, this.data.arrivedAt, this.link.clock.age(this.data.newest) * 1000);
    if (!this.isOwn) for (const [channel, cut] of cuts) this.plot.changed(channel, isWhole ? -Infinity : cut);
    if (isWhole && !this.isOwn) this.plot.setLines(this.data.lines);
    this.plot.hasNews = true;
    this.legend.showValues(this.data.lines, (channel, code) => this.shown.wordOf(channel, code));
    this.showState();
  }

  takeMeta(change) {
    const { window } = this.data.meta;
    const meta = (this.data.meta = { ...this.data.meta, ...change });
    const { viewport, plot } = this;
    viewport.clock.intervalMs = Math.max(1, meta.interval);
    viewport.isDelivering = meta.delivering === true;
    // A window that was fitted to how often readings come changes no view that a person has chosen.
    const isChosen = window !== undefined && change.window !== undefined && change.window !== window && meta.fitted !== true;
    if (change.span !== undefined) viewport.takeWindow(meta.span, isChosen);
    if (meta.chart && page.charts.get(meta.chart) !== this) page.charts.set(meta.chart, this);
    if (meta.chart) page.views.add(this);
    if (change.band !== undefined) {
      this.data.bands.k = meta.band;
      plot.setBands(this.data.bands);
    }
    if (change.file) {
      this.history.refresh(); // more may be known of the file
      if (viewport.goesOn) this.#showFile();
    }
    if (change.zone) plot.setZone(meta.zone);
    if (change.figure || change.zone) this.takeFigure(meta.figure);
    if (change.incidents) this.data.incidents.take(meta.incidents);
    if (change.incidents || change.markers) plot.hasNews = true;
    if (change.incidents || change.markers || change.zone) this.showEvents();
    this.hearPause(meta.paused ?? false);
    if (change.table !== undefined && !this.requests.isWaiting("table")) this.table.show(change.table);
    this.showTools();
  }

  takeFigure(figure) {
    if (!figure) return;
    this.shown.choices.clear();
    this.plot.setFigure(figure);
    this.limits.show(figure.thresholds);
    this.guests.show(figure.guests, this.data.meta.zone.offset);
    this.showLines();
  }

  animate(now) {
    if (this.abort.signal.aborted) return;
    requestAnimationFrame((next) => this.animate(next));
    if (!this.el.isConnected || document.hidden || this.plot.el.clientWidth === 0) return;
    if (!this.hasTheme) this.takeTheme(); // not before it is on the page
    this.hasTheme = true;
    if (this.motion.matches && now - this.paintedAt < REDUCED_MOTION_MS) return;
    try {
      this.paint(now);
    } catch (error) {
      this.fail(error);
    }
  }

  paint(now) {
    const [from, to] = this.viewport.range(now);
    this.holdStates(to);
    this.chooseLines(from, to, now);
    const isPainted = this.plot.paint(from, to, now);
    if (this.table.isShown) this.table.update(this.shown.columns(this.drawn), this.data.meta.zone, now);
    if (!isPainted) return;
    this.paintedAt = now;
    const { frame } = this.plot;
    this.guests.follow(frame);
    this.limits.follow(frame);
    this.crosshair.update(this.data, this.drawn);
    this.overview.paint(this.data, frame, this.lines, now);
    this.forgetOld(from);
    if (this.shown.count(this.drawn, frame, now)) this.tellLines();
    this.count(now, frame);
  }

  /** Let states that are told only when they change go on: as long as readings are due, else up to the newest. */
  holdStates(to) {
    const { lanes = NO_LANES, delivering } = this.data.meta;
    this.plot.holdLanes(lanes, delivering && this.viewport.isFollowing ? to : this.data.newest);
  }

  /** Take the live lines for the window, live; for any other view those that the kernel makes for it. */
  chooseLines(from, to, now) {
    const isOwn = !this.viewport.isWindow;
    if (isOwn !== this.isOwn) {
      this.isOwn = isOwn;
      if (isOwn) this.history.begin(this.data.lines);
      else this.history.forget();
      this.plot.setLines(this.drawn);
    }
    if (isOwn) this.history.want(from, to, this.viewport.isFollowing && !this.data.meta.file, now);
  }

  forgetOld(from) {
    for (const line of this.data.lines) {
      if (!this.isOwn) line.dropBefore(from - this.data.meta.span);
      else if (line.length > MAX_POINTS) line.dropBefore(line.times[line.end - MAX_POINTS]);
    }
  }

  /** Measure the pace, and the age of what is shown. */
  count(now, frame) {
    this.frameTimes.push(now);
    while (this.frameTimes[0] < now - 1000) this.frameTimes.shift();
    const { stats } = page;
    stats.fps = this.frameTimes.length;
    if (this.first.painted === null && this.data.newest !== null) {
      this.first.painted = performance.now();
      stats.firsts.push(this.first);
    }
    const shown = this.viewport.isFollowing ? this.data.newestUntil(frame.to) : null;
    if (shown === null) return;
    stats.ages.push(Date.now() - shown);
    if (stats.ages.length > MAX_AGES) stats.ages.splice(0, MAX_AGES / 2);
  }

  // What people do.

  /** The view was zoomed or moved. */
  onViewChange() {
    this.steps.note();
    this.plot.hasNews = true;
    this.totalWhenStopped = this.viewport.isFollowing ? null : (this.totalWhenStopped ?? this.data.total);
    this.showTools();
    this.showState();
  }

  lookAt(from, to) {
    this.viewport.lookAt(from, to, performance.now());
    this.onViewChange();
  }

  /** Have a person write what happened at the cursor, or now. */
  mark() {
    const { crosshair, plot } = this;
    const time = crosshair.pinnedTime ?? (crosshair.place ? plot.timeAt(crosshair.place.x) : plot.frame.to);
    this.markField.open(time, plot.xOf(time), plot.el);
  }

  showWindow() {
    this.steps.begin();
    this.viewport.showWindow();
    this.onViewChange();
  }

  select(span) {
    this.selection.show(null);
    const ends = span ? { from: span.from, to: span.to } : { from: null, to: null };
    this.requests.ask({ kind: "select", ...ends }, (error, value) => span && this.selection.show(error ? { error } : value));
  }

  chooseWindow(value) {
    this.requests.ask({ kind: "window", value }, (error) => error && this.showTools());
  }

  /** Follow again at the width that was chosen; where it does, show the whole window. */
  jumpToLive() {
    this.steps.begin();
    if (this.viewport.isFollowing) return this.showAll();
    this.viewport.goLive();
    this.follow();
  }

  /** Follow with the whole window, and let y fit. */
  showAll() {
    this.steps.begin();
    this.viewport.reset();
    this.plot.fitY();
    this.follow();
  }

  follow() {
    if (this.viewport.isPaused) this.setPaused(false);
    else this.onViewChange();
  }

  /** Take back what a person last made of the view. */
  goBack() {
    if (this.steps.back()) this.onViewChange();
    else this.toolbar.tell("there is no view before this one");
  }

  fitY() {
    this.plot.fitY();
    this.onViewChange();
  }

  /** What is shown is a file: nothing is live. */
  #showFile() {
    this.viewport.goesOn = false;
    this.keys.isOfFile = true;
    this.keys.describe();
    this.help.list(KEYS_OF_FILES);
  }

  togglePause() {
    if (!this.viewport.goesOn) return;
    this.setPaused(!this.viewport.isPaused);
  }

  /** Python pauses every view, and lets every view follow again; what a person does here is of this view only. */
  hearPause(isPaused) {
    if (isPaused === this.toldPause) return;
    this.toldPause = isPaused;
    this.setPaused(isPaused);
  }

  setPaused(isPaused) {
    if (isPaused === this.viewport.isPaused) return;
    this.viewport.pause(isPaused);
    this.onViewChange();
    const detail = { chart: this.data.meta.chart, paused: isPaused, from: this.el };
    document.dispatchEvent(new CustomEvent(PAUSE_EVENTS.told, { detail }));
  }

  /** Show a table in the place of the plot, or the plot again, for everybody. */
  chooseTable(isTable) {
    this.table.show(isTable);
    this.requests.ask({ kind: "table", value: isTable }, () => {});
  }

  onClick({ x, y }) {
    const reading = this.plot.lineAt(x, y, CLICK_PX);
    if (reading) this.requests.ask({ kind: "click", ...reading }, () => {});
  }

  /** Save what is seen as a file: the readings and pictures of the kernel are of the same span. */
  async save(format) {
    const { plot, viewport } = this;
    const title = this.data.meta.figure?.title || "nbstream";
    const span = viewport.isWindow ? null : [plot.frame.from, plot.frame.to];
    try {
      if (format !== "png") this.toolbar.tell("making the file…");
      const blob = await (format === "png" ? pngOf(plot.toCanvas(2)) : this.files.make(format, span));
      saveAs(blob, `${title}.${format}`);
      this.toolbar.tell("");
    } catch (error) {
      this.toolbar.tell(error.message);
    }
  }

  keep() {
    this.requests.ask({ kind: "keep" }, (error) => this.toolbar.tell(error || "kept in the notebook"));
  }

  /** Have each channel in a row of its own, or the rows as they were, for everybody. */
  toggleRows() {
    this.requests.ask({ kind: "rows", value: !this.data.meta.eachRow }, (error) => error && this.toolbar.tell(error));
  }

  /** Have the bands of mean and standard deviation shown or hidden, for everybody. */
  toggleBand() {
    this.requests.ask({ kind: "band", value: this.data.bands.k === null }, (error) => error && this.toolbar.tell(error));
  }

  /** Be as at the beginning: live, the whole window, y fits, every line is shown. */
  resetAll() {
    this.gestures.cancel();
    this.crosshair.letGo();
    this.highlight(null);
    for (const [channel, { isVisible }] of this.lines.entries()) if (!isVisible) this.showLine(channel, true);
    this.toolbar.setMode("zoom");
    this.showAll();
  }

  // The lines, for the legend and for a table beside the chart.

  onLine({ channel, visible, highlighted }) {
    if (visible !== undefined) this.showLine(channel, visible);
    if (highlighted !== undefined) this.highlight(highlighted ? channel : null);
  }

  showLine(channel, isShown) {
    this.shown.choices.set(channel, isShown);
    this.showLines();
    this.requests.ask({ kind: "show", channel, value: isShown }, () => {});
  }

  highlight(channel) {
    this.plot.highlight(channel);
  }

  showLines() {
    this.tellLines();
    this.plot.setHidden(this.shown.hidden);
    this.showEvents();
  }

  /** Say in the legend, and in a table beside the chart, what the lines look like. */
  tellLines() {
    this.shown.renew();
    this.legend.el.hidden = this.data.meta.legend === false;
    this.legend.show(this.data.meta.legend === false ? [] : this.lines);
    document.dispatchEvent(new CustomEvent("nbstream:lines", { detail: { chart: this.data.meta.chart } }));
  }

  showEvents() {
    const { incidents, meta } = this.data;
    this.overview.events.show(eventsOf(incidents.all, meta.markers ?? [], this.lines), meta.zone);
  }

  // What is said.

  takeTheme() {
    this.plot.setTheme(isDark());
    this.showLines();
  }

  showTools(title = this.data.meta.figure?.title ?? null) {
    const { meta } = this.data;
    const toolbar = this.row && meta.toolbar ? "tools" : meta.toolbar; // the title row has the others
    this.toolbar.show({ ...meta, toolbar, title }, this.viewport, this.plot);
  }

  /** @returns {number | null} seconds since the newest reading, by its own time where that is one of today */
  age() {
    if (this.data.newest === null) return null;
    const age = this.link.clock.age(this.data.newest);
    return age < REPLAYED_AFTER_S ? age : Math.max(this.data.silence(), this.link.clock.lateness());
  }

  /** @returns {number} seconds since the newest reading by its own time, if that is one of another day; 0 else */
  replayedAge() {
    const age = this.data.newest === null ? 0 : this.link.clock.age(this.data.newest);
    return age < REPLAYED_AFTER_S ? 0 : age;
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
    const age = this.age();
    const state = describeState({
      link: link.state,
      silence: link.silence(),
      file: meta.file ?? null,
      source: meta.source ?? null,
      sentence: meta.sentence ?? "",
      age,
      dataAge: this.replayedAge(),
      isMoving: data.isMoving && data.silence() <= meta.stale,
      staleAfter: meta.stale,
      isPaused: viewport.isPaused,
      isDetached: viewport.detached !== null,
      ended,
    });
    this.toolbar.badge.show(state);
    setText(this.empty, data.newest === null && ["wait", "off"].includes(state.kind) && link.state !== "connecting" ? state.text : "");
    this.el.dataset.link = link.state;
    const isOver = ended !== null || link.state in OVER;
    const isStale = age !== null && meta.stale !== null && age > meta.stale && viewport.isDelivering;
    this.plot.setAge(isStale && viewport.isFollowing && !isOver ? { time: data.newest, isOver: false, text: ageText(age) } : null);
    const more = this.totalWhenStopped === null ? null : data.total - this.totalWhenStopped;
    this.toolbar.showChips({ viewport, plot: this.plot, more, isOver: isOver || Boolean(meta.file), meta });
  }

  fail(error) {
    if (this.failure === error.message) return;
    this.failure = error.message;
    console.error(error);
    this.toolbar.badge.show({ kind: "bad", text: `could not draw: ${error.message}` });
  }
}
