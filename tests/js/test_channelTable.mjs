import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { renderCards } from "../../nbstream/static/cards/cards.js";
import { roomFor, Sorting } from "../../nbstream/static/cards/channelTable.js";
import { usualLine } from "../../nbstream/static/cards/chartLines.js";
import { click, fakeEvent, FakeModel, installDom } from "./fakeDom.mjs";

const EVIL = "<img src=x onerror=alert(1)>";
const RUNNING = { name: "file", state: "RUNNING", text: "reading" };
const STATISTICS = [["last", "same"], ["mean", "same"], ["var", "none"], ["rate", "per second"]].map(([name, unit]) => ({ name, unit, what: `What ${name} is.` }));

function channel(name, last, more = {}) {
  return {
    name,
    unit: "°C",
    values: [last, last + 0.5, 4, 1],
    units: ["°C", "°C", "°C²", "1/s"],
    failed: {},
    scale: [last, last, 2, last - 4, last + 4],
    count: 60,
    newest: Date.now(),
    staleAfter: 2,
    alert: null,
    ...more,
  };
}

const stateOf = (channels, more = {}) => ({ window: "60s", n: channels.length, chart: "chart-1", statistics: STATISTICS, most: 12, channels, source: RUNNING, ended: null, ...more });

let THREE, model, el, close, asked, shownLines;

beforeEach(() => {
  THREE = [channel("b", 20), channel("a", 5), channel("c", 300)]; // whose newest readings came just now
  installDom();
  document.createElementNS = (_, tag) => document.createElement(tag);
  model = new FakeModel();
  el = document.createElement("div");
  close = renderCards({ model, el });
  asked = [];
  document.addEventListener("nbstream:line", ({ detail }) => asked.push(detail));
  shownLines = undefined;
  globalThis.__nbstream = { charts: new Map([["chart-1", { get lines() { return shownLines; } }]]) };
});

const head = () => el.one("nbs-table").childNodes[1].childNodes[0].childNodes;
const rows = () => el.one("nbs-table").childNodes[2].childNodes;
const texts = (row) => row.all("nbs-number").map((node) => node.textContent);
const names = () => el.all("nbs-name").map((node) => node.textContent);
const sortBy = (label) => click(el.all("nbs-sort").find((node) => node.textContent.startsWith(label)));

test("several channels are a table: a line each, the statistics as columns, units once", () => {
  model.snapshot(stateOf(THREE));
  assert.deepEqual(head().map((node) => node.textContent.replace("×", "")), ["channel", "last", "mean", "var°C²", "rate/s", "state", ""]);
  assert.deepEqual(texts(rows()[0]), ["20", "20.50", "4", "1.00"]);
  assert.equal(rows()[0].one("nbs-line").textContent, "b°C");
  assert.match(rows()[0].one("nbs-line").getAttribute("title"), /60 readings in 60s/);
  shownLines = THREE.map(() => ({ color: "#111111", dash: [], isVisible: true, perPoint: "≈37 readings/point" }));
  document.dispatchEvent(new CustomEvent("nbstream:lines", { detail: { chart: "chart-1" } }));
  assert.equal(rows()[0].one("nbs-line").getAttribute("title"), "b: 60 readings in 60s · ≈37 readings/point");
  assert.equal(rows()[0].one("nbs-chip").textContent, "ok");
  assert.match(el.one("nbs-count").textContent, /^3 channels · last 60s$/);
});

test("a unit that the name says stands once", () => {
  model.snapshot(stateOf([channel("outside [°C]", 1), channel("inside (°C)", 2), channel("°C", 3)]));
  assert.deepEqual(rows().map((row) => row.one("nbs-line").textContent), ["outside [°C]", "inside (°C)", "°C°C"]);
});

test("where a column has several units they stand at the numbers", () => {
  model.snapshot(stateOf([channel("a", 1), channel("b", 2, { unit: "Pa", units: ["Pa", "Pa", "Pa²", "1/s"] })]));
  assert.deepEqual(rows().map((row) => texts(row)[2]), ["4 °C²", "4 Pa²"]);
});

test("all rates are in one unit, that of the fastest", () => {
  const slow = (name, rate) => channel(name, 1, { values: [1, 1, 1, rate] });
  model.snapshot(stateOf([slow("a", 0.01), slow("b", 0.05)]));
  assert.equal(head()[4].textContent.replace("×", ""), "rate/min");
  assert.deepEqual(rows().map((row) => texts(row)[3]), ["0.60", "3.00"]);
  model.frame(stateOf([slow("a", 0.01), slow("b", 50)]));
  assert.deepEqual(rows().map((row) => texts(row)[3]), ["0.0100", "50.0"]);
});

