import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { renderRules } from "../../nbstream/static/controls/rules.js";
import { previewText } from "../../nbstream/static/shared/format.js";
import { readRule } from "../../nbstream/static/controls/ruleForm.js";
import { click, FakeModel, fakeEvent, installDom, shownRules, shownRule, typeInto } from "./fakeDom.mjs";

const EVIL = "<b onclick=alert(1)>x</b>";
const PREVIEW = { n: 3, seconds: 42, readings: 600, span: 600, isCut: false };

let page, model, el;

beforeEach(() => {
  page = installDom();
  model = new FakeModel();
  el = document.createElement("div");
  renderRules({ model, el });
  model.snapshot(shownRules());
});

const editor = () => el.one("nbs-editor");
const fieldOf = (label) => editor().all("nbs-editor-field").find((node) => node.one("nbs-label").textContent === label);
const inputOf = (label) => fieldOf(label).childNodes[1];
const errorOf = (label) => fieldOf(label).one("nbs-field-error").textContent;
const note = () => editor().one("nbs-editor-end").one("nbs-field-error").textContent;
const preview = () => editor().one("nbs-preview").textContent;
const save = () => click(editor().one("nbs-primary"));
const change = (rule) => model.frame(shownRules({ rules: [rule] }));

function openNew() {
  click(el.one("nbs-more"));
}

function openRule() {
  click(el.one("nbs-rule").one("nbs-edit"));
}

test("a quick rule is checked before it is sent", () => {
  const entered = { operator: ">", value: "90", clear: "", severity: "info", channel: null };
  assert.deepEqual(readRule(entered).command, { kind: "add", operator: ">", value: 90, clear: null, severity: "info", channel: null });
  assert.equal(readRule({ ...entered, value: "x" }).field, "value");
  assert.equal(readRule({ ...entered, clear: "95" }).field, "clear");
  assert.equal(readRule({ ...entered, operator: "<", clear: "85" }).field, "clear");
});

test("more… goes on with what was entered", () => {
  click(el.one("nbs-rule-opener"));
  const form = el.one("nbs-rule-form");
  const [value, clear] = form.all("nbs-input");
  typeInto(value, "80");
  typeInto(clear, "75");
  openNew();
  assert.ok(form.hidden);
  assert.ok(!editor().hidden);
  assert.equal(document.activeElement, inputOf("condition"));
  assert.deepEqual([inputOf("condition").value, inputOf("clear").value, inputOf("severity").value], ["value > 80", "value < 75", "warning"]);
});

test("a new rule is sent with what was entered, and the editor closes when it is added", () => {
  openNew();
  typeInto(inputOf("condition"), "abs(zscore) > 4");
  typeInto(inputOf("keep firing for"), "10s");
  inputOf("channel").value = "*";
  save();
  const { rule, fields } = model.commands("save")[0];
  assert.equal(rule, null);
  assert.deepEqual(fields, { condition: "abs(zscore) > 4", keep: "10s", severity: "warning", channel: "*" });
  save();
  assert.equal(model.commands("save").length, 1);
  model.reply("", { errors: {} });
  assert.ok(editor().hidden);
  assert.equal(document.activeElement.textContent, "+ threshold");
});

test("an edit sends what was changed only, and the focus goes back to the pencil", () => {
  openRule();
  assert.equal(inputOf("condition").value, "value > 90");
  typeInto(inputOf("for"), "3s");
  editor().dispatchEvent(fakeEvent("keydown", { key: "Enter", target: inputOf("for") }));
  const { rule, edition, fields } = model.commands("save")[0];
  assert.deepEqual([rule, edition, fields], [1, 1, { for: "3s" }]);
  change(shownRule(1, { edition: 2, entries: { for: "3s" } })); // the kernel shows it before it answers
  model.reply("", { errors: {} });
  assert.ok(editor().hidden);
  assert.equal(document.activeElement, el.one("nbs-rule").one("nbs-edit"));
});

test("what was entered is tried at a tick, the newest only, one at a time", () => {
  openNew();
  typeInto(inputOf("condition"), "value > 1");
  typeInto(inputOf("condition"), "value > 10");
  assert.equal(model.commands("try").length, 0);
  page.tick();
  assert.equal(model.commands("try")[0].fields.condition, "value > 10");
  typeInto(inputOf("condition"), "value > 100");
  page.tick();
  assert.equal(model.commands("try").length, 1);
  model.reply("", { errors: {}, preview: PREVIEW });
  page.tick();
  assert.equal(model.commands("try")[1].fields.condition, "value > 100");
  model.reply("", { errors: {}, preview: PREVIEW });
  assert.equal(preview(), "would have fired 3 times in the last 10 min, 42 s in all");
  for (let i = 0; i < 12; i += 1) page.tick();
  assert.equal(model.commands("try").length, 3, "counted anew every five seconds");
});

