import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { balancedColumns } from "../../nbstream/static/cards/cardRow.js";
import { renderCards } from "../../nbstream/static/cards/cards.js";
import { channelState } from "../../nbstream/static/cards/channelState.js";
import { DataClock, sparkPath } from "../../nbstream/static/cards/spark.js";
import { click, fakeEvent, FakeModel, installDom, press, typeInto } from "./fakeDom.mjs";

const RUNNING = { name: "file", state: "RUNNING", text: "reading" };
const EVIL = "<img src=x onerror=alert(1)>";

const statistic = (name, unit = "same") => ({ name, unit, what: `What ${name} is.` });
const STANDARD = [...["last", "mean", "std", "min", "max"].map((name) => statistic(name)), statistic("rate", "per second")];

function channel(more = {}) {
  return {
    name: "temp",
    unit: "°C",
    values: [20.5, 20.1, 0.5, 19, 22, 1],
    units: ["°C", "°C", "°C", "°C", "°C", "1/s"],
    failed: {},
    scale: [20.5, 20.1, 0.5, 19, 22],
    count: 60,
    newest: Date.now(),
    staleAfter: 2,
    alert: null,
    ...more,
  };
}

const stateOf = (channels, more = {}) => ({
  window: "60s",
  n: channels.length,
  chart: null,
  statistics: STANDARD,
  most: 12,
  channels,
  source: RUNNING,
  ended: null,
  ...more,
});
const words = (...facts) => channelState(...facts).map(({ text }) => text);

let page, model, el, close;

beforeEach(() => {
  page = installDom();
  document.createElementNS = (_, tag) => document.createElement(tag);
  model = new FakeModel();
  el = document.createElement("div");
  close = renderCards({ model, el });
});

test("a channel's state is said in words, and firing is never hidden", () => {
  const firing = { state: "FIRING", severity: "critical", rule: "r" };
  assert.deepEqual(words(channel(), RUNNING, 0.1), ["ok"]);
  assert.deepEqual(words(channel({ alert: { state: "OK" } }), RUNNING, 0.1), ["ok"]);
  assert.deepEqual(words(channel({ alert: { state: "PENDING" } }), RUNNING, 0.1), ["pending"]);
  assert.deepEqual(words(channel({ alert: firing }), RUNNING, 12), ["firing · critical", "stale · 12 s"]);
  assert.deepEqual(words(channel({ alert: firing }), { state: "FAILED" }, 12), ["firing · critical", "failed"]);
  assert.deepEqual(words(channel(), RUNNING, null), ["waiting for data"]);
  assert.deepEqual(words(channel(), { state: "ENDED" }, 100), ["ended"]);
});

test("every state of a rule has words and a shape", () => {
  const look = (state, age = 0.1, more = {}) =>
    channelState(channel({ alert: { state, severity: "warning", rule: "hot", ...more } }), RUNNING, age).map(({ text, shape }) => `${shape} ${text}`);
  assert.deepEqual(look("OK"), ["circle ok"]);
  assert.deepEqual(look("PENDING"), ["triangle pending"]);
  assert.deepEqual(look("NO_DATA", 12), ["ring no data · 12 s"]);
  assert.deepEqual(look("NO_DATA", null), ["ring no data"]);
  assert.deepEqual(look("ERROR"), ["square rule failed"]);
  assert.deepEqual(look("RECOVERING"), ["triangle recovering · warning"]);
  assert.deepEqual(look("FIRING"), ["triangle firing · warning"]);
  assert.deepEqual(look("FIRING", 0.1, { severity: "critical" }), ["square firing · critical"]);
  assert.deepEqual(look("FIRING", 0.1, { severity: "info" }), ["diamond firing · info"]);
  assert.deepEqual(look("DRIFTING"), ["triangle drifting"]);
  assert.deepEqual(look("FIRING", 0.1, { acknowledged: "Ann", silenced: true }), ["triangle firing · warning", "bar acknowledged", "bar silenced"]);
  const [state] = channelState(channel({ alert: { state: "ERROR", severity: "info", rule: "hot", why: "division by zero" } }), RUNNING, 0.1);
  assert.equal(state.title, "Rule hot: division by zero");
});

test("the cards show the statistics with their unit", () => {
  model.snapshot(stateOf([channel()]));
  assert.deepEqual(
    el.all("nbs-value").map((node) => node.textContent),
    ["20.500", "20.100", "0.500", "19.000", "22.000", "1.00"],
  );
  assert.deepEqual(el.all("nbs-unit").map((node) => node.textContent), ["°C", "°C", "°C", "°C", "°C", "/s"]);
});

