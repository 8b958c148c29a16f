// New rules and changed ones. What somebody types is theirs until it is saved or given up: no update touches it.

import { button, element, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";
import { countText, previewText } from "../shared/format.js";
import { fillSelect, selectOf } from "./ruleForm.js";
import { SEVERITIES } from "../shared/status.js";

const MAX_CONDITION = 500;
const MAX_ENTRY = 120;
const TICKS_BETWEEN_COUNTS = 10; // of the panel: 5 s
const EXCERPT = 40;
const NO_DATA_WORDS = [
  ["nodata", "say so"],
  ["alert", "fire"],
  ["ok", "all is well"],
  ["keep", "nothing"],
];
const USUAL = ["", "as usual"];
const PARTIAL_WORDS = [
  ["", "count when they are full"],
  ["yes", "count at once"],
];
const CHANNEL_HELP = "Each of several has a state of its own.";

/** One entry of the editor: its label, help, what is wrong with it, and what became of it meanwhile. */
class EditorField {
  constructor({ label, help, input, most, isWide, onEdit }) {
    const id = `nbs-${Math.random().toString(36).slice(2)}`;
    this.most = most;
    this.input = input;
    this.base = ""; // what the kernel has
    this.isInvalid = false;
    this.help = element("span", { class: "nbs-muted", id: `${id}-help`, text: help });
    this.error = element("span", { class: "nbs-field-error", id: `${id}-error`, role: "status" });
    this.where = element("span", { class: "nbs-where", dir: "ltr", "aria-hidden": "true", hidden: true });
    this.news = element("span", { class: "nbs-editor-news", role: "status" });
    setAttribute(input, "id", id);
    setAttribute(input, "aria-describedby", `${id}-error ${id}-help`);
    const edit = () => {
      this.fail(null);
      onEdit();
    };
    input.addEventListener(input.tagName === "SELECT" ? "change" : "input", edit);
    this.el = element("div", { class: `nbs-editor-field${isWide ? " nbs-wide" : ""}` }, [
      element("label", { class: "nbs-label", for: id, text: label }),
      input,
      this.where,
      this.error,
      this.news,
      this.help,
    ]);
  }

  get value() {
    return this.input.value;
  }

  get isDirty() {
    return this.value !== this.base;
  }

  /** Begin with what the kernel has, and perhaps something else entered already. */
  begin(base, entered = base) {
    this.base = base;
    this.input.value = entered;
    this.fail(null);
    setText(this.news, "");
  }

  /** Hear what the kernel has now: it is shown, unless something else was entered. */
  hear(base) {
    if (base === this.base) return;
    const isUntouched = !this.isDirty;
    this.base = base;
    if (isUntouched) this.input.value = base;
    setText(this.news, this.isDirty ? `changed meanwhile to ${base || "nothing"}` : "");
  }

  /** Show what is wrong, or nothing. */
  fail(error) {
    this.isInvalid = error !== null;
    setText(this.error, error?.text ?? "");
    setAttribute(this.input, "aria-invalid", error ? "true" : null);
    const at = error?.at ?? null;
    this.where.hidden = at === null;
    if (at === null) return this.where.replaceChildren();
    const characters = [...this.value]; // the kernel counts characters as this does
    const start = Math.max(0, at - EXCERPT);
    this.where.replaceChildren(
      element("span", { text: (start ? "…" : "") + characters.slice(start, at).join("") }),
      element("mark", { class: "nbs-wrong", text: characters[at] ?? "\u00a0" }),
      element("span", { text: characters.slice(at + 1, at + EXCERPT).join("") }),
    );
  }

  /** @returns {boolean} whether it is too long to be sent */
  refuseLength() {
    const length = [...this.value].length;
    if (length > this.most) this.fail({ text: `It is longer than ${this.most} characters (${countText(length)}).`, at: null });
    return length > this.most;
  }
}

/** The full editor of a new rule, or of one that there is. */
export class RuleEditor {
  constructor(requests) {
    this.requests = requests;
    this.rule = null; // the one that is edited, as last heard; null is a new one
    this.opener = null; // what gets the focus back
    this.serial = 0; // of the newest trial
    this.isTrying = false;
    this.wantsTrial = false;
    this.isSaving = false;
    this.isWarned = false;
    this.ticks = 0;
    this.names = [];
    /** Each with how it is shown. */
    this.shown = [];
    this.heard = []; // the rules that there are
    this.fields = this.makeFields();
    this.heading = element("span", { class: "nbs-heading" });
    this.preview = element("span", { class: "nbs-preview nbs-muted", role: "status" });
    this.note = element("span", { class: "nbs-field-error", role: "alert" });
    this.submit = button("", () => this.save(), "nbs-button nbs-primary");
    const cancel = button("cancel", () => this.close());
    this.el = element("div", { class: "nbs-editor", role: "group", "aria-label": "Rule editor", hidden: true, onkeydown: (event) => this.press(event) }, [
      this.heading,
      element("div", { class: "nbs-editor-grid" }, Object.values(this.fields).map((field) => field.el)),
      element("div", { class: "nbs-editor-end" }, [this.submit, cancel, this.preview, this.note]),
    ]);
  }

  makeFields() {
    const onEdit = () => {
      this.wantsTrial = true;
      this.isWarned = false;
      setText(this.note, "");
      setAttribute(this.preview, "data-old", "");
    };
    const make = (label, help, input, most = MAX_ENTRY, isWide = false) => new EditorField({ label, help, input, most, isWide, onEdit });
    const text = (placeholder, name = "") => element("input", { ...OWN_KEYS, type: "text", class: `nbs-input ${name}`.trim(), autocomplete: "off", spellcheck: "false", placeholder });
    return {
      condition: make("condition", "When it fires: value, zscore, other channels, mean(\"1min\"), rate_of(value), state == \"RUN\", and, or, not …", text('e.g. value > 90, or mean("1min") > 70 and pressure < 3', "nbs-formula"), MAX_CONDITION, true),
      clear: make("clear", "When it has recovered. Empty: as soon as the condition does not hold.", text("e.g. value < 85", "nbs-formula"), MAX_CONDITION, true),
      for: make("for", "How long it must hold before it fires.", text("e.g. 3s")),
      keep: make("keep firing for", "How long it must have recovered before it ends.", text("e.g. 10s")),
      cooldown: make("cooldown", "How long nobody is told again, unless it is graver.", text("e.g. 5min")),
      severity: make("severity", "How grave it is.", selectOf("severity", SEVERITIES)),
      channel: make("channel", CHANNEL_HELP, selectOf("channel", [])),
      noData: make("no data", "What it does when the channel is silent.", selectOf("no data", [USUAL, ...NO_DATA_WORDS])),
      partial: make("windows", "Whether mean(\"10min\") and the like count before there are ten minutes.", selectOf("windows", PARTIAL_WORDS)),
      name: make("name", "For people. Empty: the condition.", text(""), MAX_ENTRY, true),
    };
  }

  get isOpen() {
    return !this.el.hidden;
  }

  get isDirty() {
    return Object.values(this.fields).some((field) => field.isDirty);
  }

  /**
   * @param {object | null} rule what is edited; null is a new rule
   * @param {HTMLElement} opener gets the focus back
   * @param {Record<string, string>} [entered] what was entered already for a new rule
   * @returns {boolean} false while something else that was entered is not saved
   */
  open(rule, opener, entered = {}) {
    if (this.isOpen && (this.isSaving || this.isDirty)) {
      setText(this.note, "Save or cancel this first.");
      this.fields.condition.input.focus();
      return false;
    }
    this.forgetTrial();
    this.rule = rule;
    this.opener = opener;
    this.isWarned = false;
    setText(this.note, "");
    setText(this.preview, "");
    this.fillChoices();
    const base = rule ? rule.entries : { severity: "warning" };
    for (const [name, field] of Object.entries(this.fields)) field.begin(base[name] ?? "", entered[name]);
    this.wantsTrial = true;
    this.el.hidden = false;
    this.showKind();
    this.fields.condition.input.focus();
    return true;
  }

  showKind() {
    const { rule } = this;
    setText(this.heading, rule ? `Change ${rule.name || rule.condition.text}` : "New rule");
    setText(this.submit, rule ? "save" : "add");
  }

  fillChoices() {
    const { channel, noData } = this.fields;
    const own = this.rule?.entries.channel ?? "";
    const isOther = own !== "" && own !== "*" && !this.names.includes(own); // several, or one that is still to come
    fillSelect(channel.input, [["", "the first, or the named one"], ...this.shown, ["*", "all channels"], ...(isOther ? [own] : [])]);
    fillSelect(noData.input, this.rule ? NO_DATA_WORDS : [USUAL, ...NO_DATA_WORDS]);
  }

  /** Hear what rules and channels there are now. */
  show(rules, channels) {
    const shown = channels.filter(({ name }) => name !== "*").map(({ name, label = name }) => [name, label]);
    const areOthers = JSON.stringify(shown) !== JSON.stringify(this.shown);
    this.shown = shown;
    this.names = shown.map(([name]) => name);
    if (areOthers) this.fillChoices();
    this.heard = rules;
    this.compare();
  }

  /** See what became of the rule that is edited; not while it is saved, for that changes it. */
  compare() {
    if (!this.isOpen || !this.rule || this.isSaving) return;
    const rule = this.heard.find(({ id }) => id === this.rule.id);
    if (!rule) return this.loseRule();
    const isChanged = rule.edition !== this.rule.edition;
    this.rule = rule;
    if (!isChanged) return;
    this.fillChoices();
    for (const [name, field] of Object.entries(this.fields)) field.hear(rule.entries[name]);
    this.wantsTrial = true;
    this.showKind();
    setText(this.note, "This rule was changed meanwhile. What you entered is kept and replaces it when you save.");
  }

  /** Go on with a new rule of the same entries, because somebody removed this one. */
  loseRule() {
    const chosen = this.fields.channel.value;
    const noData = this.fields.noData.value;
    this.rule = null;
    this.fillChoices();
    this.fields.noData.input.value = noData;
    this.fields.channel.input.value = chosen === "*" || this.names.includes(chosen) ? chosen : "";
    this.forgetTrial();
    this.wantsTrial = true;
    this.showKind();
    setText(this.submit, "add as new");
    setText(this.note, "This rule was removed meanwhile. Adding makes a new one of what stands here.");
  }

  press(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && event.target.tagName === "INPUT") this.save();
    else if (event.key === "Escape") this.giveUp();
    else return;
    event.preventDefault();
  }

  giveUp() {
    if (!this.isDirty || this.isWarned) return this.close();
    this.isWarned = true;
    setText(this.note, "Press Escape again to give up what you entered.");
  }

  close() {
    this.forgetTrial();
    this.el.hidden = true;
    this.rule = null;
    this.isSaving = this.submit.disabled = false;
    this.opener?.focus();
  }

  forgetTrial() {
    this.serial += 1;
    this.isTrying = this.wantsTrial = false;
  }

  /** What is sent: all of a new rule, or what is to change. */
  entered() {
    const all = Object.entries(this.fields).filter(([, field]) => (this.rule ? field.isDirty : field.value !== ""));
    return Object.fromEntries(all.map(([name, field]) => [name, field.value]));
  }

  get isEmpty() {
    return !this.fields.condition.value.trim();
  }

  refuseLengths() {
    return Object.values(this.fields).filter((field) => field.refuseLength()).length > 0;
  }

  /** Try what was entered on past readings, at most at every tick: the newest entries, one at a time. */
  tick(linkState) {
    if (!this.isOpen || document.hidden || this.isSaving) return;
    this.ticks += 1;
    if (this.isTrying) {
      if (linkState === "busy") setText(this.preview, "kernel busy: counted when the cell ends");
    } else if (this.wantsTrial || this.ticks % TICKS_BETWEEN_COUNTS === 0) {
      this.try();
    }
  }

  try() {
    this.wantsTrial = false;
    if (this.isEmpty) return setText(this.preview, "");
    if (this.refuseLengths()) return setText(this.preview, "");
    const serial = (this.serial += 1);
    const fields = this.entered();
    this.isTrying = true;
    this.requests.ask({ kind: "try", rule: this.rule?.id ?? null, fields }, (problem, value) => {
      if (serial !== this.serial) return;
      this.isTrying = false;
      if (problem) return setText(this.preview, problem);
      this.showErrors(value.errors, fields);
      if (value.preview) setText(this.preview, previewText(value.preview));
      else if (Object.keys(value.errors).length) setText(this.preview, "");
      else this.wantsTrial = true; // somebody else's was tried
      if (!this.wantsTrial) setAttribute(this.preview, "data-old", null);
    });
  }

  /** Show what is wrong with entries, unless they are others by now. */
  showErrors(errors, sent) {
    for (const [name, field] of Object.entries(this.fields)) {
      const isAsSent = name in sent ? sent[name] === field.value : true;
      if (isAsSent) field.fail(errors[name] ?? null);
    }
  }

  focusError() {
    Object.values(this.fields).find((field) => field.isInvalid)?.input.focus();
  }

  save() {
    if (this.isSaving) return;
    if (this.isEmpty) this.fields.condition.fail({ text: "Enter a condition, such as value > 90.", at: null });
    if (this.isEmpty || this.refuseLengths()) return this.focusError();
    const isKnownWrong = Object.values(this.fields).some((field) => field.isInvalid);
    if (isKnownWrong && !this.wantsTrial && !this.isTrying) return this.focusError();
    this.forgetTrial();
    this.isSaving = this.submit.disabled = true;
    setText(this.note, "");
    const fields = this.entered();
    const { id = null, edition = null } = this.rule ?? {};
    const serial = this.serial;
    this.requests.ask({ kind: "save", rule: id, edition, fields }, (problem, value) => {
      if (serial !== this.serial) return;
      this.isSaving = this.submit.disabled = false;
      if (!problem && !value.isChanged && !Object.keys(value.errors).length) return this.close();
      setText(this.note, problem || (value.isChanged ? "This rule was changed meanwhile. Look at it and save again." : ""));
      if (!problem) this.showErrors(value.errors, fields);
      this.focusError();
      this.compare();
    });
  }
}
