// Which span of time a view shows.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Viewport } from "../../nbstream/static/chart/viewport.js";

let view;

beforeEach(() => {
  view = new Viewport();
  view.isDelivering = false; // the edge is the newest reading
  arrive(100_000, 0);
});

/** A reading comes, and is seen once it has scrolled in. */
function arrive(time, at) {
  view.clock.take(time, at);
  view.clock.last = null;
}

const NOW = 10_000;
const width = () => view.range(NOW)[1] - view.range(NOW)[0];

test("a view follows the newest reading at the width of the window", () => {
  assert.deepEqual(view.range(NOW), [40_000, 100_000]);
  view.takeWindow(10_000, true);
  assert.deepEqual(view.range(NOW), [90_000, 100_000]);
  assert.equal(view.isWindow, true);
  assert.equal(view.isZoomed, false);
});

test("before the first reading the axis ends now", () => {
  const before = Date.now();
  const [from, to] = new Viewport().range(NOW);
  assert.equal(to - from, 60_000);
  assert.ok(before <= to && to <= Date.now());
});

test("a zoom that reaches to the live edge keeps its width and follows", () => {
  view.lookAt(80_000, 98_500, NOW);
  assert.equal(view.isFollowing, true);
  assert.equal(view.isWindow, false);
  assert.equal(view.isZoomed, true);
  assert.deepEqual(view.range(NOW), [81_500, 100_000]);
  arrive(110_000, NOW);
  assert.deepEqual(view.range(NOW + 20_000), [91_500, 110_000]);
});

test("a box in the past is looked at, and data that arrive don't move it", () => {
  view.lookAt(20_000, 80_000, NOW);
  assert.deepEqual(view.detached, [20_000, 80_000]);
  assert.equal(view.isFollowing, false);
  arrive(200_000, NOW + 1000);
  assert.deepEqual(view.range(NOW + 5000), [20_000, 80_000]);
  view.reset();
  assert.equal(view.isWindow, true);
});

test("a zoom in a view that follows holds the live edge, unless it is around a place far in the past", () => {
  view.zoom(0.5, 70_000, NOW);
  assert.deepEqual(view.range(NOW), [70_000, 100_000]);
  assert.equal(view.isFollowing, true);
  view.zoom(0.5, 71_000, NOW);
  assert.equal(view.isFollowing, false);
  assert.deepEqual(view.range(NOW), [70_500, 85_500]);
});

test("the time under the cursor stays where it is while one zooms in the past", () => {
  view.lookAt(20_000, 40_000, NOW);
  view.zoom(0.5, 25_000, NOW);
  assert.deepEqual(view.range(NOW), [22_500, 32_500]);
  view.zoom(2, 25_000, NOW);
  assert.deepEqual(view.range(NOW), [20_000, 40_000]);
});

test("a zoom out stops at the live edge and follows again, at its width", () => {
  view.lookAt(60_000, 90_000, NOW);
  view.zoom(4, 75_000, NOW);
  assert.deepEqual(view.range(NOW), [-20_000, 100_000]);
  assert.equal(view.isFollowing, true);
  assert.equal(view.isWindow, false);
});

test("a zoom out that comes to the window's width is the window", () => {
  view.zoom(0.5, null, NOW);
  assert.equal(view.isWindow, false);
  view.zoom(2, null, NOW);
  assert.equal(view.isWindow, true);
});

test("any step back leaves live, and the way forward ends at the live edge", () => {
  view.pan(-100, NOW);
  assert.deepEqual(view.range(NOW), [39_900, 99_900]);
  assert.equal(view.isFollowing, false);
  view.pan(60_000, NOW);
  assert.equal(view.isWindow, true);
});

test("a width has bounds", () => {
  for (let i = 0; i < 80; i += 1) view.zoom(0.3, null, NOW);
  assert.ok(width() >= 0.09);
  for (let i = 0; i < 80; i += 1) view.zoom(4, null, NOW);
  assert.ok(Number.isFinite(width()));
});

test("a paused view stays where it is, whatever arrives", () => {
  view.pause(true, NOW);
  arrive(200_000, NOW + 1000);
  assert.deepEqual(view.range(NOW + 9000), [40_000, 100_000]);
  assert.equal(view.isFollowing, false);
  view.pause(false, NOW + 9000);
  assert.deepEqual(view.range(NOW + 9000), [140_000, 200_000]);
});

