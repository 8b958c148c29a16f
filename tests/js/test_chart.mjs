import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { wallClock } from "../../nbstream/static/chart/axes.js";
import { renderChart } from "../../nbstream/static/chart/chart.js";
import { click, FakeModel, fakeEvent, installDom } from "./fakeDom.mjs";

const START = Date.UTC(2026, 6, 1, 12);
const META = {
  chart: "abc",
  channels: [{ name: "value", unit: "" }],
  span: 60_000,
  window: "60s",
  choices: ["10s", "60s", "all"],
  zone: { offset: 0, label: "UTC" },
  interval: 1000,
  stale: 10,
  paused: false,
  toolbar: true,
  limits: [],
  source: "RUNNING",
  sentence: "",
};

/** Plotly's figure, as far as the chart touches it. */
const plotly = {
  default: () => ({
    initialize() {},
    render: ({ el }) => {
      const trace = { meta: "nbs-0", name: "value", type: "scatter", visible: true, index: 0, line: { color: "red" } };
      Object.assign(el, {
        isConnected: true,
        data: [{ meta: "nbs-0", x: [null], y: [null] }],
        layout: {},
        _fullData: [trace],
        _fullLayout: { _size: { l: 10, t: 20, w: 600, h: 300 }, xaxis: { range: ["2026-07-01", "2026-07-02"], type: "date" }, yaxis: { range: [0, 1] } },
        on: (name, take) => (el.handlers = { ...el.handlers, [name]: take }),
        querySelector: () => el,
      });
      queueMicrotask(() => document.dispatchEvent({ type: "plotlywidget-after-render", detail: { element: el } }));
      return () => {};
    },
  }),
};

let dom, model, close, figure, root, frames, drawn;

beforeEach(async () => {
  dom = installDom();
  mock.timers.enable({ apis: ["setTimeout"] });
  frames = [];
  drawn = 0;
  globalThis.devicePixelRatio = 1;
  globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
  globalThis.MutationObserver = class {
    observe() {}
    disconnect() {}
  };
  globalThis.requestAnimationFrame = (run) => frames.push(run);
  globalThis.Plotly = {
    relayout: (gd, change) => {
      if (change["xaxis.range"]) gd._fullLayout.xaxis.range = change["xaxis.range"];
      if (change["yaxis.range"]) gd._fullLayout.yaxis.range = change["yaxis.range"];
      gd.handlers.plotly_relayout(change);
    },
    update: (gd, { x, y }, _, indices) => indices.forEach((at, i) => Object.assign(gd.data[at], { x: x[i], y: y[i] })),
    downloadImage: async (gd) => (gd.downloaded = gd.data[0].x.length),
    Plots: { resize() {} },
  };
  const make = document.createElement;
  document.createElement = (tag) => {
    const node = make(tag);
    const context = new Proxy({}, { get: (_, name) => (name === "stroke" ? () => (drawn += 1) : () => {}), set: () => true });
    node.getContext = () => context;
    return node;
  };
  model = new FakeModel();
  model.get = () => ({});
  const el = document.createElement("div");
  document.body.append(el);
  const shared = { model, changes: [] };
  close = await renderChart({ model, el, shared, plotly });
  root = el.one("nbs-chart");
  figure = root.one("nbs-figure");
  figure.box = { left: 0, top: 0, right: 700, bottom: 400 };
});

afterEach(() => {
  close?.();
  mock.timers.reset();
});

const view = () => globalThis.__nbstream.charts.get("abc");

/** Send the chart readings of so many seconds, one a second, as the kernel does. */
function feed(n, { kind = "snapshot", meta = META, first = 0 } = {}) {
  const times = Float64Array.from({ length: n }, (_, i) => START + (first + i) * 1000);
  const numbers = new Float64Array([...times, ...times.map((_, i) => first + i)]);
  model.seq += kind === "frame" ? 1 : 0;
  const { client } = model.sent.findLast((message) => message.kind === "hello");
  const message = { kind, seq: model.seq, now: Date.now(), busy: 0, to: [client], lines: [[0, n, kind === "frame" ? times[0] : null]] };
  Object.assign(message, { newest: times.at(-1), total: first + n, ...(meta ? { meta } : {}) });
  for (const [name, handler] of [...model.handlers]) if (name === "msg:custom") handler(message, [new DataView(numbers.buffer)]);
}

/** Let the page draw a frame. */
function animate(now = performance.now()) {
  for (const run of frames.splice(0)) run(now);
}

const shownSpan = () => figure._fullLayout.xaxis.range.map((end) => (Date.parse(`${end.replace(" ", "T")}Z`) - START) / 1000);

