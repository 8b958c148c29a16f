// Toasts: alerts in a corner of the page while the feed is out of sight, where no chart lies, and never in a flood.

import { button, element, setAttribute, setText } from "../shared/dom.js";
import { countText } from "../shared/format.js";

const MAX_TOASTS = 3;
const RULE_PAUSE_MS = 3000; // between two toasts of one rule
const TOAST_MS = 8000;
const END_MS = 3000;

/** Kinds of notifications that end what another began. */
export const ENDS = new Set(["resolved", "data_back"]);

/**
 * @typedef {object} Told what nbstream/widgets/panels/bell.py sends of one notification
 * @property {number} number grows by one from notification to notification
 * @property {string} about what it is about; a later one about the same takes its place
 * @property {string} series the rule and channel that it is of: they have one toast at a time
 * @property {string} rule the rule that it is of
 * @property {string} kind "fired", "escalated", "resolved", "no_data", "data_back", "error" or "flapping"
 * @property {"info" | "warning" | "critical"} severity
 * @property {string} title the rule's name, "" if its condition says all
 * @property {string} text
 */

/** @returns {string} one line */
export function toldText({ kind, severity, title, text }) {
  const word = kind === "fired" ? severity : `${severity}, ${kind.replace("_", " ")}`;
  return `${word}: ${[title, text].filter(Boolean).join(": ")}`;
}

/** Up to three toasts where no chart lies, one for each rule and channel. */
export class Toasts {
  constructor() {
    this.owners = new Set(); // widgets that may show some
    this.shown = new Map(); // by their series, the oldest first
    this.begun = new Map(); // by rule: when its newest toast came
    this.more = 0;
    this.place = new Place(() => this.el);
    this.tickedAt = null;
    this.list = element("ol", { class: "nbs-toast-list" });
    this.rest = element("div", { class: "nbs-toast-rest", hidden: true });
    this.el = element("div", { class: "nbs nbs-toasts", role: "region", "aria-label": "New alerts" }, [
      element("div", { role: "status", "aria-live": "polite" }, [this.list, this.rest]),
    ]);
  }

  /** Be in the page from now on: screen readers pass over what comes with its own live region. */
  open(owner) {
    this.owners.add(owner);
    if (!this.el.parentNode) document.body.append(this.el);
  }

  /** Take away what somebody has taken care of, unless the toast is in use. */
  settle(about, owner) {
    for (const [key, toast] of [...this.shown]) {
      if (toast.owner === owner && toast.about === about && !toast.isHeld) this.dismiss(key);
    }
  }

  /** Take away what belongs to a widget that is gone. */
  close(owner) {
    this.owners.delete(owner);
    for (const [key, toast] of [...this.shown]) if (toast.owner === owner) this.dismiss(key);
    if (this.owners.size === 0) this.el.remove();
  }

  /**
   * @param {Told} told an end changes the toast of its beginning, and makes none of its own
   * @param {number} now ms
   */
  show(told, owner, now) {
    const key = `${owner} ${told.series ?? told.about}`;
    const known = this.shown.get(key);
    if (ENDS.has(told.kind)) {
      if (known?.about === told.about) known.show(told);
      return;
    }
    if (known) {
      known.show(told); // what comes and goes is one toast
    } else if (this.isSoonAfter(`${owner} ${told.rule ?? told.about}`, now)) {
      if (this.shown.size > 0) this.addMore(1);
    } else {
      if (this.shown.size >= MAX_TOASTS) this.giveWay();
      const toast = new Toast(told, owner, (isByKey) => this.dismiss(key, isByKey));
      this.shown.set(key, toast);
      this.list.insertBefore(toast.el, this.list.firstChild);
    }
    this.place.find();
  }

  /** @returns {boolean} whether a rule had a new toast just now; if not, it may have one */
  isSoonAfter(rule, now) {
    for (const [other, at] of this.begun) if (now - at >= RULE_PAUSE_MS) this.begun.delete(other);
    if (this.begun.has(rule)) return true;
    this.begun.set(rule, now);
    return false;
  }

  /** Count what came and is not shown. */
  addMore(n) {
    this.more += n;
    this.rest.hidden = this.more === 0;
    setText(this.rest, `and ${countText(this.more)} more in the alert feed`);
  }

  /** The oldest makes room, one that is not critical if there is any. */
  giveWay() {
    const keys = [...this.shown.keys()];
    this.dismiss(keys.find((key) => !this.shown.get(key).stays) ?? keys[0]);
    this.addMore(1);
  }

  /** @param {boolean} [isByKey] then the focus goes on to the next, which stays while it has it */
  dismiss(key, isByKey = false) {
    const toast = this.shown.get(key);
    if (!toast) return;
    toast.el.remove();
    this.shown.delete(key);
    if (isByKey) [...this.shown.values()].at(-1)?.close.focus();
    if (this.shown.size > 0) return this.place.find();
    this.place.leave();
    this.more = 0;
    this.rest.hidden = true;
  }

