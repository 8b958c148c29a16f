import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { emptyText, isWanted, itemFlags, renderFeed } from "../../nbstream/static/alerts/feed.js";
import { healthDetails, healthEntries, sourceSentence } from "../../nbstream/static/alerts/health.js";
import { click, FakeModel, fakeEvent, installDom, press, typeInto } from "./fakeDom.mjs";

const EVIL = "<script>alert(1)</script>";

function incident(number, more = {}) {
  return {
    key: `incident ${number}`,
    number,
    kind: "incident",
    state: "firing",
    severity: "critical",
    title: "",
    text: `value 9${number} > 90 since 12:00:0${number}`,
    lasted: null,
    acknowledged: null,
    silenced: false,
    flapping: false,
    past: false,
    time: `12:00:0${number}`,
    full: "2026-07-01 12:00:00.000 UTC",
    ...more,
  };
}

function health(more = {}) {
  return {
    counters: { received: 12345, accepted: 12340, rejected: 5, late: 0, dropped: 0, reconnects: 0 },
    shown: 60,
    missing: 2,
    evicted: 0,
    refused: 0,
    newest: Date.now(),
    staleAfter: 2,
    held: "",
    source: { name: "file", state: "RUNNING", text: "reading" },
    error: "",
    notes: [],
    zone: "UTC",
    ignored: 0,
    ...more,
  };
}

const stateOf = (items, more = {}) => ({
  items,
  older: 0,
  firing: items.filter((item) => item.state === "firing").length,
  rules: ["value > 90"],
  nRules: 1,
  health: health(),
  told: { newest: 0, items: [], settled: [] },
  silences: [],
  nSilences: 0,
  ended: null,
  ...more,
});

let page, model, el, close;

beforeEach(() => {
  page = installDom();
  delete globalThis.__nbstream;
  model = new FakeModel();
  el = document.createElement("div");
  close = renderFeed({ model, el });
});

test("an empty feed says what is watched", () => {
  model.snapshot(stateOf([]));
  assert.equal(el.one("nbs-empty").textContent, "No alerts yet. Watching value > 90.");
  assert.equal(emptyText([], 0), "No alerts yet. No rules are watched.");
  assert.match(emptyText(["a", "b"], 30), /a, b and 28 more/);
});

test("incidents are listed as they come, with severity in words and why", () => {
  model.snapshot(stateOf([incident(2), incident(1, { state: "resolved", lasted: 12, title: "hot" })]));
  const parts = ["nbs-feed-time", "nbs-chip", "nbs-feed-body"];
  const items = el.all("nbs-feed-item").map((node) => parts.map((name) => node.one(name).textContent).join(""));
  assert.deepEqual(items, [
    "12:00:02criticalvalue 92 > 90 since 12:00:02firing",
    "12:00:01criticalhotvalue 91 > 90 since 12:00:01resolved after 12 s",
  ]);
  assert.ok(el.one("nbs-empty").hidden);
});

test("a new incident goes on top and the others keep their nodes", () => {
  model.snapshot(stateOf([incident(1)]));
  const [first] = el.all("nbs-feed-item");
  model.frame(stateOf([incident(2), incident(1, { state: "resolved", lasted: 1 })]));
  const items = el.all("nbs-feed-item");
  assert.equal(items.length, 2);
  assert.equal(items[1], first);
  model.frame(stateOf([incident(1, { state: "resolved", lasted: 1 }), incident(2)]));
  assert.equal(el.all("nbs-feed-item")[0], first);
});

test("what is not listed is counted", () => {
  model.snapshot(stateOf([incident(1)], { older: 1234 }));
  assert.match(el.one("nbs-feed-head").textContent, /1 firing.*and 1,234 older/);
});

test("screen readers hear a new alert once, not the storm nor what was there before", () => {
  model.snapshot(stateOf([incident(1)]));
  assert.equal(el.one("nbs-hidden").textContent, "");
  model.frame(stateOf([incident(2), incident(1)]));
  assert.match(el.one("nbs-hidden").textContent, /critical: value 92/);
  model.frame(stateOf([incident(3), incident(2)]));
  assert.match(el.one("nbs-hidden").textContent, /value 92/);
});

test("the health line counts everything, and marks what is wrong", () => {
  const entries = healthEntries(health(), 1.6, 59.6);
  assert.deepEqual(
    entries.map(({ name, text }) => `${name} ${text}`),
    ["received 12,345", "shown 60", "dropped 0", "rejected 5", "late 0", "missing 2", "data age 1.6 s", "frames/s 60"],
  );
  assert.deepEqual(entries.filter(({ kind }) => kind).map(({ name }) => name), ["rejected", "missing"]);
});

test("old data of a running source is marked, of an ended one not", () => {
  const age = (source) => healthEntries(health({ source }), 12, null).find(({ name }) => name === "data age").kind;
  assert.equal(age({ state: "RUNNING" }), "warn");
  assert.equal(age({ state: "ENDED" }), "");
  assert.equal(age(null), "");
});

