// Bands of mean ± k·std: what is kept of them, how far they reach, what is drawn.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { StdBands } from "../../nbstream/static/chart/stdBands.js";

const PLACE = { left: 10, top: 20, width: 100, height: 50 };
const AXIS = { bottom: 0, top: 10, isLog: false };
const STYLE = { color: "red", opacity: 1 };
let bands;

beforeEach(() => {
  bands = new StdBands();
  bands.k = 2;
});

/** The corners of what is drawn, a list for each closed part. */
function drawn(axis = AXIS) {
  const parts = [];
  let isClip = true;
  const put = (...corner) => parts.at(-1).push(corner);
  const context = { save() {}, restore() {}, rect() {}, clip: () => (isClip = false), fill() {}, closePath() {} };
  context.beginPath = () => isClip || parts.splice(0);
  context.moveTo = (x, y) => (parts.push([]), put(x, y));
  context.lineTo = put;
  bands.draw(context, 0, PLACE, (time) => 10 + time, axis, STYLE);
  return parts;
}

test("a band lies between mean − k·std and mean + k·std", () => {
  bands.take([0, [[0, [0, 50], [5, 6], [1, 0.5]]]]);
  assert.deepEqual(drawn(), [[[10, 35], [60, 35], [60, 45], [10, 55]]]);
  assert.deepEqual(bands.range(0, 0, 100, false), [3, 7]);
  assert.deepEqual(bands.range(0, 40, 100, false), [5, 7]);
  assert.equal(bands.range(1, 0, 100, false), null);
});

test("without bands nothing is drawn, and nothing counts for the range", () => {
  bands.take([0, [[0, [0, 50], [5, 6], [1, 1]]]]);
  bands.k = null;
  assert.deepEqual(drawn(), []);
  assert.equal(bands.range(0, 0, 100, false), null);
});

test("where a deviation isn't known there is no band", () => {
  bands.take([0, [[0, [0, 10, 20, 30, 40], [5, 5, null, 5, 5], [1, 1, null, 1, 1]]]]);
  assert.equal(drawn().length, 2);
  bands.take([1, [[0, [0], [5], [null]]]]);
  assert.deepEqual(drawn(), []);
  assert.equal(bands.range(0, 0, 100, false), null);
});

test("points that come twice are held once, and another history begins anew", () => {
  bands.take([0, [[0, [0, 10], [1, 2], [1, 1]]]]);
  bands.take([0, [[0, [0, 10, 20], [1, 2, 9], [1, 1, 0]]]]);
  assert.equal(drawn()[0].length, 6);
  assert.deepEqual(bands.range(0, 0, 100, false), [-1, 9]);
  bands.take([1, [[0, [30], [4], [1]]]]);
  assert.deepEqual(bands.range(0, 0, 100, false), [2, 6]);
});

test("what is kept is bounded: the oldest points go", () => {
  for (let i = 0; i < 3000; i += 1) bands.take([0, [[0, [i], [i], [0]]]]);
  assert.equal(bands.range(0, 0, Infinity, false)[0], 1800);
});

test("on a logarithmic axis a band that reaches below zero goes down to the edge", () => {
  bands.take([0, [[0, [0, 50], [5, 5], [4, 4]]]]);
  const [corners] = drawn({ bottom: 0.1, top: 100, isLog: true });
  assert.deepEqual(corners.slice(2), [[60, 70], [10, 70]]);
  assert.deepEqual(bands.range(0, 0, 100, true), [13, 13]);
});