  /** Let time pass, as far as somebody could see it. */
  tick(now) {
    const isSeen = !document.hidden && this.place.isFound;
    const passed = !isSeen || this.tickedAt === null ? 0 : Math.max(0, now - this.tickedAt);
    this.tickedAt = now;
    for (const [key, toast] of [...this.shown]) if (toast.age(passed)) this.dismiss(key);
    if (this.shown.size > 0) this.place.find();
  }
}

/** Where toasts may lie: in a corner of the page, or a line at its edge, but never over a chart. */
class Place {
  /** @param {() => HTMLElement} read the element, which a style sheet puts where its attribute says */
  constructor(read) {
    this.read = read;
    this.isFound = true;
    this.isWatching = false;
    this.onChange = () => this.find();
  }

  /** Look for a free place, the present one first; without one, nothing shows until there is one. */
  find() {
    if (!this.isWatching) {
      this.isWatching = true;
      document.addEventListener("scroll", this.onChange, { capture: true, passive: true });
      globalThis.addEventListener?.("resize", this.onChange);
    }
    const el = this.read();
    const charts = [...document.querySelectorAll(".nbs-chart")].map(visibleBox).filter(Boolean);
    const present = el.getAttribute("data-place");
    const places = PLACES.includes(present) ? [present, ...PLACES.filter((place) => place !== present)] : PLACES;
    this.isFound = places.some((place) => {
      setAttribute(el, "data-place", place);
      const box = el.getBoundingClientRect();
      return !charts.some((chart) => overlap(chart, box));
    });
    if (!this.isFound) setAttribute(el, "data-place", "none");
  }

  /** Look no more: there is nothing to show. */
  leave() {
    if (!this.isWatching) return;
    this.isWatching = false;
    this.isFound = true;
    document.removeEventListener("scroll", this.onChange, { capture: true });
    globalThis.removeEventListener?.("resize", this.onChange);
    setAttribute(this.read(), "data-place", null);
  }
}

const PLACES = ["bottom-right", "top-right", "bottom-left", "top-left", "bottom", "top"];

/** @returns {{left: number, top: number, right: number, bottom: number} | null} what can be seen of an element */
function visibleBox(el) {
  let { left, top, right, bottom } = el.getBoundingClientRect();
  const cut = (box) => {
    left = Math.max(left, box.left);
    top = Math.max(top, box.top);
    right = Math.min(right, box.right);
    bottom = Math.min(bottom, box.bottom);
  };
  for (let around = el.parentElement; around && around !== document.body; around = around.parentElement) {
    const { overflow, position } = getComputedStyle(around);
    if (overflow !== "visible") cut(around.getBoundingClientRect());
    if (position === "fixed") break; // what is around that does not cut it
  }
  return left < right && top < bottom ? { left, top, right, bottom } : null;
}

function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

class Toast {
  constructor(told, owner, onDismiss) {
    this.owner = owner;
    this.isHeld = false;
    this.word = element("span", { class: "nbs-chip" });
    this.title = element("span", { class: "nbs-feed-title" });
    this.text = element("span", { class: "nbs-feed-text" });
    this.close = button("×", (event) => onDismiss(event.detail === 0), "nbs-icon");
    const hold = (isHeld) => () => (this.isHeld = isHeld);
    this.el = element(
      "li",
      {
        class: "nbs-toast",
        onmouseenter: hold(true),
        onmouseleave: hold(false),
        onfocusin: hold(true),
        onfocusout: hold(false),
        onkeydown: (event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          onDismiss(true);
        },
      },
      [this.word, element("span", { class: "nbs-toast-body" }, [this.title, this.text]), this.close],
    );
    this.show(told);
  }

  show(told) {
    this.about = told.about;
    const isEnd = ENDS.has(told.kind);
    this.left = isEnd ? END_MS : TOAST_MS;
    this.stays = told.severity === "critical" && !isEnd;
    const kind = isEnd ? `resolved-${told.severity}` : told.severity;
    setAttribute(this.el, "data-kind", kind);
    setAttribute(this.word, "data-kind", kind);
    setText(this.word, isEnd || told.kind === "flapping" ? told.kind.replace("_", " ") : told.severity);
    setText(this.title, told.title);
    setText(this.text, told.text);
    setAttribute(this.close, "aria-label", `dismiss ${toldText(told).slice(0, 80)}`);
  }

  /** @returns {boolean} whether its time is over */
  age(passed) {
    if (this.stays || this.isHeld) return false;
    this.left -= passed;
    return this.left <= 0;
  }
}
