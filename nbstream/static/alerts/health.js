// A line about the health of the data: what came in, what was lost, how old it is.

import { element, keepChildren, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";
import { countText } from "../shared/format.js";
import { ageText } from "../shared/status.js";

/**
 * The health of the data in short entries.
 * @param {object} health as nbstream/widgets/panels/alert_feed.py sends it
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
  const isStale = age !== null && health.staleAfter !== null && age > health.staleAfter && source !== null && !isOver;
  add("data age", age === null ? "–" : age < 10 ? `${age.toFixed(1)} s` : ageText(age), isStale ? "warn" : "", "time since the newest reading");
  add("frames/s", fps === null ? "–" : String(Math.round(fps)), "", "frames drawn by this page");
  return entries;
}

/** @returns {{kind: string, text: string}} the source in a sentence */
export function sourceSentence(source) {
  if (source === null) return { kind: "ended", text: "a buffer, fed by the notebook" };
  const kinds = { RUNNING: "ok", CONNECTING: "waiting", RECONNECTING: "warning", UNREADABLE: "failed", FAILED: "failed" };
  return { kind: kinds[source.state] ?? "ended", text: `${source.name}: ${source.text}` };
}

/** The line itself, and what a click unfolds. */
export class HealthLine {
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
    const hasFailed = ["FAILED", "UNREADABLE"].includes(health.source?.state); // its sentence says why
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
  add("refused", "refused", health.refused > 0 && `${countText(health.refused)} channels are left out`);
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
