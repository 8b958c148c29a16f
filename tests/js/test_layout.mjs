// Where rows, numbers and times have their room.

import assert from "node:assert/strict";
import { test } from "node:test";

import { frameOf, layOutRows } from "../../nbstream/static/chart/layout.js";

const one = { share: 1, axes: [{}] };
const two = { share: 1, axes: [{}, {}] };

test("one axis has room at the left, a second one of any row at the right of all", () => {
  const single = layOutRows([one], { width: 900, height: 380, ratio: 1 });
  assert.deepEqual([single.left, single.left + single.width], [56, 884]);
  const several = layOutRows([one, two], { width: 900, height: 380, ratio: 1 });
  assert.deepEqual([several.left, several.left + several.width], [56, 844]);
});

test("rows have their shares of the height, and the times are below the last", () => {
  const { rows } = layOutRows([{ ...one, share: 2 }, one], { width: 900, height: 378, ratio: 1 });
  assert.deepEqual(rows, [{ top: 20, height: 200 }, { top: 240, height: 100 }]);
});

test("everything is on whole device pixels at any ratio", () => {
  for (const ratio of [1, 1.1, 1.25, 1.5, 2, 3]) {
    const { left, width, rows } = layOutRows([one, two, one], { width: Math.round(777 * ratio), height: Math.round(433 * ratio), ratio });
    assert.ok([left, width, ...rows.flatMap(({ top, height }) => [top, height])].every(Number.isInteger), String(ratio));
  }
});

test("a chart without room still has rows", () => {
  const { width, rows } = layOutRows([one, one], { width: 40, height: 30, ratio: 1 });
  assert.ok(width >= 1 && rows.every(({ height }) => height > 0));
});

test("the frame is the same in CSS px", () => {
  const layout = layOutRows([one, one], { width: 1800, height: 760, ratio: 2 });
  const frame = frameOf(layout, { from: 1, to: 2 }, [["first"], ["second"]]);
  assert.deepEqual([frame.left, frame.width, frame.top], [56, 828, 20]);
  assert.equal(frame.height, frame.rows[1].top + frame.rows[1].height - 20);
  assert.deepEqual(frame.rows.map(({ axes }) => axes), [["first"], ["second"]]);
});
