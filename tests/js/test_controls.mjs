import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { renderControls } from "../../nbstream/static/controls/controls.js";
import { element } from "../../nbstream/static/shared/dom.js";
import { click, FakeModel, fakeEvent, installDom, press, shownControls as stateOf, typeInto } from "./fakeDom.mjs";

const EVIL = "<b onclick=alert(1)>x</b>";

let page, model, el, close;

beforeEach(() => {
  page = installDom();
  model = new FakeModel();
  el = document.createElement("div");
  close = renderControls({ model, el });
  model.snapshot(stateOf());
});

const windowField = () => el.one("nbs-window").one("nbs-input");
const errorBeside = (input) => input.parentNode.one("nbs-field-error").textContent;
const pressed = () => el.all("nbs-choice").filter((node) => node.getAttribute("aria-pressed") === "true").map((node) => node.textContent);

test("the present window is marked among the choices, another stands in the field", () => {
  assert.deepEqual(pressed(), ["60s"]);
  assert.equal(windowField().value, "");
  model.frame(stateOf({ window: "90s" }));
  assert.deepEqual(pressed(), []);
  assert.equal(windowField().value, "90s");
});

test("a choice is sent to the kernel", () => {
  click(el.all("nbs-choice")[2]);
  assert.equal(model.commands("window")[0].value, "5min");
});

test("a typed window is checked, sent on Enter, and an error of the kernel is shown in its place", () => {
  typeInto(windowField(), "5 lightyears");
  press(windowField(), "Enter");
  assert.match(errorBeside(windowField()), /Try 90s/);
  assert.equal(windowField().getAttribute("aria-invalid"), "true");
  assert.equal(model.commands("window").length, 0);
  typeInto(windowField(), "2h30min");
  press(windowField(), "Enter");
  assert.equal(model.commands("window")[0].value, "2h30min");
  model.reply("'window' is too long.");
  assert.equal(errorBeside(windowField()), "'window' is too long.");
  assert.equal(windowField().value, "2h30min");
});

test("pause lets the chart beside it stand still at once, and follows what that does", () => {
  const heard = [];
  document.addEventListener("nbstream:pause", ({ detail: { chart, paused } }) => heard.push({ chart, paused }));
  const button = el.one("nbs-pause");
  const name = () => button.getAttribute("aria-label");
  const tell = (paused, from = el) => document.dispatchEvent(new CustomEvent("nbstream:paused", { detail: { chart: "abc", paused, from } }));
  click(button);
  assert.deepEqual(heard, [{ chart: "abc", paused: true }]);
  assert.equal(model.commands("pause").length, 0);
  assert.equal(name(), "Resume");
  model.frame(stateOf({ title: "x", paused: false })); // Python has said nothing
  assert.equal(name(), "Resume");
  const dashboard = element("div", { class: "nbs-dashboard" }, [element("i")]);
  tell(false, dashboard.childNodes[0]); // another display's chart
  assert.equal(name(), "Resume");
  tell(false);
  assert.equal(name(), "Pause");
  model.frame(stateOf({ paused: true }));
  assert.equal(name(), "Resume");
  model.frame(stateOf({ paused: false }));
  assert.equal(name(), "Pause");
});

test("without a chart there is nothing to pause", () => {
  model.frame(stateOf({ chart: null }));
  assert.ok(el.one("nbs-pause").hidden);
});

test("the title row says how many rules fire and how gravely, nothing where there are none", () => {
  const chip = el.one("nbs-alerts");
  const look = () => [chip.textContent, chip.getAttribute("data-kind"), chip.getAttribute("data-shape"), chip.hidden];
  assert.deepEqual(look(), ["ok", "ok", "circle", false]);
  model.frame(stateOf({ alerts: { n: 1200, severity: "critical" } }));
  assert.deepEqual(look(), ["1,200 firing", "critical", "square", false]);
  model.frame(stateOf({ alerts: null }));
  assert.ok(chip.hidden);
});

test("JupyterLab's shortcuts are kept off everything that takes the focus", () => {
  const walk = (node) => [node, ...node.childNodes.flatMap(walk)];
  const focusable = walk(el).filter((node) => ["BUTTON", "INPUT", "SELECT"].includes(node.tagName));
  assert.ok(focusable.length > 4);
  assert.ok(focusable.every((node) => node.getAttribute("data-lm-suppress-shortcuts") === "true"));
});

test("a dead kernel is said", () => {
  model.isDead = true;
  click(el.all("nbs-choice")[0]);
  assert.match(errorBeside(windowField()), /does not answer/);
});

test("text from data is shown as it is", () => {
  model.frame(stateOf({ title: EVIL }));
  assert.equal(el.one("nbs-title").textContent, EVIL);
  assert.equal(el.one("nbs-title").childNodes.length, 0);
});

test("clean-up leaves nothing behind", () => {
  close();
  assert.equal(el.childNodes.length, 0);
  assert.equal(page.timers.size, 0);
  assert.deepEqual(model.handlers, []);
  assert.deepEqual(document.listeners.get("nbstream:paused"), []);
});

test("a panel without a chart beside it says that page and kernel are of other versions", () => {
  model.say({ kind: "snapshot", protocol: 2, to: [model.commands("hello").at(-1).client], state: null });
  assert.match(el.one("nbs-note").textContent, /^nbstream was updated: reload the page/);
  assert.equal(el.childNodes[0].getAttribute("data-link"), "oldPage");
});
