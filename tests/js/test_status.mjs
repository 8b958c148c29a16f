import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Badge, describeState } from "../../nbstream/static/shared/status.js";
import { installDom } from "./fakeDom.mjs";

const LIVE = { link: "live", silence: 0, source: "RUNNING", sentence: "", age: 0.1, staleAfter: 2, isPaused: false, isDetached: false, ended: null };

beforeEach(() => installDom());

test("a chart says the worst that it knows", () => {
  const say = (more) => Object.values(describeState({ ...LIVE, ...more })).join(" ");
  assert.equal(say({}), "good live");
  assert.equal(say({ age: 12 }), "wait no new data for 12 s");
  assert.equal(say({ age: 53, isMoving: true }), "wait 53 s behind");
  assert.equal(say({ age: 53, isMoving: true, link: "busy" }), "wait kernel busy: 53 s behind");
  assert.equal(say({ age: 0.1, isMoving: true, link: "busy" }), "wait kernel busy: slowed");
  assert.equal(say({ dataAge: 3 * 365.25 * 86_400 }), "off data 3.0 years old");
  assert.equal(say({ dataAge: 3 * 86_400, age: 12 }), "wait no new data for 12 s");
  assert.equal(say({ link: "restarted", silence: 130 }), "bad kernel restarted: run the cell again");
  assert.equal(say({ link: "oldPage", isPaused: true }), "bad nbstream was updated: reload the page, then run the cell again");
  assert.equal(say({ link: "oldKernel", age: null }), "bad nbstream was updated: restart the kernel, then run the cell again");
  assert.equal(say({ isPaused: true, age: 12 }), "pause paused");
  assert.equal(say({ source: "FAILED", sentence: "no such file" }), "bad no such file");
  assert.equal(say({ source: "UNREADABLE", sentence: "no row can be read" }), "bad no row can be read");
  assert.equal(say({ link: "disconnected", silence: 130 }), "bad no answer from the kernel for 2 min");
  assert.equal(say({ ended: "closed", link: "disconnected" }), "off closed");
});

test("a badge shows every second, and speaks only when something else is the matter", () => {
  const badge = new Badge();
  const heard = [];
  const speaker = badge.el.childNodes.find((node) => node.getAttribute("role") === "status");
  const show = (age) => {
    badge.show(describeState({ ...LIVE, age }));
    if (heard.at(-1) !== speaker.textContent) heard.push(speaker.textContent);
    return badge.el.one("nbs-badge-text").textContent;
  };
  assert.deepEqual([0.1, 5, 6, 70, 130, 0.1].map(show), ["live", "no new data for 5 s", "no new data for 6 s", "no new data for 70 s", "no new data for 2 min", "live"]);
  assert.deepEqual(heard, ["live", "no new data for 5 s", "live"]);
  assert.equal(badge.el.getAttribute("role"), null);
});

test("a file says that it is one, whatever time it is", () => {
  const facts = { link: "live", silence: 0, source: null, sentence: "", age: 900, isMoving: true, staleAfter: 2, isPaused: false, isDetached: true, ended: null };
  assert.deepEqual(describeState({ ...facts, file: ["off", "file", 3] }), { kind: "off", text: "file" });
  assert.equal(describeState({ ...facts, file: ["off", "file", 3], link: "disconnected" }).kind, "bad");
});
