import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { conditionWords, renderRules, stateWords } from "../../nbstream/static/controls/rules.js";
import { click, FakeModel, fakeEvent, installDom, press, shownRules as stateOf, shownRule, typeInto } from "./fakeDom.mjs";

const EVIL = "<b onclick=alert(1)>x</b>";

function condition(operator, ...limits) {
  return { text: `value ${operator} ${limits}`, subject: "value", operator, limits };
}

function rule(id, more = {}) {
  return shownRule(id, { condition: condition(">", 90), ...more });
}

let page, model, el, close;

beforeEach(() => {
  page = installDom();
  model = new FakeModel();
  el = document.createElement("div");
  close = renderRules({ model, el });
  model.snapshot(stateOf());
});

const limitField = () => el.one("nbs-rule-list").all("nbs-input")[0];
const errorBeside = (input) => input.parentNode.one("nbs-field-error").textContent;

test("a limit is sent once, on Enter or when the field is left", () => {
  typeInto(limitField(), "80");
  press(limitField(), "Enter");
  limitField().dispatchEvent(fakeEvent("blur"));
  assert.deepEqual(model.commands("limits").map(({ rule: id, limits }) => [id, limits]), [[1, [80]]]);
  model.reply();
  typeInto(limitField(), "70");
  limitField().dispatchEvent(fakeEvent("blur"));
  assert.deepEqual(model.commands("limits")[1].limits, [70]);
});

test("Escape gives up an edit and nothing is sent", () => {
  typeInto(limitField(), "8");
  press(limitField(), "Escape");
  limitField().dispatchEvent(fakeEvent("blur"));
  assert.equal(limitField().value, "90");
  assert.equal(model.commands("limits").length, 0);
});

test("a number that is none is refused in place", () => {
  typeInto(limitField(), "ninety");
  press(limitField(), "Enter");
  assert.match(errorBeside(limitField()), /not a number/);
  assert.equal(model.commands("limits").length, 0);
});

test("a field that somebody edits, or whose value is on its way, is not overwritten", () => {
  typeInto(limitField(), "8");
  model.frame(stateOf({ rules: [rule(1, { condition: condition(">", 95) })] }));
  assert.equal(limitField().value, "8");
  press(limitField(), "Enter");
  model.frame(stateOf({ rules: [rule(1, { condition: condition(">", 96) })] }));
  assert.equal(limitField().value, "8");
  model.reply();
  model.frame(stateOf({ rules: [rule(1, { condition: condition(">", 8) })] }));
  assert.equal(limitField().value, "8");
  model.frame(stateOf({ rules: [rule(1, { condition: condition(">", 50) })] }));
  assert.equal(limitField().value, "50");
});

test("rows keep their nodes and the focus through updates", () => {
  const field = limitField();
  field.focus();
  model.frame(stateOf({ rules: [rule(2), rule(1, { state: "FIRING" })] }));
  assert.equal(document.activeElement, field);
  assert.equal(el.all("nbs-rule").length, 2);
});

test("both limits of a range and a clear limit have fields of their own", () => {
  model.frame(stateOf({ rules: [rule(3, { condition: condition("outside", 10, 90), clear: condition("inside", 15, 85) })] }));
  const inputs = el.one("nbs-rule-list").all("nbs-input");
  assert.deepEqual(inputs.map((input) => input.value), ["10", "90", "15", "85"]);
  typeInto(inputs[1], "95");
  press(inputs[1], "Enter");
  assert.deepEqual(model.commands("limits")[0].limits, [10, 95]);
  typeInto(inputs[2], "20");
  press(inputs[2], "Enter");
  const { limits, clear } = model.commands("limits")[1];
  assert.deepEqual([limits, clear], [[10, 90], [20, 85]]);
  assert.deepEqual(conditionWords(condition("outside", 10, 90)), ["value outside", "…"]);
  assert.deepEqual(conditionWords(condition("<", 85), "value"), ["<"], "of a clear limit");
  const formula = { subject: "value > 90 and stale", operator: "formula", limits: [] };
  assert.deepEqual(conditionWords(formula), ["value > 90 and stale"]);
});

test("a row stays when its rule gets another number of limits, and so does the focus", () => {
  const edit = el.one("nbs-rule").one("nbs-edit");
  edit.focus();
  model.frame(stateOf({ rules: [rule(1, { condition: condition("outside", 10, 90), clear: condition("inside", 15, 85) })] }));
  assert.equal(el.one("nbs-rule").one("nbs-edit"), edit);
  assert.equal(document.activeElement, edit);
  assert.deepEqual(el.one("nbs-rule").all("nbs-input").map((input) => input.value), ["10", "90", "15", "85"]);
  model.frame(stateOf({ rules: [rule(1, { condition: condition(">", 80) })] }));
  assert.deepEqual(el.one("nbs-rule").all("nbs-input").map((input) => input.value), ["80"]);
  assert.ok(el.one("nbs-rule").all("nbs-limits")[1].hidden);
});

test("a rule's state is a word", () => {
  model.frame(stateOf({ rules: [rule(1, { state: "FIRING", firing: "critical" }), rule(2, { state: "PENDING" }), rule(3, { error: "it broke" })] }));
  assert.deepEqual(el.one("nbs-rule-list").all("nbs-chip").map((node) => node.textContent), ["firing", "pending", "failed"]);
  assert.equal(stateWords(rule(1, { state: "NO_DATA" })), "no data");
  assert.equal(stateWords(rule(1, { state: "RECOVERING", firing: "critical" })), "recovering");
  assert.equal(stateWords(rule(1, { state: "ERROR", error: "it broke" })), "failed");
  assert.equal(stateWords(rule(1, { state: "FIRING", isFlapping: true })), "firing · flapping");
});

