// The dashboard's controls. What a person edits is theirs until it is sent or given up: no update touches it.

import { DetectorPicker } from "./detectorPicker.js";
import { button, element, keepChildren, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";
import { fieldText, readNumber, readWindow } from "../shared/format.js";
import { Panel, showPanel } from "../shared/panel.js";
import { RuleEditor } from "./ruleEditor.js";
import { removeButton, RuleForm } from "./ruleForm.js";
import { shapeOf } from "../shared/status.js";

const PAUSE_EVENT = "nbstream:pause";
const RULE_WORDS = {
  OK: "ok",
  PENDING: "pending",
  FIRING: "firing",
  RECOVERING: "recovering",
  NO_DATA: "no data",
  ERROR: "failed",
};

/** @returns {() => void} the clean-up */
export function renderControls({ model, el }) {
  const panel = new ControlsPanel();
  const remove = showPanel({ model, el }, panel);
  const onPause = ({ detail }) => panel.hearPause(detail);
  document.addEventListener(PAUSE_EVENT, onPause);
  return () => {
    document.removeEventListener(PAUSE_EVENT, onPause);
    remove();
  };
}

/** A text field with a value of the kernel: Enter or leaving it sends, Escape gives up. */
export class ValueField {
  /**
   * @param {object} options
   * @param {string} options.label
   * @param {(typed: string) => {value?: any, error?: string}} options.read
   * @param {(value: any, onAnswer: (error: string) => void) => void} options.send
   * @param {Record<string, any>} [options.attributes]
   */
  constructor({ label, read, send, attributes = {} }) {
    this.read = read;
    this.sendValue = send;
    this.shown = ""; // what the kernel says
    this.sent = null; // what was sent and not answered
    this.isDirty = false;
    this.error = element("span", { class: "nbs-field-error", role: "alert" });
    this.input = element("input", {
      ...OWN_KEYS,
      type: "text",
      class: "nbs-input",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": label,
      ...attributes,
      oninput: () => this.edit(),
      onkeydown: (event) => this.press(event),
      onblur: () => this.commit(),
    });
    this.el = element("span", { class: "nbs-field" }, [this.input, this.error]);
  }

  /** Show the kernel's value, unless somebody is editing or waits for an answer. */
  show(text) {
    this.shown = text;
    if (this.isDirty || this.sent !== null) return;
    if (this.input.value !== text) this.input.value = text;
  }

  edit() {
    this.isDirty = true;
    this.fail("");
  }

  press(event) {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.commit();
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.reset();
    }
  }

  commit() {
    const typed = this.input.value;
    if (!this.isDirty || typed === this.sent) return;
    if (typed.trim() === this.shown) return this.reset();
    const { value, error } = this.read(typed);
    if (error) return this.fail(error);
    this.sent = typed;
    this.isDirty = false;
    setAttribute(this.el, "data-waiting", "");
    this.sendValue(value, (problem) => this.take(typed, problem));
  }

  take(typed, problem) {
    if (this.sent !== typed) return; // another value was sent meanwhile
    this.sent = null;
    setAttribute(this.el, "data-waiting", null);
    if (problem) {
      this.isDirty = true;
      this.fail(problem);
    } else if (!this.isDirty) {
      this.shown = typed.trim();
      this.fail("");
    }
  }

  reset() {
    this.isDirty = false;
    this.fail("");
    if (this.sent === null) this.input.value = this.shown;
  }

  fail(error) {
    setText(this.error, error);
    setAttribute(this.input, "aria-invalid", error ? "true" : null);
    setAttribute(this.input, "title", error || null);
  }
}

class ControlsPanel extends Panel {
  constructor() {
    super("controls", "Controls");
    this.wantsPause = null; // what the button was set to, until the kernel has answered
    this.rules = new Map();
    this.choices = new Map();
    this.title = element("h2", { class: "nbs-title" });
    this.choiceList = element("span", { class: "nbs-choices", role: "group", "aria-label": "Window" });
    this.windowField = new ValueField({
      label: "Another window, such as 90s, 1000 or 2h30min",
      read: readWindow,
      send: (value, onAnswer) => this.requests.ask({ kind: "window", value }, onAnswer),
      attributes: { placeholder: "e.g. 90s", size: 9, maxlength: 64 },
    });
    this.windowField.el.classList.add("nbs-window-field");
    this.pause = button("", () => this.togglePause(), "nbs-button nbs-pause", { hidden: true });
    this.ruleList = element("ul", { class: "nbs-rules", "aria-label": "Alert rules" });
    this.editor = new RuleEditor(this.requests);
    this.form = new RuleForm(this.requests, (fields) => this.editor.open(null, this.form.opener, fields));
    this.picker = new DetectorPicker(this.requests);
    this.el.append(
      element("div", { class: "nbs-bar" }, [
        this.title,
        element("span", { class: "nbs-window" }, [
          element("span", { class: "nbs-muted", text: "window" }),
          this.choiceList,
          this.windowField.el,
        ]),
        this.pause,
      ]),
      this.ruleList,
      this.form.el,
      this.editor.el,
      this.picker.form,
      this.picker.el,
    );
    this.ruleList.append(this.form.openerItem, this.picker.openerItem);
  }

  tick() {
    this.editor.tick(this.linkState);
    super.tick();
  }