test("a draft that was not tried because another was is tried again", () => {
  openNew();
  typeInto(inputOf("condition"), "value > 1");
  page.tick();
  model.reply("", { errors: {} });
  page.tick();
  assert.equal(model.commands("try").length, 2);
});

test("an answer that comes after the editor was closed changes nothing", () => {
  openRule();
  page.tick();
  editor().dispatchEvent(fakeEvent("keydown", { key: "Escape", target: inputOf("for") }));
  assert.ok(editor().hidden);
  model.reply("", { errors: { condition: { text: "It is old.", at: 0 } }, preview: null });
  openRule();
  assert.equal(errorOf("condition"), "");
  for (let i = 0; i < 3; i += 1) page.tick();
  assert.equal(model.commands("try").length, 2);
});

test("the preview says over which span it was counted", () => {
  assert.equal(previewText({ ...PREVIEW, n: 1, seconds: 0.5 }), "would have fired once in the last 10 min, 0.5 s in all");
  assert.equal(previewText({ ...PREVIEW, n: 0, span: 42 }), "would not have fired in the last 42 s");
  assert.equal(
    previewText({ ...PREVIEW, isCut: true, readings: 10000, span: 16 }),
    "would have fired 3 times in the last 16 s (the newest 10,000 readings), 42 s in all",
  );
  assert.match(previewText({ ...PREVIEW, readings: 0 }), /no readings/);
  assert.equal(previewText({ note: "Silence cannot be tried." }), "Silence cannot be tried.");
});

test("errors stand at their fields, with the wrong character marked", () => {
  openNew();
  typeInto(inputOf("condition"), "🌡 > 90");
  typeInto(inputOf("cooldown"), "soon");
  page.tick();
  const errors = { condition: { text: "It contains '🌡'.", at: 0 }, cooldown: { text: "'cooldown' must be a duration.", at: null } };
  model.reply("", { errors });
  assert.equal(errorOf("condition"), "It contains '🌡'.");
  assert.equal(errorOf("cooldown"), "'cooldown' must be a duration.");
  assert.equal(inputOf("condition").getAttribute("aria-invalid"), "true");
  assert.equal(fieldOf("condition").one("nbs-wrong").textContent, "🌡");
  assert.equal(fieldOf("condition").one("nbs-where").textContent, "🌡 > 90");
  assert.ok(fieldOf("cooldown").one("nbs-where").hidden);
  save();
  assert.equal(model.commands("save").length, 0, "refused while it is known to be wrong");
  assert.equal(document.activeElement, inputOf("condition"));
  typeInto(inputOf("condition"), "value > 90");
  assert.equal(errorOf("condition"), "");
  assert.ok(fieldOf("condition").one("nbs-where").hidden);
});

test("an error about what was entered before is not shown", () => {
  openNew();
  typeInto(inputOf("condition"), "value >");
  page.tick();
  typeInto(inputOf("condition"), "value > 9");
  model.reply("", { errors: { condition: { text: "It ends.", at: 7 } } });
  assert.equal(errorOf("condition"), "");
});

test("the end of a condition can be the wrong character", () => {
  openNew();
  typeInto(inputOf("condition"), "value >");
  save();
  model.reply("", { errors: { condition: { text: "It ends.", at: 7 } } });
  assert.ok(!editor().hidden);
  assert.equal(fieldOf("condition").one("nbs-where").textContent, "value >\u00a0");
});

test("an empty condition and one of a megabyte are refused here", () => {
  openNew();
  save();
  assert.match(errorOf("condition"), /Enter a condition/);
  typeInto(inputOf("condition"), "x".repeat(1_000_000));
  page.tick();
  save();
  assert.match(errorOf("condition"), /500 characters \(1,000,000\)/);
  assert.equal(model.commands("try").length + model.commands("save").length, 0);
});

test("updates change what nobody touched, and say what became of the rest", () => {
  openRule();
  typeInto(inputOf("condition"), "value > 70");
  change(shownRule(1, { edition: 2, entries: { condition: "value > 80", for: "5s" } }));
  assert.equal(inputOf("condition").value, "value > 70");
  assert.match(fieldOf("condition").one("nbs-editor-news").textContent, /meanwhile to value > 80/);
  assert.equal(inputOf("for").value, "5s");
  assert.match(note(), /changed meanwhile/);
  save();
  assert.equal(model.commands("save")[0].edition, 2);
});

