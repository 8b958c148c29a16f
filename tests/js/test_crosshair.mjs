// The values at the cursor.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Crosshair } from "../../nbstream/static/chart/crosshair.js";
import { LaneLabels } from "../../nbstream/static/chart/lanes.js";
import { Line } from "../../nbstream/static/chart/line.js";
import { Marks } from "../../nbstream/static/chart/marks.js";
import { fakeEvent, installDom } from "./fakeDom.mjs";
import { FakePlot } from "./fakePlot.mjs";

let plot;
let cursor;
let data;

beforeEach(() => {
  installDom();
  plot = new FakePlot();
  cursor = new Crosshair(plot);
  data = { lines: [], marks: new Marks(), meta: { figure: { lines: [] }, zone: { offset: 0 } } };
  add("temperature", "°C", (t) => 5 + t / 100_000);
  add("pressure", "Pa", (t) => 1000 + t / 1000);
  add("state", "", () => 3);
});

function add(name, unit, value, times = Array.from({ length: 61 }, (_, i) => i * 1000)) {
  const line = new Line();
  line.patch({ cut: -Infinity, times: Float64Array.from(times), values: Float64Array.from(times.map(value)) });
  data.lines.push(line);
  data.meta.figure.lines.push({ name, unit });
}

function pointAt(x, y = 50, more = {}) {
  plot.el.dispatchEvent(fakeEvent("pointermove", { clientX: x, clientY: y, target: plot.el, ...more }));
  cursor.update(data);
}

const rows = () => cursor.readout.all("nbs-readout-row").map((row) => row.childNodes.slice(1).map((node) => node.textContent).join(" = "));
const time = () => cursor.readout.one("nbs-readout-time").textContent;

test("each channel has its own digits and unit, at the nearest reading", () => {
  pointAt(354); // 30.4 s
  assert.deepEqual(rows().sort(), ["pressure = 1,030 Pa", "state = 3", "temperature = 5.300 °C"]);
  assert.equal(cursor.hair.style.transform, "translateX(350px)");
});

test("the time has the date where it is another day than today, or the view is wider than one", () => {
  pointAt(350);
  assert.equal(time(), "1970-01-01 00:00:30.000");
  const now = Date.now();
  plot.show(now - 60_000, now);
  for (const line of data.lines) line.patch({ cut: -Infinity, times: [now - 30_000], values: [1] });
  pointAt(350);
  assert.match(time(), /^\d\d:\d\d:\d\d\.\d{3}$/);
});

test("the nearest to the pointer comes first, and stays there while the pointer rests", () => {
  pointAt(350, 210);
  assert.match(rows()[0], /^state/);
  data.lines[2].patch({ cut: 30_000, times: [30_000], values: [9] });
  cursor.update(data);
  assert.match(rows()[0], /^state/);
});

test("there are twelve rows at most, and the rest are counted", () => {
  for (let i = 0; i < 14; i += 1) add(`channel ${i}`, "", () => i);
  pointAt(350);
  assert.equal(rows().length, 12);
  assert.equal(cursor.readout.one("nbs-readout-more").textContent, "+5 more");
});

test("in a gap, and beyond the newest reading, a channel has no value", () => {
  data.lines[0].patch({ cut: 20_000, times: [20_000, 20_000, 50_000], values: [5.2, NaN, 5.5] });
  data.lines[2].patch({ cut: 10_000, times: [10_000], values: [3] });
  plot.yOf = () => 60;
  pointAt(350);
  assert.deepEqual(rows().sort(), ["pressure = 1,030 Pa", "state = –", "temperature = –"]);
  assert.equal(cursor.dots.childNodes.length, 1);
});

test("hidden channels aren't told, and without any there is nothing to see", () => {
  plot.unseen.add(1);
  pointAt(350);
  assert.equal(rows().length, 2);
  plot.unseen = new Set([0, 1, 2]);
  pointAt(350);
  assert.equal(cursor.cursor.hidden, true);
});

test("a mark's reason stands below its channel", () => {
  data.marks.add([[0, 30_000, 30_000, 30_000, 5.3, 0, 1, 5, "z-score 5 > 4"]], ["zscore"]);
  pointAt(350);
  assert.equal(cursor.readout.one("nbs-readout-reason").textContent, "zscore, score 5: z-score 5 > 4");
});

