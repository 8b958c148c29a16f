// What a pointer does on a plot.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Gestures } from "../../nbstream/static/chart/gestures.js";
import { Viewport } from "../../nbstream/static/chart/viewport.js";
import { fakeEvent, installDom } from "./fakeDom.mjs";
import { FakePlot } from "./fakePlot.mjs";

let plot;
let view;
let gestures;
let changes;
let clicks;
let selected;
let jumps;
let clock;

beforeEach(() => {
  installDom();
  plot = new FakePlot();
  view = new Viewport();
  view.isDelivering = false;
  view.clock.take(60_000, -1000); // the edge
  changes = jumps = 0;
  clicks = [];
  selected = [];
  clock = 10_000;
  gestures = new Gestures(plot, view, {
    onChange: () => (changes += 1),
    onClick: (place) => clicks.push(place),
    onSelect: (span) => selected.push(span),
    jumpToLive: () => (jumps += 1),
  });
});

function point(type, x, y, more = {}) {
  clock += 10;
  const event = { clientX: x, clientY: y, pointerId: 1, button: 0, pointerType: "mouse", target: plot.el, timeStamp: clock, stopPropagation() {}, ...more };
  plot.el.dispatchEvent(fakeEvent(type, event));
}

function drag([x0, y0], [x1, y1], more = {}) {
  point("pointerdown", x0, y0, more);
  point("pointermove", (x0 + x1) / 2, (y0 + y1) / 2, more);
  point("pointermove", x1, y1, more);
  point("pointerup", x1, y1, more);
}

function wheel(deltaY, x, y, more = {}) {
  let isTaken = false;
  point("wheel", x, y, { deltaX: 0, deltaY, deltaMode: 0, preventDefault: () => (isTaken = true), ...more });
  return isTaken;
}

const range = () => view.range(performance.now()).map(Math.round);

test("a drag over the plot zooms time and leaves y alone", () => {
  drag([150, 50], [250, 100]);
  assert.deepEqual(range(), [10_000, 20_000]);
  assert.deepEqual(plot.ys, []);
  assert.ok(changes > 0);
});

test("a drag up to the right edge goes on following at its width", () => {
  drag([450, 50], [649, 60]);
  assert.equal(view.isFollowing, true);
  assert.equal(Math.round(view.width), 19_900);
});

test("a drag with Shift zooms y too, on both axes of its row and no other", () => {
  drag([150, 45], [250, 95], { shiftKey: true });
  assert.deepEqual(range(), [10_000, 20_000]);
  assert.deepEqual(plot.ys[0], [0, 0, [2.5, 7.5]]);
  const [row, axis, [low, high]] = plot.ys[1];
  assert.deepEqual([row, axis], [0, 1]);
  assert.ok(Math.abs(low - 10 ** 0.75) < 1e-9 && Math.abs(high - 10 ** 2.25) < 1e-9);
  assert.equal(plot.ys.length, 2);
});

test("a drag on a y axis zooms that axis and leaves time alone", () => {
  drag([20, 150], [22, 190]);
  assert.deepEqual(plot.ys, [[1, 0, [5, 9]]]);
  assert.deepEqual(range(), [0, 60_000]);
});

test("a drag on a y axis moves it in the mode that pans", () => {
  gestures.setMode("pan");
  drag([20, 150], [20, 160]);
  assert.deepEqual(plot.ys.at(-1), [1, 0, [1, 11]]);
});

test("a drag on the time axis pans, and the plot moves with the pointer", () => {
  point("pointerdown", 300, 260);
  point("pointermove", 350, 260);
  assert.deepEqual(range(), [-5000, 55_000]);
  point("pointermove", 400, 260);
  point("pointerup", 400, 260);
  assert.deepEqual(range(), [-10_000, 50_000]);
  assert.equal(view.isFollowing, false);
});

test("in the mode that pans a drag over the plot pans", () => {
  gestures.setMode("pan");
  assert.equal(plot.el.dataset.mode, "pan");
  drag([300, 50], [400, 60]);
  assert.deepEqual(range(), [-10_000, 50_000]);
});

test("in the mode that selects a drag selects a span, which a click lets go", () => {
  gestures.setMode("select");
  drag([250, 50], [150, 60]);
  assert.deepEqual(selected.at(-1), { from: 10_000, to: 20_000 });
  assert.deepEqual(range(), [0, 60_000]);
  drag([400, 50], [400, 50]);
  assert.deepEqual(selected.at(-1), null);
});

test("the view stands still while a box is drawn", () => {
  point("pointerdown", 150, 50);
  point("pointermove", 200, 50);
  view.clock.take(90_000, performance.now());
  assert.deepEqual(range(), [0, 60_000]);
  point("pointerup", 250, 50);
  assert.deepEqual(range(), [10_000, 20_000]);
});

test("a press without a drag is a click, and a slip is neither", () => {
  drag([150, 50], [152, 51]);
  assert.deepEqual(clicks, [{ x: 150, y: 50 }]);
  drag([150, 50], [156, 52]);
  assert.deepEqual(range(), [0, 60_000]);
  assert.equal(clicks.length, 1);
});

