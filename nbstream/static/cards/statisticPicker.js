// The choice of the statistics that have a card.

import { button, element, keepChildren, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";

/** The choice of what the cards show; it is the kernel's, so all pages agree. */
export class StatisticPicker {
  constructor(requests) {
    this.requests = requests;
    this.chosen = [];
    this.most = 0;
    this.entries = [];
    this.wanted = new Map(); // what was asked for, until the kernel has said what came of it
    this.picks = new Map();
    this.opener = button("+ statistic", () => (this.form.hidden ? this.open() : this.close()), "nbs-button nbs-opener", { "aria-expanded": "false" });
    this.list = element("div", { class: "nbs-picks" });
    const errorId = `nbs-${Math.random().toString(36).slice(2)}`;
    this.field = element("input", {
      ...OWN_KEYS,
      type: "text",
      class: "nbs-input",
      autocomplete: "off",
      spellcheck: "false",
      maxlength: 64,
      "aria-label": "Another statistic, such as p99 or time_above(90)",
      placeholder: "p99, time_above(90)",
      "aria-describedby": errorId,
      oninput: () => this.failField(""),
    });
    this.fieldError = element("span", { class: "nbs-field-error", role: "alert", id: errorId });
    this.add = button("add", () => this.send(), "nbs-button nbs-primary");
    this.done = button("done", () => this.close());
    this.count = element("span", { class: "nbs-muted" });
    this.error = element("span", { class: "nbs-field-error", role: "alert" });
    this.form = element("div", { class: "nbs-pick-form", role: "group", "aria-label": "Statistics to show", hidden: true, onkeydown: (event) => this.press(event) }, [
      this.list,
      element("div", { class: "nbs-pick-bar" }, [this.field, this.add, this.done, this.count, this.fieldError]),
    ]);
    this.el = element("div", { class: "nbs-statistic-picker" }, [this.opener, this.error, this.form]);
  }

  /** Take the kernel's choice. */
  show(statistics, most) {
    this.chosen = statistics;
    this.most = most;
    for (const [name, want] of this.wanted) if (want.isAnswered) this.wanted.delete(name);
    this.showPicks();
  }

  /** Take what the kernel has to offer. */
  learn(entries) {
    this.entries = entries;
    this.showPicks();
  }

  showPicks() {
    if (this.form.hidden) return;
    const names = new Set(this.chosen.map(({ name }) => name));
    const offered = new Set(this.entries.map(({ name }) => name));
    const others = this.chosen.filter(({ name }) => !offered.has(name)).map(({ name, what }) => ({ name, what, needs: "" }));
    const isFull = names.size >= this.most;
    keepChildren(
      this.list,
      this.picks,
      [...others, ...this.entries],
      ({ name, needs }) => JSON.stringify([name, needs]),
      (entry) => (entry.needs ? this.makeBeginning(entry) : this.makePick(entry)),
      (pick, { name, needs }) => {
        if (needs) return;
        pick.box.checked = this.wanted.get(name)?.isShown ?? names.has(name);
        pick.box.disabled = isFull && !pick.box.checked;
      },
    );
    setText(this.count, `${names.size} of at most ${this.most}`);
    this.add.disabled = isFull;
  }

  makePick({ name, what }) {
    const box = element("input", { ...OWN_KEYS, type: "checkbox", onchange: () => this.choose(name, box.checked) });
    return { el: element("label", { class: "nbs-pick", title: what || null }, [box, element("span", { text: name })]), box };
  }

  /** A statistic with parameters: its name goes into the field, the rest is typed. */
  makeBeginning({ name, needs, what }) {
    const onclick = () => {
      this.field.value = `${name}(`;
      this.failField("");
      this.field.focus();
    };
    return { el: button(`${name}(${needs})…`, onclick, "nbs-pick nbs-pick-more", { title: what || null }) };
  }

  /** Ask the kernel for a choice; `onAnswer` takes what is wrong, "" if it was done. */
  choose(name, isShown, onAnswer = (error) => this.fail(error)) {
    const want = { isShown, isAnswered: false };
    this.wanted.set(name, want);
    this.requests.ask({ kind: isShown ? "show" : "hide", statistic: name }, (error) => {
      want.isAnswered = true;
      if (error && this.wanted.get(name) === want) this.wanted.delete(name);
      onAnswer(error);
      this.showPicks();
    });
  }

  send() {
    const typed = this.field.value.trim();
    if (!typed) return this.failField("Enter a name such as p99 or time_above(90).");
    const text = typed.includes("(") && !typed.endsWith(")") ? `${typed})` : typed;
    this.choose(text, true, (error) => {
      this.failField(error);
      if (error) return;
      this.wanted.delete(text); // the kernel may call it by another name
      if (this.field.value.trim() === typed) this.field.value = "";
    });
  }

  open() {
    this.form.hidden = false;
    setAttribute(this.opener, "aria-expanded", "true");
    this.requests.ask({ kind: "catalogue" }, (error) => this.fail(error));
    this.showPicks();
    this.field.focus();
  }

  close() {
    this.form.hidden = true;
    this.fail("");
    this.failField("");
    setAttribute(this.opener, "aria-expanded", "false");
    this.opener.focus();
  }

  press(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && event.target === this.field) this.send();
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  fail(error) {
    setText(this.error, error);
  }

  /** Say what is wrong with what was typed. */
  failField(error) {
    setText(this.fieldError, error);
    setAttribute(this.field, "aria-invalid", error ? "true" : null);
  }
}
