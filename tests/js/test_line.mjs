import assert from "node:assert/strict";
import { test } from "node:test";

import { Line } from "../../nbstream/static/chart/line.js";

function lineOf(...points) {
  const line = new Line();
  line.patch({ cut: -Infinity, times: Float64Array.from(points, ([t]) => t), values: Float64Array.from(points, ([, y]) => y) });
  return line;
}

test("the range is that of the readings in view, of the next one, and of where the line enters", () => {
  const line = lineOf([0, 300], [10, 0], [20, 5], [30, 7], [40, 90]);
  assert.deepEqual(line.range(10, 20), [0, 7]);
  assert.deepEqual(line.range(10, 21), [0, 7]);
  assert.deepEqual(line.range(5, 20), [0, 150]);
  assert.deepEqual(line.range(12, 14), [1, 5]); // nothing but the line between two readings
  assert.deepEqual(lineOf([0, -1e308], [10, 1e308]).range(5, 8), [0, 1e308]);
});

test("a reading after a gap counts from the very edge of the plot", () => {
  assert.deepEqual(lineOf([0, 10], [20, 10], [100, NaN], [100, 50], [100, 60]).range(50, 100), [50, 60]);
});

test("what lies before a gap doesn't count when it is out of view", () => {
  const line = lineOf([0, 300], [20, NaN], [20, 5], [30, 7]);
  assert.deepEqual(line.range(10, 40), [5, 7]);
  assert.equal(lineOf([0, 300]).range(10, 40), null);
  assert.equal(new Line().range(0, 1), null);
});

test("a bin tells what its readings were; points that are readings are no bin", () => {
  const line = lineOf([0, 5], [10, 7]);
  const bin = { times: [20, 22, 24, 30, 32], values: [3, 9, 1, NaN, 4], counts: [37, 0, 0, 0, 2] };
  line.patch({ cut: 20, times: Float64Array.from(bin.times), values: Float64Array.from(bin.values), counts: Uint32Array.from(bin.counts) });
  assert.equal(line.binAt(0), null);
  for (const i of [2, 3, 4]) assert.deepEqual(line.binAt(i), { from: 20, to: 24, low: 1, high: 9, n: 37 });
  assert.deepEqual(line.binAt(6), { from: 32, to: 32, low: 4, high: 4, n: 2 });
  assert.equal(line.readingsPerPoint(0, 15), 1);
  assert.equal(line.readingsPerPoint(18, 31), 37);
  line.patch({ cut: 22, times: Float64Array.of(23), values: Float64Array.of(2) }); // its rest was replaced
  assert.deepEqual(line.binAt(2), { from: 20, to: 20, low: 3, high: 3, n: 37 });
});

test("counts move with their points when a line slides", () => {
  const line = new Line();
  for (let i = 0; i < 3000; i += 1) {
    line.patch({ cut: Infinity, times: Float64Array.of(i, i), values: Float64Array.of(i, -i), counts: Uint32Array.of(10, 0) });
    line.dropBefore(i - 20);
  }
  assert.deepEqual(line.binAt(line.end - 1), { from: 2999, to: 2999, low: -2999, high: 2999, n: 10 });
});
