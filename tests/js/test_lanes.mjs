// Lanes of channels of words: blocks no wider than what was told, and what the cursor says of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LaneLabels, laneRuns, stateAt, stateText } from "../../nbstream/static/chart/lanes.js";
import { layOutRows } from "../../nbstream/static/chart/layout.js";
import { Line } from "../../nbstream/static/chart/line.js";

const SCALE = { origin: 0, msPerPx: 10 };

function lineOf(...points) {
  const line = new Line();
  line.patch({ cut: -Infinity, times: Float64Array.from(points, ([time]) => time), values: Float64Array.from(points, ([, code]) => code) });
  return line;
}

function runsOf(line, until = null, stop = 100) {
  return laneRuns(line, SCALE, 0, stop, until).map(({ code, from, stop: end, isFaint }) => (isFaint ? [code, from, end, "faint"] : [code, from, end]));
}

test("a state lasts until the next one, and no longer than it was told", () => {
  assert.deepEqual(runsOf(lineOf([0, 0], [100, 1], [200, 1])), [[0, 0, 10], [1, 10, 21]]);
});

test("a silence is blank", () => {
  assert.deepEqual(runsOf(lineOf([0, 0], [100, 0], [300, NaN], [300, 0], [400, 0])), [[0, 0, 11], [0, 30, 41]]);
});

test("several states in a column are told as that", () => {
  const line = lineOf([0, 0], [102, 1], [104, 2], [106, 0], [300, 0]);
  assert.deepEqual(runsOf(line), [[0, 0, 10], [-1, 10, 11], [0, 11, 31]]);
  assert.deepEqual(runsOf(lineOf([0, 0], [105, 1], [108, 0], [300, 0])), [[0, 0, 10], [-1, 10, 11], [0, 11, 31]]);
});

test("a state that is told when it changes goes on, faintly", () => {
  assert.deepEqual(runsOf(lineOf([0, 0], [100, 1]), 500), [[0, 0, 10], [1, 10, 11], [1, 11, 50, "faint"]]);
});

test("what began before the view is in it", () => {
  assert.deepEqual(laneRuns(lineOf([0, 3], [5000, 4]), SCALE, 100, 200, null)[0], { code: 3, from: 0, stop: 500, isFaint: false });
});

test("the cursor tells the state and since when", () => {
  const line = lineOf([0, 5], [1000, 0], [2000, 0], [3000, 0], [60_000, NaN], [60_000, 1]);
  const state = stateAt(line, 2500, null, 10);
  assert.deepEqual(state, { code: 0, since: 1000, isOlder: false });
  assert.equal(stateText("RUN", state, 241_000, () => "12:03:07"), "RUN since 12:03:07 (4 min 0 s)");
  assert.equal(stateAt(line, 30_000, null, 10), null, "in a silence");
  assert.deepEqual(stateAt(line, 500, null, 10), { code: 5, since: 0, isOlder: true });
  assert.equal(stateAt(line, 70_000, null, 10), null, "after the newest");
  assert.deepEqual(stateAt(line, 70_000, 80_000, 10), { code: 1, since: 60_000, isOlder: false });
  assert.equal(stateAt(line, -5, null, 10), null);
  assert.equal(stateText("", { code: -1, since: 0, isOlder: false }, 5, String), "several states");
});

test("labels are text, whatever they hold, and learned bit by bit", () => {
  const labels = new LaneLabels();
  labels.take({ 2: [[0, "<b>x</b>", 0]] });
  labels.take({ 2: [[1, "RUN", 1]] });
  labels.take(undefined);
  assert.equal(labels.text(2, 0), "<b>x</b>");
  assert.equal(labels.text(2, 1), "RUN");
  assert.equal(labels.text(2, 7), "–");
  assert.equal(labels.text(2, -1), "several states");
});

test("lanes stand below the rows, above the times, and take no more than half", () => {
  const size = { width: 800, height: 380, ratio: 1 };
  const rows = [{ share: 1, axes: [{ channels: [0] }] }];
  const { rows: placed, lanes, bottom } = layOutRows(rows, size, 2);
  assert.equal(lanes.length, 2);
  assert.ok(lanes[0].top >= placed[0].top + placed[0].height);
  assert.ok(bottom >= lanes[1].top + lanes[1].height && bottom <= 380 - 38);
  assert.ok(layOutRows(rows, size, 50).rows[0].height > 100);
  assert.equal(layOutRows(rows, size).lanes.length, 0);
  const alone = layOutRows([{ share: 1, axes: [{ channels: [] }] }], size, 1);
  assert.ok(alone.lanes[0].height > 30);
});
