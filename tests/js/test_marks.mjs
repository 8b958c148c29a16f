// Readings that a detector flagged, on the chart.

import assert from "node:assert/strict";
import test from "node:test";

import { drawMarks, Marks } from "../../nbstream/static/chart/marks.js";

const frame = { from: 0, to: 1000, width: 1000 };
/** A plot of 1000 × 200 px that shows channel 0 from 0 to 10. */
const plot = { frame, xOf: (time) => time, yOf: (channel, value) => (channel === 0 ? 200 - value * 20 : null) };

test("the newest marks are kept, and only so many", () => {
  const marks = new Marks();
  marks.add(Array.from({ length: 700 }, (_, i) => [0, i, 1, `number ${i}`]));
  assert.equal(marks.all.length, 500);
  assert.equal(marks.all.at(-1).reason, "number 699");
  marks.clear();
  assert.deepEqual(marks.all, []);
});

test("the cursor finds the nearest mark of its channel, within a few pixels", () => {
  const marks = new Marks();
  marks.add([[0, 100, 1, "first"], [0, 105, 1, "second"], [1, 104, 1, "other"]]);
  assert.equal(marks.near(0, 104, frame).reason, "second");
  assert.equal(marks.near(1, 100, frame).reason, "other");
  assert.equal(marks.near(0, 130, frame), null);
});

test("marks outside of the view are neither drawn nor found", () => {
  const marks = new Marks();
  marks.add([[0, -1, 1, "before"], [0, 1001, 1, "after"], [0, 1000, 1, "edge"]]);
  assert.deepEqual(marks.inView(0, frame).map(({ reason }) => reason), ["edge"]);
});

function ringsOf(readings) {
  const rings = [];
  const context = new Proxy({}, { get: (_, name) => (...given) => name === "arc" && rings.push(given.slice(0, 3)), set: () => true });
  const marks = new Marks();
  marks.add(readings);
  drawMarks(context, marks, plot, "red");
  return rings;
}

test("rings of many readings side by side don't overlap", () => {
  const readings = Array.from({ length: 100 }, (_, i) => [0, i, 5, ""]);
  assert.deepEqual(ringsOf(readings).slice(0, 3).map(([x]) => x), [0, 12, 24]);
});

test("a ring is drawn around the reading, and none for a channel that is not shown", () => {
  assert.deepEqual(ringsOf([[0, 500, 5, ""], [1, 600, 5, ""]]), [[500, 100, 6]]);
});
