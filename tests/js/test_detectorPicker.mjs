import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { renderRules } from "../../nbstream/static/controls/rules.js";
import { click, FakeModel, fakeEvent, installDom, shownRules } from "./fakeDom.mjs";

const EVIL = "<b onclick=alert(1)>x</b>";
const KINDS = [
  { name: "cusum", text: "Anomaly when the level has shifted." },
  { name: "default", text: "Asks in eleven ways." },
];
const CHANNELS = [{ name: "x" }, { name: "y" }];

let model, el;

beforeEach(() => {
  installDom();
  model = new FakeModel();
  el = document.createElement("div");
  renderRules({ model, el });
  model.snapshot(shownRules({ channels: CHANNELS, detectors: { kinds: KINDS, running: [] } }));
});

const opener = () => el.one("nbs-detector-picker-opener");
const form = () => el.one("nbs-detector-picker");
const running = (...runs) => model.frame(shownRules({ channels: CHANNELS, detectors: { kinds: KINDS, running: runs } }));
const run = (id, more) => ({ id, name: "cusum", channel: "x", flagged: 0, isWarm: false, error: "", ...more });

test("where no detector runs there is no list", () => {
  assert.ok(el.one("nbs-detectors").hidden);
  running(run(1));
  assert.ok(!el.one("nbs-detectors").hidden);
});

test("a detector is chosen by its name, with a line of what it does", () => {
  click(opener());
  const [kind, channel] = form().all("nbs-select");
  assert.equal(form().one("nbs-detector-picker-text").textContent, "Asks in eleven ways.");
  kind.value = "cusum";
  kind.dispatchEvent(fakeEvent("change"));
  assert.match(form().one("nbs-detector-picker-text").textContent, /level has shifted/);
  channel.value = "y";
  click(form().one("nbs-primary"));
  const { name, channel: sent } = model.commands("detect")[0];
  assert.deepEqual([name, sent], ["cusum", "y"]);
  model.reply("There are 20 detectors already.");
  assert.match(form().textContent, /20 detectors/);
  click(form().one("nbs-primary"));
  model.reply();
  assert.ok(form().hidden);
});

test("what was chosen stays through updates", () => {
  click(opener());
  const [kind] = form().all("nbs-select");
  kind.value = "cusum";
  model.frame(shownRules({ channels: [...CHANNELS, { name: "z" }], detectors: { kinds: [{ name: "arx", text: "" }, ...KINDS], running: [] } }));
  assert.equal(kind.value, "cusum");
});

test("running detectors say how many they flagged, and whether they are learning", () => {
  running(run(1), run(2, { name: EVIL, flagged: 1234, isWarm: true }), run(3, { error: "it broke" }));
  const rows = el.all("nbs-detector");
  assert.deepEqual(rows.map((row) => row.one("nbs-chip").textContent), ["learning", "watching", "failed"]);
  assert.match(rows[1].textContent, /1,234 flagged/);
  assert.equal(rows[1].one("nbs-rule-name").textContent, EVIL);
  assert.equal(rows[1].one("nbs-rule-name").childNodes.length, 0);
});

test("one that judges means, or is behind, says so", () => {
  running(run(1, { isWarm: true, means: "16 ms", behind: "" }), run(2, { isWarm: true, means: "", behind: "3 min" }));
  const rows = el.all("nbs-detector");
  assert.match(rows[0].textContent, /0 flagged · judges means of 16 ms/);
  assert.match(rows[1].textContent, /0 flagged · 3 min behind/);
  assert.deepEqual(rows.map((row) => row.one("nbs-chip").textContent), ["watching", "behind"]);
});

test("one that alarms more often than was asked for says how often", () => {
  running(run(1, { isWarm: true, flagged: 9, rather: "about 34/day in data such as these" }), run(2, { isWarm: true, rather: "" }));
  const rows = el.all("nbs-detector");
  assert.match(rows[0].textContent, /9 flagged · about 34\/day in data such as these/);
  assert.ok(!rows[1].textContent.includes("·"));
});

test("a detector is removed by its button, and the focus stays in the panel", () => {
  running(run(7));
  const button = el.one("nbs-detector").one("nbs-remove");
  button.focus();
  click(button);
  assert.equal(model.commands("undetect")[0].detector, 7);
  model.reply();
  assert.equal(document.activeElement.textContent, "+ detector");
});
