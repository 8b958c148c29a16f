// The rules and detectors: a row each, whose columns stay where they are whatever happens.

import { DetectorPicker } from "./detectorPicker.js";
import { button, element, keepChildren, setAttribute, setText } from "../shared/dom.js";
import { fieldText, readNumber } from "../shared/format.js";
import { Panel, showPanel } from "../shared/panel.js";
import { RuleEditor } from "./ruleEditor.js";
import { removeButton, RuleForm } from "./ruleForm.js";
import { shapeOf } from "../shared/status.js";
import { ValueField } from "./valueField.js";

const RULE_WORDS = {
  OK: "ok",
  PENDING: "pending",
  FIRING: "firing",
  RECOVERING: "recovering",
  NO_DATA: "no data",
  ERROR: "failed",
};

/** @returns {() => void} the clean-up */
export function renderRules(view) {
  return showPanel(view, new RulesPanel());
}

class RulesPanel extends Panel {
  constructor() {
    super("rules", "Rules");
    this.rules = new Map();
    this.ruleList = element("ul", { class: "nbs-rule-list", "aria-label": "Alert rules" });
    this.editor = new RuleEditor(this.requests);
    this.form = new RuleForm(this.requests, (fields) => this.editor.open(null, this.form.opener, fields));
    this.picker = new DetectorPicker(this.requests);
    this.el.append(
      element("div", { class: "nbs-rules-head" }, [
        element("span", { class: "nbs-heading", text: "Rules" }),
        this.form.opener,
        this.picker.opener,
      ]),
      this.form.el,
      this.picker.form,
      this.ruleList,
      this.editor.el,
      this.picker.el,
    );
  }

  tick() {
    this.editor.tick(this.linkState);
    super.tick();
  }

  show() {
    const { rules, channels } = this.state;
    keepChildren(
      this.ruleList,
      this.rules,
      rules,
      (rule) => String(rule.id),
      (rule) => new RuleRow(rule, this.requests, (row) => this.editRule(row), () => this.form.opener.focus()),
      (row, rule) => row.show(rule, channels.length > 1),
    );
    this.form.show(channels);
    this.editor.show(rules, channels);
    this.picker.show(this.state.detectors, channels);
  }

  editRule(row) {
    if (this.editor.open(row.rule, row.edit)) this.form.hide();
  }
}

/**
 * @param {object} condition
 * @param {string} [known] the subject that need not be said again
 * @returns {string[]} the words before the number fields of a condition; a formula has no fields
 */
export function conditionWords({ subject, operator, limits }, known = "") {
  if (limits.length === 0) return [subject];
  const words = subject === known ? operator : `${subject} ${operator}`;
  return limits.length === 2 ? [words, "…"] : [words];
}

const FLAPPING = "It fires so often that notifications are muted.";

/** @returns {string} where a rule stands; of several channels how many stand there. How grave that is, is a column of its own. */
export function stateWords({ state, error, isSeveral, nState, nWatched, isFlapping, waiting }) {
  if (error) return "failed";
  if (waiting && state === "OK") return waiting;
  const words = [RULE_WORDS[state] ?? state.toLowerCase().replaceAll("_", " ")];
  if (isSeveral && state !== "OK") words.push(`on ${nState} of ${nWatched}`);
  if (isFlapping) words.push("· flapping");
  return words.join(" ");
}

function stateKind({ state, error, firing }) {
  if (error) return "failed";
  return state === "FIRING" ? firing : (RULE_WORDS[state] ?? "").replace(" ", "-");
}

class RuleRow {
  constructor(rule, requests, onEdit, onRemoved) {
    this.rule = rule;
    this.requests = requests;
    this.state = element("span", { class: "nbs-chip nbs-state" });
    this.name = element("span", { class: "nbs-rule-name" });
    this.channel = element("span", { class: "nbs-rule-channel" });
    this.held = element("span", { class: "nbs-muted" });
    this.what = element("span", { class: "nbs-rule-what" }, [this.name, this.channel, this.held]);
    this.limits = new LimitFields("limit", (...given) => this.sendLimit("limits", ...given));
    this.unit = element("span", { class: "nbs-muted nbs-rule-unit" });
    this.clearWord = element("span", { class: "nbs-muted", text: "clears" });
    this.clears = new LimitFields("clear limit", (...given) => this.sendLimit("clear", ...given));
    this.levels = element("span", { class: "nbs-muted nbs-rule-levels" });
    this.sign = element("span", { class: "nbs-sign nbs-state" });
    this.error = element("span", { class: "nbs-field-error", role: "alert" });
    this.edit = button("✎", () => onEdit(this), "nbs-icon nbs-edit");
    this.remove = removeButton(this, requests, () => ({ kind: "remove", rule: this.rule.id }), onRemoved);
    this.el = element("li", { class: "nbs-rule" }, [
      this.state,
      this.what,
      element("span", { class: "nbs-rule-rest" }, [
        this.limits.el,
        this.unit,
        element("span", { class: "nbs-rule-clears" }, [this.clearWord, this.clears.el]),
        this.levels,
        this.sign,
      ]),
      element("span", { class: "nbs-rule-end" }, [this.edit, this.remove]),
      this.error,
    ]);
  }

