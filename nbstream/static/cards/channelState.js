// How a channel is, in words and shapes: its rules and its data.

import { element, setAttribute } from "../shared/dom.js";
import { ageText, shapeOf } from "../shared/status.js";

const SOURCE_ENDS = { FAILED: "failed", ENDED: "ended", STOPPED: "stopped" };

/** Kinds of states, the mildest first; what is not among them is milder. */
const GRAVITY = ["no-data", "stale", "pending", "recovering", "info", "warning", "critical", "failed"];
const KNOWN_STATES = new Set(["OK", "PENDING", "NO_DATA", "ERROR", "RECOVERING", "FIRING"]);

/**
 * How a channel is: its alert and its data, each in a word.
 * @param {object} channel as nbstream/widgets/panels/cards.py sends it
 * @param {{state: string, text: string} | null} source
 * @param {number | null} age of the newest reading, s
 * @returns {{kind: string, shape: string, text: string, title: string}[]} the gravest first, at least one
 */
export function channelState(channel, source, age) {
  const found = [];
  const say = (kind, text, title = "") => found.push({ kind, shape: shapeOf(kind), text, title });
  const alert = channel.alert;
  const end = SOURCE_ENDS[source?.state];
  const isStale = age !== null && !end && channel.staleAfter !== null && age > channel.staleAfter;
  const of = alert?.rule ? `Rule ${alert.rule}` : "";
  if (alert?.state === "FIRING") say(alert.severity, `firing · ${alert.severity}`, of);
  if (alert?.state === "ERROR") say("failed", "rule failed", alert.why ? `${of}: ${alert.why}` : of);
  if (end) say(end === "failed" ? "failed" : "ended", end);
  if (alert?.state === "RECOVERING") say("recovering", `recovering · ${alert.severity}`, of);
  if (alert?.state === "NO_DATA") say("no-data", age === null || end ? "no data" : `no data · ${ageText(age)}`, of);
  if (alert?.state === "PENDING") say("pending", "pending", of);
  if (alert && !KNOWN_STATES.has(alert.state)) say("pending", alert.state.toLowerCase(), of);
  if (alert?.state !== "NO_DATA") {
    if (age === null && !end) say("waiting", "waiting for data");
    else if (isStale) say(source ? "stale" : "ended", `stale · ${ageText(age)}`);
  }
  if (!found.length) say("ok", "ok", of);
  if (alert?.acknowledged) say("muted", "acknowledged", `${alert.acknowledged} takes care of it`);
  if (alert?.silenced) say("muted", "silenced", "Nobody is notified for now");
  return found;
}

/** @returns {number} how grave a state is, to sort by */
export function gravity({ kind }) {
  return GRAVITY.indexOf(kind);
}

/** What a state looks like: chips, the gravest first. */
export class Chips {
  constructor() {
    this.el = element("span", { class: "nbs-chips" });
    this.chips = [];
  }

  show(states, title) {
    while (this.chips.length < states.length) {
      const chip = element("span", { class: "nbs-chip nbs-state" });
      this.chips.push(chip);
      this.el.append(chip);
    }
    this.chips.forEach((chip, i) => {
      chip.hidden = i >= states.length;
      if (chip.hidden) return;
      setAttribute(chip, "data-kind", states[i].kind);
      setAttribute(chip, "data-shape", states[i].shape);
      setAttribute(chip, "title", states[i].title || title || null);
      showWords(chip, states[i].text);
    });
  }
}

/** Show a state's words; what follows the dot is left out where there is little room. */
function showWords(chip, text) {
  if (chip.textContent === text) return;
  const [word, detail] = text.split(/(?= · )/);
  const parts = [element("span", { text: word })];
  if (detail) parts.push(element("span", { class: "nbs-state-detail", text: detail }));
  chip.replaceChildren(...parts);
}
