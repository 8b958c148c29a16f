import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { emptyText, healthDetails, healthEntries, renderFeed, sourceSentence } from "../../nbstream/static/feed.js";
import { FakeModel, installDom } from "./fakeDom.mjs";

const EVIL = "<script>alert(1)</script>";

function incident(number, more = {}) {
  return {
    key: `incident ${number}`,
    kind: "incident",
    state: "firing",
    severity: "critical",
    title: "",
    text: `value 9${number} > 90 since 12:00:0${number}`,
    lasted: null,
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
  const items = el.all("nbs-feed-item").map((node) => node.textContent);
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

test("clean-up leaves nothing behind", () => {
  close();
  assert.equal(el.childNodes.length, 0);
  assert.equal(page.timers.size, 0);
  assert.deepEqual(model.handlers, []);
});
