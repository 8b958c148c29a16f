// The page side of LiveChart: what it takes from the kernel, what it asks for, what people see of it.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { renderChart } from "../../nbstream/static/chart/chart.js";
import { element } from "../../nbstream/static/shared/dom.js";
import { click, FakeModel, fakeEvent, installDom } from "./fakeDom.mjs";

const START = Date.UTC(2026, 6, 1, 12);
const LINE = { name: "value", unit: "V", palette: 0, color: null, width: 1.5, dash: "solid", mode: null, shape: "linear", markerSize: 6, opacity: 1, visible: true };
const FIGURE = {
  title: "A sine",
  height: 380,
  rows: [{ share: 1, axes: [{ title: "", unit: "V", channels: [0], range: null, policy: "fit", soft: [null, null], log: false }] }],
  lines: [LINE],
  thresholds: [],
  shapes: [],
  guests: null,
};
const META = {
  chart: "abc",
  channels: [{ name: "value", unit: "V" }],
  span: 60_000,
  window: "60s",
  choices: ["10s", "60s", "all"],
  zone: { offset: 0, label: "UTC" },
  interval: 1000,
  stale: 10,
  paused: false,
  toolbar: true,
  legend: true,
  delivering: false,
  figure: FIGURE,
  incidents: [],
  source: "RUNNING",
  sentence: "",
};

let dom, model, close, root, frames, painted, loaded;

beforeEach(() => {
  dom = installDom();
  frames = [];
  painted = [];
  loaded = [];
  globalThis.devicePixelRatio = 1;
  globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
  globalThis.MutationObserver = class {
    observe() {}
    disconnect() {}
  };
  globalThis.requestAnimationFrame = (run) => frames.push(run);
  globalThis.Plotly = { react: async () => {}, purge() {} };
  const make = document.createElement;
  document.createElement = (tag) => {
    const node = make(tag);
    const context = new Proxy({}, { get: (_, name) => (name === "measureText" ? (text) => ({ width: 6 * text.length }) : () => painted.push(name)), set: () => true });
    node.getContext = () => context;
    return node;
  };
  model = new FakeModel();
  model.get = () => ({});
  const el = document.createElement("div");
  document.body.append(el);
  const load = async (name) => loaded.push(name);
  close = renderChart({ model, el, load });
  root = el.one("nbs-chart");
  root.isConnected = true;
  const plot = root.one("nbs-plot");
  Object.assign(plot, { clientWidth: 700, clientHeight: 380, box: { left: 0, top: 0, right: 700, bottom: 380 } });
});

afterEach(() => close?.());

const view = () => globalThis.__nbstream.charts.get("abc");

function say(message, buffers = []) {
  for (const [name, handler] of [...model.handlers]) if (name === "msg:custom") handler(message, buffers);
}

function clientOf() {
  return model.sent.findLast((message) => message.kind === "hello").client;
}

/** Send the chart readings of so many seconds, one a second, as the kernel does. */
function feed(n, { kind = "snapshot", meta = META, first = 0 } = {}) {
  const times = Float64Array.from({ length: n }, (_, i) => START + (first + i) * 1000);
  const numbers = new Float64Array([...times, ...times.map((_, i) => first + i)]);
  model.seq += kind === "frame" ? 1 : 0;
  const lines = [[0, n, kind === "frame" ? times[0] : null]];
  const message = { kind, protocol: 1, seq: model.seq, now: Date.now(), busy: 0, to: [clientOf()], lines, newest: times.at(-1), total: first + n };
  say({ ...message, ...(meta ? { meta } : {}) }, [new DataView(numbers.buffer)]);
}

/** Let the page draw a frame. */
function animate(now = performance.now()) {
  for (const run of frames.splice(0)) run(now);
}

const shownSpan = () => [view().plot.frame.from, view().plot.frame.to].map((ms) => Math.round((ms - START) / 1000));
const toolNamed = (name) => root.all("nbs-tool").find((node) => node.getAttribute("aria-label") === name);
const linesOf = (chart) => [...chart.lines.map(({ name }) => name)];

test("a snapshot is drawn over the window that ends at the newest reading, without plotly", () => {
  feed(60);
  animate();
  assert.deepEqual(shownSpan(), [-1, 59]);
  assert.ok(painted.includes("stroke"));
  assert.deepEqual(loaded, []);
  assert.match(root.one("nbs-badge-text").textContent, /^data \S+ \w+ old$/);
  assert.equal(root.one("nbs-chart-title").textContent, "A sine");
  assert.equal(globalThis.__nbstream.stats.ages.length, 1);
});

