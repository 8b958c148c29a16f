import assert from "node:assert/strict";
import { test } from "node:test";

import { Line } from "../../nbstream/static/chart/line.js";
import { newerThan, unpackLines } from "../../nbstream/static/chart/wire.js";

const patch = (times) => ({ channel: 0, cut: -Infinity, times: Float64Array.from(times), values: Float64Array.from(times) });

test("of a whole frame a line takes only what it has not: its own points are finer", () => {
  const line = new Line();
  line.patch(newerThan(line, patch([1, 5])));
  line.patch(patch([1, 2, 3, 4, 5]));
  for (const [given, taken] of [[[1, 5, 7], [7]], [[1, 5], []], [[], []], [[8, 9], [8, 9]]]) {
    const fresh = newerThan(line, patch(given));
    assert.deepEqual([...fresh.times], taken);
    assert.deepEqual([...fresh.values], taken);
    line.patch(fresh);
  }
  assert.deepEqual([...line.times.subarray(line.start, line.end)], [1, 2, 3, 4, 5, 7, 8, 9]);
});

const view = (array) => new DataView(array.buffer);

test("counts of bins stand at their first points; a line without them is all readings", () => {
  const floats = Float64Array.from([1, 2, 3, 10, 20, 30, 5, 50]);
  const bins = Uint32Array.from([(37 << 8) | 2, (9 << 8) | 1]);
  const [binned, plain] = unpackLines({ lines: [[0, 3, null, 2], [1, 1, 4]] }, [view(floats), view(bins)]);
  assert.deepEqual([...binned.counts], [37, 0, 9]);
  assert.deepEqual([...binned.values], [10, 20, 30]);
  assert.deepEqual([plain.cut, plain.counts, ...plain.times, ...plain.values], [4, undefined, 5, 50]);
});
