// The channels of a chart that has no table beside it.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Legend } from "../../nbstream/static/chart/legend.js";
import { Line } from "../../nbstream/static/chart/line.js";
import { click, fakeEvent, installDom } from "./fakeDom.mjs";

let legend;
let told;

const LINES = [
  { name: "temperature", unit: "°C", color: "#123456", dash: "solid", isVisible: true },
  { name: "pressure", unit: "", color: "#654321", dash: "dash", isVisible: false },
];

beforeEach(() => {
  installDom();
  told = [];
  legend = new Legend({ show: (...given) => told.push(["show", ...given]), highlight: (channel) => told.push(["highlight", channel]) });
});

function line(...values) {
  const made = new Line();
  made.patch({ cut: -Infinity, times: Float64Array.from(values.keys()), values: Float64Array.from(values) });
  return made;
}

const entries = () => legend.el.all("nbs-legend-entry");
const values = () => legend.el.all("nbs-legend-value").map((node) => node.textContent);

test("there is a button for each channel, with a stroke in its colour and dash", () => {
  legend.show(LINES);
  assert.equal(legend.el.hidden, false);
  assert.deepEqual(legend.el.all("nbs-legend-name").map((node) => node.textContent), ["temperature", "pressure"]);
  const [solid, dashed] = legend.el.all("nbs-swatch").map((node) => node.firstChild);
  assert.equal(solid.getAttribute("stroke"), "#123456");
  assert.equal(solid.getAttribute("stroke-dasharray"), null);
  assert.ok(dashed.getAttribute("stroke-dasharray"));
});

test("it tells where a point stands for several readings", () => {
  legend.show([{ ...LINES[0], perPoint: "≈37 readings/point" }, LINES[1]]);
  assert.deepEqual(entries().map((node) => node.getAttribute("title")), ["temperature: ≈37 readings/point, click to hide", "pressure: click to show"]);
});

test("a click hides a line that is shown, and shows one that is hidden", () => {
  legend.show(LINES);
  entries().forEach(click);
  assert.deepEqual(told, [["show", 0, false], ["show", 1, true]]);
  assert.deepEqual(entries().map((node) => node.getAttribute("aria-pressed")), ["true", "false"]);
});

test("the pointer and the focus bring a line to the fore", () => {
  legend.show(LINES);
  for (const type of ["pointerenter", "pointerleave", "focus", "blur"]) entries()[1].dispatchEvent(fakeEvent(type));
  assert.deepEqual(told, [["highlight", 1], ["highlight", null], ["highlight", 1], ["highlight", null]]);
});

test("the last value of each is shown, with digits by what it spans", () => {
  legend.show(LINES);
  legend.showValues([line(20, 21, 20.5, NaN), line()]);
  assert.deepEqual(values(), ["20.50", "–"]);
});

test("values come a few times a second, and the last of a burst is shown too", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  legend.show(LINES);
  legend.showValues([line(1, 2), line()]);
  legend.showValues([line(1, 3), line()]);
  legend.showValues([line(1, 4), line()]);
  const soon = values()[0];
  mock.timers.tick(300);
  mock.timers.reset();
  assert.deepEqual([soon, values()[0]], ["2", "4"]);
});

test("a value's room grows and never shrinks", () => {
  legend.show(LINES);
  const [value] = legend.el.all("nbs-legend-value");
  assert.equal(value.textContent, "–");
  assert.equal(value.style.minWidth, "6ch");
  legend.showValues([line(1_000_000, 2_000_000)]);
  assert.equal(value.style.minWidth, "9ch");
  legend.showedAt = -Infinity;
  legend.showValues([line(1_000_000, 2)]);
  assert.equal(value.style.minWidth, "9ch");
});

test("entries live on while channels come, so that the focus stays", () => {
  legend.show(LINES.slice(0, 1));
  const [first] = entries();
  legend.show(LINES);
  assert.equal(entries()[0], first);
});
