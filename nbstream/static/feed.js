// The alert feed: incidents and events, newest first, and a line about the health of the data.

import { element } from "./dom.js";
import { countText, keepChildren, KernelClock, lastedText, linkNote, OWN_KEYS, setAttribute, setText } from "./format.js";
import { showPanel } from "./panel.js";
import { ageText } from "./status.js";

const SPEAK_EVERY_MS = 3000;

/**
 * The health of the data in short entries.
 * @param {object} health as nbstream/widgets/feed.py sends it
 * @param {number | null} age of the newest reading, s
 * @param {number | null} fps frames that the page draws a second, null if it draws no chart
 * @returns {{name: string, text: string, kind: string, title: string}[]} kind: "", "warn" or "bad"
 */
export function healthEntries(health, age, fps) {
  const { counters, source } = health;
  const entries = [];
  const add = (name, text, kind = "", title = "") => entries.push({ name, text, kind, title });
  const count = (name, number, kind, title) => add(name, countText(number), number > 0 ? kind : "", title);
  count("received", counters.received ?? 0, "", "readings that came in");
  if (health.shown !== null) count("shown", health.shown, "", "points drawn in the chart now; each stands for one reading or more");
  if ("dropped" in counters) count("dropped", counters.dropped, "warn", "readings that were given up");
  if ("rejected" in counters) count("rejected", counters.rejected, "warn", "readings without a number or time that can be read");
  if ("late" in counters) count("late", counters.late, "warn", "readings older than the newest of their channel, left out");
  count("missing", health.missing, "warn", "readings without a value (NaN)");
  if (counters.reconnects > 0) count("reconnects", counters.reconnects, "warn", "times that the source tried again");
  const isOver = source !== null && ["ENDED", "STOPPED", "FAILED"].includes(source.state);
  const isStale = age !== null && age > health.staleAfter && source !== null && !isOver;
  add("data age", age === null ? "–" : age < 10 ? `${age.toFixed(1)} s` : ageText(age), isStale ? "warn" : "", "time since the newest reading");
  add("frames/s", fps === null ? "–" : String(Math.round(fps)), "", "frames drawn by this page");
  return entries;
}

/** @returns {{kind: string, text: string}} the source in a sentence */
export function sourceSentence(source) {
  if (source === null) return { kind: "ended", text: "a buffer, fed by the notebook" };
  const kinds = { RUNNING: "ok", CONNECTING: "waiting", RECONNECTING: "warning", FAILED: "failed" };
  return { kind: kinds[source.state] ?? "ended", text: `${source.name}: ${source.text}` };
}

/** @returns {string} what the feed says while there is nothing in it */
export function emptyText(rules, n) {
  if (!n) return "No alerts yet. No rules are watched.";
  const more = n > rules.length ? ` and ${countText(n - rules.length)} more` : "";
  return `No alerts yet. Watching ${rules.join(", ")}${more}.`;
}

/** @returns {() => void} the clean-up */
export function renderFeed(view) {
  return showPanel(view, new FeedPanel());
}

class FeedPanel {
  constructor() {
    this.clock = new KernelClock();
    this.state = null;
    this.linkState = "connecting";
    this.items = new Map();
    this.spokenAt = -Infinity;
    this.heard = null;
    this.note = element("div", { class: "nbs-note", role: "status" });
    this.title = element("span", { class: "nbs-heading", text: "Alerts" });
    this.firing = element("span", { class: "nbs-chip", hidden: true });
    this.older = element("span", { class: "nbs-muted" });
    this.list = element("ol", { class: "nbs-feed-list", tabindex: "0", ...OWN_KEYS, "aria-label": "Alerts and events, newest first" });
    this.empty = element("div", { class: "nbs-empty", text: "No alerts yet." });
    this.spoken = element("div", { class: "nbs-hidden", "aria-live": "polite", role: "log" });
    this.health = new HealthLine();
    this.el = element("div", { class: "nbs-panel nbs-feed", role: "region", "aria-label": "Alerts" }, [
      this.note,
      element("div", { class: "nbs-feed-head" }, [this.title, this.firing, this.older]),
      this.empty,
      this.list,
      this.spoken,
      this.health.el,
    ]);
    this.showLink("connecting");
  }

  take(message) {
    this.clock.hear(message.now);
    if (message.state) {
      this.state = message.state;
      this.show();
    }
    this.tick();
  }

