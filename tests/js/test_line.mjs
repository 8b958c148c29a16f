import assert from "node:assert/strict";
import { test } from "node:test";

import { wallClock, fromWallClock } from "../../nbstream/static/chart/axes.js";
import { drawLine } from "../../nbstream/static/chart/draw.js";
import { Line } from "../../nbstream/static/chart/line.js";

function lineOf(...points) {
  const line = new Line();
  line.patch({ cut: -Infinity, times: Float64Array.from(points, ([t]) => t), values: Float64Array.from(points, ([, y]) => y) });
  return line;
}

/** What is drawn of a line in a plane of 100 by 100 px: strokes and dots. */
function drawn(line, style = {}) {
  const strokes = [];
  const dots = [];
  const context = {
    beginPath: () => {},
    setLineDash: () => {},
    stroke: () => {},
    fill: () => {},
    moveTo: (x, y) => strokes.push([[x, y]]),
    lineTo: (x, y) => strokes.at(-1).push([x, y]),
    arc: (x, y, radius) => {
      strokes.pop();
      dots.push([x, y, radius]);
    },
  };
  const plane = { from: 0, to: 100, bottom: 0, top: 100, width: 100, height: 100, ratio: 1 };
  drawLine(context, line, plane, { color: "red", width: 2, dash: "solid", mode: "lines", markerSize: 6, opacity: 1, ...style });
  return { strokes, dots };
}

test("the range is that of the readings in view, of the next one, and of where the line enters", () => {
  const line = lineOf([0, 300], [10, 0], [20, 5], [30, 7], [40, 90]);
  assert.deepEqual(line.range(10, 20), [0, 7]);
  assert.deepEqual(line.range(10, 21), [0, 7]);
  assert.deepEqual(line.range(5, 20), [0, 150]);
  assert.deepEqual(line.range(12, 14), [1, 5]); // nothing but the line between two readings
  assert.deepEqual(lineOf([0, -1e308], [10, 1e308]).range(5, 8), [0, 1e308]);
});

test("what lies before a gap doesn't count when it is out of view", () => {
  const line = lineOf([0, 300], [20, NaN], [20, 5], [30, 7]);
  assert.deepEqual(line.range(10, 40), [5, 7]);
  assert.equal(lineOf([0, 300]).range(10, 40), null);
  assert.equal(new Line().range(0, 1), null);
});

test("a line is broken at NaN and nowhere else", () => {
  const { strokes, dots } = drawn(lineOf([0, 10], [20, 20], [60, 20], [60, NaN], [80, 30], [100, 40]));
  assert.deepEqual(strokes, [[[0, 90], [20, 80], [60, 80]], [[80, 70], [100, 60]]]);
  assert.deepEqual(dots, []);
});

test("a piece shorter than the line is wide is a dot, larger where it stands alone", () => {
  const line = lineOf([0, 10], [20, 10], [30, NaN], [30, 50], [50, NaN], [50, 10], [51, 11], [52, NaN], [53, 12], [53.2, 12.1], [54, NaN], [54, 13], [90, 13]);
  const { dots } = drawn(line);
  assert.deepEqual(dots.map(([x, , radius]) => [x, radius]), [[30, 2], [53.2, 1]]);
  assert.deepEqual(drawn(line, { mode: "lines+markers", markerSize: 6 }).dots.length, 9);
});

test("a reading after a gap is drawn at the very edge of the plot", () => {
  const line = lineOf([0, 10], [20, 10], [100, NaN], [100, 50], [100, 60]);
  assert.deepEqual(drawn(line).strokes.at(-1), [[100, 50], [100, 40]]);
  assert.deepEqual(drawn(lineOf([0, 10], [20, 10], [100, NaN], [100, 50])).dots, [[100, 50, 2]]);
  assert.deepEqual(line.range(50, 100), [50, 60]);
});

test("breaks don't make a line look dense: few readings have markers", () => {
  const { dots } = drawn(lineOf([0, 1], [20, NaN], [20, 2], [40, NaN], [40, 3], [60, NaN], [60, 4]), { mode: null });
  assert.equal(dots.length, 4);
  assert.equal(drawn(lineOf([50, 1]), { mode: null }).dots.length, 1);
});

test("times are told to a tenth of a microsecond, as plotly reads them", () => {
  const time = Date.UTC(2026, 6, 1, 12) + 0.25;
  assert.equal(wallClock(time, 3_600_000), "2026-07-01 13:00:00.0002500");
  assert.equal(wallClock(time - 0.25, 0), "2026-07-01 12:00:00.000");
  assert.equal(wallClock(time - 0.25 - 1 / 4096, 0), "2026-07-01 11:59:59.9997998".replace("7998", "9998"));
  assert.equal(fromWallClock("2026-07-01 13:00:00.0002500", 3_600_000), time);
  assert.equal(fromWallClock("2026-07-01", 0), Date.UTC(2026, 6, 1));
});