test("a zoom made in pause survives resume", () => {
  view.pause(true, NOW);
  view.lookAt(80_000, 90_000, NOW);
  arrive(200_000, NOW + 1000);
  assert.deepEqual(view.range(NOW + 2000), [80_000, 90_000]);
  view.pause(false, NOW + 2000);
  assert.equal(view.isFollowing, true);
  assert.deepEqual(view.range(NOW + 2000), [190_000, 200_000]);
});

test("a paused view that was only moved resumes at the window", () => {
  view.pause(true, NOW);
  view.pan(-30_000, NOW);
  assert.deepEqual(view.range(NOW), [10_000, 70_000]);
  view.pause(false, NOW);
  assert.equal(view.isWindow, true);
});

test("keys zoom a paused view at the edge that was live when it was paused", () => {
  view.pause(true, NOW);
  arrive(130_000, NOW);
  view.zoom(0.5, null, NOW);
  assert.deepEqual(view.range(NOW), [70_000, 100_000]);
  view.reset();
  assert.deepEqual(view.range(NOW), [40_000, 100_000]);
  assert.equal(view.isPaused, true);
});

test("another window acts on a view that looks back or is paused, and keeps its right edge", () => {
  view.lookAt(70_000, 80_000, NOW);
  assert.equal(view.isZoomed, true);
  view.takeWindow(30_000, true);
  assert.deepEqual(view.range(NOW), [50_000, 80_000]);
  assert.equal(view.isZoomed, false);
  view.reset();
  view.pause(true, NOW);
  view.takeWindow(300_000, true);
  assert.deepEqual(view.range(NOW), [-200_000, 100_000]);
});

test("a window that only breathes leaves a view alone that has a width of its own", () => {
  view.lookAt(95_000, 100_000, NOW);
  view.takeWindow(61_000, false);
  assert.deepEqual(view.range(NOW), [95_000, 100_000]);
  view.showWindow();
  assert.deepEqual(view.range(NOW), [39_000, 100_000]);
  assert.equal(view.isWindow, true);
});

test("a gesture sees the view stand still, and measures by the live edge at its beginning", () => {
  view.hold(NOW);
  arrive(110_000, NOW + 1000);
  assert.deepEqual(view.range(NOW + 5000), [40_000, 100_000]);
  view.lookAt(90_000, 99_900, NOW + 5000);
  assert.equal(view.isFollowing, true);
  assert.deepEqual(view.range(NOW + 5000), [90_100, 100_000]);
  view.release(NOW + 5000);
  const glide = [5000, 5050, 5300, 8000].map((ms) => view.range(NOW + ms)[1]);
  assert.equal(glide[0], 100_000);
  assert.ok(glide.every((edge, i) => i === 0 || edge > glide[i - 1]), String(glide));
  assert.ok(Math.abs(glide[3] - 110_000) < 1);
});

test("a gesture that moves the view shows it at once", () => {
  view.hold(NOW);
  view.lookAt(30_000, 90_000, NOW);
  assert.deepEqual(view.range(NOW), [30_000, 90_000]);
  view.release(NOW);
  assert.deepEqual(view.range(NOW), [30_000, 90_000]);
});

test("the way back to live keeps the width that was chosen, in a pause too", () => {
  view.lookAt(10_000, 20_000, NOW);
  view.goLive();
  assert.deepEqual(view.range(NOW), [90_000, 100_000]);
  assert.equal(view.isFollowing, true);
  view.pause(true, NOW);
  view.lookAt(10_000, 15_000, NOW);
  view.goLive();
  assert.deepEqual(view.range(NOW), [95_000, 100_000]);
});

test("a file has no live edge: a zoom keeps the time at the pointer where it is", () => {
  view.goesOn = false;
  view.zoom(0.1, 85_000, NOW);
  assert.deepEqual(view.range(NOW), [80_500, 86_500]);
  view.zoom(100, 85_000, NOW);
  assert.equal(view.range(NOW)[1], 100_000);
  view.reset();
  view.zoom(0.5, null, NOW);
  assert.deepEqual(view.range(NOW), [55_000, 85_000]);
});