test("it is kept inside the chart, and lies on the side that has more room", () => {
  cursor.readout.offsetWidth = 200;
  cursor.readout.offsetHeight = 60;
  pointAt(150);
  assert.equal(cursor.readout.style.transform, "translate(162px, 28px)");
  pointAt(550);
  assert.equal(cursor.readout.style.transform, "translate(338px, 28px)");
  plot.el.clientWidth = 300;
  pointAt(340);
  assert.equal(cursor.readout.style.transform, "translate(96px, 28px)");
});

test("it goes when the pointer leaves, is over an axis or a button, or drags", () => {
  pointAt(350);
  assert.equal(cursor.cursor.hidden, false);
  pointAt(20);
  assert.equal(cursor.cursor.hidden, true);
  pointAt(350);
  plot.el.dataset.drag = "zoom";
  cursor.update(data);
  assert.equal(cursor.cursor.hidden, true);
  delete plot.el.dataset.drag;
  plot.el.dispatchEvent(fakeEvent("pointerleave", { pointerType: "mouse" }));
  cursor.update(data);
  assert.equal(cursor.cursor.hidden, true);
});

test("a tap shows the values there, and they stay when the finger is gone", () => {
  plot.el.dispatchEvent(fakeEvent("pointerdown", { clientX: 350, clientY: 50, pointerType: "touch" }));
  plot.el.dispatchEvent(fakeEvent("pointerleave", { pointerType: "touch" }));
  plot.el.dispatchEvent(fakeEvent("click", { clientX: 350, clientY: 50, target: plot.el }));
  cursor.update(data);
  assert.equal(cursor.cursor.hidden, false);
  assert.equal(rows().length, 3);
});

test("keys move it from reading to reading, and it is spoken", () => {
  cursor.update(data);
  assert.equal(cursor.step(-1), 59_000);
  assert.equal(cursor.step(-1), 58_000);
  assert.equal(cursor.step(1), 59_000);
  cursor.update(data);
  assert.equal(cursor.cursor.hidden, false);
  assert.match(cursor.speaker.textContent, /00:00:59\.000: temperature 5\.590 °C, pressure 1,059 Pa, state 3/);
  assert.equal(cursor.unpin(), true);
  assert.equal(cursor.unpin(), false);
  cursor.update(data);
  assert.equal(cursor.cursor.hidden, true);
});

test("keys stop at the oldest reading", () => {
  cursor.update(data);
  cursor.pin(0);
  assert.equal(cursor.step(-1), null);
  assert.equal(cursor.pinnedTime, 0);
});

test("names are text, whatever they hold", () => {
  data.meta.figure.lines[0].name = "<img src=x onerror=alert(1)>";
  pointAt(350);
  assert.ok(rows().some((row) => row.startsWith("<img src=x onerror=alert(1)> = ")));
});

test("a second cursor tells the time between both, and each channel's change and slope", () => {
  pointAt(150); // 10 s
  plot.el.dispatchEvent(fakeEvent("pointerdown", { clientX: 150, clientY: 50 }));
  plot.el.dispatchEvent(fakeEvent("click", { clientX: 150, clientY: 50, shiftKey: true }));
  pointAt(350); // 30 s
  assert.equal(cursor.readout.one("nbs-readout-between").textContent, "Δt 20 s · 1/Δt 0.05 Hz");
  assert.deepEqual(rows().sort(), [
    "pressure = 1,030 Pa = Δ +20 · +1/s",
    "state = 3 = Δ 0 · 0/s",
    "temperature = 5.300 °C = Δ +0.200 · +0.01/s",
  ]);
  assert.equal(cursor.measure.el.hidden, false);
  assert.equal(cursor.measure.el.style.transform, "translateX(150px)");
  assert.equal(cursor.letGo(), true);
  cursor.update(data);
  assert.equal(cursor.measure.el.hidden, true);
  assert.equal(cursor.readout.all("nbs-readout-between").length, 0);
});

test("backwards in time the signs say so", () => {
  pointAt(350);
  cursor.toggleMeasure();
  pointAt(150);
  assert.equal(cursor.readout.one("nbs-readout-between").textContent, "Δt \u221220 s · 1/Δt 0.05 Hz");
  assert.ok(rows().includes("temperature = 5.100 °C = Δ \u22120.200 · +0.01/s"), String(rows()));
});

