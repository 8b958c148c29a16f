// Strokes, dots and markers of a line.

import assert from "node:assert/strict";
import { test } from "node:test";

import { drawLine, yMap } from "../../nbstream/static/chart/draw.js";
import { Line } from "../../nbstream/static/chart/line.js";

const PLANE = { origin: 0, msPerPx: 1, left: 0, right: 100, bottom: 0, top: 100, height: 100, isLog: false, ratio: 1 };
const STYLE = { color: "red", width: 2, dash: "solid", mode: "lines", shape: "linear", markerSize: 6, opacity: 1, hasMarkers: false };

function lineOf(...points) {
  const line = new Line();
  line.patch({ cut: -Infinity, times: Float64Array.from(points, ([t]) => t), values: Float64Array.from(points, ([, y]) => y) });
  return line;
}

/** What is drawn of a line in a plane of 100 by 100 px: strokes and dots, and where its dashes begin. */
function drawn(line, style = {}, plane = {}) {
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
  drawLine(context, line, { ...PLANE, ...plane }, { ...STYLE, ...style });
  const ends = strokes.map((stroke) => stroke.at(-1));
  return { strokes: strokes.map(withoutEnd), ends, dots, dashOffset: context.lineDashOffset };
}

/** A stroke without the bit of a pixel that makes its end be seen. */
function withoutEnd(stroke) {
  const [before, end] = stroke.slice(-2);
  return end && end[1] === before[1] && end[0] - before[0] < 1 ? stroke.slice(0, -1) : stroke;
}

test("the ends of a line are seen in the columns of their readings", () => {
  const line = lineOf([10.98, 10], [20, 20], [60.02, 20], [61, NaN], [80.5, 30], [99.7, 40]);
  const { strokes, ends } = drawn(line);
  assert.deepEqual(strokes.map(([[x]]) => x), [10.4, 80.4]);
  assert.deepEqual(ends.map(([x]) => x), [60.6, 99.7]);
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
  assert.deepEqual(drawn(line, { hasMarkers: true, markerSize: 6 }).dots.length, 9);
});

test("a reading after a gap is drawn at the very edge", () => {
  const line = lineOf([0, 10], [20, 10], [100, NaN], [100, 50], [100, 60]);
  assert.deepEqual(drawn(line).strokes.at(-1), [[100, 50], [100, 40]]);
  assert.deepEqual(drawn(lineOf([0, 10], [20, 10], [100, NaN], [100, 50])).dots, [[100, 50, 2]]);
});

test("a step holds its value until the next reading", () => {
  const { strokes } = drawn(lineOf([0, 10], [40, 10], [60, 30], [70, NaN], [80, 30], [90, 50]), { shape: "hv" });
  assert.deepEqual(strokes, [[[0, 90], [40, 90], [40, 90], [60, 90], [60, 70]], [[80, 70], [90, 70], [90, 50]]]);
});

test("points without lines are markers only", () => {
  const { strokes, dots } = drawn(lineOf([10, 10], [20, 20]), { mode: "markers", hasMarkers: true });
  assert.deepEqual(strokes, []);
  assert.deepEqual(dots, [[10, 90, 3], [20, 80, 3]]);
});

test("of many points in a column those that can be seen are drawn: first, smallest, largest, last", () => {
  const points = Array.from({ length: 100 }, (_, i) => [50 + i / 100, i === 30 ? 99 : i === 60 ? 1 : 50]);
  const { strokes } = drawn(lineOf([0, 50], ...points, [60, 50]));
  assert.deepEqual(strokes, [[[0, 50], [50, 50], [50.3, 1], [50.6, 99], [50.99, 50], [60, 50]]]);
});

test("breaks among many points in a column stay", () => {
  const points = Array.from({ length: 20 }, (_, i) => [50 + i / 100, i === 10 ? NaN : i]);
  const { strokes } = drawn(lineOf([0, 50], ...points, [60, 50]));
  assert.equal(strokes.length, 2);
  assert.equal(strokes[0].at(-1)[1], 91);
  assert.equal(strokes[1][0][1], 89);
});

test("only what lies in the wanted columns is drawn, with the point before and the one after", () => {
  const line = lineOf(...Array.from({ length: 41 }, (_, i) => [i * 10 - 150, 50]));
  const xs = drawn(line, {}, { left: 60, right: 80 }).strokes[0].map(([x]) => x);
  assert.ok(xs[0] <= 50 && xs[0] >= 40, `from ${xs[0]}`);
  assert.ok(xs.at(-1) >= 80 && xs.at(-1) <= 110, `to ${xs.at(-1)}`);
});

test("dashes are counted from the tile's edge, whichever part of it is drawn anew", () => {
  const line = lineOf(...Array.from({ length: 41 }, (_, i) => [i * 10 - 150, 50]));
  const whole = drawn(line, { dash: "dash" });
  const part = drawn(line, { dash: "dash" }, { left: 80 });
  assert.equal(whole.dashOffset, part.dashOffset);
  assert.equal(whole.dashOffset, whole.strokes[0][0][0]); // so long before the edge the path begins
});

test("huge and tiny values have places, and far ones finite ones", () => {
  const huge = yMap({ bottom: -1.7e308, top: 1.7e308, height: 100, isLog: false });
  assert.deepEqual([-1.7e308, 0, 1.7e308].map((value) => Math.round(huge(value))), [100, 50, 0]);
  const small = yMap({ bottom: 0, top: 1, height: 100, isLog: false });
  assert.ok(small(1e308) < -1000 && Number.isFinite(small(1e308)));
  assert.ok(small(-Infinity) > 1000 && Number.isFinite(small(-Infinity)));
});

test("on a log axis powers of ten are as far apart, and what isn't above zero has no place", () => {
  const y = yMap({ bottom: 1, top: 100, height: 100, isLog: true });
  assert.deepEqual([1, 10, 100].map((value) => Math.round(y(value))), [100, 50, 0]);
  assert.ok(Number.isNaN(y(0)) && Number.isNaN(y(-1)));
});

test("a filled line is filled down to zero, blank where it breaks, in steps where it is one", () => {
  const line = lineOf([0, 10], [20, 20], [20, NaN], [40, 30], [50, 30]);
  const { strokes } = drawn(line, { hasFill: true, mode: "none" });
  assert.deepEqual(strokes, [[[0, 100], [0, 90], [20, 80], [20, 100]], [[40, 100], [40, 70], [50, 70], [50, 100]]]);
  const above = drawn(lineOf([0, 60], [10, 80]), { hasFill: true, mode: "none", shape: "hv" }, { bottom: 50 });
  assert.deepEqual(above.strokes, [[[0, 100], [0, 80], [10, 80], [10, 40], [10, 100]]]);
});
