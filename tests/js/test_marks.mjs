// Readings that a detector flagged, on the chart.

import assert from "node:assert/strict";
import test from "node:test";

import { drawMarks, Marks } from "../../nbstream/static/chart/marks.js";

const plane = { from: 0, to: 1000, bottom: 0, top: 10, width: 2000, height: 400, ratio: 2 };

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
  assert.equal(marks.near(0, 104, plane).reason, "second");
  assert.equal(marks.near(1, 100, plane).reason, "other");
  assert.equal(marks.near(0, 130, plane), null);
});

test("marks outside of the view are neither drawn nor found", () => {
  const marks = new Marks();
  marks.add([[0, -1, 1, "before"], [0, 1001, 1, "after"], [0, 1000, 1, "edge"]]);
  assert.deepEqual(marks.inView(0, plane).map(({ reason }) => reason), ["edge"]);
});

test("rings of many readings side by side don't overlap", () => {
  const xs = [];
  const context = new Proxy({}, { get: (_, name) => (...given) => name === "arc" && xs.push(given[0]), set: () => true });
  const marks = Array.from({ length: 100 }, (_, i) => ({ channel: 0, time: i, value: 5, reason: "" }));
  drawMarks(context, marks, plane, "red");
  assert.deepEqual(xs.slice(0, 3), [0, 24, 48]);
});

test("a ring is drawn around the reading", () => {
  const calls = [];
  const context = new Proxy({}, { get: (_, name) => (...given) => calls.push([name, ...given]), set: () => true });
  drawMarks(context, [{ channel: 0, time: 500, value: 5, reason: "" }], plane, "red");
  const [, x, y, radius] = calls.find(([name]) => name === "arc");
  assert.deepEqual([x, y, radius], [1000, 200, 12]);
  drawMarks(context, [], plane, "red");
  assert.equal(calls.filter(([name]) => name === "stroke").length, 1);
});