test("channels beyond those that are listed are counted", () => {
  model.snapshot(stateOf(THREE, { n: 70 }));
  assert.match(el.one("nbs-count").textContent, /70 channels .* the first 3 are shown/);
});

test("a statistic that failed has no value but a reason, and is removed at its head", () => {
  model.snapshot(stateOf([channel("a", 1, { values: [1, null, 4, 1], failed: { mean: `No ${EVIL}.` } }), channel("b", 2)]));
  const cell = rows()[0].all("nbs-number")[1];
  assert.deepEqual([cell.textContent, cell.getAttribute("title")], ["–", `No ${EVIL}.`]);
  click(el.all("nbs-card-remove")[1]);
  assert.equal(model.commands("hide")[0].statistic, "mean");
});

test("a click on a line asks the chart to hide or to show it", () => {
  shownLines = [true, false, true].map((isVisible) => ({ name: "", color: "#123456", dash: [4, 2], isVisible }));
  model.snapshot(stateOf(THREE));
  click(rows()[0]);
  click(rows()[1].one("nbs-line"));
  assert.deepEqual(asked, [
    { chart: "chart-1", channel: 0, visible: false },
    { chart: "chart-1", channel: 1, visible: true },
  ]);
  assert.deepEqual(rows().map((row) => row.one("nbs-line").getAttribute("aria-pressed")), ["true", "false", "true"]);
  assert.deepEqual(rows().map((row) => row.getAttribute("data-off")), [null, "", null]);
  const line = rows()[0].one("nbs-swatch").childNodes[0];
  assert.deepEqual([line.getAttribute("stroke"), line.getAttribute("stroke-dasharray")], ["#123456", "4 2"]);
});

test("a line that the chart hides by itself is told apart at once", () => {
  shownLines = [{ color: "#111111", dash: [], isVisible: true }];
  model.snapshot(stateOf(THREE));
  shownLines = [{ color: "#222222", dash: [], isVisible: false }];
  document.dispatchEvent(new CustomEvent("nbstream:lines", { detail: { chart: "another" } }));
  assert.equal(rows()[0].getAttribute("data-off"), null);
  document.dispatchEvent(new CustomEvent("nbstream:lines", { detail: { chart: "chart-1" } }));
  assert.equal(rows()[0].getAttribute("data-off"), "");
  assert.equal(rows()[0].one("nbs-swatch").childNodes[0].getAttribute("stroke"), "#222222");
});

test("a line that is pointed at or has the focus is highlighted", () => {
  model.snapshot(stateOf(THREE));
  rows()[2].dispatchEvent(fakeEvent("mouseenter"));
  rows()[2].dispatchEvent(fakeEvent("mouseleave"));
  rows()[1].one("nbs-line").focus();
  rows()[1].one("nbs-line").dispatchEvent(fakeEvent("focus"));
  assert.deepEqual(asked.map(({ channel: number, highlighted }) => [number, highlighted]), [[2, true], [2, false], [1, true]]);
});

test("without a chart there is nothing to show or hide", () => {
  model.snapshot(stateOf(THREE, { chart: null }));
  assert.ok(rows()[0].one("nbs-line").disabled);
  click(rows()[0]);
  assert.deepEqual(asked, []);
});

test("where the chart doesn't say, lines are told apart by colour, then by dashes", () => {
  const looks = new Set(Array.from({ length: 24 }, (_, i) => JSON.stringify(usualLine(i))));
  assert.equal(looks.size, 24);
});

test("numbers are sorted the largest first, then the smallest, then as they were", () => {
  model.snapshot(stateOf(THREE));
  sortBy("last");
  assert.deepEqual(names(), ["c", "b", "a"]);
  assert.equal(head()[1].getAttribute("aria-sort"), "descending");
  sortBy("last");
  assert.deepEqual(names(), ["a", "b", "c"]);
  sortBy("last");
  assert.deepEqual(names(), ["b", "a", "c"]);
  assert.equal(head()[1].getAttribute("aria-sort"), null);
  sortBy("channel");
  assert.deepEqual(names(), ["a", "b", "c"]);
  shownLines = [];
  click(rows()[0]);
  assert.equal(asked.at(-1).channel, 1, "the channel keeps its number");
});

