// What a view says about itself in a word: live, paused, kernel busy, stale, disconnected …

import { element } from "./dom.js";

/** How grave alerts are, the mildest first. */
export const SEVERITIES = ["info", "warning", "critical"];

/** What a view says of a link that goes on by a person's hand only, by the link's state. */
export const OVER = {
  restarted: "kernel restarted: run the cell again",
  oldPage: "nbstream was updated: reload the page, then run the cell again",
  oldKernel: "nbstream was updated: restart the kernel, then run the cell again",
};

/** The shape of a state; a triangle is what needs a look, a square what needs a hand. */
const SHAPES = {
  ok: "circle",
  info: "diamond",
  warning: "triangle",
  pending: "triangle",
  recovering: "triangle",
  stale: "triangle",
  critical: "square",
  failed: "square",
  muted: "bar",
};

/** @returns {string} the shape of a kind of state, so that it is seen without its colour */
export function shapeOf(kind) {
  return SHAPES[kind] ?? "ring";
}

/** @returns {string} an age for people: "3 s", "2 min", "1 h 5 min" */
export function ageText(seconds) {
  if (seconds < 100) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return days < 1000 ? `${days} days` : `${(days / 365.25).toFixed(1)} years`;
}

/**
 * What a chart says, from what it knows.
 * @param {object} facts
 * @param {string} facts.link state of the link
 * @param {number} facts.silence seconds since the kernel was heard
 * @param {string | null} facts.source state of the source, null for a buffer
 * @param {string} facts.sentence the source's own sentence
 * @param {number | null} facts.age of the newest reading, s; null before the first
 * @param {number} [facts.dataAge] of the newest reading by its own time, where that is of another day
 * @param {boolean} facts.isMoving whether readings keep coming, so that an old one is late rather than the last
 * @param {number} facts.staleAfter seconds, null is not known
 * @param {[string, string] | null} [facts.file] the kind and words of a file's state, where it isn't live
 * @param {boolean} facts.isPaused
 * @param {boolean} facts.isDetached
 * @param {string | null} facts.ended why the kernel ended the chart ("closed", "replaced")
 * @returns {{kind: string, text: string}}
 */
export function describeState(facts) {
  if (facts.ended) return { kind: "off", text: facts.ended };
  if (facts.link === "disconnected") {
    return { kind: "bad", text: `no answer from the kernel for ${ageText(facts.silence)}` };
  }
  if (OVER[facts.link]) return { kind: "bad", text: OVER[facts.link] };
  if (facts.link === "connecting") return { kind: "wait", text: "connecting…" };
  if (facts.file) return { kind: facts.file[0], text: facts.file[1] };
  if (facts.source === "FAILED" || facts.source === "UNREADABLE") return { kind: "bad", text: facts.sentence };
  if (facts.isPaused) return { kind: "pause", text: "paused" };
  if (facts.isDetached) return { kind: "pause", text: "looking back" };
  if (facts.source === "ENDED" || facts.source === "STOPPED") return { kind: "off", text: facts.sentence };
  if (facts.age === null) return { kind: "wait", text: facts.sentence || "waiting for data" };
  const isLate = facts.staleAfter !== null && facts.age > facts.staleAfter;
  const behind = isLate && facts.isMoving ? `${ageText(facts.age)} behind` : null;
  if (facts.link === "busy") return { kind: "wait", text: `kernel busy: ${behind ?? "slowed"}` };
  if (behind) return { kind: "wait", text: behind };
  if (facts.source === "RECONNECTING") return { kind: "wait", text: facts.sentence };
  if (isLate) return { kind: "wait", text: `no new data for ${ageText(facts.age)}` };
  if (facts.dataAge) return { kind: "off", text: `data ${ageText(facts.dataAge)} old` };
  return { kind: "good", text: "live" };
}

/** The badge in the corner of a chart. It counts seconds for the eye; what it speaks is not said again for that. */
export class Badge {
  constructor() {
    this.dot = element("span", { class: "nbs-badge-dot" });
    this.label = element("span", { class: "nbs-badge-text" });
    this.speaker = element("span", { class: "nbs-hidden", role: "status" });
    this.el = element("div", { class: "nbs-badge" }, [this.dot, this.label, this.speaker]);
    this.shown = "";
    this.matter = "";
  }

  show({ kind, text }) {
    const shown = `${kind} ${text}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.el.dataset.kind = kind;
    this.label.textContent = text;
    this.el.title = text;
    const matter = shown.replace(/\d+ (s|min|h|days)\b/g, "");
    if (matter !== this.matter) this.speaker.textContent = text;
    this.matter = matter;
  }
}