test("before the first frame it has its place: title, height, zone and tools, and an axis that ends now", () => {
  close();
  model = new FakeModel();
  const begins = { title: "Boiler", height: 250, zone: { offset: 3_600_000, label: "UTC+01:00" }, toolbar: true, legend: false };
  model.get = (name) => (name === "_begins" ? begins : undefined);
  const el = document.createElement("div");
  document.body.append(el);
  close = renderChart({ model, el, load: async () => {} });
  root = el.one("nbs-chart");
  root.isConnected = true;
  Object.assign(root.one("nbs-plot"), { clientWidth: 700, clientHeight: 250 });
  animate();
  assert.equal(root.one("nbs-plot").style.height, "250px");
  assert.equal(root.one("nbs-chart-title").textContent, "Boiler");
  assert.equal(root.one("nbs-legend").hidden, true);
  assert.equal(root.one("nbs-tools").hidden, false);
  assert.ok(painted.includes("fillText"));
});

test("pause lets this view stand still, not others; its points are made for what is shown", () => {
  feed(60);
  animate();
  const told = [];
  document.addEventListener("nbstream:paused", ({ detail: { paused, from } }) => told.push([paused, from]));
  click(toolNamed("Pause"));
  assert.equal(model.commands("pause").length, 0);
  assert.deepEqual(told, [[true, view().el]]);
  animate();
  assert.equal(model.commands("history").length, 1);
  feed(1, { kind: "frame", first: 60, meta: { paused: false } }); // nor has Python paused all
  assert.equal(view().viewport.isPaused, true);
  assert.equal(root.one("nbs-jump").textContent, "paused · jump to live (+1)");
  feed(1, { kind: "frame", first: 61, meta: { paused: true } });
  animate();
  assert.deepEqual(shownSpan(), [-1, 59]);
  click(toolNamed("Resume"));
  feed(1, { kind: "frame", first: 62, meta: { paused: true } }); // what Python said stays said
  assert.equal(view().viewport.isPaused, false);
  assert.equal(root.one("nbs-jump").hidden, true);
  animate(performance.now() + 50);
  assert.equal(view().isOwn, false);
});

test("a view of the past asks for its points and shows those; jumping back follows again", () => {
  feed(60);
  animate();
  view().lookAt(START + 10_000, START + 20_000);
  animate();
  const [asked] = model.commands("history");
  assert.deepEqual([asked.from, asked.to].map((ms) => (ms - START) / 1000), [0, 30]);
  assert.equal(asked.span, 10_000);
  const numbers = new Float64Array([START, START + 15_000, 1, 2]);
  const answer = { kind: "history", to: clientOf(), request: asked.request, lines: [[0, 2, null]] };
  say({ ...answer, to: "somebody else" }, [new DataView(numbers.buffer)]);
  assert.equal(view().history.lines[0].length, 60);
  say(answer, [new DataView(numbers.buffer)]);
  assert.equal(view().history.lines[0].length, 2);
  assert.equal(root.one("nbs-badge-text").textContent, "looking back");
  click(root.one("nbs-jump"));
  animate(performance.now() + 5000);
  assert.deepEqual(shownSpan(), [49, 59]);
  assert.match(root.one("nbs-badge-text").textContent, /^data .* old$/);
  view().goBack();
  animate(performance.now() + 6000);
  assert.deepEqual(shownSpan(), [10, 20]);
  view().jumpToLive();
  view().jumpToLive();
  animate(performance.now() + 9000);
  assert.deepEqual(shownSpan(), [-1, 59]);
});

test("a zoom that reaches live goes on following, at its own width; another window ends it", () => {
  feed(60);
  animate();
  view().lookAt(START + 49_000, START + 59_000);
  animate(performance.now() + 100);
  assert.deepEqual(shownSpan(), [49, 59]);
  assert.equal(root.one("nbs-whole").textContent, "window 60s · view 10 s");
  feed(1, { kind: "frame", first: 60, meta: { window: "10s", span: 10_000 } });
  assert.equal(view().viewport.zoomedWidth, null);
});

test("the window is chosen from the kernel's list; one that it refuses is not shown as chosen", () => {
  feed(60);
  const select = root.one("nbs-tool-window");
  assert.deepEqual(select.childNodes.map((option) => option.textContent), ["10s", "60s", "all"]);
  select.value = "10s";
  select.dispatchEvent(fakeEvent("change"));
  assert.equal(model.commands("window")[0].value, "10s");
  model.reply("There is no such window.");
  assert.equal(select.value, "60s");
  feed(1, { kind: "frame", first: 60, meta: { window: "7s", span: 7000 } });
  assert.deepEqual(select.childNodes.map((option) => option.textContent), ["7s", "10s", "60s", "all"]);
});

test("a click on the line tells the kernel which reading it was", () => {
  feed(60);
  animate();
  const { plot } = view();
  const [x, y] = [plot.xOf(START + 30_000), plot.yOf(0, 30)];
  view().onClick({ x: x + 3, y: y - 2 });
  const [{ channel, time, value }] = model.commands("click");
  assert.deepEqual([channel, time, value], [0, START + 30_000, 30]);
  view().onClick({ x, y: y + 100 });
  assert.equal(model.commands("click").length, 1);
});