test("Escape gives a drag up, and puts back what it has moved", () => {
  gestures.setMode("pan");
  point("pointerdown", 300, 50);
  point("pointermove", 400, 50);
  assert.equal(view.isFollowing, false);
  document.dispatchEvent(fakeEvent("keydown", { key: "Escape", stopPropagation() {} }));
  assert.equal(view.isWindow, true);
  point("pointerup", 400, 50);
  assert.deepEqual(range(), [0, 60_000]);
  assert.deepEqual(clicks, []);
});

test("a press that was let go elsewhere is no drag", () => {
  point("pointerdown", 150, 50);
  point("pointermove", 350, 50, { buttons: 0 });
  point("pointermove", 400, 50, { buttons: 0 });
  assert.deepEqual(range(), [0, 60_000]);
  assert.equal(view.held, null);
});

test("what the browser takes away from us is put back", () => {
  drag([150, 50], [250, 60]);
  point("pointerdown", 300, 260);
  point("pointermove", 350, 260);
  point("pointercancel", 350, 260);
  assert.deepEqual(range(), [10_000, 20_000]);
});

test("a double click goes back to live; on a y axis it fits that axis", () => {
  point("dblclick", 300, 50);
  assert.equal(jumps, 1);
  point("dblclick", 20, 50);
  assert.equal(jumps, 1);
  assert.deepEqual(plot.ys, [[0, 0, null]]);
});

test("a wheel scrolls the page until the chart is clicked; with Ctrl it always zooms", () => {
  assert.equal(wheel(-50, 500, 50), false);
  assert.deepEqual(range(), [0, 60_000]);
  assert.equal(wheel(-50, 500, 50, { ctrlKey: true }), true);
  assert.equal(Math.round(view.width), Math.round(60_000 * Math.exp(-0.2)));
  plot.el.dispatchEvent(fakeEvent("focus"));
  assert.equal(wheel(50, 500, 50), true);
  assert.equal(Math.round(view.width), 60_000);
});

test("a scroll that began elsewhere goes on where the chart comes under the pointer", () => {
  plot.el.dispatchEvent(fakeEvent("focus"));
  document.dispatchEvent(fakeEvent("wheel", { target: document.body, timeStamp: clock }));
  assert.equal(wheel(50, 500, 50), false);
  assert.equal(wheel(50, 500, 50, { timeStamp: clock + 300 }), false);
  assert.equal(wheel(50, 500, 50, { timeStamp: clock + 2000 }), true);
});

test("a wheel over a y axis zooms it around the pointer", () => {
  wheel(-50, 20, 190, { ctrlKey: true });
  const [row, axis, [low, high]] = plot.ys[0];
  assert.deepEqual([row, axis], [1, 0]);
  assert.ok(Math.abs(low + high - 10) < 1e-9 && high - low < 10);
  assert.deepEqual(range(), [0, 60_000]);
});

test("a wheel that turns sideways pans", () => {
  plot.el.dispatchEvent(fakeEvent("focus"));
  wheel(0, 300, 50, { deltaX: -100 });
  assert.deepEqual(range(), [-10_000, 50_000]);
});

test("two fingers zoom and move, and the time between them stays there", () => {
  const touch = (id) => ({ pointerId: id, pointerType: "touch" });
  point("pointerdown", 150, 50, touch(1));
  point("pointerdown", 250, 50, touch(2));
  point("pointermove", 100, 50, touch(1));
  point("pointermove", 300, 50, touch(2));
  point("pointerup", 300, 50, touch(2));
  point("pointerup", 100, 50, touch(1));
  assert.deepEqual(range(), [7500, 37_500]);
  assert.deepEqual(clicks, []);
});

test("one finger pans, and presses on a button are left to it", () => {
  drag([300, 50], [400, 55], { pointerType: "touch" });
  assert.deepEqual(range(), [-10_000, 50_000]);
  const before = range();
  drag([300, 50], [500, 55], { target: { closest: () => true } });
  assert.deepEqual(range(), before);
});

test("after closing nothing is heard or drawn any more", () => {
  assert.equal(plot.layers.over.length, 1);
  gestures.close();
  drag([150, 50], [250, 60]);
  assert.deepEqual(range(), [0, 60_000]);
  assert.equal(plot.layers.over.length, 0);
});

test("the box is drawn over all rows, or in one where y is zoomed too", () => {
  const boxes = [];
  const context = new Proxy({}, { get: (_, name) => (...given) => name === "fillRect" && boxes.push(given), set: () => true });
  point("pointerdown", 150, 50);
  point("pointermove", 250, 90);
  plot.layers.over[0](context, plot.frame);
  point("pointerup", 250, 90);
  point("pointerdown", 150, 50, { shiftKey: true });
  point("pointermove", 250, 90, { shiftKey: true });
  plot.layers.over[0](context, plot.frame);
  assert.deepEqual(boxes, [[150, 20, 100, 220], [150, 50, 100, 40]]);
});
