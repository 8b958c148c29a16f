// The quick form of a new rule: one limit of a channel's readings.

import { button, element, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";
import { readNumber } from "../shared/format.js";
import { SEVERITIES } from "../shared/status.js";

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

/** The quick form: one limit of a channel's readings. */
export class RuleForm {
  /**
   * @param {Requests} requests
   * @param {(fields: Record<string, string>) => boolean} onMore opens the editor with what was entered
   */
  constructor(requests, onMore) {
    this.requests = requests;
    this.onMore = onMore;
    this.names = null;
    this.opener = button("+ threshold", () => this.open(), "nbs-button nbs-rule-opener", { "aria-expanded": "false" });
    this.channel = element("select", { ...OWN_KEYS, class: "nbs-select", "aria-label": "Channel", hidden: true });
    this.operator = selectOf("Operator", [">", "<"]);
    this.value = numberInput("Limit", "limit");
    this.clear = numberInput("Clear value, optional", "clear (optional)");
    this.severity = selectOf("Severity", SEVERITIES);
    this.severity.value = "warning";
    this.error = element("span", { class: "nbs-field-error", role: "alert" });
    this.submit = button("add", () => this.send(), "nbs-button nbs-primary");
    const cancel = button("cancel", () => this.close());
    const more = button("more…", () => this.more(), "nbs-button nbs-more", { title: "any condition, and how long it must hold" });
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
        more,
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
    const names = channels.map(({ name, label = name }) => [name, label]);
    if (JSON.stringify(names) === this.names) return;
    this.names = JSON.stringify(names);
    fillSelect(this.channel, names);
    this.channel.hidden = names.length < 2;
  }

  open() {
    this.el.hidden = false;
    setAttribute(this.opener, "aria-expanded", "true");
    this.value.focus();
  }

  close() {
    this.hide();
    this.opener.focus();
  }

  hide() {
    this.el.hidden = true;
    this.fail("", null);
    this.value.value = "";
    this.clear.value = "";
    setAttribute(this.opener, "aria-expanded", "false");
  }

  more() {
    const operator = this.operator.value || ">";
    const limit = this.value.value.trim();
    const back = this.clear.value.trim();
    const isOpen = this.onMore({
      condition: limit ? `value ${operator} ${limit}` : "",
      clear: back ? `value ${operator === ">" ? "<" : ">"} ${back}` : "",
      severity: this.severity.value,
      channel: this.channel.hidden ? "" : this.channel.value,
    });
    if (isOpen) this.hide();
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

/** Make a select of values, or of pairs of a value and its text. */
export function selectOf(label, values, attributes = {}) {
  const select = element("select", { ...OWN_KEYS, class: "nbs-select", "aria-label": label, ...attributes });
  fillSelect(select, values);
  return select;
}

/** Put other choices into a select; what was chosen stays if it is among them. */
export function fillSelect(select, values) {
  const pairs = values.map((value) => (Array.isArray(value) ? value : [value, value]));
  const chosen = select.value;
  select.replaceChildren(...pairs.map(([value, text]) => element("option", { value, text })));
  select.value = pairs.some(([value]) => value === chosen) ? chosen : (pairs[0]?.[0] ?? "");
}

/**
 * The button that removes a rule or a detector.
 * @param {{el: HTMLElement, error: HTMLElement}} row says what hinders it
 * @param {() => object} command
 * @param {() => void} onRemoved called if the row had the focus
 */
export function removeButton(row, requests, command, onRemoved) {
  const remove = () => {
    removing.disabled = true;
    requests.ask(command(), (error) => {
      removing.disabled = false;
      setText(row.error, error);
      if (!error && row.el.contains(document.activeElement)) onRemoved();
    });
  };
  const removing = button("×", remove, "nbs-icon nbs-remove");
  return removing;
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
