// The strip below a chart.

import assert from "node:assert/strict";
import test from "node:test";

import { Line } from "../../nbstream/static/chart/line.js";
import { grownBins, runsOf, stateRuns } from "../../nbstream/static/chart/overview.js";

const bins = (text) => Float32Array.from(text, (c) => (c === "." ? NaN : 1));

test("bins beside one another are one run", () => {
  assert.deepEqual(runsOf(bins("xxxx")), [[0, 1, 2, 3]]);
});

test("readings that are rarer than bins are joined", () => {
  assert.deepEqual(runsOf(bins("x...x...x..x")), [[0, 4, 8, 11]]);
});

test("a pause that is long beside the usual one parts them", () => {
  assert.deepEqual(runsOf(bins("xxxx.....xxx")), [[0, 1, 2, 3], [9, 10, 11]]);
});

test("nothing has no run, one reading has one", () => {
  assert.deepEqual(runsOf(bins("....")), []);
  assert.deepEqual(runsOf(bins("..x.")), [[2]]);
});

const codes = (text) => Float32Array.from(text, (c) => (c === "." ? NaN : c === "m" ? -1 : Number(c)));
const states = (first, last, isHeld = false) => stateRuns(codes(first), codes(last), isHeld).map(({ code, from, stop, isFaint }) => [code, from, stop, isFaint]);

test("states of words are runs, and of a bin in which one changed each half has its own", () => {
  assert.deepEqual(states("0000112", "0001112"), [[0, 0, 3.5, false], [1, 3.5, 6, false], [2, 6, 7, false]]);
});

test("a bin with several states says so, and a pause is blank", () => {
  assert.deepEqual(states("00m0....00", "00m0....00"), [[0, 0, 2, false], [-1, 2, 3, false], [0, 3, 4, false], [0, 8, 10, false]]);
});

test("a state that is told only when it changes goes on, faint after it was told last", () => {
  assert.deepEqual(states("0.....1..", "0.....1..", true), [[0, 0, 6, false], [1, 6, 7, false], [1, 7, 9, true]]);
  assert.deepEqual(states("....", "....", true), []);
});

/** A line with these points. */
function line(times, values) {
  const made = new Line();
  made.patch({ cut: Infinity, times: Float64Array.from(times), values: Float64Array.from(values) });
  return made;
}

const held = (text) => Float32Array.from(text.split(" "), Number);
// Two channels, three bins of 10 ms from 100 on: smallest, then largest values.
const BINS = { start: 100, step: 10, n: 3, numbers: held("1 2 3 4 5 6 -1 -2 NaN 1 2 NaN") };

test("what came since is added from the live lines, in the last bin too", () => {
  const lines = [line([115, 121, 128, 131, 149], [99, 2, 7, 5, NaN]), line([95, 143, 144], [0, 1e39, -1])];
  const { start, step, n, numbers } = grownBins(BINS, lines, 149);
  assert.deepEqual([start, step, n], [100, 10, 5]);
  assert.deepEqual(numbers, held("1 2 2 5 NaN 4 5 7 5 NaN -1 -2 NaN NaN -1 1 2 NaN NaN 3e38"));
  assert.deepEqual(BINS.numbers.length, 12);
});

test("of a clock that is ahead nothing is added", () => {
  assert.equal(grownBins(BINS, [line([110, 5000], [1, 1]), line([], [])], 125).n, 3);
});

test("the kernel is asked where the lines do not reach back to the bins, or a channel is new", () => {
  const empty = line([], []);
  assert.equal(grownBins(BINS, [line([131], [1]), empty], 131), null);
  assert.notEqual(grownBins(BINS, [line([130], [1]), empty], 131), null);
  assert.equal(grownBins(BINS, [empty, empty, line([100], [1])], 131), null);
  assert.equal(grownBins({ ...BINS, n: 0, numbers: held("") }, [], 131), null);
  assert.equal(grownBins(BINS, [empty], null), null);
  assert.equal(grownBins(BINS, [line([100], [1])], 1e6), null);
});