test("a card that failed has no value but a reason, the others say what they are", () => {
  const statistics = [statistic("last"), statistic("correlation(<b>)", "none")];
  const failed = { "correlation(<b>)": `There is no channel ${EVIL}.` };
  model.snapshot(stateOf([channel({ values: [20.5, null], units: ["°C", ""], failed })], { statistics }));
  const [last, correlation] = el.all("nbs-card");
  assert.equal(last.getAttribute("title"), "last: What last is.");
  assert.equal(correlation.getAttribute("title"), `There is no channel ${EVIL}.`);
  assert.equal(correlation.one("nbs-value").textContent, "–");
  assert.equal(correlation.one("nbs-unit").textContent, "failed");
  assert.equal(correlation.className, "nbs-card");
});

test("numbers of other units are written by their own size, and keep their decimals", () => {
  const statistics = [statistic("count", "none"), statistic("skewness", "none"), statistic("p99")];
  const show = (...values) => model.frame(stateOf([channel({ values, units: ["", "", "°C"] })], { statistics }));
  model.snapshot(stateOf([], { statistics }));
  const texts = () => el.all("nbs-value").map((node) => node.textContent);
  show(60, 0.5, 21);
  assert.deepEqual(texts(), ["60", "0.5000", "21.000"]);
  show(61, -0.001, null);
  assert.deepEqual(texts(), ["61", "−0.0010", "–"]);
});

test("a choice that changes keeps the cards that stay", () => {
  model.snapshot(stateOf([channel()]));
  const [last] = el.all("nbs-card");
  const statistics = [STANDARD[0], statistic("p99")];
  model.frame(stateOf([channel({ values: [20.5, 21.9], units: ["°C", "°C"] })], { statistics }));
  assert.equal(el.all("nbs-card").length, 2);
  assert.equal(el.all("nbs-card")[0], last);
  assert.deepEqual(el.all("nbs-label").map((node) => node.textContent), ["last", "p99"]);
});

test("columns are chosen so that rows are equally full", () => {
  assert.deepEqual([6, 7, 8, 12, 1, 0].map((n) => balancedColumns(n, 6)), [6, 4, 4, 6, 1, 1]);
  assert.deepEqual([6, 5, 2].map((n) => balancedColumns(n, 4)), [3, 3, 2]);
});

test("a spark line spans the readings, breaks where there are none, and survives extremes", () => {
  const points = (...values) => values.map((value, i) => ({ time: i * 1000, value }));
  assert.equal(sparkPath(points(1)), "");
  assert.equal(sparkPath(points(null, null)), "");
  assert.equal(sparkPath(points(0, 1)), "M56.0 12.5L60.0 1.5");
  assert.equal(sparkPath(points(3, 3, 3)), "M52.0 7.0L56.0 7.0L60.0 7.0");
  assert.equal(sparkPath(points(0, null, 1)), "M52.0 12.5M60.0 1.5");
  assert.doesNotMatch(sparkPath(points(-1.7e308, 1.7e308, 0)), /NaN|Infinity/);
  assert.equal(sparkPath([{ time: 0, value: 0 }, { time: 30_000, value: 1 }]), "M0.0 12.5M60.0 1.5");
});

test("a spark line goes on by frames without a state, and forgets what is older than a minute", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  model.snapshot(stateOf([channel()]));
  for (let i = 0; i < 100; i += 1) {
    context.mock.timers.tick(1000);
    model.frame();
  }
  const path = el.all("nbs-spark-line")[0].getAttribute("d");
  assert.equal(path.split(/[ML]/).length - 1, 60);
  assert.match(path, /^M0\.0 /);
  context.mock.timers.setTime(500_000); // the kernel's clock was set back
  model.frame();
  assert.equal(el.all("nbs-spark-line")[0].getAttribute("d"), "");
});

test("spark lines begin with the past, and have it filled in where the page was not looking", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const line = (i = 0) => el.all("nbs-spark-line")[i].getAttribute("d");
  const values = (low) => [low, low + 1, low + 2];
  model.snapshot(stateOf([channel()]));
  assert.equal(model.commands("past").length, 1);
  assert.equal(line(), "");
  model.reply("", { newest: Date.now(), span: 60_000, ages: [6000, 4000, 2000], channels: [[values(1), null, ...Array(4).fill(values(5))]] });
  model.frame(stateOf([channel()]));
  assert.equal(line().match(/[ML]/g).length, 4);
  assert.equal(line(1), "", "what costs too much begins now");
  context.mock.timers.tick(3000);
  model.frame();
  assert.equal(model.commands("past").length, 1);
  context.mock.timers.tick(57_000); // nobody looked
  model.frame();
  assert.equal(model.commands("past").length, 2);
  model.reply("", { newest: Date.now(), span: 60_000, ages: [40_000, 20_000], channels: [[[3, 4]]] });
  assert.equal(line().match(/M/g).length, 3, "each far from the others");
  context.mock.timers.tick(1000);
  model.frame(stateOf([channel()], { window: "10s" }));
  assert.equal(model.commands("past").length, 3);
});