test("a buffer has no counters that it does not keep", () => {
  const names = healthEntries(health({ source: null, counters: { received: 3 }, shown: null }), null, null);
  assert.deepEqual(names.map(({ name }) => name), ["received", "missing", "data age", "frames/s"]);
  assert.match(sourceSentence(null).text, /buffer/);
});

test("the age of the data grows without messages", (context) => {
  model.snapshot(stateOf([]));
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() + 30_000 });
  page.tick();
  assert.match(el.one("nbs-health").textContent, /data age(29|30|31) s/);
});

test("drawn frames are those that the page counts", () => {
  globalThis.__nbstream = { stats: { fps: 57.2 } };
  model.snapshot(stateOf([]));
  assert.match(el.one("nbs-health").textContent, /frames\/s57/);
});

test("the fold holds error, notes and zone", () => {
  const details = healthDetails(health({ error: "HTTP 503", notes: ["time column 't'", "UTC assumed"], evicted: 7 }));
  assert.deepEqual(details.map(({ text }) => text), [
    "UTC",
    "HTTP 503",
    "time column 't'",
    "UTC assumed",
    "12,340",
    "7 readings left the buffer: it was full",
  ]);
});

test("text from data is shown as it is", () => {
  model.snapshot(stateOf([incident(1, { title: EVIL, text: EVIL })], { rules: [EVIL], health: health({ error: EVIL, notes: [EVIL] }) }));
  assert.equal(el.one("nbs-feed-title").textContent, EVIL);
  assert.equal(el.one("nbs-feed-title").childNodes.length, 0);
  assert.equal(el.one("nbs-error-line").textContent, EVIL);
});

const NOTE = { who: "ann", why: "pump is off", time: "12:05:00" };
const SILENCE = { id: 4, text: "“hot” on “x”", until: "13:00:00", full: "2026-07-01 13:00:00.000 UTC", who: "page", why: "" };
const item = () => el.one("nbs-feed-item");
const buttons = (node = item()) => node.all("nbs-button").filter((one) => !one.hidden && !one.parentNode.hidden).map((one) => one.textContent);
const pushed = (text, node = item()) => node.all("nbs-button").findLast((one) => one.textContent === text && !one.hidden && !one.parentNode.hidden);
const errorOf = (node = item()) => node.all("nbs-field-error").map((one) => one.textContent).join("");

test("what is special about an incident is said in words", () => {
  const words = (more) => itemFlags(incident(1, more)).map(({ text }) => text);
  assert.deepEqual(words({}), []);
  assert.deepEqual(words({ acknowledged: NOTE }), ["acknowledged by ann at 12:05:00: pump is off"]);
  assert.deepEqual(words({ graver: "critical since 12:04:10" }), ["critical since 12:04:10"]);
  assert.deepEqual(words({ silenced: true, flapping: true }), ["silenced", "flapping"]);
  assert.deepEqual(words({ state: "resolved", silenced: true, past: true }), ["was silenced", "past: over before it was read"]);
});

test("an incident that fires is acknowledged with a reason, by keyboard alone", () => {
  model.snapshot(stateOf([incident(1)]));
  assert.deepEqual(buttons(), ["acknowledge", "snooze"]);
  click(pushed("acknowledge"));
  const why = item().one("nbs-why");
  assert.equal(document.activeElement, why);
  typeInto(why, "  pump is off ");
  press(why, "Enter");
  press(why, "Enter"); // not asked twice
  const [command, ...more] = model.commands("acknowledge");
  assert.deepEqual([command.incident, command.why, more.length], [1, "pump is off", 0]);
  model.reply();
  assert.equal(document.activeElement, el.one("nbs-feed-list"));
  model.frame(stateOf([incident(1, { acknowledged: NOTE })]));
  assert.match(item().textContent, /acknowledged by ann/);
  assert.deepEqual(buttons(), ["snooze"]);
});

test("an error of the kernel stands at the item, and the form stays open", () => {
  model.snapshot(stateOf([incident(1)]));
  click(pushed("acknowledge"));
  model.frame(stateOf([incident(1, { state: "resolved", lasted: 3 })]));
  assert.equal(item().all("nbs-why").length, 1);
  click(pushed("acknowledge", item().one("nbs-feed-form")));
  model.reply(`This incident is over: ${EVIL}.`);
  assert.equal(errorOf(), `This incident is over: ${EVIL}.`);
  item().one("nbs-feed-form").dispatchEvent(fakeEvent("keydown", { key: "Escape" }));
  assert.deepEqual(buttons(), []);
  assert.equal(document.activeElement, el.one("nbs-feed-list"));
});

test("a form that was given up is not opened by its answer", () => {
  model.snapshot(stateOf([incident(1)]));
  click(pushed("acknowledge"));
  click(pushed("acknowledge"));
  item().one("nbs-feed-form").dispatchEvent(fakeEvent("keydown", { key: "Escape" }));
  click(pushed("snooze"));
  model.reply("too late");
  assert.equal(errorOf(), "");
  assert.equal(item().all("nbs-feed-form").length, 1);
});

