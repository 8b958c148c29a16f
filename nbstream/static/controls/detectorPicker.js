// Detectors: choose one and a channel, see what runs, remove it.

import { button, element, keepChildren, setAttribute, setText } from "../shared/dom.js";
import { countText } from "../shared/format.js";
import { fillSelect, removeButton, selectOf } from "./ruleForm.js";

const USUAL_KIND = "default"; // for data about which nothing is known
const TITLES = { behind: "Readings come faster than it can judge them, or it is still at older ones.", learning: "It has not seen enough readings to judge." };

/** The button, the form behind it, and the list of what runs. */
export class DetectorPicker {
  constructor(requests) {
    this.requests = requests;
    this.kinds = new Map();
    this.channels = [];
    this.rows = new Map();
    this.opener = button("+ detector", () => this.open(), "nbs-button nbs-detector-picker-opener", { "aria-expanded": "false" });
    this.kind = selectOf("Detector", [], { onchange: () => this.describe() });
    this.channel = selectOf("Channel", []);
    this.text = element("span", { class: "nbs-muted nbs-detector-picker-text" });
    this.error = element("span", { class: "nbs-field-error", role: "alert" });
    this.submit = button("add", () => this.send(), "nbs-button nbs-primary");
    const cancel = button("cancel", () => this.close());
    this.form = element("div", { class: "nbs-detector-picker", role: "group", "aria-label": "New detector", hidden: true, onkeydown: (event) => this.press(event) }, [
      this.kind,
      this.channel,
      this.submit,
      cancel,
      this.text,
      this.error,
    ]);
    this.el = element("ul", { class: "nbs-detectors", "aria-label": "Detectors" });
  }

  /** Hear what there is to choose, and what runs. */
  show({ kinds, running }, channels) {
    this.el.hidden = running.length === 0;
    if (JSON.stringify(kinds) !== JSON.stringify([...this.kinds.values()])) {
      const isFirst = this.kinds.size === 0;
      this.kinds = new Map(kinds.map((kind) => [kind.name, kind]));
      fillSelect(this.kind, [...this.kinds.keys()]);
      if (isFirst && this.kinds.has(USUAL_KIND)) this.kind.value = USUAL_KIND;
      this.describe();
    }
    const names = channels.map(({ name, label = name }) => [name, label]);
    if (JSON.stringify(names) !== JSON.stringify(this.channels)) {
      this.channels = names;
      fillSelect(this.channel, names);
      this.channel.hidden = names.length < 2;
    }
    keepChildren(
      this.el,
      this.rows,
      running,
      ({ id }) => String(id),
      ({ id }) => new DetectorRow(id, this.requests, () => this.opener.focus()),
      (row, run) => row.show(run, names.length > 1),
    );
  }

  describe() {
    setText(this.text, this.kinds.get(this.kind.value)?.text ?? "");
  }

  press(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.close();
  }

  open() {
    this.form.hidden = false;
    setAttribute(this.opener, "aria-expanded", "true");
    this.kind.focus();
  }

  close() {
    this.form.hidden = true;
    setText(this.error, "");
    setAttribute(this.opener, "aria-expanded", "false");
    this.opener.focus();
  }

  send() {
    if (this.submit.disabled) return;
    this.submit.disabled = true;
    setText(this.error, "");
    const channel = this.channel.hidden ? null : this.channel.value;
    this.requests.ask({ kind: "detect", name: this.kind.value, channel }, (problem) => {
      this.submit.disabled = false;
      if (problem) setText(this.error, problem);
      else this.close();
    });
  }
}

class DetectorRow {
  constructor(id, requests, onRemoved) {
    this.name = element("span", { class: "nbs-rule-name" });
    this.channel = element("span", { class: "nbs-rule-channel" });
    this.facts = element("span", { class: "nbs-muted" });
    this.state = element("span", { class: "nbs-chip" });
    this.error = element("span", { class: "nbs-field-error", role: "alert" });
    this.remove = removeButton(this, requests, () => ({ kind: "undetect", detector: id }), onRemoved);
    this.el = element("li", { class: "nbs-rule nbs-detector" }, [
      this.state,
      element("span", { class: "nbs-rule-what" }, [this.name, this.channel]),
      element("span", { class: "nbs-rule-rest" }, [this.facts]),
      element("span", { class: "nbs-rule-end" }, [this.remove]),
      this.error,
    ]);
  }

  show({ name, channel, flagged, isWarm, waitsFor, rather, means, behind, error }, hasChannels) {
    setText(this.name, name);
    setText(this.channel, channel);
    this.channel.hidden = !hasChannels || !channel;
    const waits = !isWarm && !error && waitsFor;
    const facts = [`${countText(flagged)} flagged`, waits, rather, means && `judges means of ${means}`, behind && !error && `${behind} behind`];
    setText(this.facts, facts.filter(Boolean).join(" · "));
    const word = error ? "failed" : behind ? "behind" : isWarm ? "watching" : "learning";
    setText(this.state, word);
    setAttribute(this.state, "data-kind", { failed: "failed", behind: "waiting", watching: "ok", learning: "waiting" }[word]);
    setAttribute(this.state, "title", error || TITLES[word] || null);
    setAttribute(this.remove, "aria-label", `remove ${name} of ${channel}`);
  }
}
