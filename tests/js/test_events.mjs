// Incidents and notes on the strip of the whole buffer.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Events, eventsOf } from "../../nbstream/static/chart/events.js";
import { click, installDom } from "./fakeDom.mjs";

const LINES = [{ name: "a", isVisible: true }, { name: "b", isVisible: false }];
const incident = (from, to, severity = "warning", channel = 0) => ({ channel, from, to, severity, rule: "hot", reason: "93 > 90" });

let events, looked;

beforeEach(() => {
  installDom();
  looked = [];
  events = new Events((...span) => looked.push(span));
  events.shown = { from: 900, to: 1000 };
});

const ticks = () => events.el.all("nbs-event");
const show = (all) => {
  events.show(all, { offset: 0 });
  events.place([0, 1000], 500, 1000);
};

test("each incident of a channel that is shown is a tick, and each note", () => {
  show(eventsOf([incident(100, 200), incident(400, null, "critical"), incident(600, 700, "info", 1)], [[300, "<b>pump</b>"]], LINES));
  assert.deepEqual(ticks().map((tick) => [tick.getAttribute("data-kind"), tick.style.left]), [["warning", "50.0px"], ["note", "150.0px"], ["critical", "200.0px"]]);
  assert.equal(ticks()[0].getAttribute("title"), "1970-01-01 00:00:00 warning: hot, a: 93 > 90");
  assert.match(ticks()[1].getAttribute("title"), /note: <b>pump<\/b>$/);
});

test("a click shows the time, in a view as wide as it was, or as the incident needs", () => {
  show(eventsOf([incident(100, 120), incident(400, 700)], [[300, "on"]], LINES));
  ticks().forEach(click);
  assert.deepEqual(looked.map((span) => span.map(Math.round)), [[60, 160], [250, 350], [340, 760]]);
});

test("a crowd is one tick, of the gravest, that tells the first few", () => {
  show(eventsOf([...Array(9).keys()].map((i) => incident(100 + i, 101 + i, i === 3 ? "critical" : "info")), [[101, "on"]], LINES));
  assert.equal(ticks().length, 2);
  assert.equal(ticks()[0].getAttribute("data-kind"), "critical");
  assert.match(ticks()[0].getAttribute("title"), /\n\+5 more$/);
});

test("what lies outside of the strip has no tick; ticks move with the strip, but not at each frame", () => {
  show(eventsOf([incident(-50, -10), incident(500, 510)], [], LINES));
  assert.deepEqual(ticks().map((tick) => tick.style.left), ["250.0px"]);
  events.place([0, 2000], 500, 1100);
  assert.equal(ticks()[0].style.left, "250.0px");
  events.place([0, 2000], 500, 1300);
  assert.equal(ticks()[0].style.left, "125.0px");
});

test("keys go to the one before or after the view", () => {
  show(eventsOf([incident(100, 120), incident(400, 420)], [], LINES));
  assert.equal(events.step(1, { from: 900, to: 1000 }), false);
  assert.equal(events.step(-1, { from: 900, to: 1000 }), true);
  assert.equal(events.step(-1, { from: 360, to: 460 }), true);
  assert.deepEqual(looked, [[360, 460], [60, 160]]);
});
