// The plot: what it paints when, and where things are.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Line } from "../../nbstream/static/chart/line.js";
import { Plot } from "../../nbstream/static/chart/plot.js";
import { installDom } from "./fakeDom.mjs";

const NOW = Date.UTC(2026, 10, 28, 12);
const AXIS = { title: "", unit: "", channels: [0, 1], range: null, policy: "fit", soft: [null, null], log: false };

let calls, plot, lines;

/** A canvas context that tells what is drawn on it. */
function contextOf(canvas) {
  const methods = { measureText: (text) => ({ width: 6.5 * text.length }) };
  return new Proxy(methods, {
    get: (_, name) => methods[name] ?? ((...given) => calls.push([name, canvas, ...given])),
    set: () => true,
  });
}

/** What was drawn of one kind on the plot's own canvas. */
const drawn = (name) => calls.filter(([kind, canvas]) => kind === name && canvas === plot.canvas);
const texts = () => drawn("fillText").map(([, , text]) => text);

function lineOf(points) {
  const line = new Line();
  line.patch({ cut: -Infinity, times: Float64Array.from(points, ([t]) => t), values: Float64Array.from(points, ([, y]) => y) });
  return line;
}

const ramp = (from, step, n = 61) => lineOf(Array.from({ length: n }, (_, i) => [NOW - 60_000 + i * 1000, from + i * step]));

function show(figure = {}) {
  plot.setFigure({ height: 300, rows: [{ share: 1, axes: [AXIS] }], lines: [{ name: "a" }, { name: "b" }], ...figure });
  plot.setLines(lines);
  return plot.paint(NOW - 60_000, NOW, 0);
}

beforeEach(() => {
  installDom();
  globalThis.devicePixelRatio = 1;
  calls = [];
  const make = document.createElement;
  document.createElement = (tag) => {
    const node = make(tag);
    const context = contextOf(node);
    node.getContext = () => context;
    return node;
  };
  lines = [ramp(0, 1), ramp(100, 0)];
  plot = new Plot();
  Object.assign(plot.el, { clientWidth: 672, clientHeight: 300 });
});

test("nothing is painted twice: neither a view that stands still nor one that moves by less than a pixel", () => {
  assert.ok(show());
  assert.equal(plot.paint(NOW - 60_000, NOW, 16), false);
  assert.equal(plot.paint(NOW - 60_000 - 20, NOW - 20, 32), false);
  assert.equal(plot.paint(NOW - 60_200, NOW - 200, 48), true);
});

test("lines glide by parts of a pixel while the view moves, and lie on whole ones when it stands still", () => {
  show(); // a column is 100 ms
  assert.ok(plot.paint(NOW - 60_000 + 30, NOW + 30, 16));
  const [[, , , x]] = drawn("drawImage").slice(-1);
  assert.equal(x % 1, 0.5);
  assert.equal(plot.isSharp, false);
  assert.equal(plot.frame.to, NOW + 50); // no earlier than the newest reading
  assert.equal(plot.paint(NOW - 60_000 + 40, NOW + 40, 32), false);
  assert.ok(plot.paint(NOW - 60_000 + 40, NOW + 40, 500));
  assert.equal(plot.isSharp, true);
  assert.equal(plot.frame.to, NOW + 100);
});

test("new points are painted, on no more than the tiles that they touch", () => {
  show();
  calls.length = 0;
  lines[0].patch({ cut: NOW, times: Float64Array.of(NOW), values: Float64Array.of(59) });
  plot.changed(0, NOW);
  assert.ok(plot.paint(NOW - 60_000, NOW, 16));
  const touched = new Set(calls.filter(([kind, canvas]) => kind === "stroke" && canvas !== plot.canvas).map(([, canvas]) => canvas));
  assert.equal(touched.size, 1);
  assert.equal(drawn("drawImage").length, 5);
});

test("before it has a size nothing is painted", () => {
  plot.el.clientWidth = 0;
  assert.equal(show(), false);
  assert.equal(plot.frame, null);
  assert.deepEqual(plot.areaAt(10, 10), { area: null, row: null, axis: null });
  plot.el.clientWidth = 672;
  plot.size();
  assert.ok(plot.paint(NOW - 60_000, NOW, 16));
});

test("without readings there is a time axis, and no numbers", () => {
  lines = [];
  show();
  assert.ok(texts().includes("11:59:50"));
  assert.deepEqual(texts().filter((text) => !text.includes(":")), ["28 Nov 2026"]);
});

test("the range holds what is visible: hidden channels and what is far in the past don't count", () => {
  show();
  const [axis] = plot.frame.rows[0].axes;
  assert.ok(axis.bottom < 0 && axis.bottom > -20 && axis.top > 100 && axis.top < 120);
  plot.setHidden(new Set([0]));
  plot.fitY();
  plot.paint(NOW - 60_000, NOW, 16);
  assert.ok(plot.frame.rows[0].axes[0].bottom > 90);
  assert.equal(plot.yOf(0, 30), null);
});

