// Tiles of what was drawn, which are drawn anew only where it has changed.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Tiles } from "../../nbstream/static/chart/tiles.js";

let tiles, drawn, put, context;

beforeEach(() => {
  drawn = [];
  put = [];
  const anything = new Proxy({}, { get: () => () => {}, set: () => true });
  globalThis.document = { createElement: () => ({ getContext: () => anything }) };
  context = { drawImage: (canvas, x, y, width, height, atX, atY) => put.push([x, width, atX, atY]) };
  tiles = new Tiles();
  tiles.keep(100, 50, ["a"]);
});

const paint = (first, stop) => {
  drawn.length = put.length = 0;
  tiles.paint(context, first, stop, 10, 20, (_, column, from) => drawn.push([column, from]));
};

test("columns of several tiles are put side by side", () => {
  paint(-50, 130);
  assert.deepEqual(drawn, [[-100, -100], [0, 0], [100, 100]]);
  assert.deepEqual(put, [[50, 50, 10, 20], [0, 100, 60, 20], [0, 30, 160, 20]]);
});

test("what was drawn is only moved", () => {
  paint(0, 200);
  paint(50, 250);
  assert.deepEqual(drawn, [[200, 200]]);
  paint(51, 251);
  assert.deepEqual(drawn, []);
});

test("points that changed are drawn anew from their column on", () => {
  paint(0, 200);
  tiles.forget(130);
  paint(0, 200);
  assert.deepEqual(drawn, [[100, 130]]);
  tiles.forget(-1000);
  paint(0, 200);
  assert.deepEqual(drawn, [[0, 0], [100, 100]]);
});

test("another key forgets all, the same keys nothing", () => {
  paint(0, 200);
  tiles.keep(100, 50, ["a"]);
  paint(0, 200);
  assert.deepEqual(drawn, []);
  tiles.keep(100, 50, ["b"]);
  paint(0, 200);
  assert.equal(drawn.length, 2);
});

test("only tiles in view are held", () => {
  for (let first = 0; first < 5000; first += 37) paint(first, first + 250);
  assert.ok(tiles.tiles.size + tiles.free.length <= 6);
});
