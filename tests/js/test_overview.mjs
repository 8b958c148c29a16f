// The strip below a chart.

import assert from "node:assert/strict";
import test from "node:test";

import { runsOf } from "../../nbstream/static/chart/overview.js";

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
