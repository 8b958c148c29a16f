// What detectors flagged, on the chart.

import assert from "node:assert/strict";
import test from "node:test";

import { drawMarks, Marks } from "../../nbstream/static/chart/marks.js";

const frame = { from: 0, to: 1000, left: 0, width: 1000, top: 0 };
const look = { ink: "ink", surface: "surface", muted: "muted", family: "sans" };
/** A plot of 1000 × 200 px that shows channel 0 from 0 to 10. */
const plot = { frame, look, xOf: (time) => time, yOf: (channel, value) => (channel === 0 ? 200 - value * 20 : null) };
const DETECTORS = ["zscore", "cusum", "spot", "ewma"];

const flag = (time, { channel = 0, value = 5, detector = 0, to = time, n = 1, score = 3, reason = "far" } = {}) => [channel, time, to, time, value, detector, n, score, reason];

function marksOf(...flags) {
  const marks = new Marks();
  marks.add(flags, DETECTORS);
  return marks;
}

test("the newest marks are kept, and only so many; a run that has grown is the same mark", () => {
  const marks = marksOf(...Array.from({ length: 700 }, (_, i) => flag(i)));
  assert.equal(marks.all.length, 500);
  marks.add([flag(699, { to: 720, n: 4 })]);
  assert.equal(marks.all.length, 500);
  assert.equal(marks.all.at(-1).to, 720);
  marks.clear();
  assert.deepEqual(marks.all, []);
});

test("the cursor finds of each detector the nearest mark of its channel, also within a run", () => {
  const marks = marksOf(flag(100), flag(105, { reason: "second", n: 12, to: 108 }), flag(104, { channel: 1 }), flag(300, { detector: 1, to: 500, score: null, reason: "shift" }));
  assert.deepEqual(marks.words(0, 107, frame), ["zscore, score 3, 12 flags: second"]);
  assert.deepEqual(marks.words(0, 400, frame), ["cusum: shift"]);
  assert.deepEqual(marks.words(0, 130, frame), []);
  const many = marksOf(...[0, 1, 2, 3].map((detector) => flag(100, { detector })));
  assert.deepEqual(many.words(0, 100, frame).slice(2), ["spot, score 3: far", "+1 more detectors"]);
});

/** What is drawn: the shapes by their first point, and the lines of runs. */
function drawnOf(...flags) {
  const calls = [];
  const context = new Proxy({}, { get: (_, name) => (...given) => (name === "measureText" ? { width: 40 } : calls.push([name, ...given.map((part) => (typeof part === "number" ? Math.round(part) : part))])), set: () => true });
  drawMarks(context, marksOf(...flags), plot);
  return calls;
}
const of = (calls, name) => calls.filter((call) => call[0] === name).map((call) => call.slice(1));

test("each detector has a shape of its own, and the key names it", () => {
  const calls = drawnOf(flag(300), flag(600, { detector: 3 }));
  assert.deepEqual(of(calls, "arc")[0].slice(0, 2), [600, 100]);
  assert.equal(of(calls, "closePath").length, 4); // two marks, two in the key
  assert.deepEqual(of(calls, "fillText").map(([text]) => text), ["zscore", "ewma"]);
});

test("marks of one detector don't smear; those of another stand above them", () => {
  const calls = drawnOf(...Array.from({ length: 100 }, (_, i) => flag(i, { detector: 3 })));
  assert.ok(of(calls, "arc").length <= 10);
  const both = drawnOf(flag(500, { detector: 3 }), flag(500));
  const ys = [of(both, "arc")[0][1], of(both, "moveTo")[0][1]];
  assert.ok(Math.abs(ys[0] - ys[1]) >= 6, ys.join());
});

test("a run has a line from its first to its last flag, cut where the view ends", () => {
  const calls = drawnOf(flag(900, { to: 4000, n: 30 }));
  assert.deepEqual([of(calls, "moveTo")[0], of(calls, "lineTo")[0]], [[900, 100], [1000, 100]]);
});

test("nothing is drawn for a channel that isn't shown, or outside of the view", () => {
  assert.deepEqual(drawnOf(flag(500, { channel: 1 }), flag(-5), flag(1001)), []);
});
