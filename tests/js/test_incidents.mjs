// Incidents on the chart.

import assert from "node:assert/strict";
import { test } from "node:test";

import { drawIncidents, Incidents } from "../../nbstream/static/chart/incidents.js";

const frame = {
  from: 1000,
  to: 2000,
  left: 50,
  width: 500,
  rows: [{ top: 10, height: 100, axes: [{ channels: [0] }] }, { top: 130, height: 80, axes: [{ channels: [1] }] }],
};
const plot = { frame, xOf: (time) => 50 + (time - 1000) / 2 };
const LIST = [
  [0, 100, 900, "info", "old", "over long ago"],
  [0, 1100, 1300, "warning", "hot", "value 93 > 90"],
  [1, 1250, null, "critical", "cold", "value 3 < 5"],
  [7, 1250, null, "critical", "hidden", "of a channel that is not shown"],
];

function incidents() {
  const all = new Incidents();
  all.take(LIST);
  return all;
}

test("the cursor finds those at its time, the newest first", () => {
  const rules = (time) => incidents().at(time, frame).map(({ rule }) => rule);
  assert.deepEqual(rules(1280), ["hidden", "cold", "hot"]);
  assert.deepEqual(rules(1500), ["hidden", "cold"]);
  assert.deepEqual(rules(1096), ["hot"]); // within a few pixels
  assert.deepEqual(rules(1000), []);
});

test("a band reaches from breach to recovery in the row of its channel; one that fires, to the edge", () => {
  const drawn = [];
  const context = { fillRect: (...box) => drawn.push([context.fillStyle, ...box]) };
  drawIncidents(context, incidents().inView(frame), plot, (severity) => severity);
  assert.deepEqual(drawn.filter(([, , , , height]) => height > 3), [
    ["warning", 100, 10, 100, 100],
    ["critical", 175, 130, 375, 80],
  ]);
  assert.equal(context.globalAlpha, 1);
});

test("a short one is still seen", () => {
  const all = new Incidents();
  all.take([[0, 1500, 1500, "info", "spike", ""]]);
  const widths = [];
  drawIncidents({ fillRect: (x, y, width) => widths.push(width) }, all.inView(frame), plot, () => "red");
  assert.deepEqual(widths, [2, 2]);
});
