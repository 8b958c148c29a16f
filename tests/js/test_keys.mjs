// What keys do on a plot that has the focus.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Keys } from "../../nbstream/static/chart/keys.js";
import { Viewport } from "../../nbstream/static/chart/viewport.js";
import { fakeEvent, installDom } from "./fakeDom.mjs";
import { FakePlot } from "./fakePlot.mjs";

let plot;
let view;
let told;
let cursor;
let selection;

beforeEach(() => {
  installDom();
  plot = new FakePlot();
  view = new Viewport();
  view.isDelivering = false;
  view.clock.take(60_000, -1000);
  told = [];
  selection = true;
  cursor = {
    pinnedTime: null,
    step: (sign) => (cursor.pinnedTime = (cursor.pinnedTime ?? 0) + sign * 1000),
    toggleMeasure: () => told.push("measure"),
    describe: () => told.push("describe"),
    letGo: () => cursor.unpin(),
    unpin: () => {
      const was = cursor.pinnedTime !== null;
      cursor.pinnedTime = null;
      return was;
    },
  };
  const tell = (word) => () => told.push(word);
  new Keys(plot, view, {
    onChange: tell("change"),
    togglePause: tell("pause"),
    jumpToLive: tell("live"),
    fitY: tell("fit"),
    goBack: tell("back"),
    crosshair: cursor,
    gestures: { cancel: () => selection && !(selection = false) },
    oldest: () => -500_000,
  });
});

/** @returns {boolean} whether the plot took it, so that nobody else does */
function press(key, more = {}) {
  let isTaken = false;
  const event = { key, target: plot.el, stopPropagation: () => (isTaken = true), ...more };
  plot.el.dispatchEvent(fakeEvent("keydown", event));
  return isTaken;
}

const range = () => view.range(performance.now()).map(Math.round);

test("the plot can take the focus, has a name, and the notebook leaves its keys alone", () => {
  assert.equal(plot.el.getAttribute("tabindex"), "0");
  assert.equal(plot.el.getAttribute("role"), "application");
  assert.match(plot.el.getAttribute("aria-label"), /zoom/);
  assert.equal(plot.el.getAttribute("data-lm-suppress-shortcuts"), "true");
});

test("plus and minus zoom and go on following", () => {
  press("+");
  assert.deepEqual(range(), [12_000, 60_000]);
  press("-");
  assert.deepEqual(range(), [0, 60_000]);
  assert.equal(view.isWindow, true);
});

test("Backspace and Ctrl+Z take a view back; other keys with Ctrl are the browser's", () => {
  assert.equal(press("Backspace"), true);
  assert.equal(press("z", { ctrlKey: true }), true);
  assert.equal(press("Z", { metaKey: true }), true);
  assert.deepEqual(told, ["back", "back", "back"]);
  assert.equal(press("z", { ctrlKey: true, shiftKey: true }), false);
  assert.equal(press("c", { ctrlKey: true }), false);
});

test("arrows move the view, Home goes to the oldest reading, End is live", () => {
  press("ArrowLeft");
  assert.deepEqual(range(), [-6000, 54_000]);
  press("ArrowRight");
  assert.equal(view.isFollowing, true);
  press("Home");
  assert.deepEqual(range(), [-500_000, -440_000]);
  press("End");
  assert.deepEqual(told.at(-1), "live");
});

test("Space pauses, L is live, F and 0 fit y, C measures, S speaks", () => {
  for (const key of [" ", "l", "f", "0", "c", "s"]) assert.equal(press(key), true);
  assert.deepEqual(told, ["pause", "live", "fit", "fit", "measure", "describe"]);
});

test("arrows with Shift read from reading to reading, and the view goes along", () => {
  press("ArrowLeft", { shiftKey: true });
  assert.equal(cursor.pinnedTime, -1000);
  assert.deepEqual(range(), [-31_000, 29_000]);
  press("ArrowRight", { shiftKey: true });
  assert.deepEqual(range(), [-31_000, 29_000]);
});

test("Escape lets go of one thing after the other", () => {
  cursor.pinnedTime = 5;
  press("Escape");
  assert.equal(cursor.pinnedTime, null);
  assert.equal(selection, true);
  press("Escape");
  assert.equal(selection, false);
});

test("other keys, and those with Ctrl, are the page's; so are those of buttons over the plot", () => {
  assert.equal(press("d"), false);
  assert.equal(press("f", { ctrlKey: true }), false);
  assert.equal(press(" ", { target: document.body }), false);
  assert.deepEqual(told, []);
});
