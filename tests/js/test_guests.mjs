// What plotly draws beside the live lines.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Guests } from "../../nbstream/static/chart/guests.js";
import { installDom } from "./fakeDom.mjs";

const AXIS = { bottom: 0, top: 10, isLog: false };
const FRAME = { from: 1000, to: 2000, left: 50, top: 10, width: 400, height: 200, rows: [{ top: 10, height: 200, axes: [AXIS] }] };
const FIGURE = { data: [{ type: "scatter", x: [1], y: [2] }], layout: { annotations: [{ text: "here" }] } };

let drawn, failed, loaded;

beforeEach(() => {
  installDom();
  drawn = [];
  failed = [];
  loaded = 0;
  globalThis.Plotly = {
    react: async (el, data, layout) => drawn.push({ el, data, layout }),
    purge: () => drawn.push("purged"),
  };
});

const guests = () => new Guests(async () => (loaded += 1), (error) => failed.push(error.message));

test("plotly is loaded only when there is something for it to draw", async () => {
  const own = guests();
  await own.show(null, 0);
  own.follow(FRAME);
  assert.equal(loaded, 0);
  assert.equal(own.el.hidden, true);
  await own.show(FIGURE, 0);
  own.follow(FRAME);
  assert.equal(loaded, 1);
  assert.equal(own.el.hidden, false);
  assert.equal(drawn.length, 1);
});

test("its axes are hidden and those of the plot, and it gets a copy", async () => {
  const own = guests();
  await own.show(FIGURE, 3_600_000);
  const log = { bottom: 1, top: 100, isLog: true };
  own.follow({ ...FRAME, rows: [{ top: 10, height: 90, axes: [AXIS, log] }, { top: 110, height: 100, axes: [AXIS] }] });
  const [{ data, layout }] = drawn;
  assert.notEqual(data, FIGURE.data);
  assert.deepEqual(data, FIGURE.data);
  assert.deepEqual(layout.annotations, FIGURE.layout.annotations);
  assert.deepEqual(layout.xaxis.range, ["1970-01-01 01:00:00.000", "1970-01-01 01:00:03.000"]); // one width more on each side
  assert.deepEqual([layout.yaxis.domain, layout.yaxis3.domain], [[0.55, 1], [0, 0.5]]);
  assert.deepEqual([layout.yaxis2.overlaying, layout.yaxis2.range, layout.yaxis2.type], ["y", [0, 2], "log"]);
  assert.equal(layout.yaxis.visible, false);
});

test("while the view scrolls it is moved, and drawn anew only at the end of what it holds or with another shape", async () => {
  const own = guests();
  await own.show(FIGURE, 0);
  own.follow(FRAME);
  assert.equal(own.layer.style.transform, "translateX(-400.00px)");
  own.follow({ ...FRAME, from: 1500, to: 2500 });
  assert.equal(own.layer.style.transform, "translateX(-600.00px)");
  assert.equal(drawn.length, 1);
  own.follow({ ...FRAME, from: 2500, to: 3500 });
  assert.equal(drawn.length, 2);
  own.follow({ ...FRAME, from: 2500, to: 3500, rows: [{ top: 10, height: 200, axes: [{ ...AXIS, top: 20 }] }] });
  assert.equal(drawn.length, 3);
});

test("what can't be loaded is told, and what is closed is purged", async () => {
  const own = new Guests(async () => { throw new Error("no script"); }, (error) => failed.push(error.message));
  await own.show(FIGURE, 0);
  own.follow(FRAME);
  assert.deepEqual(failed, ["no script"]);
  assert.equal(drawn.length, 0);
  const other = guests();
  await other.show(FIGURE, 0);
  other.close();
  other.follow(FRAME);
  assert.deepEqual(drawn, ["purged"]);
});

test("without WebGL its traces are drawn without it", async () => {
  const create = document.createElement.bind(document);
  document.createElement = (name) => Object.assign(create(name), { getContext: () => null });
  const own = guests();
  await own.show({ ...FIGURE, data: [{ type: "scattergl", x: [1], y: [2] }, { type: "bar", x: [1], y: [2] }] }, 0);
  own.follow(FRAME);
  assert.deepEqual(drawn[0].data.map(({ type }) => type), ["scatter", "bar"]);
});
