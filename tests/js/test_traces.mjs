import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Line } from "../../nbstream/static/chart/line.js";
import { LiveTraces } from "../../nbstream/static/chart/traces.js";

const CHANNELS = [{ name: "a", unit: "" }, { name: "b", unit: "" }];
const RANGE = ["1970-01-01 01:00:00", "1970-01-01 01:01:40"]; // a second each of 100 px
const OWN = { meta: "mine", type: "scatter", visible: true, index: 0 };

function trace(channel, index, more = {}) {
  return { meta: `nbs-${channel}`, type: "scatter", visible: true, index, name: `n${channel}`, ...more };
}

function lineOf(...points) {
  const line = new Line();
  line.patch({ cut: -Infinity, times: Float64Array.from(points, ([t]) => t), values: Float64Array.from(points, ([, y]) => y) });
  return line;
}

let updates, figure, traces;

beforeEach(() => {
  updates = [];
  globalThis.Plotly = { update: (...given) => updates.push(given) };
  const full = [OWN, trace(1, 1, { line: { color: "red", dash: "dot" } }), trace(0, 2, { fill: "tozeroy" })];
  figure = { data: full.map(({ meta }) => ({ meta })), _fullData: full, _fullLayout: { xaxis: { type: "date", range: RANGE }, _size: { w: 100 } } };
  traces = new LiveTraces(figure);
});

test("what is drawn follows plotly's traces, in their order and style", () => {
  const lines = [lineOf([0, 1]), lineOf([0, 2])];
  const [b, a] = traces.drawable(lines, CHANNELS);
  assert.deepEqual([b.number, b.line, b.channel.name, b.isNative], [1, lines[1], "b", false]);
  assert.deepEqual([b.style.color, b.style.dash, b.style.width], ["red", "dot", 1.5]);
  assert.deepEqual([a.number, a.index, a.isNative], [0, 2, true]);
  figure._fullData[1].visible = "legendonly";
  assert.deepEqual(traces.drawable(lines, CHANNELS).map(({ number }) => number), [0]);
  assert.deepEqual(traces.drawable([], CHANNELS), []);
});

test("points go into the traces of their channels, with a break where the kernel says so, and out again", () => {
  const patch = (channel, times, values) => ({ channel, times: Float64Array.from(times), values: Float64Array.from(values) });
  traces.fill([patch(0, [0, 1000, 1000.5], [1, NaN, 3]), patch(1, [0, 4000], [1, 2]), patch(7, [0], [1])], 3_600_000);
  const [[target, data, layout, indices]] = updates;
  assert.equal(target, figure);
  assert.deepEqual(indices, [2, 1]);
  assert.deepEqual(data.y, [[1, null, 3], [1, 2]]);
  assert.deepEqual(data.x[0], ["1970-01-01 01:00:00.000", "1970-01-01 01:00:01.000", "1970-01-01 01:00:01.0005000"]);
  assert.deepEqual(layout, { "xaxis.type": "date", "xaxis.range": RANGE });
  traces.empty();
  assert.deepEqual(updates[1][1].y, [[null], [null]]);
  assert.deepEqual(updates[1][3], [1, 2]);
});

test("a reading between two gaps is a dot where plotly draws no markers", () => {
  const times = Float64Array.from({ length: 41 }, (_, i) => 1000 * i);
  const values = times.map((_, i) => (i === 20 || i === 22 ? NaN : i));
  const fill = (n) => {
    traces.fill([{ channel: 0, times: times.subarray(0, n), values: values.subarray(0, n) }], 0);
    return updates.at(-1)[1];
  };
  assert.deepEqual(fill(41).y[0].slice(19, 25), [19, null, 21, 21, null, 23]);
  assert.deepEqual(fill(41).x[0].slice(21, 23), ["1970-01-01 00:00:19.500", "1970-01-01 00:00:22.500"]);
  assert.equal(fill(41).y[0].length, 42);
  assert.equal(fill(19).y[0].length, 19); // so few have markers
  figure.data[2].mode = "lines+markers";
  assert.equal(fill(41).y[0].length, 41);
});

test("only lines that the canvas can't draw go through plotly while the view follows", () => {
  const drawable = traces.drawable([lineOf([0, 1], [1000, 2], [2000, 3], [3000, 4]), lineOf([0, 5])], CHANNELS);
  traces.refreshNative(drawable, 1500, 1800, 0);
  assert.deepEqual(updates.map(([, data, , indices]) => [data.y, indices]), [[[[2, 3]], [2]]]);
  traces.refreshNative(drawable.slice(0, 1), 0, 5000, 0);
  assert.equal(updates.length, 1);
});

test("a channel whose trace the busy kernel has not made yet is drawn as it will look", () => {
  figure._fullLayout.colorway = ["c0", "c1", "c2", "c3", "c4"];
  const lines = [lineOf([0, 1]), lineOf([0, 2]), lineOf([0, 3]), lineOf([0, 4])];
  const channels = [...CHANNELS, { name: "c", unit: "" }, { name: "d", unit: "" }];
  const drawn = traces.drawable(lines, channels);
  assert.deepEqual(drawn.slice(2).map(({ number, style, channel }) => [number, style.color, channel.name]), [[2, "c3", "c"], [3, "c4", "d"]]);
  assert.equal(traces.drawable(lines, CHANNELS).length, 2); // no channel, no line
  figure._fullData[1].visible = "legendonly"; // hidden by a person
  assert.equal(traces.drawable(lines.slice(0, 2), CHANNELS).length, 1);
});
