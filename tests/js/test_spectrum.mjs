// The spectrum's page side: how frequencies are written, what is drawn, how keys go through it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { frequencyText, nearest, secondsText, SpectrumPanel, waitingText } from "../../nbstream/static/plots/spectrum.js";
import { click, fakeEvent, installDom } from "./fakeDom.mjs";

let panel;

const SERIES = { name: "mains", palette: 0, step: 0.5, group: 1, power: [0.1, 1, 100, 1, 0.1], length: 200, segments: 9, resampled: 0, leftOut: 0, readings: 0, isDone: true, peak: [1.5, 100] };
const STATE = { title: null, height: 280, window: "60s", waiting: "", more: 0, scale: "density", y: "db", logX: false, ended: null, rows: [{ unit: "V", series: [SERIES] }] };

beforeEach(() => {
  installDom();
  const make = document.createElement;
  document.createElement = (tag) => Object.assign(make(tag), { getContext: () => ({ measureText: () => ({ width: 40 }) }) });
  globalThis.requestAnimationFrame = () => 1;
  panel = new SpectrumPanel();
  panel.begin({ title: null, height: 280 });
});

const take = (series = {}, more = {}) => panel.take({ state: { ...STATE, ...more, rows: [{ unit: "V", series: [{ ...SERIES, ...series }] }] } });
const row = () => panel.rowOf(panel.state.rows[0], 0);
const press = (key) => panel.plot.press(fakeEvent("keydown", { key }));

test("frequencies have the digits that tell them apart", () => {
  assert.equal(frequencyText(50, 0.05), "50.00 Hz");
  assert.equal(frequencyText(0.5, 0.5), "0.5 Hz");
  assert.equal(frequencyText(44_100, 44_100), "44.1 kHz");
  assert.equal(frequencyText(0.0488, 0.0488), "48.8 mHz");
  assert.equal(frequencyText(12_345.6, 10), "12.35 kHz");
});

test("durations have three digits", () => {
  assert.deepEqual([2e-5, 0.02, 2.048, 300, 10_000, 400_000].map(secondsText), ["20 µs", "20 ms", "2.05 s", "5 min", "2.78 h", "4.63 days"]);
});

test("the nearest of numbers that ascend is found", () => {
  assert.deepEqual([-1, 1.4, 1.6, 9].map((value) => nearest([1, 2, 3], value)), [0, 0, 1, 2]);
  assert.equal(nearest([], 1), -1);
});

test("how it was computed is said in a line", () => {
  take({ resampled: 9, leftOut: 2 });
  assert.equal(panel.facts.textContent, "Δf = 0.5 Hz, 9 segments of 2 s · 100 Hz sampling · resampled · 2 left out for gaps");
  take({ segments: 1024, isCut: true });
  assert.match(panel.facts.textContent, /, the newest 1,024 segments of 2 s · /);
});

test("decibels, powers of ten and plain numbers have axes of their own", () => {
  take();
  assert.equal(row().y.title, "dB re 1 V²/Hz");
  assert.ok(row().y.top >= 20 && row().y.bottom <= -10 && !row().y.isLog);
  click(panel.words.get("log"));
  assert.ok(row().y.isLog && row().y.title === "V²/Hz");
  click(panel.words.get("linear"));
  assert.deepEqual([row().y.isLog, row().y.bottom], [false, 0]);
  assert.equal(panel.words.get("linear").getAttribute("aria-checked"), "true");
});

test("an amplitude is in the unit itself", () => {
  take({}, { scale: "amplitude" });
  assert.equal(row().y.title, "dB re 1 V");
  assert.equal(row().read(2).entries[0].value, "40.0 dB");
});

test("the axis of frequencies begins at 0, or at the first where it is logarithmic", () => {
  take();
  assert.deepEqual([row().x.bottom, row().x.top], [0, 2.5]);
  click(panel.logX);
  assert.deepEqual([row().x.bottom, row().x.isLog], [0.5, true]);
});

test("arrows go from frequency to frequency and are heard", () => {
  take();
  press("Home");
  press("ArrowRight");
  press("ArrowRight");
  assert.equal(panel.plot.speaker.textContent, "1.50 Hz · 667 ms: 20.0 dB 100 V²/Hz");
});

test("what is waited for is said", () => {
  assert.equal(waitingText({ name: "x", length: 200, readings: 37, leftOut: 0 }), "x: waiting for 200 readings, 37 so far");
  take({ power: [], segments: 0, step: null, leftOut: 3, peak: null });
  assert.equal(row().why, "mains: every segment of 200 readings holds a gap");
});

test("readings without power, and such that have no squares, say so", () => {
  take({ power: [0, 0, 0], peak: null });
  assert.equal(row().why, "mains: no power, the readings are all the same");
  click(panel.words.get("linear"));
  assert.equal(row().why, undefined);
  take({ power: [null, null], peak: null });
  assert.equal(row().why, "mains: the readings are too large for a spectrum");
});

test("points that are groups of frequencies stand in their middles", () => {
  take({ group: 3, power: [1, 2] });
  assert.deepEqual(panel.lineOf({ ...SERIES, group: 3, power: [1, 2] }, "linear").at, [1, 2.5]);
});