  show() {
    const { title, window, choices, chart, rules, channels } = this.state;
    setText(this.title, title);
    setAttribute(this.title, "title", title);
    keepChildren(
      this.choiceList,
      this.choices,
      choices,
      (choice) => choice,
      (choice) => this.makeChoice(choice),
      ({ el }, choice) => setAttribute(el, "aria-pressed", String(choice === window)),
    );
    const isOther = !choices.includes(window);
    this.windowField.show(isOther ? window : "");
    setAttribute(this.windowField.input, "data-current", isOther ? "true" : null);
    this.pause.hidden = chart === null;
    this.showPause();
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

  makeChoice(choice) {
    const onclick = () => {
      this.windowField.reset();
      this.requests.ask({ kind: "window", value: choice }, (error) => this.windowField.fail(error));
    };
    return { el: button(choice, onclick, "nbs-choice", { "aria-pressed": "false" }) };
  }

  get isPaused() {
    return this.wantsPause ?? this.state?.paused ?? false;
  }

  showPause() {
    setText(this.pause, this.isPaused ? "▶ resume" : "❚❚ pause");
    setAttribute(this.pause, "aria-pressed", String(this.isPaused));
  }

  togglePause() {
    const { chart } = this.state;
    const paused = !this.isPaused;
    this.wantsPause = paused;
    // The page's charts stand still at once, also while the kernel is busy.
    document.dispatchEvent(new CustomEvent(PAUSE_EVENT, { detail: { chart, paused } }));
    this.requests.ask({ kind: "pause", value: paused }, () => {
      if (this.wantsPause !== paused) return;
      this.wantsPause = null;
      if (this.state) this.state.paused = paused;
      this.showPause();
    });
    this.showPause();
  }

  hearPause({ chart, paused }) {
    if (!this.state || chart !== this.state.chart || paused === this.isPaused) return;
    this.state.paused = paused;
    this.wantsPause = null;
    this.showPause();
  }
}

/** @returns {string[]} the words before the number fields of a condition; a formula has no fields */
export function conditionWords({ subject, operator, limits }) {
  if (limits.length === 0) return [subject];
  return limits.length === 2 ? [`${subject} ${operator}`, "…"] : [`${subject} ${operator}`];
}

const HAVE_INCIDENTS = new Set(["FIRING", "RECOVERING"]);
const FLAPPING = "It fires so often that notifications are muted.";

/** @returns {string} where a rule stands; of several channels how many stand there */
export function stateWords({ state, error, isSeveral, nState, nWatched, isFlapping, firing, waiting }) {
  if (error) return "failed";
  if (waiting && state === "OK") return waiting;
  const words = [RULE_WORDS[state] ?? state.toLowerCase().replaceAll("_", " ")];
  if (isSeveral && state !== "OK") words.push(`on ${nState} of ${nWatched}`);
  if (HAVE_INCIDENTS.has(state)) words.push(`· ${firing}`);
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
    this.sign = element("span", { class: "nbs-sign nbs-state", role: "img" });
    this.name = element("span", { class: "nbs-rule-name" });
    this.channel = element("span", { class: "nbs-rule-channel" });
    this.limits = new LimitFields("limit", (...given) => this.sendLimit("limits", ...given));
    this.clearWord = element("span", { class: "nbs-muted", text: "clears" });
    this.clears = new LimitFields("clear limit", (...given) => this.sendLimit("clear", ...given));
    this.unit = element("span", { class: "nbs-muted" });
    this.held = element("span", { class: "nbs-muted" });
    this.levels = element("span", { class: "nbs-muted nbs-rule-levels" });
    this.state = element("span", { class: "nbs-chip nbs-state" });
    this.error = element("span", { class: "nbs-field-error", role: "alert" });
    this.edit = button("✎", () => onEdit(this), "nbs-icon nbs-edit");
    this.remove = removeButton(this, requests, () => ({ kind: "remove", rule: this.rule.id }), onRemoved);
    this.el = element("li", { class: "nbs-rule" }, [
      this.sign,
      this.name,
      this.channel,
      this.limits.el,
      this.unit,
      this.clearWord,
      this.clears.el,
      this.held,
      this.levels,
      element("span", { class: "nbs-rule-end" }, [this.state, this.edit, this.remove]),
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
    setAttribute(this.sign, "aria-label", rule.firing);
    setAttribute(this.sign, "title", rule.firing);
    setText(this.name, rule.name);
    this.name.hidden = !rule.name;
    setText(this.channel, rule.channel);
    this.channel.hidden = !(hasChannels || rule.isSeveral) || !rule.channel;
    const name = rule.name || rule.condition.text;
    this.limits.show(rule.condition, name);
    this.clearWord.hidden = this.clears.el.hidden = !rule.clear;
    this.clears.show(rule.clear ?? NO_CONDITION, name);
    setText(this.unit, rule.unit);
    setText(this.held, rule.entries.for ? `for ${rule.entries.for}` : "");
    setText(this.levels, rule.levels.map(([severity, text]) => `${severity}: ${text}`).join(", "));
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

const LONG_WORDS = 26; // what the style sheet leaves room for
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

  /** @param {string} name of the rule */
  show(condition, name) {
    const words = conditionWords(condition);
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