test("a click without Shift, and a drag with it, set no second cursor", () => {
  pointAt(350);
  for (const [x, shiftKey] of [[350, false], [250, true]]) {
    plot.el.dispatchEvent(fakeEvent("pointerdown", { clientX: x, clientY: 50 }));
    plot.el.dispatchEvent(fakeEvent("click", { clientX: 350, clientY: 50, shiftKey }));
  }
  assert.equal(cursor.measure.time, null);
});

test("keys measure from the reading that they have moved to, and the same key takes it away", () => {
  cursor.update(data);
  cursor.pin(20_000);
  cursor.toggleMeasure();
  assert.equal(cursor.measure.time, 20_000);
  cursor.step(1);
  cursor.update(data);
  assert.equal(cursor.readout.one("nbs-readout-between").textContent, "Δt 1 s · 1/Δt 1 Hz");
  cursor.step(-1);
  cursor.toggleMeasure();
  assert.equal(cursor.measure.time, null);
});

test("charts of one analyzer share the cursor's time, and no others", () => {
  data.meta.analyzer = "one";
  const others = ["one", "two"].map((analyzer) => {
    const other = new Crosshair(new FakePlot());
    return { other, data: { ...data, meta: { ...data.meta, analyzer } } };
  });
  const update = () => others.forEach(({ other, data: its }) => other.update(its));
  update();
  pointAt(350);
  update();
  assert.deepEqual(others.map(({ other }) => other.cursor.hidden), [false, true]);
  assert.equal(others[0].other.hair.style.transform, "translateX(350px)");
  cursor.move(null);
  cursor.update(data);
  update();
  assert.deepEqual(others.map(({ other }) => other.cursor.hidden), [true, true]);
});

test("it speaks of what is in view: the newest values, and what they span", () => {
  cursor.update(data);
  cursor.describe();
  assert.equal(cursor.speaker.textContent, "temperature 5.600 °C, from 5.000 to 5.600; pressure 1,060 Pa, from 1,000 to 1,060; state 3, from 3 to 3");
  plot.unseen = new Set([0, 1, 2]);
  cursor.describe();
  assert.equal(cursor.speaker.textContent, "no readings in view");
});

test("a point that stands for many readings tells their ends, count and times", () => {
  const now = Date.now();
  plot.show(now - 60_000, now);
  const at = (...times) => Float64Array.from(times, (ms) => now - 30_000 + ms);
  data.lines[0].patch({ cut: -Infinity, times: at(0, 100, 400, 500), values: Float64Array.of(20.1, 24.94, 21, 21), counts: Uint32Array.of(37, 0, 0, 1) });
  data.lines[1].patch({ cut: -Infinity, times: at(0, 400), values: Float64Array.of(5, 5), counts: Uint32Array.of(1234, 0) });
  data.lines[2].patch({ cut: -Infinity, times: at(0), values: Float64Array.of(3) });
  pointAt(350);
  assert.deepEqual(rows().sort(), ["pressure = 5 Pa = 1,234 readings", "state = 3", "temperature = 20.10 … 24.94 °C = 37 readings"]);
  assert.match(time(), /^(\d\d:\d\d:\d\d\.\d{3})–\d\d:\d\d:\d\d\.\d{3}$/);
  data.meta.zone = { offset: 0, before: [[now - 59_000, 3_600_000]] };
  pointAt(350);
  assert.match(time(), /^\d\d:\d\d:\d\d\.\d{3}–\d\d:\d\d:\d\d\.\d{3} UTC\+00:00$/);
  plot.show(0, now);
  pointAt(650);
  assert.match(time(), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
});

test("channels of words say their state and since when, below the numbers", () => {
  const line = new Line();
  line.patch({ cut: -Infinity, times: Float64Array.from([0, 10_000, 20_000, 40_000]), values: Float64Array.from([0, 1, 1, 1]) });
  plot.lanes = [{ channel: 3, name: "pump", line, until: null }];
  plot.laneLabels = new LaneLabels();
  plot.laneLabels.take({ 3: [[1, "<i>RUN</i>", 0]] });
  plot.look = { isDark: false, muted: "#555" };
  pointAt(350); // 30 s
  assert.match(rows().at(-1), /^pump = <i>RUN<\/i> since .*00:00:10.000 \(20 s\)$/);
  assert.equal(rows().length, 4);
  pointAt(640); // 59 s
  assert.equal(rows().at(-1), "pump = –");
});