test("what a person chose for y stays over a change of the figure, until it is given back", () => {
  show();
  plot.setY(0, 0, [40, 20]);
  assert.ok(plot.hasFixedY);
  show({ thresholds: [{ channel: 0, row: 0, axis: 0, value: 30, text: "a > 30", severity: "warning" }] });
  assert.deepEqual([plot.frame.rows[0].axes[0].bottom, plot.frame.rows[0].axes[0].top], [20, 40]);
  plot.setY(0, 0, null);
  plot.paint(NOW - 60_000, NOW, 16);
  assert.equal(plot.hasFixedY, false);
  assert.ok(plot.frame.rows[0].axes[0].top > 100);
});

test("places and data are each other's", () => {
  show();
  const { left, width } = plot.frame;
  assert.deepEqual([left, width], [56, 600]);
  assert.ok(Math.abs(plot.timeAt(plot.xOf(NOW - 12_345)) - (NOW - 12_345)) < 0.01);
  assert.ok(Math.abs(plot.valueAt(0, 0, plot.yOf(0, 42)) - 42) < 1e-9);
  assert.ok(Math.abs(plot.xOf(NOW) - (left + width)) <= 1);
});

test("a place is in the plot, on the time axis, on a y axis, or nowhere", () => {
  show({ rows: [{ axes: [AXIS, { ...AXIS, channels: [] }] }, { axes: [{ ...AXIS, channels: [] }] }] });
  const [upper, lower] = plot.frame.rows;
  assert.deepEqual(plot.areaAt(300, upper.top + 5), { area: "plot", row: 0, axis: 0 });
  assert.deepEqual(plot.areaAt(300, lower.top + 5), { area: "plot", row: 1, axis: 0 });
  assert.deepEqual(plot.areaAt(10, upper.top + 5), { area: "y", row: 0, axis: 0 });
  assert.deepEqual(plot.areaAt(660, upper.top + 5), { area: "y", row: 0, axis: 1 });
  assert.deepEqual(plot.areaAt(660, lower.top + 5).area, null);
  assert.deepEqual(plot.areaAt(300, 290).area, "x");
  assert.deepEqual(plot.areaAt(300, 2).area, null);
});

test("the nearest drawn reading is found, if it is near enough", () => {
  show();
  const [x, y] = [plot.xOf(NOW - 30_000), plot.yOf(0, 30)];
  assert.deepEqual(plot.lineAt(x + 2, y - 3, 20), { channel: 0, time: NOW - 30_000, value: 30 });
  assert.equal(plot.lineAt(x, y + 60, 20), null);
  plot.setHidden(new Set([0]));
  assert.equal(plot.lineAt(x + 2, y - 3, 20), null);
});

test("thresholds and the user's lines have their labels; those out of range are left out", () => {
  const limit = { channel: 0, row: 0, axis: 0, severity: "warning" };
  show({
    thresholds: [{ ...limit, value: 30, text: "a > 30" }, { ...limit, value: 1e6, text: "a > 1e6" }],
    shapes: [{ type: "line", row: 0, axis: 0, x0: NOW - 10_000, x1: NOW - 10_000, y0: null, y1: null, color: "red", width: 1, dash: "solid", opacity: 1, text: "event" }],
  });
  assert.ok(texts().includes("a > 30") && texts().includes("event"));
  assert.ok(!texts().includes("a > 1e6"));
});

test("labels of thresholds that are close stand in the order of their lines, apart", () => {
  const limit = { channel: 0, row: 0, axis: 0, severity: "warning" };
  show({ thresholds: [50, 54, 52].map((value) => ({ ...limit, value, text: `a > ${value}` })) });
  const places = drawn("fillText").filter(([, , text]) => text.startsWith("a > ")).map(([, , text, , y]) => [text, y]);
  assert.deepEqual(places.map(([text]) => text), ["a > 54", "a > 52", "a > 50"]);
  for (const i of [1, 2]) assert.ok(places[i][1] - places[i - 1][1] >= 16, String(places));
});

test("a hidden channel's threshold is hidden, and doesn't count for the range", () => {
  show({ thresholds: [{ channel: 1, row: 0, axis: 0, value: 150, text: "b > 150", severity: "warning" }] });
  assert.ok(plot.frame.rows[0].axes[0].top > 150);
  plot.setHidden(new Set([1]));
  plot.fitY();
  calls.length = 0;
  plot.paint(NOW - 60_000, NOW, 16);
  assert.ok(plot.frame.rows[0].axes[0].top < 100);
  assert.ok(!texts().includes("b > 150"));
});

test("silence is told at the end of the line", () => {
  show();
  plot.setAge({ time: NOW, isOver: false, text: "8 s ago" });
  assert.ok(plot.paint(NOW - 52_000, NOW + 8000, 16));
  assert.ok(texts().includes("8 s ago"));
  plot.setAge({ time: NOW, isOver: false, text: "8 s ago" });
  assert.equal(plot.hasNews, false);
});

