import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Viewport } from "../../nbstream/static/chart/viewport.js";

let view;

beforeEach(() => {
  view = new Viewport();
  view.clock.take(100_000, 0); // one arrival: the edge is the newest reading
  view.followed = { from: 40_000, to: 100_000 };
});

test("a view follows the newest reading at the width of the window", () => {
  assert.deepEqual(view.range(0), [40_000, 100_000]);
  view.span = 10_000;
  assert.deepEqual(view.range(0), [90_000, 100_000]);
  assert.equal(view.isElsewhere, false);
});

test("a zoom that reaches to the live edge keeps its width and follows", () => {
  view.lookAt(80_000, 98_500);
  assert.equal(view.isFollowing, true);
  assert.equal(view.isElsewhere, true);
  assert.deepEqual(view.range(0), [81_500, 100_000]);
});

test("a pan into the past stays there, until somebody jumps back", () => {
  view.lookAt(20_000, 80_000);
  assert.deepEqual(view.detached, [20_000, 80_000]);
  assert.equal(view.isFollowing, false);
  view.reset();
  assert.equal(view.isElsewhere, false);
});

test("a paused view stays where it is, at the live edge too, and resuming leaves the past", () => {
  view.pause(true);
  view.lookAt(80_000, 100_000);
  assert.deepEqual(view.detached, [80_000, 100_000]);
  view.reset();
  assert.equal(view.isFollowing, false);
  view.lookAt(20_000, 80_000);
  view.pause(false);
  assert.equal(view.isFollowing, true);
});
