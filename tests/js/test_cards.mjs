import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { channelState, renderCards } from "../../nbstream/static/cards.js";
import { FakeModel, installDom } from "./fakeDom.mjs";

const RUNNING = { name: "file", state: "RUNNING", text: "reading" };
const EVIL = "<img src=x onerror=alert(1)>";

function channel(more = {}) {
  return {
    name: "temp",
    unit: "°C",
    values: [20.5, 20.1, 0.5, 19, 22, 1],
    count: 60,
    newest: Date.now(),
    staleAfter: 2,
    alert: null,
    ...more,
  };
}

const stateOf = (channels, more = {}) => ({ window: "60s", n: channels.length, channels, source: RUNNING, ended: null, ...more });
const words = (...facts) => channelState(...facts).map(({ text }) => text);

let page, model, el, close;

beforeEach(() => {
  page = installDom();
  model = new FakeModel();
  el = document.createElement("div");
  close = renderCards({ model, el });
});

test("a channel's state is said in words, and firing is never hidden", () => {
  const firing = { state: "FIRING", severity: "critical", rule: "r" };
  assert.deepEqual(words(channel(), RUNNING, 0.1), ["live"]);
  assert.deepEqual(words(channel({ alert: { state: "OK" } }), RUNNING, 0.1), ["ok"]);
  assert.deepEqual(words(channel({ alert: { state: "PENDING" } }), RUNNING, 0.1), ["pending"]);
  assert.deepEqual(words(channel({ alert: firing }), RUNNING, 12), ["firing · critical", "stale · 12 s"]);
  assert.deepEqual(words(channel({ alert: firing }), { state: "FAILED" }, 12), ["firing · critical", "failed"]);
  assert.deepEqual(words(channel(), RUNNING, null), ["waiting for data"]);
  assert.deepEqual(words(channel(), { state: "ENDED" }, 100), ["ended"]);
});

test("the cards show the statistics with their unit", () => {
  model.snapshot(stateOf([channel()]));
  assert.deepEqual(
    el.all("nbs-value").map((node) => node.textContent),
    ["20.500", "20.100", "0.500", "19.000", "22.000", "1.00"],
  );
  assert.deepEqual(el.all("nbs-unit").map((node) => node.textContent), ["°C", "°C", "°C", "°C", "°C", "/s"]);
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
  assert.match(el.textContent, /live/);
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() + 30_000 });
  page.tick();
  assert.match(el.textContent, /stale · 3\d s|stale · 2\d s/);
});

test("more than eight channels are a table with a count", () => {
  const many = Array.from({ length: 9 }, (_, i) => channel({ name: `c${i}` }));
  model.snapshot(stateOf(many, { n: 70 }));
  assert.equal(el.all("nbs-row").length, 0);
  assert.match(el.one("nbs-count").textContent, /70 channels .* the first 9 are shown/);
  model.frame(stateOf(many.slice(0, 8)));
  assert.equal(el.all("nbs-row").length, 8);
});

test("text from data is shown as it is", () => {
  model.snapshot(stateOf([channel({ name: EVIL, unit: EVIL })]));
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
});
