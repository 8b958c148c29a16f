// What happened, as ticks on the strip of the whole buffer: incidents from above, notes from below. A click shows the time.

import { element, keepChildren, setAttribute } from "../shared/dom.js";
import { offsetAt, wallClock } from "./ticks.js";

const CROWDED_PX = 5; // nearer ticks are one
const MOST_TOLD = 4;
const ROOM = 0.2; // of a long incident, on either side
const PLACE_EVERY_MS = 250;
const GRAVITY = ["note", "info", "warning", "critical"];

/**
 * @typedef {object} Happened
 * @property {number} from epoch ms
 * @property {number | null} to null while it goes on
 * @property {"note" | "info" | "warning" | "critical"} kind
 * @property {string} text
 */

/**
 * @param {import("./incidents.js").Incident[]} incidents
 * @param {[number, string][]} markers epoch ms and words
 * @param {{name: string, isVisible: boolean}[]} lines by the number of their channel; incidents of hidden ones are left out
 * @returns {Happened[]} in the order of time
 */
export function eventsOf(incidents, markers, lines) {
  const fired = incidents
    .filter(({ channel }) => lines[channel]?.isVisible !== false)
    .map(({ channel, from, to, severity, rule, reason }) => ({ from, to, kind: severity, text: `${severity}: ${rule}, ${lines[channel]?.name ?? ""}: ${reason}` }));
  const noted = markers.map(([time, words]) => ({ from: time, to: time, kind: "note", text: `note: ${words}` }));
  return [...fired, ...noted].sort((a, b) => a.from - b.from);
}

export class Events {
  /** @param {(from: number, to: number) => void} look show a span, epoch ms */
  constructor(look) {
    this.look = look;
    this.el = element("div", { class: "nbs-events" });
    this.ticks = new Map();
    /** @type {Happened[]} */
    this.all = [];
    /** @type {import("./ticks.js").Zone} */
    this.zone = { offset: 0, label: "" };
    /** The view, epoch ms. */
    this.shown = { from: 0, to: 1 };
    this.placedAt = -Infinity;
  }

  /** @param {Happened[]} events in the order of time @param {import("./ticks.js").Zone} zone */
  show(events, zone) {
    this.all = events;
    this.zone = zone;
    this.placedAt = -Infinity;
  }

  /** Be where the strip has these times now. */
  place([from, to], width, now) {
    if (now - this.placedAt < PLACE_EVERY_MS) return;
    this.placedAt = now;
    const groups = [];
    for (const event of this.all) {
      const x = ((event.from - from) / (to - from)) * width;
      if (!(x >= 0 && x <= width)) continue;
      const isNote = event.kind === "note";
      const last = groups.findLast((group) => group.isNote === isNote);
      if (last && x - last.x < CROWDED_PX) last.events.push(event);
      else groups.push({ x, isNote, events: [event] });
    }
    const key = ({ isNote, events }) => `${isNote} ${events[0].from} ${events[0].text}`;
    keepChildren(this.el, this.ticks, groups, key, () => new Tick(this), (tick, group) => tick.show(group));
  }

  /**
   * Show the event before or after a view.
   * @param {-1 | 1} sign
   * @param {{from: number, to: number}} view
   * @returns {boolean} whether there is one
   */
  step(sign, view) {
    const middle = (view.from + view.to) / 2;
    const least = (view.to - view.from) / 100;
    const beyond = this.all.filter((event) => sign * (middleOf(event) - middle) > least);
    const next = sign > 0 ? beyond[0] : beyond.at(-1);
    if (next) this.go([next], view);
    return next !== undefined;
  }

  /** Show some events in the middle of a view as wide as the present one, or as they need. */
  go(events, { from, to }) {
    const begin = events[0].from;
    const end = Math.max(...events.map((event) => event.to ?? event.from));
    const half = Math.max((to - from) / 2, (0.5 + ROOM) * (end - begin));
    const middle = (begin + end) / 2;
    this.look(middle - half, middle + half);
  }
}

const middleOf = ({ from, to }) => (from + (to ?? from)) / 2;

class Tick {
  constructor(owner) {
    this.owner = owner;
    this.events = [];
    // Keys go from event to event by the brush: a hundred stops of the Tab key would be none.
    this.el = element("button", { type: "button", class: "nbs-event", tabindex: "-1", onclick: () => owner.go(this.events, owner.shown), onpointerdown: (event) => event.stopPropagation(), ondblclick: (event) => event.stopPropagation() });
  }

  show({ x, events }) {
    this.events = events;
    const gravest = Math.max(...events.map(({ kind }) => GRAVITY.indexOf(kind)));
    const { zone } = this.owner;
    const told = events.slice(0, MOST_TOLD).map(({ from, text }) => `${wallClock(from, offsetAt(zone, from)).slice(0, 19)} ${text}`);
    if (events.length > MOST_TOLD) told.push(`+${events.length - MOST_TOLD} more`);
    setAttribute(this.el, "data-kind", GRAVITY[gravest]);
    setAttribute(this.el, "title", told.join("\n"));
    setAttribute(this.el, "aria-label", told.join("; "));
    this.el.style.left = `${x.toFixed(1)}px`;
  }
}