test("a rule that escalated is as grave everywhere: sign, state and what they say", () => {
  const look = () => {
    const [sign, chip] = [el.one("nbs-rule").one("nbs-sign"), el.one("nbs-rule").one("nbs-chip")];
    const said = [sign.textContent, chip.getAttribute("title")];
    return [...[sign, chip].flatMap((node) => [node.getAttribute("data-kind"), node.getAttribute("data-shape")]), ...said];
  };
  assert.deepEqual(look(), ["warning", "triangle", "ok", "circle", "warning", "warning"]);
  model.frame(stateOf({ rules: [rule(1, { state: "FIRING", firing: "critical" })] }));
  assert.deepEqual(look(), ["critical", "square", "critical", "square", "critical", "critical"]);
  model.frame(stateOf({ rules: [rule(1, { state: "RECOVERING", firing: "critical" })] }));
  assert.deepEqual(look(), ["critical", "square", "recovering", "triangle", "critical", "critical"]);
  model.frame(stateOf({ rules: [rule(1, { state: "NO_DATA" })] }));
  assert.deepEqual(look(), ["warning", "triangle", "no-data", "ring", "warning", "warning"]);
});

test("a rule over several channels says how many of them are where it stands", () => {
  const several = { isSeveral: true, nState: 2, nWatched: 5, channel: "all channels" };
  assert.equal(stateWords(rule(1, { ...several, state: "FIRING" })), "firing on 2 of 5");
  assert.equal(stateWords(rule(1, { ...several, state: "OK" })), "ok");
  const waiting = "waiting for a full 10min (3:20)";
  assert.equal(stateWords(rule(1, { state: "OK", waiting })), waiting);
  assert.equal(stateWords(rule(1, { state: "FIRING", waiting })), "firing");
  model.frame(stateOf({ rules: [rule(1, several)] }));
  assert.ok(!el.one("nbs-rule-channel").hidden);
  assert.equal(el.one("nbs-rule-channel").textContent, "all channels");
});

test("further levels and durations of a rule are said", () => {
  model.frame(stateOf({ rules: [rule(1, { levels: [["critical", "value > 95"]], entries: { for: "3s" } })] }));
  assert.match(el.one("nbs-rule").textContent, /for 3s/);
  assert.equal(el.one("nbs-rule-levels").textContent, "critical: value > 95");
});

test("a rule is removed by its button, and the focus stays in the panel", () => {
  const button = el.one("nbs-rule").one("nbs-remove");
  button.focus();
  click(button);
  assert.equal(model.commands("remove")[0].rule, 1);
  model.reply();
  assert.equal(document.activeElement.textContent, "+ threshold");
});

test("a new rule is sent with all that was entered", () => {
  click(el.one("nbs-rule-opener"));
  const form = el.one("nbs-rule-form");
  assert.ok(!form.hidden);
  const [value, clear] = form.all("nbs-input");
  form.all("nbs-select")[1].value = ">";
  typeInto(value, "90");
  typeInto(clear, "85");
  form.dispatchEvent(fakeEvent("keydown", { key: "Enter", target: clear }));
  const { operator, value: limit, clear: back, severity, channel } = model.commands("add")[0];
  assert.deepEqual([operator, limit, back, severity, channel], [">", 90, 85, "warning", null]);
  click(form.one("nbs-primary"));
  assert.equal(model.commands("add").length, 1);
  model.reply("There are 100 rules already.");
  assert.match(form.textContent, /100 rules/);
  click(form.one("nbs-primary"));
  model.reply();
  assert.ok(form.hidden);
});

test("Escape closes the form, forgets what was entered, and gives the focus back", () => {
  click(el.one("nbs-rule-opener"));
  const form = el.one("nbs-rule-form");
  const [value] = form.all("nbs-input");
  typeInto(value, "90");
  form.dispatchEvent(fakeEvent("keydown", { key: "Escape", target: value }));
  assert.ok(form.hidden);
  assert.equal(value.value, "");
  assert.equal(document.activeElement.textContent, "+ threshold");
});

test("JupyterLab's shortcuts are kept off everything that takes the focus", () => {
  const walk = (node) => [node, ...node.childNodes.flatMap(walk)];
  const focusable = walk(el).filter((node) => ["BUTTON", "INPUT", "SELECT"].includes(node.tagName));
  assert.ok(focusable.length > 10);
  assert.ok(focusable.every((node) => node.getAttribute("data-lm-suppress-shortcuts") === "true"));
});

test("a busy kernel is said", () => {
  typeInto(limitField(), "80");
  press(limitField(), "Enter");
  model.frame(null, 2);
  page.tick();
  assert.match(el.one("nbs-note").textContent, /when the cell ends/);
});

test("an answer that never comes is said", (context) => {
  typeInto(limitField(), "80");
  press(limitField(), "Enter");
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() + 20_000 });
  page.tick();
  assert.match(errorBeside(limitField()), /did not answer/);
});

test("text from data is shown as it is", () => {
  model.frame(stateOf({ rules: [rule(1, { name: EVIL, unit: EVIL, channel: EVIL })], channels: [{ name: EVIL }, { name: "b" }] }));
  for (const name of ["nbs-rule-name", "nbs-rule-channel"]) {
    assert.equal(el.one(name).textContent, EVIL);
    assert.equal(el.one(name).childNodes.length, 0);
  }
});

test("clean-up leaves nothing behind", () => {
  close();
  assert.equal(el.childNodes.length, 0);
  assert.equal(page.timers.size, 0);
  assert.deepEqual(model.handlers, []);
});