/** A person drags the ends of the axis. */
function zoom(from, to) {
  const range = [from, to].map((s) => wallClock(START + s * 1000, 0));
  Object.assign(figure._fullLayout.xaxis, { range });
  figure.handlers.plotly_relayout({ "xaxis.range[0]": range[0], "xaxis.range[1]": range[1] });
}

test("a snapshot is drawn on the canvas, over the window that ends at the newest reading", () => {
  feed(60);
  animate();
  assert.deepEqual(shownSpan(), [-1, 59]);
  assert.ok(drawn > 0);
  assert.deepEqual(figure.data[0].x, [null]);
  assert.equal(root.one("nbs-badge").dataset.kind, "good");
  assert.equal(globalThis.__nbstream.stats.ages.length, 1);
});

test("pause puts the points into plotly's trace, and asks the kernel by number; resume takes them out", () => {
  feed(60);
  animate();
  const [pause] = root.all("nbs-tool").filter((node) => node.tagName === "BUTTON");
  click(pause);
  assert.equal(model.commands("pause")[0].value, true);
  assert.equal(typeof model.commands("pause")[0].request, "number");
  assert.equal(figure.data[0].x.length, 60);
  feed(1, { kind: "frame", first: 60, meta: { paused: false } }); // a busy kernel has not heard it yet
  assert.equal(view().viewport.isPaused, true);
  assert.equal(root.one("nbs-jump").textContent, "jump to live (+1)");
  model.reply();
  feed(1, { kind: "frame", first: 61, meta: { paused: true } });
  click(pause);
  assert.equal(model.commands("pause")[1].value, false);
  assert.deepEqual(figure.data[0].x, [null]);
  assert.equal(root.one("nbs-jump").hidden, true);
});

test("a zoom into the past asks for its points and shows those; jumping back follows again", () => {
  feed(60);
  animate();
  zoom(10, 20);
  mock.timers.tick(200);
  const [asked] = model.commands("history");
  assert.deepEqual([(asked.from - START) / 1000, (asked.to - START) / 1000], [0, 30]);
  const { client } = model.sent.findLast((message) => message.kind === "hello");
  const answer = { kind: "history", to: client, request: asked.request, lines: [[0, 2, null]] };
  const numbers = new Float64Array([START, START + 15_000, 1, 2]);
  for (const [name, handler] of [...model.handlers]) if (name === "msg:custom") handler(answer, [new DataView(numbers.buffer)]);
  assert.equal(figure.data[0].x.length, 2);
  click(root.one("nbs-jump"));
  assert.deepEqual(figure.data[0].x, [null]);
  animate(performance.now() + 5000);
  assert.deepEqual(shownSpan(), [-1, 59]);
});

test("a zoom that reaches live goes on following, at its own width", () => {
  feed(60);
  animate();
  zoom(49, 59);
  animate(performance.now() + 5000);
  assert.deepEqual(shownSpan(), [49, 59]);
  assert.equal(root.one("nbs-jump").textContent, "back to the whole window");
  feed(1, { kind: "frame", first: 60, meta: { window: "10s", span: 10_000 } });
  assert.equal(view().viewport.zoomedWidth, null);
});

test("the window is chosen from the kernel's list; one that it refuses is not shown as chosen", () => {
  feed(60);
  const select = root.all("nbs-tool").find((node) => node.tagName === "SELECT");
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
  const { plane } = view().painter;
  const x = 10 + (600 * (START + 30_000 - plane.from)) / (plane.to - plane.from);
  const y = 20 + 300 - (300 * (30 - plane.bottom)) / (plane.top - plane.bottom);
  figure.dispatchEvent(fakeEvent("click", { target: {}, clientX: x + 3, clientY: y - 2 }));
  const [{ channel, time, value }] = model.commands("click");
  assert.deepEqual([channel, time, value], [0, START + 30_000, 30]);
  figure.dispatchEvent(fakeEvent("click", { target: {}, clientX: x, clientY: y + 100 }));
  assert.equal(model.commands("click").length, 1);
});

test("a picture is downloaded with its points, and the view goes on", async () => {
  feed(60);
  animate();
  const download = { getAttribute: () => "Download plot as a PNG" };
  figure.dispatchEvent(fakeEvent("click", { target: { closest: () => download }, stopPropagation() {} }));
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(figure.downloaded, 60);
  assert.deepEqual(figure.data[0].x, [null]);
});

test("what cannot be drawn is said in the badge, once", () => {
  feed(60);
  const error = mock.method(console, "error", () => {});
  Object.defineProperty(figure, "_fullData", { get: () => { throw new Error("no data"); } });
  animate();
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
