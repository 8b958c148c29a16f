// The page side of a training's chart: how lines are joined, smoothed, read, hidden.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { stepsText, smoothed, stepText, TrainingPanel, withDetail } from "../../nbstream/static/plots/training.js";
import { click, fakeEvent, installDom } from "./fakeDom.mjs";

let panel, texts;

const SERIES = { id: "0 loss", name: "adam", part: "", palette: 0, dash: "solid", from: 0, points: [[0, 1, 2, 3], [8, 4, null, 2], [], []], before: [], missing: [2], width: 0.001, newest: 3 };
const STATE = { title: null, height: 280, waiting: "", more: 0, x: "step", log: false, facts: ["step 3"], ended: null };

beforeEach(() => {
  installDom();
  const make = document.createElement;
  texts = [];
  const methods = { measureText: () => ({ width: 40 }), fillText: (...given) => texts.push(given) };
  const context = new Proxy(methods, { get: (_, name) => methods[name] ?? (() => {}), set: () => true });
  document.createElement = (tag) => Object.assign(make(tag), { getContext: () => context });
  globalThis.requestAnimationFrame = () => 1;
  panel = new TrainingPanel();
  panel.begin({ title: null, height: 280 });
});

const take = (series = [{}], more = {}) => panel.take({ state: { ...STATE, ...more, rows: [{ metric: "loss", series: series.map((one) => ({ ...SERIES, ...one })) }] } });
const row = () => panel.rowOf(panel.state.rows[0], 0);
const press = (key) => panel.plot.press(fakeEvent("keydown", { key }));

test("steps and bins have the digits that people count in", () => {
  assert.deepEqual([0, 12_400, 0.35, 1.3333333, -5].map(stepText), ["0", "12,400", "0.35", "1.333", "\u22125"]);
  assert.deepEqual([stepsText(7, 0.001), stepsText(993.5, 32)], ["7", "992 … 1,023"]);
});

test("the end of a line is put behind what the page has", () => {
  take();
  take([{ from: 3, points: [[3, 4], [2.5, 1], [], []] }]);
  assert.deepEqual(panel.state.rows[0].series[0].points, [[0, 1, 2, 3, 4], [8, 4, null, 2.5, 1], [], []]);
  take([{ from: 0, points: [[9], [9], [8], [10]] }]);
  assert.deepEqual(panel.state.rows[0].series[0].points, [[9], [9], [8], [10]]);
});

test("keys go from step to step, and read every run", () => {
  take([{}, { id: "1 loss", name: "sgd", palette: 1, points: [[0, 2], [7, 6.5], [6, 6], [8, 7]] }]);
  press("Home");
  assert.equal(panel.plot.speaker.textContent, "step 0: adam 8; sgd 7 6 … 8");
  press("PageUp");
  assert.equal(panel.plot.speaker.textContent, "step 3: adam 2; sgd –");
  press("ArrowLeft");
  assert.equal(panel.plot.speaker.textContent, "step 2: adam –; sgd 6.5 6 … 7");
});

test("a run is hidden by its entry of the legend, and shown again", () => {
  take([{}, { id: "1 loss", name: "sgd", palette: 1 }]);
  const entry = () => panel.legend.childNodes[1];
  click(entry());
  assert.equal(entry().getAttribute("aria-pressed"), "false");
  assert.equal(panel.entriesOf(panel.state.rows).length, 1);
  click(panel.legend.childNodes[0]);
  assert.match(row().why, /every run is hidden/);
  click(entry());
  assert.equal(row().why, undefined);
});

test("a logarithmic axis leaves out what is not above 0, and says so where nothing is left", () => {
  take([{ points: [[0, 1], [-1, 0], [], []], missing: [] }], { log: true });
  assert.match(row().why, /nothing above 0/);
  take([{ points: [[0, 1], [null, null], [], []], missing: [0, 1] }]);
  assert.match(row().why, /only missing values/);
});

test("smoothing begins on the line, keeps gaps, and ends near what is newest", () => {
  const at = Array.from({ length: 200 }, (_, i) => i);
  const heights = at.map((i) => (i === 50 ? NaN : i < 100 ? 10 : 2));
  const smooth = smoothed({ at, heights }, 5, false);
  assert.equal(smooth[0], 10);
  assert.ok(Number.isNaN(smooth[50]));
  assert.ok(smooth[103] > 2.5 && smooth[103] < 9);
  assert.ok(Math.abs(smooth[199] - 2) < 1e-3);
  assert.deepEqual(smoothed({ at: [0, 0, 0], heights: [1, 2, 3] }, 0, false).map(Number.isFinite), [true, true, true]);
});

test("an axis begins where its first bin does, and ends at the newest step", () => {
  take([{ points: [[15.5, 47.5], [2, 1], [1, 1], [3, 3]], width: 32, newest: 63, missing: [] }]);
  assert.deepEqual([row().x.bottom, row().x.top], [0, 63]);
});

test("one step alone has room around it", () => {
  take([{ points: [[5], [1], [], []], missing: [], newest: 5 }]);
  assert.deepEqual([row().x.bottom, row().x.top], [4.5, 5.5]);
});

test("each row has the numbers of its own axis below it", () => {
  Object.assign(panel.plot.el, { clientWidth: 700, clientHeight: 400 });
  const [one, other] = ["loss", "lr"].map((metric) => ({ metric, series: [{ ...SERIES }] }));
  panel.take({ state: { ...STATE, rows: [one, other] } });
  panel.plot.paint();
  const heights = texts.filter(([text]) => text === "step").map(([, , y]) => y);
  assert.equal(heights.length, 2);
  assert.equal(heights[1] - heights[0], 200);
});