  show() {
    const { items, older, firing, rules, nRules } = this.state;
    this.firing.hidden = firing === 0;
    const worst = items.find((item) => item.state === "firing");
    setAttribute(this.firing, "data-kind", worst?.severity ?? "warning");
    setText(this.firing, `${countText(firing)} firing`);
    setText(this.older, older > 0 ? `and ${countText(older)} older` : "");
    this.empty.hidden = items.some((item) => item.kind === "incident");
    setText(this.empty, emptyText(rules, nRules));
    this.list.hidden = items.length === 0;
    keepChildren(this.list, this.items, items, (item) => item.key, (item) => new FeedItem(item), (part, item) => part.show(item));
    this.speak(items);
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
      this.health.show(health, this.clock.age(health.newest), Number.isFinite(fps) ? fps : null);
    }
    this.showLink(this.linkState);
  }

  showLink(state) {
    this.linkState = state;
    setAttribute(this.el, "data-link", this.state?.ended ? "ended" : state);
    setText(this.note, linkNote(state, this.link?.silence() ?? 0, this.state?.ended ?? null));
  }
}

class FeedItem {
  constructor(item) {
    this.time = element("time", { class: "nbs-feed-time" });
    this.word = element("span", { class: "nbs-chip" });
    this.title = element("span", { class: "nbs-feed-title" });
    this.text = element("span", { class: "nbs-feed-text" });
    this.lasted = element("span", { class: "nbs-muted" });
    const body = element("span", { class: "nbs-feed-body" }, [this.title, this.text, this.lasted]);
    this.el = element("li", { class: `nbs-feed-item nbs-feed-${item.kind}` }, [this.time, this.word, body]);
  }

  show(item) {
    setText(this.time, item.time);
    setAttribute(this.time, "title", item.full);
    if (item.kind === "event") {
      setAttribute(this.word, "data-kind", "event");
      setText(this.word, "event");
    } else {
      const isFiring = item.state === "firing";
      setAttribute(this.el, "data-kind", isFiring ? item.severity : "resolved");
      setAttribute(this.word, "data-kind", isFiring ? item.severity : `resolved-${item.severity}`);
      setText(this.word, item.severity);
      setText(this.lasted, isFiring ? "firing" : item.lasted === null ? "resolved" : `resolved after ${lastedText(item.lasted)}`);
    }
    setText(this.title, item.title ?? "");
    setText(this.text, item.text);
  }
}

class HealthLine {
  constructor() {
    this.source = element("span", { class: "nbs-source" });
    this.held = element("span", { class: "nbs-health-entry", "data-kind": "warn" });
    this.entries = new Map();
    this.line = element("span", { class: "nbs-health-entries" });
    this.details = new Map();
    this.list = element("dl", { class: "nbs-details" });
    this.error = element("div", { class: "nbs-error-line", hidden: true });
    this.el = element("div", { class: "nbs-health", role: "group", "aria-label": "Health of the data" }, [
      this.error,
      element("details", {}, [
        element("summary", { ...OWN_KEYS }, [this.source, this.line, this.held]),
        this.list,
      ]),
    ]);
  }

  show(health, age, fps) {
    const sentence = sourceSentence(health.source);
    setAttribute(this.source, "data-kind", sentence.kind);
    setText(this.source, sentence.text);
    keepChildren(
      this.line,
      this.entries,
      healthEntries(health, age, fps),
      (entry) => entry.name,
      (entry) => new HealthEntry(entry),
      (part, entry) => part.show(entry),
    );
    this.held.hidden = !health.held;
    setText(this.held, health.held);
    const hasFailed = health.source?.state === "FAILED";
    this.error.hidden = !health.error || hasFailed;
    setText(this.error, health.error);
    keepChildren(
      this.list,
      this.details,
      healthDetails(health),
      (detail) => detail.key,
      (detail) => new HealthDetail(detail),
      (part, detail) => part.show(detail),
    );
  }
}

/** @returns {{key: string, name: string, text: string}[]} what the fold shows */
export function healthDetails(health) {
  const details = [{ key: "zone", name: "time zone", text: health.zone }];
  const add = (key, name, text) => text && details.push({ key, name, text });
  add("error", "last error", health.error);
  health.notes.forEach((text, i) => add(`note ${i}`, i ? "" : "noticed", text));
  add("accepted", "accepted", "accepted" in health.counters && countText(health.counters.accepted));
  add("evicted", "evicted", health.evicted > 0 && `${countText(health.evicted)} readings left the buffer: it was full`);
  add("refused", "refused", health.refused > 0 && `${countText(health.refused)} channels are too many`);
  add("ignored", "ignored", health.ignored > 0 && `${countText(health.ignored)} messages of pages`);
  return details;
}

class HealthEntry {
  constructor({ name, title }) {
    this.value = element("b");
    this.el = element("span", { class: "nbs-health-entry", "data-name": name, title: title || null }, [
      element("span", { text: name }),
      this.value,
    ]);
  }

  show({ text, kind }) {
    setText(this.value, text);
    setAttribute(this.el, "data-kind", kind || null);
  }
}

class HealthDetail {
  constructor({ name }) {
    this.text = element("dd");
    this.el = element("div", {}, [element("dt", { text: name }), this.text]);
  }

  show({ text }) {
    setText(this.text, text);
  }
}