test("a file that came at once has the course of its own time, as long as the window, and that stands still", (context) => {
  const DAY = 86_400_000;
  context.mock.timers.enable({ apis: ["Date"], now: 1000 * DAY });
  const old = (newest) => stateOf([channel({ newest })], { window: "all" });
  model.snapshot(old(2 * DAY));
  model.reply("", { newest: 2 * DAY, span: 60_000, ages: [4000, 2000], channels: [[[1, 2]]] });
  context.mock.timers.tick(1000);
  model.frame(old(100 * DAY)); // the rest of the file
  context.mock.timers.tick(3000);
  model.frame();
  assert.equal(model.commands("past").length, 2, "it leapt");
  const span = 99 * DAY;
  const ages = Array.from({ length: 30 }, (_, i) => (span * (30 - i)) / 30);
  model.reply("", { newest: 100 * DAY, span, ages, channels: [[ages.map((_, i) => i % 7)]] });
  const path = el.all("nbs-spark-line")[0].getAttribute("d");
  assert.equal(path.match(/L/g).length, 30);
  for (let i = 0; i < 100; i += 1) {
    context.mock.timers.tick(1000);
    model.frame();
  }
  assert.equal(el.all("nbs-spark-line")[0].getAttribute("d"), path);
  assert.equal(model.commands("past").length, 2);
});

test("the data's clock goes on between readings, but for those of another day", () => {
  const clock = new DataClock();
  assert.equal(clock.time(5000, null), 5000);
  assert.deepEqual([clock.time(5000, 4000), clock.time(6000, 4000), clock.time(6500, 6000)], [4000, 5000, 6000]);
  assert.deepEqual([clock.time(1e9, 4000), clock.time(2e9, 4000)], [4000, 4000]);
});

test("a spark line stands still for people who want less motion", (context) => {
  globalThis.matchMedia = () => ({ matches: true });
  try {
    context.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
    model.snapshot(stateOf([channel()]));
    const paths = new Set();
    for (let i = 0; i < 30; i += 1) {
      context.mock.timers.tick(1000);
      model.frame();
      paths.add(el.all("nbs-spark-line")[0].getAttribute("d"));
    }
    assert.ok(paths.size <= 4);
  } finally {
    delete globalThis.matchMedia;
  }
});

const ENTRIES = [
  { name: "last", needs: "", what: "Newest reading." },
  { name: "median", needs: "", what: "The middle reading." },
  { name: "time_above", needs: "limit", what: EVIL },
];

function openPicker() {
  click(el.one("nbs-opener"));
  model.say({ kind: "catalogue", entries: ENTRIES });
  model.reply();
}

function tick(name, isShown) {
  const pick = el.all("nbs-pick").find((node) => node.textContent === name);
  const box = pick.childNodes[0];
  box.checked = isShown;
  box.dispatchEvent(fakeEvent("change"));
  return box;
}

test("the list offers the catalogue; what is ticked is asked for", () => {
  model.snapshot(stateOf([channel()]));
  openPicker();
  assert.equal(model.commands("catalogue").length, 1);
  const box = tick("median", true);
  assert.deepEqual(model.commands("show").map(({ statistic: name }) => name), ["median"]);
  model.frame(stateOf([channel()])); // not done yet: the tick stays
  assert.equal(box.checked, true);
  model.reply();
  model.frame(stateOf([channel({ values: [...channel().values, 3] })], { statistics: [...STANDARD, statistic("median")] }));
  assert.equal(box.checked, true);
  tick("median", false);
  assert.deepEqual(model.commands("hide").map(({ statistic: name }) => name), ["median"]);
  model.reply("The kernel says no.");
  assert.equal(box.checked, true);
  assert.match(el.one("nbs-statistic-picker").textContent, /The kernel says no/);
});

test("what is wrong with what was typed stands at its field, until it is typed anew", () => {
  model.snapshot(stateOf([channel()]));
  openPicker();
  const form = el.one("nbs-pick-form");
  const field = form.one("nbs-input");
  const wrong = () => [form.one("nbs-field-error").textContent, field.getAttribute("aria-invalid")];
  assert.equal(field.getAttribute("aria-describedby"), form.one("nbs-field-error").getAttribute("id"));
  typeInto(field, "meen");
  click(form.one("nbs-primary"));
  model.reply("There is no statistic 'meen'. Did you mean 'mean'?");
  assert.deepEqual(wrong(), ["There is no statistic 'meen'. Did you mean 'mean'?", "true"]);
  typeInto(field, "mean");
  assert.deepEqual(wrong(), ["", null]);
  click(form.one("nbs-primary"));
  model.reply();
  assert.deepEqual([...wrong(), field.value], ["", null, ""]);
});