test("a dead kernel is said at the item", () => {
  model.snapshot(stateOf([incident(1)]));
  click(pushed("snooze"));
  model.isDead = true;
  click(pushed("1 h"));
  assert.match(errorOf(), /does not answer/);
});

test("a rule is snoozed for one of three spans, and the silence can be ended", () => {
  model.snapshot(stateOf([incident(7)]));
  click(pushed("snooze"));
  assert.deepEqual(buttons(), ["acknowledge", "snooze", "5 min", "1 h", "until tomorrow, 6:00", "cancel"]);
  click(pushed("until tomorrow, 6:00"));
  const [command] = model.commands("snooze");
  assert.deepEqual([command.incident, command.for], [7, "tomorrow"]);
  model.reply();
  model.frame(stateOf([incident(7, { silenced: true })], { silences: [SILENCE], nSilences: 3 }));
  assert.deepEqual(buttons(), ["acknowledge"]);
  const silences = el.one("nbs-silences");
  assert.match(silences.textContent, /“hot” on “x” until 13:00:00, by page.*and 2 more silences/);
  click(pushed("end", silences));
  assert.equal(model.commands("end_silence")[0].silence, 4);
  model.reply("This silence has ended already.");
  assert.equal(errorOf(silences), "This silence has ended already.");
  model.frame(stateOf([incident(7)]));
  assert.ok(silences.hidden);
});

test("one form is open at a time, and Escape gives it up", () => {
  model.snapshot(stateOf([incident(1)]));
  click(pushed("snooze"));
  click(pushed("acknowledge"));
  assert.deepEqual(buttons(), ["acknowledge", "snooze", "acknowledge", "cancel"]);
  item().one("nbs-feed-form").dispatchEvent(fakeEvent("keydown", { key: "Escape" }));
  assert.equal(document.activeElement.getAttribute("aria-label"), "acknowledge value 91 > 90 since 12:00:01");
});

test("the filter asks for severity, firing and words", () => {
  const all = { level: "", firingOnly: false, text: "" };
  const event = { kind: "event", text: "the file was replaced" };
  const old = incident(1, { severity: "warning", state: "resolved", title: "Too Hot" });
  const wanted = (filter) => [incident(2), old, event].map((one) => isWanted(one, { ...all, ...filter }));
  assert.deepEqual(wanted({}), [true, true, true]);
  assert.deepEqual(wanted({ level: "warning" }), [true, true, false]);
  assert.deepEqual(wanted({ level: "critical" }), [true, false, false]);
  assert.deepEqual(wanted({ firingOnly: true }), [true, false, false]);
  assert.deepEqual(wanted({ text: "hot  too" }), [false, true, false]);
  assert.deepEqual(wanted({ text: "event" }), [false, false, true]);
  assert.ok(isWanted({ kind: "anomaly", title: "zscore", text: "x 9: far" }, { ...all, text: "anomaly zscore" }));
});

test("what is filtered out is counted, and none is said", () => {
  model.snapshot(stateOf([incident(2), incident(1)], { older: 3 }));
  const field = el.one("nbs-feed-filter").one("nbs-input");
  typeInto(field, "value 92");
  assert.equal(el.all("nbs-feed-item").length, 1);
  assert.match(el.one("nbs-feed-head").textContent, /1 filtered out, and 3 older/);
  typeInto(field, "nothing");
  assert.match(el.one("nbs-feed").textContent, /None of 2 matches the filter/);
  press(field, "Escape");
  assert.equal(el.all("nbs-feed-item").length, 2);
});

test("hostile reasons and silences are text", () => {
  model.snapshot(stateOf([incident(1, { acknowledged: { who: EVIL, why: EVIL, time: "12" } })], { silences: [{ ...SILENCE, text: EVIL, why: EVIL }], nSilences: 1 }));
  for (const node of [...el.all("nbs-flag"), ...el.one("nbs-silences").all("nbs-feed-text")]) assert.equal(node.childNodes.length, 0);
  assert.ok(el.one("nbs-flags").textContent.includes(EVIL));
});

test("clean-up leaves nothing behind", () => {
  close();
  assert.equal(el.childNodes.length, 0);
  assert.equal(page.timers.size, 0);
  assert.deepEqual(model.handlers, []);
  assert.deepEqual([...document.listeners.values()].flat(), []);
});

test("a reason that grows moves nothing under a pointer", () => {
  const grown = incident(1, { text: "value 91.25 > 90 since 12:00:01, peak 91.253 at 12:00:07" });
  model.snapshot(stateOf([incident(2), incident(1)]));
  const list = el.one("nbs-feed-list");
  const text = () => list.all("nbs-feed-text").at(-1).textContent;
  list.dispatchEvent(fakeEvent("mouseenter"));
  model.snapshot(stateOf([incident(2), grown]));
  assert.equal(text(), incident(1).text);
  model.snapshot(stateOf([incident(2), incident(1, { text: "value 92 > 90" })]));
  assert.equal(text(), "value 92 > 90"); // as long, or shorter
  model.snapshot(stateOf([incident(2), grown]));
  list.dispatchEvent(fakeEvent("mouseleave"));
  assert.equal(text(), grown.text);
});
