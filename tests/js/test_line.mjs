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