  sendLimit(which, index, value, onAnswer) {
    const limits = [...this.rule.condition.limits];
    const command = { kind: "limits", rule: this.rule.id, limits };
    if (which === "clear") command.clear = [...this.rule.clear.limits];
    (which === "clear" ? command.clear : limits)[index] = value;
    this.requests.ask(command, onAnswer);
  }

  show(rule, hasChannels) {
    this.rule = rule;
    showKind(this.sign, rule.firing);
    setText(this.sign, rule.firing);
    setText(this.name, rule.name);
    this.name.hidden = !rule.name;
    setText(this.channel, rule.channel);
    this.channel.hidden = !(hasChannels || rule.isSeveral) || !rule.channel;
    const name = rule.name || rule.condition.text;
    this.limits.show(rule.condition, name);
    this.clearWord.hidden = this.clears.el.hidden = !rule.clear;
    this.clears.show(rule.clear ?? NO_CONDITION, name, rule.condition.subject);
    setText(this.unit, rule.unit);
    setText(this.held, rule.entries.for ? `for ${rule.entries.for}` : "");
    const said = [this.name, this.channel, this.held].filter((node) => !node.hidden).map((node) => node.textContent);
    setAttribute(this.what, "title", said.filter(Boolean).join(" · ") || null);
    setText(this.levels, rule.levels.map(([severity, text]) => `${severity}: ${text}`).join(", "));
    setAttribute(this.levels, "title", this.levels.textContent || null);
    const words = stateWords(rule);
    setText(this.state, words);
    showKind(this.state, stateKind(rule));
    const why = rule.error || (rule.isFlapping ? FLAPPING : rule.firing);
    setAttribute(this.state, "title", words.length > LONG_WORDS ? `${words}: ${why}` : why);
    setAttribute(this.edit, "aria-label", `edit ${name}`);
    setAttribute(this.edit, "title", "edit");
    setAttribute(this.remove, "aria-label", `remove ${name}`);
  }
}

function showKind(node, kind) {
  setAttribute(node, "data-kind", kind);
  setAttribute(node, "data-shape", shapeOf(kind));
}

const LONG_WORDS = 16; // what the style sheet leaves room for
const NO_CONDITION = { subject: "", operator: "", limits: [] };

/** The words of a condition, with a number field for each of its limits. */
class LimitFields {
  /**
   * @param {string} what a field is, for who cannot see where it stands
   * @param {(index: number, value: number, onAnswer: (error: string) => void) => void} send
   */
  constructor(what, send) {
    this.what = what;
    this.send = send;
    this.words = [];
    this.fields = [];
    this.el = element("span", { class: "nbs-limits" });
  }

  /**
   * @param {string} name of the rule
   * @param {string} [known] the subject that need not be said again
   */
  show(condition, name, known) {
    const words = conditionWords(condition, known);
    const { limits } = condition;
    if (words.length !== this.words.length || limits.length !== this.fields.length) this.build(words.length, limits.length);
    words.forEach((text, i) => setText(this.words[i], text));
    const sides = limits.length === 2 ? ["lower ", "upper "] : [""];
    this.fields.forEach((field, i) => {
      setAttribute(field.input, "aria-label", `${sides[i]}${this.what} of ${name}`);
      field.show(fieldText(limits[i]));
    });
  }

  build(nWords, nFields) {
    this.words = Array.from({ length: nWords }, () => element("span", { class: "nbs-rule-word" }));
    this.fields = Array.from(
      { length: nFields },
      (_, i) =>
        new ValueField({
          label: this.what,
          read: readNumber,
          send: (value, onAnswer) => this.send(i, value, onAnswer),
          attributes: { inputmode: "decimal", size: 7, maxlength: 32 },
        }),
    );
    this.el.replaceChildren(...this.words.flatMap((word, i) => (this.fields[i] ? [word, this.fields[i].el] : [word])));
  }
}