const LONG = { points: [[0, 100, 200, 300, 400], [9, 8, 7, 6, 5], [], []], width: 100, newest: 400, missing: [] };

test("a part of the axis is chosen for all rows, by keys too, and left again", () => {
  panel.requests.send = () => false;
  const series = [{ ...SERIES, ...LONG }];
  panel.take({ state: { ...STATE, rows: ["loss", "lr"].map((metric) => ({ metric, series })) } });
  const ranges = () => [0, 1].map((i) => panel.rowOf(panel.state.rows[i], i)).map(({ x }) => [x.bottom, x.top]);
  panel.zoomTo([120, 320]);
  assert.deepEqual(ranges(), [[120, 320], [120, 320]]);
  assert.equal(panel.whole.hidden, false);
  assert.match(panel.whole.textContent, /^120 … 320/);
  const { y, count, read } = row();
  assert.equal(count, 2);
  assert.ok(y.bottom > 5 && y.top < 8, "y fits what is near");
  assert.match(read(0).title, /^step 200/);
  panel.plot.press(fakeEvent("keydown", { key: "ArrowLeft", shiftKey: true }));
  assert.deepEqual(ranges()[0], [100, 300]);
  panel.zoomTo([350, 550]);
  assert.deepEqual(ranges()[0], [200, 400], "it stays within what there is");
  press("-");
  press("-");
  press("-");
  press("-");
  assert.deepEqual(panel.range, null);
  panel.zoomTo([120, 320]);
  press("Backspace");
  assert.deepEqual(ranges()[0], [0, 400]);
});

test("what is near is asked for, and put in its place", () => {
  const sent = [];
  panel.requests.send = (message) => sent.push(message);
  take([LONG]);
  panel.zoomTo([150, 250]);
  assert.deepEqual([sent[0].kind, sent[0].low, sent[0].high], ["detail", 150, 250]);
  const fine = [160, 180, 200, 220, 240];
  panel.requests.answer({ kind: "reply", request: sent[0].request, error: "", value: { lines: { "0 loss": { points: [fine, [3, 4, 5, 4, 3], [], []], width: 20 } } } });
  assert.equal(row().count, 5);
  assert.match(row().read(1).title, /^step 180 … 199$/);
  const joined = withDetail({ ...LONG }, { points: [fine, fine, fine, fine], width: 20 });
  assert.deepEqual(joined.points[0], [0, ...fine, 300, 400]);
  assert.deepEqual(joined.points[2], [9, ...fine, 6, 5], "a band where there was none begins as the line");
  panel.zoomTo(null);
  assert.equal(row().count, 5);
  assert.match(row().read(1).title, /^step 100 … 199$/);
});

test("a drag takes in a part, a small one was a slip, Escape and a double click let go", () => {
  Object.assign(panel.plot.el, { clientWidth: 700, clientHeight: 280 });
  panel.plot.el.getBoundingClientRect = () => ({ left: 0, top: 0 });
  panel.requests.send = () => false;
  take([LONG]);
  panel.plot.paint();
  const point = (type, clientX, more = {}) => panel.plot.el.dispatchEvent(fakeEvent(type, { clientX, clientY: 100, buttons: 1, button: 0, pointerType: "mouse", ...more }));
  const drag = (from, to, more) => {
    point("pointerdown", from, more);
    point("pointermove", to, more);
    point("pointerup", to, { ...more, buttons: 0 });
  };
  drag(300, 305);
  assert.equal(panel.range, null);
  drag(500, 300);
  const [low, high] = panel.range;
  assert.ok(low > 100 && high < 320 && high - low > 90, String(panel.range));
  panel.plot.paint();
  drag(400, 350, { shiftKey: true });
  assert.ok(panel.range[0] > low && Math.abs(panel.range[1] - panel.range[0] - (high - low)) < 1e-6);
  point("dblclick", 400);
  assert.equal(panel.range, null);
});

test("what is under a pointer at rest is read anew when another part is shown; a cursor of the keys keeps its step", () => {
  Object.assign(panel.plot.el, { clientWidth: 700, clientHeight: 280 });
  panel.plot.el.getBoundingClientRect = () => ({ left: 0, top: 0 });
  panel.requests.send = () => false;
  const at = Array.from({ length: 1001 }, (_, i) => i);
  take([{ points: [at, at, [], []], width: 1, newest: 1000, missing: [] }]);
  panel.plot.paint();
  const { readout } = panel.plot;
  const stepRead = () => Number(readout.childNodes[0].textContent.replace(/\D/g, ""));
  panel.plot.el.dispatchEvent(fakeEvent("pointermove", { clientX: 500, clientY: 100, buttons: 0, pointerType: "mouse" }));
  panel.plot.paint();
  assert.ok(stepRead() > 500);
  panel.zoomTo([100, 150]);
  panel.plot.paint();
  assert.equal(readout.hidden, false);
  assert.ok(stepRead() > 120 && stepRead() < 150, readout.childNodes[0].textContent);
  panel.plot.el.dispatchEvent(fakeEvent("pointerleave", {}));
  panel.plot.paint();
  assert.equal(readout.hidden, true);
  press("Home");
  for (let i = 0; i < 10; i += 1) press("ArrowRight");
  assert.match(panel.plot.speaker.textContent, /^step 110:/);
  press("+");
  press("ArrowRight");
  assert.match(panel.plot.speaker.textContent, /^step 111:/);
});
