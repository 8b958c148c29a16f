// What somebody noted, on the plot.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { drawMarkers, MarkField } from "../../nbstream/static/chart/markers.js";
import { installDom, press } from "./fakeDom.mjs";

const plot = { frame: { from: 0, to: 1000, left: 50, width: 500, top: 10, height: 200 }, xOf: (time) => 50 + time / 2 };
const LOOK = { ink: "black", surface: "white", family: "sans-serif" };

beforeEach(() => installDom());

function drawn(markers) {
  const texts = [];
  const context = { beginPath() {}, moveTo() {}, lineTo() {}, stroke() {}, setLineDash() {}, fillRect() {}, measureText: (text) => ({ width: 6 * text.length }), fillText: (...given) => texts.push(given) };
  drawMarkers(context, markers, plot, LOOK);
  return texts;
}

test("those in view are drawn with their words, long ones shortened", () => {
  const texts = drawn([[500, "pump on"], [-5, "before"], [1001, "after"], [10, "a".repeat(100)]]);
  assert.deepEqual(texts.map(([text]) => text), [`${"a".repeat(27)}…`, "pump on"]);
});

test("words that would touch stand above each other, and none leaves the plot", () => {
  const texts = drawn([[990, "pump off"], [980, "pump on"], [200, "alone"]]);
  const [alone, on, off] = texts;
  assert.equal(alone[2], on[2]);
  assert.ok(off[2] < on[2]);
  assert.ok(off[1] + 48 <= 550);
});

test("a person writes what happened; Escape drops it, and keys stay in the field", () => {
  const saved = [];
  const field = new MarkField((...mark) => saved.push(mark));
  document.body.append(field.el);
  const back = document.createElement("div");
  field.open(500, 300, back);
  assert.equal(document.activeElement, field.input);
  field.input.value = "  pump on ";
  press(field.input, "m");
  press(field.input, "Enter");
  assert.deepEqual(saved, [[500, "pump on"]]);
  assert.equal(field.el.hidden, true);
  assert.equal(document.activeElement, back);
  field.open(600, 300, back);
  field.input.value = "no";
  press(field.input, "Escape");
  assert.equal(saved.length, 1);
});