test("a line that is hidden here is hidden at once, for others by the kernel, and for y", () => {
  feed(60);
  animate();
  click(root.one("nbs-legend-entry"));
  assert.deepEqual(model.commands("show").map(({ channel, value }) => [channel, value]), [[0, false]]);
  assert.equal(view().lines[0].isVisible, false);
  assert.equal(view().plot.isVisible(0), false);
  let told = null;
  document.addEventListener("nbstream:lines", ({ detail }) => (told = detail.chart));
  feed(1, { kind: "frame", first: 60, meta: { figure: { ...FIGURE, lines: [{ ...LINE, visible: true }] } } });
  assert.equal(view().lines[0].isVisible, true);
  assert.equal(told, "abc");
});

test("a table beside the chart shows, hides and lifts lines by events of the page", () => {
  feed(60, { meta: { ...META, legend: false } });
  animate();
  assert.equal(root.one("nbs-legend").hidden, true);
  const tell = (detail) => document.dispatchEvent(new CustomEvent("nbstream:line", { detail }));
  tell({ chart: "another", channel: 0, visible: false });
  assert.equal(model.commands("show").length, 0);
  tell({ chart: "abc", channel: 0, visible: false });
  assert.equal(model.commands("show").length, 1);
  assert.deepEqual(linesOf(view()), ["value"]);
  const ask = (from) => document.dispatchEvent(new CustomEvent("nbstream:pause", { detail: { chart: "abc", paused: true, from } }));
  const dashboard = element("div", { class: "nbs-dashboard" }, [element("button")]);
  ask(dashboard.childNodes[0]); // of another display
  assert.equal(view().viewport.isPaused, false);
  ask(element("button"));
  assert.equal(view().viewport.isPaused, true);
});

test("a selected span asks for what it comes to, and shows it until it is let go", () => {
  feed(60);
  animate();
  view().select({ from: START + 1000, to: START + 3000 });
  const [asked] = model.commands("select");
  assert.deepEqual([asked.from - START, asked.to - START], [1000, 3000]);
  const channels = [{ name: "value", unit: "V", values: [3, 1, 3, 2, 2, 2.16, 1, 1] }];
  model.reply("", { span: "12:00:01 – 12:00:03", labels: ["count", "min", "max", "peak-to-peak", "mean", "rms", "std", "interval (s)"], channels });
  const panel = root.one("nbs-selection");
  assert.equal(panel.hidden, false);
  assert.match(panel.textContent, /12:00:01 – 12:00:03.*value \(V\)3/);
  view().select(null);
  assert.equal(panel.hidden, true);
  assert.deepEqual([model.commands("select")[1].from, model.commands("select")[1].to], [null, null]);
});

test("plotly comes when the figure has something for it to draw", async () => {
  feed(60, { meta: { ...META, figure: { ...FIGURE, guests: { data: [{ type: "scatter" }], layout: {} } } } });
  await Promise.resolve();
  assert.deepEqual(loaded, ["plotly"]);
});

test("what cannot be drawn is said in the badge, once", () => {
  feed(60);
  const error = mock.method(console, "error", () => {});
  view().plot.layers.under.push(() => {
    throw new Error("no data");
  });
  animate();
  view().plot.hasNews = true;
  animate();
  assert.equal(root.one("nbs-badge-text").textContent, "could not draw: no data");
  assert.equal(error.mock.callCount(), 1);
  error.mock.restore();
});

test("a chart that ended says why, and what is closed listens no more", () => {
  feed(60);
  model.say({ kind: "ended", reason: "replaced" });
  assert.equal(root.one("nbs-badge-text").textContent, "replaced");
  close();
  close = null;
  assert.equal(view(), undefined);
  assert.deepEqual(model.handlers, []);
  assert.equal(dom.timers.size, 0);
});

test("a plot without readings says in its middle why, until the first one comes", () => {
  const said = () => root.one("nbs-plot-empty").textContent;
  assert.equal(said(), "");
  say({ kind: "snapshot", protocol: 1, seq: 0, now: Date.now(), busy: 0, to: [clientOf()], lines: [], newest: null, total: 0, meta: { ...META, sentence: "waiting for data.csv (8 s)" } });
  assert.equal(said(), "waiting for data.csv (8 s)");
  assert.equal(root.one("nbs-badge-text").textContent, said());
  feed(60);
  assert.equal(said(), "");
});

test("readings that were old when the page opened are no readings that come late", () => {
  const first = Math.round((Date.now() - START) / 1000) - 89;
  const badge = () => root.one("nbs-badge-text").textContent;
  feed(60, { first });
  assert.match(badge(), /^no new data for \d+ s$/);
  feed(1, { kind: "frame", first: first + 60, meta: null });
  assert.match(badge(), /^\d+ s behind$/);
});
