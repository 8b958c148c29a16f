// Taking back a zoom.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ViewSteps } from "../../nbstream/static/chart/viewSteps.js";
import { Viewport } from "../../nbstream/static/chart/viewport.js";

let view;
let plot;
let steps;
let now;

beforeEach(() => {
  view = new Viewport();
  view.isDelivering = false;
  view.clock.take(60_000, -1000);
  plot = { fixedY: [] };
  steps = new ViewSteps(view, plot);
  now = 0;
});

/** Let a person change the view, some time after the change before. */
function change(act, later = 5000) {
  now += later;
  act();
  steps.note(now);
}

const range = () => view.range(performance.now()).map(Math.round);

test("views are taken back one after the other, to the window that followed", () => {
  change(() => view.lookAt(20_000, 40_000));
  change(() => view.lookAt(25_000, 30_000));
  assert.equal(steps.back(), true);
  assert.deepEqual(range(), [20_000, 40_000]);
  assert.equal(steps.back(), true);
  assert.equal(view.isWindow, true);
  assert.equal(steps.back(), false);
});

test("a view that followed at a width of its own follows again", () => {
  change(() => view.lookAt(48_000, 60_000));
  change(() => view.pan(-20_000));
  steps.back();
  assert.equal(view.isFollowing, true);
  assert.equal(view.width, 12_000);
});

test("a turn of the wheel is one step", () => {
  for (let turn = 0; turn < 10; turn++) change(() => view.zoom(0.9), 50);
  change(() => view.zoom(0.5));
  steps.back();
  steps.back();
  assert.equal(view.isWindow, true);
});

test("what a gesture passes through is no step", () => {
  view.hold();
  change(() => view.lookAt(10_000, 50_000));
  change(() => view.lookAt(5000, 45_000));
  view.release();
  change(() => {});
  steps.back();
  assert.equal(view.isWindow, true);
});

test("the range of a y axis is taken back too, and the pause stays", () => {
  change(() => (plot.fixedY = [[0, 0, [1, 2]]]));
  view.pause(true);
  change(() => {
    view.lookAt(20_000, 30_000);
    plot.fixedY = [];
  });
  steps.back();
  assert.deepEqual(plot.fixedY, [[0, 0, [1, 2]]]);
  assert.equal(view.isPaused, true);
  assert.deepEqual(range(), [0, 60_000]);
});

test("only so many are kept", () => {
  for (let step = 0; step < 80; step++) change(() => view.lookAt(step * 100, step * 100 + 1000));
  let n = 0;
  while (steps.back()) n += 1;
  assert.equal(n, 50);
});
