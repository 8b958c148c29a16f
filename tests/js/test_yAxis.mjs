// The range of a y axis by its policies.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Line } from "../../nbstream/static/chart/line.js";
import { padded, paddedLog, visibleRange, YAxis } from "../../nbstream/static/chart/yAxis.js";

function axisOf(settings = {}) {
  const axis = new YAxis();
  axis.configure(settings);
  return axis;
}

test("before the first reading there is no range", () => {
  const axis = axisOf();
  axis.fit(null, [50], 0);
  assert.equal(axis.range, null);
  assert.ok(axis.isEmpty);
});

test("fit has room around what is visible and ends on round numbers", () => {
  const axis = axisOf();
  axis.fit([0, 10], [], 0);
  assert.deepEqual(axis.range, [-0.5, 10.5]);
  axis.fit([0.02, 9.97], [], 100);
  assert.deepEqual(axis.range, [-0.5, 10.5]);
});

test("fit grows at once and shrinks when little is filled for two seconds", () => {
  const axis = axisOf();
  axis.fit([0, 10], [], 0);
  axis.fit([0, 100], [], 10);
  assert.deepEqual(axis.range, [-5, 105]);
  axis.fit([0, 10], [], 1000);
  axis.fit([0, 10], [], 2900);
  assert.deepEqual(axis.range, [-5, 105]);
  axis.fit([0, 10], [], 3000);
  assert.deepEqual(axis.range, [-0.5, 10.5]);
});

test("a line that touches the frame makes the range grow", () => {
  const axis = axisOf();
  axis.fit([0, 10], [], 0);
  axis.fit([0, 10.49], [], 100);
  assert.ok(axis.range[1] > 10.9, axis.range);
  const soft = axisOf({ soft: [0, null] });
  soft.fit([0, 10], [], 0);
  soft.fit([0, 10], [], 100);
  assert.equal(soft.range[0], 0);
});

test("what fills the range again in time keeps it", () => {
  const axis = axisOf();
  axis.fit([0, 100], [], 0);
  axis.fit([0, 10], [], 1000);
  axis.fit([0, 95], [], 2500);
  axis.fit([0, 10], [], 3500);
  assert.deepEqual(axis.range, [-5, 105]);
});

test("expand never shrinks", () => {
  const axis = axisOf({ policy: "expand" });
  axis.fit([0, 100], [], 0);
  axis.fit([-50, 10], [], 1000);
  axis.fit([0, 1], [], 60_000);
  axis.fit([0, 1], [], 90_000);
  assert.equal(axis.range[0], -55);
  assert.equal(axis.range[1], 105);
});

test("soft limits are reached, and passed when the data do", () => {
  const axis = axisOf({ soft: [0, 100] });
  axis.fit([20, 30], [], 0);
  assert.deepEqual(axis.range, [0, 100]);
  axis.fit([20, 130], [], 10);
  assert.equal(axis.range[0], 0);
  assert.ok(axis.range[1] > 130);
});

test("a fixed range stays, what a person chose goes before it, and both can be given back", () => {
  const axis = axisOf({ range: [5, -5] });
  axis.fit([0, 100], [], 0);
  assert.deepEqual(axis.range, [-5, 5]);
  axis.choose([1, 0]);
  assert.deepEqual(axis.range, [0, 1]);
  axis.choose(null);
  axis.configure({ range: null });
  axis.fit([0, 100], [], 10);
  assert.deepEqual(axis.range, [-5, 105]);
});

test("a range that no axis can have is none", () => {
  assert.equal(axisOf({ range: [1, NaN] }).range, null);
  assert.equal(axisOf({ range: [1, 1] }).range, null);
  assert.equal(axisOf({ range: [0, 10], log: true }).range, null);
});

test("limits near the data are in the range, far ones are not", () => {
  const axis = axisOf();
  axis.fit([0, 10], [15, 1000, -900], 0);
  assert.ok(axis.range[1] > 15 && axis.range[1] < 20);
  assert.equal(axis.range[0] > -10, true);
});

test("flat data get a sane range around them", () => {
  assert.deepEqual(padded(5, 5).map((end) => Number(end.toFixed(6))), [4.7, 5.3]);
  const [bottom, top] = padded(0, 0);
  assert.ok(bottom < 0 && top > 0 && top <= 1);
  const large = padded(1e9, 1e9);
  assert.ok(large[0] < 1e9 && large[1] > 1e9);
});

test("small noise on large numbers fills the range", () => {
  const [bottom, top] = padded(1e9 - 0.5, 1e9 + 0.5);
  assert.ok(top - bottom < 1.5);
});

test("numbers at the ends of float64 have finite ranges", () => {
  for (const [low, high] of [[1e-308, 1e308], [-1.7e308, 1.7e308], [5e-324, 5e-324], [-1e308, -1e308], [-Infinity, Infinity], [1e-308, 2e-308]]) {
    const [bottom, top] = padded(low, high);
    assert.ok(Number.isFinite(bottom) && Number.isFinite(top) && bottom < top, `${low} to ${high}: ${bottom} to ${top}`);
  }
});

test("a log axis ends on 1, 2 and 5 times powers of ten", () => {
  assert.deepEqual(paddedLog(0.0015, 700), [0.0005, 2000]);
  assert.deepEqual(paddedLog(10, 10), [5, 20]);
  const axis = axisOf({ log: true });
  axis.fit([0.0015, 700], [], 0);
  assert.deepEqual(axis.range, [0.0005, 2000]);
});

test("on a log axis only what is above zero counts", () => {
  const line = new Line();
  line.patch({ cut: -Infinity, times: Float64Array.of(0, 1, 2, 3), values: Float64Array.of(-5, 0, 3, 7) });
  assert.deepEqual(visibleRange(line, 0, 3, true), [3, 7]);
  assert.deepEqual(visibleRange(line, 0, 3, false), [-5, 7]);
  assert.equal(visibleRange(line, 0, 0.5, true), null);
});

test("another policy begins anew", () => {
  const axis = axisOf();
  axis.fit([0, 100], [], 0);
  axis.configure({ policy: "expand" });
  assert.equal(axis.range, null);
});
