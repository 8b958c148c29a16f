import assert from "node:assert/strict";
import { test } from "node:test";

import { Line } from "../../nbstream/static/chart/line.js";
import { newerThan } from "../../nbstream/static/chart/wire.js";

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
