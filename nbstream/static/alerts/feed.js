// The alert feed: incidents, anomalies and events, newest first.

import { button, element, keepChildren, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";
import { countText, lastedText } from "../shared/format.js";
import { HealthLine } from "./health.js";
import { Panel, showPanel } from "../shared/panel.js";
import { SEVERITIES } from "../shared/status.js";
import { BellMenu, bellOf, Lookout } from "./bell.js";

const SPEAK_EVERY_MS = 3000;

/** @returns {string} what the feed says while there is nothing in it */
export function emptyText(rules, n) {
  if (!n) return "No alerts yet. No rules are watched.";
  const more = n > rules.length ? ` and ${countText(n - rules.length)} more` : "";
  return `No alerts yet. Watching ${rules.join(", ")}${more}.`;
}

/**
 * Whether an item is to be shown.
 * @param {object} item
 * @param {{level: string, firingOnly: boolean, text: string}} filter level "" is all, and anomalies and events with them
 */
export function isWanted(item, { level, firingOnly, text }) {
  if (firingOnly && item.state !== "firing") return false;
  if (level && !(SEVERITIES.indexOf(item.severity) >= SEVERITIES.indexOf(level))) return false;
  const all = [item.title, item.text, item.kind === "incident" ? item.severity : item.kind].join(" ").toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}

/** @returns {{name: string, text: string}[]} what is special about an incident, in words */
export function itemFlags({ acknowledged, silenced, flapping, past, state, graver }) {
  const flags = [];
  if (graver) flags.push({ name: "graver", text: graver });
  if (acknowledged) {
    const why = acknowledged.why ? `: ${acknowledged.why}` : "";
    flags.push({ name: "acknowledged", text: `acknowledged by ${acknowledged.who} at ${acknowledged.time}${why}` });
  }
  if (silenced) flags.push({ name: "silenced", text: state === "firing" ? "silenced" : "was silenced" });
  if (flapping) flags.push({ name: "flapping", text: "flapping" });
  if (past) flags.push({ name: "past", text: "past: over before it was read" });
  return flags;
}

/** @returns {() => void} the clean-up */
export function renderFeed(view) {
  const { model } = view;
  const panel = new FeedPanel(bellOf(model));
  const remove = showPanel(view, panel);
  const lookout = new Lookout(panel.el, panel.bell, (value) => panel.listen(value));
  const onTold = (message) => message.kind === "told" && panel.bell.hear(message.told, performance.now());
  model.on("msg:custom", onTold);
  panel.lookout = lookout;
  return () => {
    model.off("msg:custom", onTold);
    lookout.close();
    panel.menu.close();
    remove();
  };
}

class FeedPanel extends Panel {
  constructor(bell) {
    super("feed", "Alerts");
    this.bell = bell;
    this.lookout = null;
    this.items = new Map();
    this.spokenAt = -Infinity;
    this.heard = null;
    this.title = element("span", { class: "nbs-heading", text: "Alerts" });
    this.firing = element("span", { class: "nbs-chip", hidden: true });
    this.older = element("span", { class: "nbs-muted" });
    this.filter = new FeedFilter(() => this.state && this.showItems());
    this.menu = new BellMenu();
    this.silences = new SilenceList(this.requests);
    this.isPointedAt = false;
    const point = (isPointedAt) => () => {
      this.isPointedAt = isPointedAt;
      if (!isPointedAt && this.state) this.showItems();
    };
    this.list = element("ol", { class: "nbs-feed-list", tabindex: "0", onmouseenter: point(true), onmouseleave: point(false), ...OWN_KEYS, "aria-label": "Alerts, anomalies and events, newest first" });
    this.empty = element("div", { class: "nbs-empty", text: "No alerts yet." });
    this.unmatched = element("div", { class: "nbs-unmatched", role: "status", hidden: true });
    this.spoken = element("div", { class: "nbs-hidden", "aria-live": "polite", role: "log" });
    this.health = new HealthLine();
    this.el.append(
      element("div", { class: "nbs-feed-head" }, [this.title, this.firing, this.older, this.filter.el, this.menu.button]),
      this.menu.el,
      this.silences.el,
      element("div", { class: "nbs-feed-box" }, [this.empty, this.unmatched, this.list]),
      this.spoken,
      this.health.el,
    );
  }

  take(message) {
    super.take(message);
    if (message.state) this.bell.hear(message.state.told, performance.now());
    this.tick();
  }

  /** Have the kernel tell of alerts while nobody can see the feed, or no longer. */
  listen(value) {
    this.requests.ask({ kind: "listen", value }, () => {});
  }

  show() {
    const { items, firing, rules, nRules, silences, nSilences } = this.state;
    this.firing.hidden = firing === 0;
    const worst = items.find((item) => item.state === "firing");
    setAttribute(this.firing, "data-kind", worst?.severity ?? "warning");
    setText(this.firing, `${countText(firing)} firing`);
    this.empty.hidden = items.some((item) => item.kind === "incident");
    setText(this.empty, emptyText(rules, nRules));
    this.filter.el.hidden = items.length === 0;
    this.silences.show(silences, nSilences);
    this.showItems();
    this.speak(items);
  }

  showItems() {
    const { items, older } = this.state;
    const shown = items.filter((item) => isWanted(item, this.filter.value));
    const hidden = items.length - shown.length;
    const counts = [hidden > 0 && `${countText(hidden)} filtered out`, older > 0 && `and ${countText(older)} older`];
    setText(this.older, counts.filter(Boolean).join(", "));
    this.unmatched.hidden = shown.length > 0 || items.length === 0;
    setText(this.unmatched, `None of ${countText(items.length)} matches the filter.`);
    this.list.hidden = shown.length === 0;
    const focused = document.activeElement;
    const hadFocus = focused !== this.list && this.list.contains(focused);
    const make = (item) => new FeedItem(item, this.requests, () => this.list.focus());
    keepChildren(this.list, this.items, shown, (item) => item.key, make, (part, item) => part.show(item, this.isPointedAt));
    // A node that is moved loses the focus.
    if (hadFocus && document.activeElement !== focused) (this.list.contains(focused) ? focused : this.list).focus();
  }

  /** Tell screen readers about the newest alert, not about every one of a storm. */
  speak(items) {
    const newest = items.find((item) => item.state === "firing");
    const isFirst = this.heard === null;
    if ((newest?.key ?? "") === this.heard || performance.now() - this.spokenAt < SPEAK_EVERY_MS) return;
    this.heard = newest?.key ?? "";
    if (!newest || isFirst) return;
    this.spokenAt = performance.now();
    setText(this.spoken, `${newest.severity}: ${[newest.title, newest.text].filter(Boolean).join(": ")}`);
  }

  tick() {
    if (this.state) {
      const { health } = this.state;
      const fps = globalThis.__nbstream?.stats?.fps;
      this.health.show(health, this.link.clock.age(health.newest), Number.isFinite(fps) ? fps : null);
    }
    this.lookout?.look();
    this.menu.ways.toasts.tick(performance.now());
    super.tick();
  }
}

/** What of the feed this page shows. */
class FeedFilter {
  constructor(onChange) {
    this.level = element("select", { ...OWN_KEYS, class: "nbs-select", "aria-label": "Severity", onchange: onChange }, [
      element("option", { value: "", text: "all" }),
      element("option", { value: "warning", text: "≥ warning" }),
      element("option", { value: "critical", text: "critical" }),
    ]);
    this.level.value = "";
    this.firingOnly = element("input", { ...OWN_KEYS, type: "checkbox", onchange: onChange });
    this.text = element("input", {
      ...OWN_KEYS,
      type: "search",
      class: "nbs-input",
      autocomplete: "off",
      spellcheck: "false",
      size: 12,
      maxlength: 80,
      placeholder: "filter",
      "aria-label": "Filter by words",
      oninput: onChange,
      onkeydown: (event) => this.press(event, onChange),
    });
    this.el = element("span", { class: "nbs-feed-filter", role: "group", "aria-label": "Filter", hidden: true }, [
      this.level,
      element("label", { class: "nbs-check" }, [this.firingOnly, element("span", { text: "firing only" })]),
      this.text,
    ]);
  }

  get value() {
    return { level: this.level.value, firingOnly: this.firingOnly.checked === true, text: this.text.value.trim() };
  }

  press(event, onChange) {
    if (event.isComposing || event.key !== "Escape" || !this.text.value) return;
    event.preventDefault();
    this.text.value = "";
    onChange();
  }
}

class FeedItem {
  constructor(item, requests, onDone) {
    this.item = item;
    this.requests = requests;
    this.onDone = onDone;
    this.flags = new Map();
    this.time = element("time", { class: "nbs-feed-time" });
    this.word = element("span", { class: "nbs-chip" });
    this.title = element("span", { class: "nbs-feed-title" });
    this.text = element("span", { class: "nbs-feed-text" });
    this.lasted = element("span", { class: "nbs-muted" });
    this.flagList = element("span", { class: "nbs-flags" });
    const body = element("span", { class: "nbs-feed-body" }, [this.title, this.text, this.lasted, this.flagList]);
    this.el = element("li", { class: `nbs-feed-item nbs-feed-${item.kind}` }, [this.time, this.word, body]);
    if (item.kind === "incident") this.addActions();
  }

  addActions() {
    this.acknowledge = new FeedForm(
      "acknowledge",
      (form) => {
        const why = element("input", { ...OWN_KEYS, type: "text", class: "nbs-input nbs-why", autocomplete: "off", maxlength: 200, placeholder: "reason (optional)", "aria-label": "Reason, optional" });
        const send = () => form.send({ kind: "acknowledge", incident: this.item.number, why: why.value.trim() });
        why.addEventListener("keydown", (event) => {
          if (event.key !== "Enter" || event.isComposing) return;
          event.preventDefault();
          send();
        });
        return [why, button("acknowledge", send, "nbs-button nbs-primary")];
      },
      this,
    );
    this.snooze = new FeedForm(
      "snooze",
      (form) =>
        [
          ["5 min", "5min"],
          ["1 h", "1h"],
          ["until tomorrow, 6:00", "tomorrow"],
        ].map(([text, span]) => button(text, () => form.send({ kind: "snooze", incident: this.item.number, for: span }))),
      this,
    );
    this.actions = element("span", { class: "nbs-feed-actions" }, [this.acknowledge.opener, this.snooze.opener]);
    this.el.append(this.actions);
  }

  /** @param {boolean} isHeld whether a pointer is over the list: a text that grows would move what is below it */
  show(item, isHeld = false) {
    this.item = item;
    setText(this.time, item.time);
    setAttribute(this.time, "title", item.full);
    if (item.kind === "incident") this.showIncident(item);
    else {
      setAttribute(this.word, "data-kind", item.kind);
      setText(this.word, item.kind);
    }
    setText(this.title, item.title ?? "");
    if (!isHeld || !this.text.textContent || item.text.length <= this.text.textContent.length) setText(this.text, item.text);
  }

  showIncident(item) {
    const isFiring = item.state === "firing";
    setAttribute(this.el, "data-kind", isFiring ? item.severity : "resolved");
    setAttribute(this.el, "data-quiet", isFiring && (item.acknowledged || item.silenced) ? "" : null);
    setAttribute(this.word, "data-kind", isFiring ? item.severity : `resolved-${item.severity}`);
    setText(this.word, item.severity);
    setText(this.lasted, isFiring ? "firing" : item.lasted === null ? "resolved" : `resolved after ${lastedText(item.lasted)}`);
    keepChildren(this.flagList, this.flags, itemFlags(item), ({ name }) => name, (flag) => new ItemFlag(flag), (part, flag) => setText(part.el, flag.text));
    this.acknowledge.offer(isFiring && !item.acknowledged);
    this.snooze.offer(isFiring && !item.silenced);
    const what = (item.title || item.text).slice(0, 80);
    setAttribute(this.acknowledge.opener, "aria-label", `acknowledge ${what}`);
    setAttribute(this.snooze.opener, "aria-label", `snooze ${what}`);
  }
}

class ItemFlag {
  constructor({ name }) {
    this.el = element("span", { class: "nbs-flag", "data-flag": name });
  }
}

/** What opens below an item to do something about it; one that is open stays until it is sent or given up. */
class FeedForm {
  constructor(name, makeParts, item) {
    this.name = name;
    this.makeParts = makeParts;
    this.item = item;
    this.el = null; // while it is closed: most items are never touched
    this.isOffered = false;
    this.isWaiting = false;
    this.opener = button(name, () => this.toggle());
    setAttribute(this.opener, "aria-expanded", "false");
  }

  offer(isOffered) {
    this.isOffered = isOffered;
    this.opener.hidden = !isOffered && !this.el;
  }

  toggle() {
    if (this.el) return this.close();
    for (const other of [this.item.acknowledge, this.item.snooze]) if (other.el) other.close();
    const parts = this.makeParts(this);
    this.error = element("span", { class: "nbs-field-error", role: "alert" });
    this.el = element("span", { class: "nbs-feed-form", role: "group", "aria-label": this.name, onkeydown: (event) => this.press(event) }, [
      ...parts,
      button("cancel", () => this.close()),
      this.error,
    ]);
    this.item.el.append(this.el);
    setAttribute(this.opener, "aria-expanded", "true");
    parts[0].focus();
  }

  close() {
    const hadFocus = this.el.contains(document.activeElement);
    this.el.remove();
    this.el = null;
    setAttribute(this.opener, "aria-expanded", "false");
    this.opener.hidden = !this.isOffered;
    if (!hadFocus) return;
    if (this.isOffered) this.opener.focus();
    else this.item.onDone();
  }

  press(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    this.close();
  }

  send(command) {
    if (this.isWaiting) return;
    this.isWaiting = true;
    const form = this.el;
    setAttribute(form, "aria-busy", "true");
    setText(this.error, "");
    this.item.requests.ask(command, (error) => {
      this.isWaiting = false;
      setAttribute(form, "aria-busy", null);
      if (!error) this.offer(false); // the next frame says so too
      if (form !== this.el) return; // it was given up meanwhile
      setText(this.error, error);
      if (!error) this.close();
    });
  }
}

/** The silences that run, each with a button that ends it. */
class SilenceList {
  constructor(requests) {
    this.requests = requests;
    this.rows = new Map();
    this.list = element("ul", { class: "nbs-silence-list" });
    this.rest = element("div", { class: "nbs-muted" });
    this.el = element("div", { class: "nbs-silences", role: "group", "aria-label": "Silences", hidden: true }, [this.list, this.rest]);
  }

  show(silences, n) {
    this.el.hidden = n === 0;
    keepChildren(this.list, this.rows, silences, ({ id }) => String(id), (silence) => new SilenceRow(silence, this.requests), (row, silence) => row.show(silence));
    setText(this.rest, n > silences.length ? `and ${countText(n - silences.length)} more silences` : "");
  }
}

class SilenceRow {
  constructor({ id }, requests) {
    this.text = element("span", { class: "nbs-feed-text" });
    this.error = element("span", { class: "nbs-field-error", role: "alert" });
    this.end = button("end", () => {
      if (this.end.getAttribute("aria-busy")) return;
      setAttribute(this.end, "aria-busy", "true");
      requests.ask({ kind: "end_silence", silence: id }, (error) => {
        setAttribute(this.end, "aria-busy", null);
        setText(this.error, error);
      });
    });
    const flag = element("span", { class: "nbs-flag", "data-flag": "silenced", text: "silenced" });
    this.el = element("li", { class: "nbs-silence" }, [flag, this.text, this.end, this.error]);
  }

  show({ text, until, full, who, why }) {
    setText(this.text, `${text} until ${until}${who ? `, by ${who}` : ""}${why ? `: ${why}` : ""}`);
    setAttribute(this.text, "title", full);
    setAttribute(this.end, "aria-label", `end the silence of ${text}`);
  }
}
