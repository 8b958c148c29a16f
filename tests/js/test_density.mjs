// How dense the points in view are: markers, and thin lines.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Density, isSparse } from "../../nbstream/static/chart/density.js";
import { Line } from "../../nbstream/static/chart/line.js";

function lineOf(...points) {
  const line = new Line();
  line.patch({ cut: -Infinity, times: Float64Array.from(points, ([t]) => t), values: Float64Array.from(points, ([, y]) => y) });
  return line;
}

const even = (n, step) => lineOf(...Array.from({ length: n }, (_, i) => [i * step, 1]));

test("few points in view are sparse, and breaks don't make them look dense", () => {
  const few = lineOf([0, 1], [20, NaN], [20, 2], [40, NaN], [40, 3], [60, NaN], [60, 4]);
  assert.ok(isSparse(few, 0, 100, 1, false));
  assert.ok(!isSparse(few, 0, 100, 10, false));
});

test("points at the border of sparse stay what they were", () => {
  const line = lineOf(...Array.from({ length: 20 }, (_, i) => [i * 5.5, 1]));
  assert.ok(isSparse(line, 0, 110, 1, true));
  assert.ok(!isSparse(line, 0, 110, 1, false));
});

test("a line's first point is a marker, and one that is left in view changes nothing", () => {
  assert.ok(isSparse(lineOf([5, 1]), 0, 10, 1, true));
  assert.ok(!isSparse(even(100, 1), 99, 120, 1, false));
});

test("with many points in view lines of the usual width are one device px wide", () => {
  const density = new Density();
  assert.ok(density.look([even(1000, 1)], [0, 1000], 1));
  assert.equal(density.widthOf(1.5, 1), 1.5);
  const lines = Array.from({ length: 4 }, () => even(1000, 1));
  assert.ok(density.look(lines, [0, 1000], 1));
  assert.deepEqual([density.widthOf(1.5, 1), density.widthOf(1.5, 1.25), density.widthOf(1.5, 2), density.widthOf(3, 1)], [1, 0.8, 1.5, 3]);
  assert.ok(!density.look(lines, [0, 700], 1));
  assert.ok(density.isBusy);
  assert.ok(density.look(lines, [0, 600], 1));
  assert.ok(!density.isBusy);
});

test("lines that aren't seen don't count", () => {
  const density = new Density();
  density.look([even(2000, 1), null], [0, 2000], 1);
  assert.ok(!density.isBusy);
});