test("a rule's new state is no change", () => {
  openRule();
  typeInto(inputOf("condition"), "value > 70");
  change(shownRule(1, { state: "FIRING" }));
  assert.equal(note(), "");
});

test("a rule that changed while it was saved is told and compared", () => {
  openRule();
  typeInto(inputOf("condition"), "value > 70");
  save();
  change(shownRule(1, { edition: 2, entries: { clear: "value < 60" } }));
  model.reply("", { errors: {}, isChanged: true });
  assert.ok(!editor().hidden);
  assert.match(note(), /changed meanwhile/);
  assert.deepEqual([inputOf("condition").value, inputOf("clear").value], ["value > 70", "value < 60"]);
  save();
  assert.equal(model.commands("save")[1].edition, 2);
});

test("a rule that vanishes becomes a new one of what stands there", () => {
  openRule();
  typeInto(inputOf("condition"), "value > 70");
  model.frame(shownRules({ rules: [] }));
  assert.match(note(), /removed meanwhile/);
  save();
  const { rule, fields } = model.commands("save")[0];
  assert.deepEqual([rule, fields], [null, { condition: "value > 70", severity: "warning", noData: "nodata" }]);
});

test("what is not saved is not thrown away", () => {
  model.frame(shownRules({ rules: [shownRule(1), shownRule(2)] }));
  const [first, second] = el.all("nbs-edit");
  click(first);
  click(second);
  assert.equal(note(), "", "nothing was entered yet");
  typeInto(inputOf("condition"), "value > 70");
  click(first);
  assert.match(note(), /Save or cancel/);
  assert.equal(inputOf("condition").value, "value > 70");
  const escape = () => editor().dispatchEvent(fakeEvent("keydown", { key: "Escape", target: inputOf("condition") }));
  escape();
  assert.ok(!editor().hidden);
  escape();
  assert.ok(editor().hidden);
  assert.equal(document.activeElement, second);
});

test("a kernel that is busy, dead, or refuses is said", () => {
  openNew();
  typeInto(inputOf("condition"), "value > 1");
  page.tick();
  model.frame(null, 2);
  page.tick();
  assert.match(preview(), /kernel busy/);
  assert.equal(el.one("nbs-note").textContent, "", "nothing was changed that could be waited for");
  model.reply("", { errors: {}, preview: PREVIEW });
  save();
  model.reply("There are 100 rules already.");
  assert.match(note(), /100 rules/);
  model.isDead = true;
  save();
  assert.match(note(), /does not answer/);
  assert.equal(inputOf("condition").value, "value > 1");
});

test("names of channels are text, and can be chosen", () => {
  model.frame(shownRules({ channels: [{ name: EVIL }, { name: "*" }, { name: "b" }], rules: [shownRule(1, { channel: EVIL, entries: { name: EVIL, channel: EVIL } })] }));
  openRule();
  assert.equal(inputOf("channel").value, EVIL);
  assert.equal(inputOf("channel").childNodes[1].textContent, EVIL);
  assert.equal(inputOf("channel").childNodes[1].childNodes.length, 0);
  assert.equal(inputOf("name").value, EVIL);
  click(editor().all("nbs-button")[1]);
  openNew();
  assert.deepEqual(inputOf("channel").childNodes.map((option) => option.getAttribute("value")), ["", EVIL, "b", "*"]);
});

test("a rule is moved to another channel, and several stay if nothing is chosen", () => {
  const channels = [{ name: "a" }, { name: "b" }];
  const several = shownRule(1, { channel: "a, b", entries: { channel: "a, b" } });
  model.frame(shownRules({ channels, rules: [several] }));
  openRule();
  assert.deepEqual(inputOf("channel").childNodes.map((option) => option.getAttribute("value")), ["", "a", "b", "*", "a, b"]);
  typeInto(inputOf("for"), "3s");
  model.frame(shownRules({ channels: [...channels, { name: "c" }], rules: [several] }));
  assert.equal(inputOf("channel").value, "a, b");
  save();
  assert.deepEqual(model.commands("save")[0].fields, { for: "3s" });
  model.reply("Not now.");
  inputOf("channel").value = "c";
  save();
  assert.deepEqual(model.commands("save")[1].fields, { for: "3s", channel: "c" });
});

test("JupyterLab's shortcuts are kept off the editor", () => {
  const walk = (node) => [node, ...node.childNodes.flatMap(walk)];
  const focusable = walk(editor()).filter((node) => ["BUTTON", "INPUT", "SELECT"].includes(node.tagName));
  assert.equal(focusable.length, 12);
  assert.ok(focusable.every((node) => node.getAttribute("data-lm-suppress-shortcuts") === "true"));
});
