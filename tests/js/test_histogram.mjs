// The histogram's page side: which bin is where, what is said of it, and how keys go through it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { binOf, binText, decadesText, heightsOf, HistogramPanel, shareText } from "../../nbstream/static/plots/histogram.js";
import { valueAt, valueTicks } from "../../nbstream/static/plots/valuePlot.js";
import { click, fakeEvent, installDom } from "./fakeDom.mjs";

let panel;

const STATE = {
  title: "Room",
  height: 280,
  window: "60s",
  waiting: "",
  more: 0,
  density: false,
  log: false,
  ended: null,
  rows: [
    {
      unit: "°C",
      edges: [20, 20.5, 21, 21.5],
      width: 0.5,
      step: null,
      limits: [{ value: 21.2, text: "warm", severity: "warning" }],
      series: [{ name: "temperature", palette: 0, counts: [30, 37, 1], below: 0, above: 2, missing: 3, last: 20.7, quantiles: [["p50", 20.6]] }],
    },
  ],
};

beforeEach(() => {
  installDom();
  const make = document.createElement;
  document.createElement = (tag) => Object.assign(make(tag), { getContext: () => ({ measureText: () => ({ width: 40 }) }) });
  globalThis.requestAnimationFrame = () => 1;
  panel = new HistogramPanel();
  panel.begin({ title: null, height: 280 });
});

const take = (more = {}) => panel.take({ state: { ...STATE, ...more } });
const press = (key) => panel.plot.press(fakeEvent("keydown", { key }));
const spoken = () => panel.plot.speaker.textContent;

test("a value is in the bin that begins with it, and the last bin has its right edge", () => {
  assert.deepEqual([19, 20, 20.4, 20.5, 21.5, 22].map((value) => binOf(value, [20, 20.5, 21, 21.5])), [-1, 0, 0, 1, 2, -1]);
});

test("a bin is told by its edges, with the digits that tell them apart", () => {
  const text = (edges, step = null) => binText({ edges, step }, 0);
  assert.equal(text([20, 20.5]), "20.0 … 20.5");
  assert.equal(text([-0.02, 0]), "−0.02 … 0.00");
  assert.equal(text([1_000_000_000.0002, 1_000_000_000.0004]), "1,000,000,000.0002 … 1,000,000,000.0004");
  assert.equal(text([1e307, 1.5e307]), "1.0e307 … 1.5e307");
  assert.equal(text([1e-308, 1.2e-308]), "1.0e−308 … 1.2e−308");
});

test("a bin of rounded readings is told by the readings that it holds", () => {
  assert.equal(binText({ edges: [0.5, 1.5], step: 1 }, 0), "1");
  assert.equal(binText({ edges: [20.35, 20.55], step: 0.1 }, 0), "20.4 … 20.5");
});

test("densities have an area of 1 with the tails", () => {
  const series = { counts: [2, 6], below: 1, above: 1 };
  assert.deepEqual(heightsOf(series, [0, 1, 3], true), [0.2, 0.3]);
  assert.equal(heightsOf(series, [0, 1, 3], false), series.counts);
});

test("shares have a digit behind the point, and a few are not none", () => {
  assert.deepEqual([shareText(0, 9), shareText(37, 1000), shareText(1, 9999), shareText(5, 5), shareText(0, 0)], ["0 %", "3.7 %", "< 0.1 %", "100 %", ""]);
});

test("what was counted is said in a line", () => {
  take();
  assert.equal(panel.facts.textContent, "70 readings, window 60s · bins of 0.5 °C · 3 missing · 2 above the axis");
  assert.equal(panel.title.textContent, "Room");
  assert.equal(panel.legend.hidden, true);
});

test("what is waited for is said until a reading comes", () => {
  take({ rows: [], waiting: "waiting for buffer.append(…)" });
  assert.equal(panel.plot.empty.textContent, "waiting for buffer.append(…)");
  take();
  assert.equal(panel.plot.empty.textContent, "");
});

test("arrows go from bin to bin and are heard; Escape lets go", () => {
  take();
  press("Home");
  assert.equal(spoken(), "20.0 … 20.5 °C: 30 readings 42.9 %");
  press("ArrowRight");
  assert.equal(spoken(), "20.5 … 21.0 °C: 37 readings 52.9 %");
  press("End");
  press("ArrowRight");
  assert.equal(spoken(), "21.0 … 21.5 °C: 1 reading 1.4 %");
  press("Escape");
  assert.equal(spoken(), "");
});

test("the y axis begins at 0, and a button makes it logarithmic", () => {
  take();
  const axis = () => panel.rowOf(STATE.rows[0], 0).y;
  assert.equal(axis().bottom, 0);
  assert.ok(axis().top >= 37);
  click(panel.log);
  assert.equal(panel.log.getAttribute("aria-pressed"), "true");
  assert.ok(axis().isLog && axis().bottom > 0 && axis().bottom < 1);
});

test("the camera has its sign", () => {
  assert.ok(panel.picture.one("nbs-svg").firstChild.getAttribute("d").startsWith("M"));
});

test("several channels are named below", () => {
  const [row] = STATE.rows;
  const [one] = row.series;
  take({ rows: [{ ...row, series: [one, { ...one, name: "other", palette: 1 }] }] });
  assert.equal(panel.legend.hidden, false);
  assert.deepEqual(panel.legend.all("nbs-legend-name").map((node) => node.textContent), ["temperature", "other"]);
});

test("a row without readings says so", () => {
  const [row] = STATE.rows;
  const series = [{ ...row.series[0], counts: [], above: 0, last: null, quantiles: [] }];
  take({ rows: [{ ...row, edges: [], width: null, series }] });
  const { why, count } = panel.rowOf(panel.state.rows[0], 0);
  assert.equal(why, "temperature: no readings in the window, 3 missing");
  assert.equal(count, 0);
});

test("an axis of whole numbers has no ticks between them, a narrow one three", () => {
  const whole = valueTicks({ bottom: -1.5, top: 2.5, isLog: false, step: 1 }, 600);
  assert.deepEqual(whole.values, [-1, 0, 1, 2]);
  assert.ok(valueTicks({ bottom: 17, top: 24.4, isLog: false }, 280).values.length >= 3);
});

test("a place of an axis is a value, also of a logarithmic one", () => {
  assert.equal(valueAt({ bottom: 10, top: 20, isLog: false }, 0.5), 15);
  assert.ok(Math.abs(valueAt({ bottom: 1, top: 100, isLog: true }, 0.5) - 10) < 1e-9);
  assert.equal(valueAt({ bottom: 10, top: 20, isLog: false }, 1.2), null);
});

test("bins of the same width on a logarithmic axis are said by the decade, and drawn on one", () => {
  assert.deepEqual([0.1, 0.5, 1, 5].map(decadesText), ["10 bins a decade", "2 bins a decade", "bins of a decade", "bins of 5 decades"]);
  const [row] = STATE.rows;
  take({ rows: [{ ...row, edges: [1, 10, 100, 1000], width: null, decades: 1 }] });
  assert.match(panel.facts.textContent, /bins of a decade/);
  assert.equal(panel.rowOf({ ...row, edges: [1, 10, 100, 1000], decades: 1 }, 0).x.isLog, true);
  assert.equal(panel.rowOf(row, 0).x.isLog, false);
});
