// A table of what a chart shows.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Line } from "../../nbstream/static/chart/line.js";
import { tableRows, TableView } from "../../nbstream/static/chart/tableView.js";
import { fakeEvent, installDom } from "./fakeDom.mjs";
import { FakePlot } from "./fakePlot.mjs";

const START = Date.UTC(2020, 6, 1, 12);
const UTC = { offset: 0, label: "UTC" };

let plot, view;

beforeEach(() => {
  installDom();
  plot = new FakePlot();
  plot.show(START, START + 60_000);
  view = new TableView(plot);
  document.body.append(plot.el, view.el);
  view.show(true);
});

/** Points [s, value, count?] of a channel. */
function column(name, points, more = {}) {
  const line = new Line();
  const times = Float64Array.from(points, ([s]) => START + s * 1000);
  const values = Float64Array.from(points, ([, value]) => value);
  const counts = points.some((point) => point.length > 2) ? Uint32Array.from(points, ([, , n]) => n) : undefined;
  line.patch({ cut: -Infinity, times, values, counts });
  return { channel: 0, name, unit: "", line, lane: null, ...more };
}

const cellsOf = (node) => node.childNodes.map((cell) => cell.textContent);
const shown = () => view.body.childNodes.map(cellsOf);
const within = (columns, maxRows) => tableRows(columns, START, START + 60_000, maxRows);

test("readings stand as they are, newest first, each time in one row", () => {
  const a = column("temperature", [[1, 20.5], [2, 21], [3, NaN], [70, 99]], { unit: "°C" });
  const b = column("count", [[2, 7], [4, 8]], { channel: 1 });
  view.update([a, b], UTC, 0);
  assert.deepEqual(cellsOf(view.head.firstChild), ["Time (UTC)", "temperature (°C)", "count"]);
  assert.deepEqual(shown(), [
    ["2020-07-01 12:00:04", "–", "8"],
    ["2020-07-01 12:00:02", "21.000", "7"],
    ["2020-07-01 12:00:01", "20.500", "–"],
  ]);
  assert.equal(view.caption.textContent, "2020-07-01 12:00:00 to 2020-07-01 12:01:00, newest first: 4 readings");
  assert.deepEqual(view.head.firstChild.childNodes.map((cell) => cell.getAttribute("scope")), ["col", "col", "col"]);
  assert.equal(view.body.firstChild.firstChild.getAttribute("scope"), "row");
});

test("a bin is its smallest and largest reading, and counts for all", () => {
  const bins = [[-1, 5, 9], [0, 50, 0], [1, 3, 10], [2, 9, 0], [2.5, 1, 0], [4, 6, 4], [5, 6, 0]];
  view.update([column("value", bins)], UTC, 0);
  assert.deepEqual(shown().map((cells) => cells[1]), ["6", "1 … 9"]);
  assert.match(view.caption.textContent, /: 14 readings in 2 rows, smallest … largest of each$/);
});

test("more times than there may be rows are merged, evenly in time, and none is lost", () => {
  const points = Array.from({ length: 600 }, (_, i) => [i / 10, i]);
  const { rows, n, isMerged } = within([column("value", points)]);
  assert.ok(rows.length <= 200);
  assert.equal(n, 600);
  assert.ok(isMerged);
  assert.deepEqual(rows.map(({ cells }) => cells[0].n), rows.map(() => 5));
  assert.deepEqual(rows[1], { time: START + 500, cells: [{ n: 5, low: 5, high: 9, isWhole: true, codes: [] }] });
  assert.ok(within([column("value", points)], 10).rows.length <= 10);
});

test("states are words, and go on where nothing else is told", () => {
  const words = ["IDLE", "RUN"];
  const lane = { until: START + 60_000, word: (code) => words[code] };
  const pump = column("pump", [[1, 0], [3, 1]], { channel: 1, lane });
  view.update([column("value", [[2, 1], [4, 2]]), pump], UTC, 0);
  assert.deepEqual(shown().map((cells) => cells[2]), ["RUN", "RUN", "IDLE", "IDLE"]);
});

test("it is renewed once a second, and not while somebody reads further down", () => {
  const update = (value, now) => view.update([column("value", [[1, value]])], UTC, now);
  const value = () => shown()[0][1];
  update(1, 0);
  update(2, 900);
  assert.equal(value(), "1");
  update(2, 1000);
  assert.equal(value(), "2");
  view.el.scrollTop = 80;
  view.el.dispatchEvent(fakeEvent("pointerenter"));
  update(3, 2000);
  assert.equal(value(), "2");
  view.el.dispatchEvent(fakeEvent("pointerleave"));
  view.el.focus();
  update(3, 2100);
  assert.equal(value(), "2");
  view.el.scrollTop = 0;
  update(3, 2200);
  assert.equal(value(), "3");
});

test("without readings it says so", () => {
  view.update([column("value", [])], UTC, 0);
  assert.match(view.caption.textContent, /: no readings$/);
  assert.deepEqual(shown(), []);
});

test("it hides the plot, keeps what is said above its frame, and takes the focus along", () => {
  view.show(false);
  assert.equal(view.el.hidden, true);
  assert.equal("behind" in plot.el.dataset, false);
  plot.el.focus();
  view.show(true);
  assert.equal(document.activeElement, view.el);
  assert.equal(plot.el.dataset.behind, "");
  view.update([], UTC, 0);
  assert.equal(view.el.style.top, "20px");
  view.show(false);
  assert.equal(document.activeElement, plot.el);
});