test("another page's choice is shown", () => {
  model.snapshot(stateOf([channel()]));
  openPicker();
  model.frame(stateOf([channel({ values: [1] })], { statistics: [statistic("median")] }));
  const boxes = el.all("nbs-pick").filter((node) => node.childNodes.length === 2);
  assert.deepEqual(boxes.map((node) => [node.textContent, node.childNodes[0].checked]), [["last", false], ["median", true]]);
});

test("statistics with parameters are typed, and those that are shown can be unticked", () => {
  model.snapshot(stateOf([channel()], { statistics: [statistic("time_above(90)", "seconds")] }));
  openPicker();
  click(el.one("nbs-pick-more"));
  assert.equal(el.one("nbs-input").value, "time_above(");
  typeInto(el.one("nbs-input"), "time_above(70");
  el.one("nbs-pick-form").dispatchEvent(fakeEvent("keydown", { key: "Enter", target: el.one("nbs-input") }));
  assert.equal(model.commands("show").at(-1).statistic, "time_above(70)");
  model.reply("There is no statistic.");
  assert.equal(el.one("nbs-input").value, "time_above(70");
  assert.match(el.textContent, /There is no statistic/);
  tick("time_above(90)", false);
  assert.equal(model.commands("hide").at(-1).statistic, "time_above(90)");
});

test("a card is removed with its cross", () => {
  model.snapshot(stateOf([channel()]));
  click(el.all("nbs-card-remove")[1]);
  assert.deepEqual(model.commands("hide").map(({ statistic: name }) => name), ["mean"]);
});

test("with all places taken nothing more can be ticked", () => {
  model.snapshot(stateOf([channel()], { most: 6 }));
  openPicker();
  const boxes = el.all("nbs-pick").filter((node) => node.childNodes.length === 2).map((node) => node.childNodes[0]);
  assert.deepEqual(boxes.map(({ checked, disabled }) => [checked, disabled]), [
    ...STANDARD.slice(1).map(() => [true, false]),
    [true, false],
    [false, true],
  ]);
});

test("Escape closes the list and gives the focus back", () => {
  model.snapshot(stateOf([channel()]));
  openPicker();
  press(el.one("nbs-pick-form"), "Escape");
  assert.equal(el.one("nbs-pick-form").hidden, true);
  assert.equal(document.activeElement, el.one("nbs-opener"));
});

test("cards go with their channel", () => {
  model.snapshot(stateOf([channel()]));
  model.frame(stateOf([channel({ name: "y" })]));
  assert.deepEqual(el.all("nbs-name").map((node) => node.textContent), ["y"]);
  model.frame(stateOf([]));
  assert.match(el.textContent, /no channel yet/);
});

test("before the first channel there are empty cards that wait for data", () => {
  model.snapshot(stateOf([]));
  assert.equal(el.all("nbs-card").length, 6);
  assert.match(el.textContent, /waiting for data/);
});

test("an update keeps the nodes and changes their text", () => {
  model.snapshot(stateOf([channel()]));
  const before = el.all("nbs-value");
  model.frame(stateOf([channel({ values: [21.5, 20.1, 0.5, 19, 22, 1] })]));
  assert.equal(before[0].textContent, "21.500");
  assert.deepEqual(el.all("nbs-value"), before);
});

test("a channel goes stale by the page's own clock, without a message", (context) => {
  model.snapshot(stateOf([channel()]));
  assert.equal(el.one("nbs-chip").textContent, "ok");
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() + 30_000 });
  page.tick();
  assert.match(el.textContent, /stale · 3\d s|stale · 2\d s/);
});

test("text from data is shown as it is", () => {
  model.snapshot(stateOf([channel({ name: EVIL, units: [EVIL] })]));
  assert.equal(el.one("nbs-name").textContent, EVIL);
  assert.equal(el.one("nbs-name").childNodes.length, 0);
});

test("a replaced analyzer and a dead kernel are said", () => {
  model.snapshot(stateOf([channel()], { ended: "replaced" }));
  assert.match(el.one("nbs-note").textContent, /replaced/);
  assert.equal(el.one("nbs-cards").getAttribute("data-link"), "ended");
});

test("clean-up leaves nothing behind", () => {
  close();
  assert.equal(el.childNodes.length, 0);
  assert.equal(page.timers.size, 0);
  assert.deepEqual(model.handlers, []);
  assert.deepEqual(document.listeners.get("nbstream:lines"), []);
});