test("the gravest states come first, and what has no value comes last", () => {
  const firing = { state: "FIRING", severity: "critical", rule: "r" };
  model.snapshot(stateOf([channel("a", 1), channel("b", 2, { alert: firing }), channel("c", 3, { values: [null, null, null, null] })]));
  sortBy("state");
  assert.equal(names()[0], "b");
  sortBy("last");
  assert.deepEqual(names(), ["b", "a", "c"]);
  sortBy("last");
  assert.deepEqual(names(), ["a", "b", "c"]);
  const sorting = new Sorting();
  sorting.press("x", true);
  assert.deepEqual(sorting.apply(["c10", "c9", null], (item) => item), ["c9", "c10", null]);
});

test("lines are not sorted anew while they are pointed at, and else not at each frame", (context) => {
  let now = 10_000;
  context.mock.method(performance, "now", () => now);
  const show = (a, b) => model.frame(stateOf([channel("a", a), channel("b", b)]));
  model.snapshot(stateOf([channel("a", 1), channel("b", 2)]));
  sortBy("last");
  assert.deepEqual(names(), ["b", "a"]);
  show(5, 2);
  assert.deepEqual(names(), ["b", "a"]);
  const body = el.one("nbs-table").childNodes[2];
  body.dispatchEvent(fakeEvent("mouseenter"));
  now += 5000;
  show(5, 2);
  assert.deepEqual(names(), ["b", "a"]);
  body.dispatchEvent(fakeEvent("mouseleave"));
  show(5, 2);
  assert.deepEqual(names(), ["a", "b"]);
});

test("channels whose names look alike have a line each, and lines go with their channels", () => {
  model.snapshot(stateOf([channel("x", 1), channel("x", 2), channel("y", 3)]));
  assert.equal(rows().length, 3);
  const y = rows()[2];
  model.frame(stateOf([channel("y", 3), channel("z", 4)]));
  assert.deepEqual(names(), ["y", "z"]);
  assert.equal(rows()[0], y);
});

test("one channel has cards, and several are a table again", () => {
  model.snapshot(stateOf([channel("x", 1)]));
  assert.equal(el.all("nbs-card").length, 4);
  model.frame(stateOf(THREE));
  assert.equal(el.all("nbs-card").length, 0);
  assert.equal(rows().length, 3);
  model.frame(stateOf([channel("x", 1)]));
  assert.equal(el.all("nbs-table").length, 0);
});

test("a small line shows the last minute of a channel's readings", () => {
  model.snapshot(stateOf(THREE));
  assert.equal(model.commands("past").length, 1);
  model.reply("", { newest: THREE[0].newest, span: 60_000, ages: [6000, 4000, 2000], channels: [[[1, 2, 3]], [null], [[3, 2, 1]]] });
  const line = (row) => row.one("nbs-spark-line").getAttribute("d");
  assert.equal(line(rows()[0]).match(/[ML]/g).length, 4);
  assert.equal(line(rows()[1]), "", "of which nothing is known it begins now");
});

test("less important columns fold away where it is narrow", () => {
  const numbers = [70, 70, 70, 70, 70, 70];
  assert.deepEqual(roomFor(0, numbers), { n: 6, course: 132, state: 176 });
  assert.deepEqual(roomFor(1200, numbers), { n: 6, course: 132, state: 176 });
  assert.deepEqual(roomFor(616, numbers), { n: 4, course: 76, state: 134 });
  assert.deepEqual(roomFor(300, numbers), { n: 1, course: 0, state: 88 });
  assert.deepEqual(roomFor(100, numbers), { n: 1, course: 0, state: 88 });
  assert.deepEqual(roomFor(400, [70]), { n: 1, course: 76, state: 88 });
  assert.deepEqual(roomFor(900, numbers, 240), { n: 6, course: 76, state: 134 }, "names come before a wider state");
  for (let width = 310; width < 1300; width += 1) {
    const { n, course, state } = roomFor(width, numbers);
    assert.ok(110 + 70 * n + course + state <= width);
  }
});

test("text from data is shown as it is", () => {
  model.snapshot(stateOf([channel(EVIL, 1, { unit: EVIL }), channel("b", 2)]));
  for (const name of ["nbs-name", "nbs-unit"]) {
    const [node] = rows()[0].all(name);
    assert.equal(node.textContent, EVIL);
    assert.ok(node.childNodes.every((part) => part.className.startsWith("nbs-name-"))); // the halves of a long name
  }
});

test("clean-up leaves no listener behind", () => {
  model.snapshot(stateOf(THREE));
  close();
  assert.deepEqual(document.listeners.get("nbstream:lines"), []);
});