test("layers draw under and over the lines, with the geometry of this paint", () => {
  const seen = [];
  plot.layers.under.push((context, frame) => seen.push(["under", frame === plot.frame, calls.length]));
  plot.layers.over.push((context, frame) => seen.push(["over", frame === plot.frame, calls.length]));
  show();
  assert.deepEqual(seen.map(([name, isNow]) => [name, isNow]), [["under", true], ["over", true]]);
  assert.ok(seen[0][2] < seen[1][2]);
});

test("a line that is pointed at lies on top, and the others are drawn anew once", () => {
  show();
  plot.highlight(0);
  assert.ok(plot.paint(NOW - 60_000, NOW, 16));
  plot.highlight(0);
  assert.equal(plot.paint(NOW - 60_000, NOW, 32), false);
});

test("a line that comes later in the same list is drawn", () => {
  lines = [ramp(0, 1)];
  show();
  lines.push(ramp(500, 0));
  plot.changed(1, -Infinity);
  plot.paint(NOW - 60_000, NOW, 16);
  assert.ok(plot.isVisible(1) && plot.frame.rows[0].axes[0].top > 500);
});

test("a picture has title and legend, and the screen's range of y", () => {
  show({ title: "A ramp" });
  plot.setY(0, 0, [20, 40]);
  plot.paint(NOW - 60_000, NOW, 16);
  const picture = plot.toCanvas(2);
  const written = calls.filter(([kind, canvas]) => kind === "fillText" && canvas === picture).map(([, , text]) => text);
  assert.deepEqual(written, ["A ramp", "a", "b"]);
  assert.ok(picture.width >= 2 * 672 && picture.height > 2 * 300);
});

test("times, values and spans at the ends of what numbers can hold don't throw", () => {
  lines = [lineOf([[NOW - 2000, 1e308], [NOW - 1000, 1e-308], [NOW - 500, Infinity], [NOW - 400, -1e308], [NOW + 1e12, 1]])];
  show();
  for (const [from, to] of [[NOW - 1e-3, NOW], [NOW - 1e13, NOW], [9e15, 9.1e15], [NOW, NOW], [NaN, NOW], [-1e15, 1e15]]) plot.paint(from, to, 100);
  show({ rows: [{ share: 1, axes: [{ ...AXIS, log: true }] }] });
  assert.ok(plot.frame.rows[0].axes[0].isLog);
});

test("a state that is held goes on at each paint, and is news only where there is one", () => {
  const isNews = (held, until) => {
    plot.hasNews = false;
    plot.holdLanes(held, until);
    return plot.hasNews;
  };
  const [told, held] = [{ 2: false }, { 2: false, 3: true }];
  assert.deepEqual([isNews(told, NOW), isNews(told, NOW + 16), isNews(held, NOW + 16), isNews(held, NOW + 16), isNews(held, NOW + 33)], [true, false, true, false, true]);
  lines.push(lineOf([[NOW, 0]]), lineOf([[NOW, 0]]));
  show({ lines: [{ name: "a" }, { name: "b" }, { name: "pump", lane: true }, { name: "door", lane: true }] });
  assert.deepEqual(plot.lanes.map(({ until }) => until), [null, NOW + 33]);
});

test("channels of words have lanes below the rows, with their labels where they fit", () => {
  lines.push(lineOf([[NOW - 60_000, 0], [NOW - 30_000, 1], [NOW - 29_950, 0], [NOW - 29_000, 1], [NOW - 28_990, NaN], [NOW - 5000, 1], [NOW, 1]]));
  plot.laneLabels.take({ 2: [[0, "<b>IDLE</b>", 0], [1, "RUN", 9]] });
  plot.holdLanes({ 2: false }, null);
  show({ lines: [{ name: "a" }, { name: "b" }, { name: "pump", lane: true }] });
  assert.equal(plot.frame.lanes.length, 1);
  assert.ok(plot.frame.whole > plot.frame.height);
  assert.ok(texts().includes("<b>IDLE</b>") && texts().includes("RUN") && texts().includes("pump"));
  assert.equal(plot.isVisible(2), false);
  assert.deepEqual(plot.areaAt(300, plot.frame.lanes[0].top + 2).area, "plot");
  plot.setHidden(new Set([2]));
  plot.paint(NOW - 60_000, NOW, 16);
  assert.equal(plot.frame.lanes.length, 0);
});

test("a logarithmic row without anything above 0 says so, until there is something", () => {
  lines = [lineOf([[NOW - 50_000, -1], [NOW - 40_000, 0], [NOW - 30_000, -5]]), lineOf([])];
  const rows = [{ share: 1, axes: [{ ...AXIS, log: true }] }];
  show({ rows });
  assert.ok(texts().includes("nothing above 0 for a logarithmic axis"));
  calls = [];
  lines = [ramp(1, 1), lineOf([])];
  show({ rows });
  assert.ok(!texts().some((text) => /nothing/.test(text)));
  calls = [];
  lines = [lineOf([]), lineOf([])];
  show({ rows });
  assert.ok(!texts().some((text) => /nothing/.test(text)), "no readings are no reason");
});
