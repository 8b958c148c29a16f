// The dashboard's controls. What a person edits is theirs until it is sent or given up: no update touches it.

import { element } from "./dom.js";
import { fieldText, keepChildren, linkNote, OWN_KEYS, readNumber, readWindow, setAttribute, setText } from "./format.js";
import { Requests, showPanel } from "./panel.js";

const PAUSE_EVENT = "nbstream:pause";
const RULE_WORDS = { OK: "ok", PENDING: "pending", FIRING: "firing" };
const SEVERITY_WORDS = ["info", "warning", "critical"];

/** @returns {() => void} the clean-up */
export function renderControls({ model, el }) {
  const panel = new ControlsPanel(model);
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

class ControlsPanel {
  constructor(model) {
    this.model = model;
    this.state = null;
    this.linkState = "connecting";
    this.requests = new Requests((message) => this.link.send(message));
    this.wantsPause = null; // what the button was set to, until the kernel has answered
    this.rules = new Map();
    this.choices = new Map();
    this.note = element("div", { class: "nbs-note", role: "status" });
    this.title = element("h2", { class: "nbs-title" });
    this.choiceList = element("span", { class: "nbs-choices", role: "group", "aria-label": "Window" });
    this.windowField = new ValueField({
      label: "Another window, such as 90s, 1000 or 2h30min",
      read: readWindow,
      send: (value, onAnswer) => this.requests.ask({ kind: "window", value }, onAnswer),
      attributes: { placeholder: "e.g. 90s", size: 9, maxlength: 64 },
    });
    this.windowField.el.classList.add("nbs-window-field");
    this.pause = element("button", { ...OWN_KEYS, type: "button", class: "nbs-button nbs-pause", hidden: true, onclick: () => this.togglePause() });
    this.ruleList = element("ul", { class: "nbs-rules", "aria-label": "Alert rules" });
    this.form = new RuleForm(this.requests);
    this.el = element(
      "div",
      {
        class: "nbs-panel nbs-controls",
        role: "region",
        "aria-label": "Controls",
      },
      [
        this.note,
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
      ],
    );
    this.ruleList.append(this.form.openerItem);
    this.showLink("connecting");
  }

  take(message) {
    if (!message.state) return;
    this.state = message.state;
    this.show();
    this.showLink(this.linkState);
  }

  tick() {
    this.showLink(this.linkState);
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
      (rule) => `${rule.id} ${rule.condition.limits.length} ${rule.clear?.limits.length ?? 0}`,
      (rule) => new RuleRow(rule, this.requests, () => this.form.opener.focus()),
      (row, rule) => row.show(rule, channels.length > 1),
    );
    this.form.show(channels);
  }

  makeChoice(choice) {
    const onclick = () => {
      this.windowField.reset();
      this.requests.ask({ kind: "window", value: choice }, (error) => this.windowField.fail(error));
    };
    return { el: element("button", { ...OWN_KEYS, type: "button", class: "nbs-choice", text: choice, "aria-pressed": "false", onclick }) };
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

  showLink(state) {
    this.linkState = state;
    const isBusy = state === "busy" && this.requests.waiting.size > 0;
    setAttribute(this.el, "data-link", this.state?.ended ? "ended" : state);
    const note = linkNote(state, this.link?.silence() ?? 0, this.state?.ended ?? null);
    setText(this.note, note || (isBusy ? "kernel busy: your change is made when the cell ends" : ""));
  }
}

/** @returns {string[]} the words before the number fields of a condition; a formula has no fields */
export function conditionWords({ subject, operator, limits }) {
  if (limits.length === 0) return [subject];
  return limits.length === 2 ? [`${subject} ${operator}`, "…"] : [`${subject} ${operator}`];
}

class RuleRow {
  constructor(rule, requests, onRemoved) {
    this.rule = rule;
    this.requests = requests;
    this.dot = element("span", { class: "nbs-dot" });
    this.name = element("span", { class: "nbs-rule-name" });
    this.channel = element("span", { class: "nbs-rule-channel" });
    this.limits = this.makeFields("limits", rule.condition);
    this.clears = rule.clear ? this.makeFields("clear", rule.clear) : null;
    this.unit = element("span", { class: "nbs-muted" });
    this.held = element("span", { class: "nbs-muted" });
    this.state = element("span", { class: "nbs-chip" });
    this.error = element("span", { class: "nbs-field-error", role: "alert" });
    this.remove = element("button", {
      ...OWN_KEYS,
      type: "button",
      class: "nbs-icon",
      text: "×",
      onclick: () => {
        this.remove.disabled = true;
        requests.ask({ kind: "remove", rule: this.rule.id }, (error) => {
          this.remove.disabled = false;
          setText(this.error, error);
          if (!error && this.el.contains(document.activeElement)) onRemoved();
        });
      },
    });
    this.el = element("li", { class: "nbs-rule" }, [
      this.dot,
      this.name,
      this.channel,
      this.limits.el,
      this.unit,
      ...(this.clears ? [element("span", { class: "nbs-muted", text: "clears" }), this.clears.el] : []),
      this.held,
      element("span", { class: "nbs-rule-end" }, [this.state, this.remove]),
      this.error,
    ]);
  }

  makeFields(which, condition) {
    const words = conditionWords(condition).map((text) => element("span", { class: "nbs-rule-word", text }));
    const names = condition.limits.length === 2 ? ["lower ", "upper "] : condition.limits.map(() => "");
    const fields = names.map(
      (name, i) =>
        new ValueField({
          label: `${name}${which === "clear" ? "clear limit" : "limit"} of ${this.rule.name || this.rule.condition.text}`,
          read: readNumber,
          send: (value, onAnswer) => this.sendLimit(which, i, value, onAnswer),
          attributes: { inputmode: "decimal", size: 7, maxlength: 32 },
        }),
    );
    const parts = words.flatMap((word, i) => (fields[i] ? [word, fields[i].el] : [word]));
    const el = element("span", { class: "nbs-limits" }, parts);
    return { el, fields, words };
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
    setAttribute(this.dot, "data-kind", rule.severity);
    setAttribute(this.dot, "title", rule.severity);
    setText(this.name, rule.name);
    this.name.hidden = !rule.name;
    setText(this.channel, rule.channel);
    this.channel.hidden = !hasChannels || !rule.channel;
    this.showFields(this.limits, rule.condition);
    if (this.clears && rule.clear) this.showFields(this.clears, rule.clear);
    setText(this.unit, rule.unit);
    setText(this.held, rule.for ? `for ${rule.for}` : "");
    const word = RULE_WORDS[rule.state] ?? rule.state.toLowerCase();
    setText(this.state, rule.error ? "failed" : word);
    setAttribute(this.state, "data-kind", rule.error ? "failed" : word === "firing" ? rule.severity : word);
    setAttribute(this.state, "title", rule.error || rule.severity);
    setAttribute(this.remove, "aria-label", `remove ${rule.name || rule.condition.text}`);
  }

  showFields({ fields, words }, condition) {
    conditionWords(condition).forEach((text, i) => words[i] && setText(words[i], text));
    fields.forEach((field, i) => field.show(fieldText(condition.limits[i])));
  }
}

/**
 * Read what was entered for a new rule.
 * @param {{operator: string, value: string, clear: string, severity: string, channel: string | null}} entered
 * @returns {{command?: object, error?: string, field?: "value" | "clear"}}
 */
export function readRule({ operator, value, clear, severity, channel }) {
  const limit = readNumber(value);
  if (limit.error) return { error: limit.error, field: "value" };
  const back = clear.trim() ? readNumber(clear) : { value: null };
  if (back.error) return { error: back.error, field: "clear" };
  if (back.value !== null && (operator === ">" ? back.value > limit.value : back.value < limit.value)) {
    const side = operator === ">" ? "above" : "below";
    return { error: `It must not be ${side} the limit.`, field: "clear" };
  }
  return { command: { kind: "add", operator, value: limit.value, clear: back.value, severity, channel } };
}

class RuleForm {
  constructor(requests) {
    this.requests = requests;
    this.names = null;
    this.opener = element("button", { ...OWN_KEYS, type: "button", class: "nbs-button", text: "+ threshold", "aria-expanded": "false", onclick: () => this.open() });
    this.openerItem = element("li", { class: "nbs-rule-opener" }, [this.opener]);
    this.channel = element("select", { ...OWN_KEYS, class: "nbs-select", "aria-label": "Channel", hidden: true });
    this.operator = selectOf("Operator", [">", "<"]);
    this.value = numberInput("Limit", "limit");
    this.clear = numberInput("Clear value, optional", "clear (optional)");
    this.severity = selectOf("Severity", SEVERITY_WORDS);
    this.severity.value = "warning";
    this.error = element("span", { class: "nbs-field-error", role: "alert" });
    this.submit = element("button", { ...OWN_KEYS, type: "button", class: "nbs-button nbs-primary", text: "add", onclick: () => this.send() });
    const cancel = element("button", { ...OWN_KEYS, type: "button", class: "nbs-button", text: "cancel", onclick: () => this.close() });
    // No form element: in JupyterLab 4.6 Enter in one does not submit it.
    this.el = element(
      "div",
      { class: "nbs-rule-form", role: "group", "aria-label": "New threshold", hidden: true, onkeydown: (event) => this.press(event) },
      [
        this.channel,
        element("span", { class: "nbs-rule-word", text: "value" }),
        this.operator,
        this.value,
        element("span", { class: "nbs-muted", text: "clears at" }),
        this.clear,
        this.severity,
        this.submit,
        cancel,
        this.error,
      ],
    );
  }

  press(event) {
    if (event.isComposing) return;
    const isField = event.target === this.value || event.target === this.clear;
    if (event.key === "Enter" && isField) this.send();
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  show(channels) {
    const names = channels.map(({ name }) => name);
    if (JSON.stringify(names) === this.names) return;
    this.names = JSON.stringify(names);
    const chosen = this.channel.value;
    this.channel.replaceChildren(...names.map((name) => element("option", { value: name, text: name })));
    if (names.includes(chosen)) this.channel.value = chosen;
    this.channel.hidden = names.length < 2;
  }

  open() {
    this.el.hidden = false;
    setAttribute(this.opener, "aria-expanded", "true");
    this.value.focus();
  }

  close() {
    this.el.hidden = true;
    this.fail("", null);
    this.value.value = "";
    this.clear.value = "";
    setAttribute(this.opener, "aria-expanded", "false");
    this.opener.focus();
  }

  send() {
    if (this.submit.disabled) return;
    const { command, error, field } = readRule({
      operator: this.operator.value,
      value: this.value.value,
      clear: this.clear.value,
      severity: this.severity.value,
      channel: this.channel.hidden ? null : this.channel.value,
    });
    this.fail(error ?? "", field ?? null);
    if (error) return this[field].focus();
    this.submit.disabled = true;
    this.requests.ask(command, (problem) => {
      this.submit.disabled = false;
      if (problem) this.fail(problem, "value");
      else this.close();
    });
  }

  fail(error, field) {
    setText(this.error, error);
    for (const name of ["value", "clear"]) setAttribute(this[name], "aria-invalid", error && name === field ? "true" : null);
  }
}

function selectOf(label, values) {
  return element("select", { ...OWN_KEYS, class: "nbs-select", "aria-label": label }, values.map((value) => element("option", { value, text: value })));
}

function numberInput(label, placeholder) {
  return element("input", {
    ...OWN_KEYS,
    type: "text",
    class: "nbs-input",
    inputmode: "decimal",
    autocomplete: "off",
    size: 12,
    maxlength: 32,
    "aria-label": label,
    placeholder,
  });
}
