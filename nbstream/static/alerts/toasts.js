// How a page tells of alerts: toasts while the feed is out of sight, and, for who wants it, a sound and desktop
// notifications. What is told was decided in the kernel; here it is only shown, and never in a flood.

import { button, element, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";
import { countText } from "../shared/format.js";

const MAX_TOASTS = 3;
const RULE_PAUSE_MS = 3000; // between two toasts of one rule
const TOAST_MS = 8000;
const END_MS = 3000;
const RING_PAUSE_MS = 2000;
const LISTEN_AGAIN_MS = 25_000;
const SETTINGS_KEY = "nbstream.notify";
const RESUME_MS = 300;
const GRAVITY = { info: 0, warning: 1, critical: 2 };
const ENDS = new Set(["resolved", "data_back"]);

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

/** @returns {Told} the gravest, of equal ones the newest */
export function gravestOf(items) {
  return items.reduce((worst, item) => ((GRAVITY[item.severity] ?? 0) >= (GRAVITY[worst.severity] ?? 0) ? item : worst));
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

/** A short sound, made here: two tones for what is critical, else one. */
export class Sound {
  constructor() {
    this.context = null;
    this.problem = "";
  }

  /** Whether there is a sound; call it in a click, for browsers keep pages silent that nobody touched. */
  async enable() {
    this.problem = "";
    try {
      const Context = globalThis.AudioContext ?? globalThis.webkitAudioContext;
      if (!Context) throw new Error("none");
      this.context ??= new Context();
    } catch {
      this.problem = "This browser has no sound for pages.";
      return false;
    }
    try {
      // Where it is not allowed, browsers leave this promise open for ever.
      if (this.context.state !== "running") await Promise.race([this.context.resume(), waitMs(RESUME_MS)]);
    } catch {
      // said below
    }
    if (this.context.state === "running") return true;
    this.problem = "The browser keeps this page silent until you click in it.";
    return false;
  }

  async play(severity) {
    if (!(await this.enable())) return;
    try {
      const start = this.context.currentTime;
      this.tone(severity === "info" ? 520 : 660, start);
      if (severity === "critical") this.tone(880, start + 0.22);
    } catch {
      this.problem = "The sound could not be played.";
    }
  }

  tone(frequency, at) {
    const oscillator = this.context.createOscillator();
    const gain = this.context.createGain();
    oscillator.frequency.value = frequency;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.12, at + 0.02);
    gain.gain.linearRampToValueAtTime(0, at + 0.18);
    oscillator.connect(gain);
    gain.connect(this.context.destination);
    oscillator.start(at);
    oscillator.stop(at + 0.2);
  }
}

function waitMs(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Notifications of the desktop, if browser and user allow them. */
export class Desktop {
  constructor() {
    this.problem = "";
  }

  /** @returns {string} why there are none, "" if there can be */
  reason() {
    if (globalThis.isSecureContext === false) return "Desktop notifications need https, or localhost.";
    if (typeof globalThis.Notification !== "function") return "This browser has no desktop notifications.";
    if (globalThis.Notification.permission === "denied") {
      return "The browser blocks notifications of this site; its site settings can allow them.";
    }
    return this.problem;
  }

  /** Ask for permission if need be; call it in a click. */
  async enable() {
    this.problem = "";
    if (this.reason()) return false;
    let answer = globalThis.Notification.permission;
    try {
      if (answer !== "granted") answer = await globalThis.Notification.requestPermission();
    } catch {
      answer = "default";
    }
    if (answer !== "granted" && !this.reason()) this.problem = "Permission was not given.";
    return answer === "granted";
  }

  show(told, n, owner) {
    if (globalThis.Notification?.permission !== "granted") return;
    try {
      const body = n > 1 ? `${told.text} – and ${countText(n - 1)} more` : told.text;
      // The same tag in several tabs of one browser is one notification.
      const note = new globalThis.Notification(`${told.severity}: ${told.title || "alert"}`, { body, tag: `nbstream ${owner} ${told.about}` });
      note.onclick = () => globalThis.focus?.();
    } catch {
      this.problem = "This browser shows no desktop notifications for pages.";
    }
  }
}

/** @returns {{toast: boolean, sound: boolean, desktop: boolean}} what this browser keeps; else toasts only */
export function readSettings() {
  let kept = null;
  try {
    kept = JSON.parse(globalThis.localStorage.getItem(SETTINGS_KEY));
  } catch {
    // not allowed, or not ours
  }
  const flag = (name, otherwise) => (typeof kept?.[name] === "boolean" ? kept[name] : otherwise);
  return { toast: flag("toast", true), sound: flag("sound", false), desktop: flag("desktop", false) };
}

function keepSettings(settings) {
  try {
    globalThis.localStorage.setItem(SETTINGS_KEY, JSON.stringify(settings));
  } catch {
    // they last as long as the page
  }
}

/** All ways in which a page tells of alerts, and which of them its reader wants. */
export class Ways {
  constructor() {
    this.settings = readSettings();
    this.toasts = new Toasts();
    this.sound = new Sound();
    this.desktop = new Desktop();
    this.menus = new Set();
    this.rangAt = -Infinity;
    this.rang = 0; // how grave
    this.unheard = 0;
  }

  get isOn() {
    return Object.values(this.settings).includes(true);
  }

  /** Turn one way on or off; call it in the click that asks for it. */
  async set(name, isOn) {
    this.change(name, isOn);
    if (isOn && name === "sound" && (await this.sound.enable())) void this.sound.play("info");
    if (isOn && name === "desktop" && !(await this.desktop.enable())) this.change(name, false);
    if (isOn && name === "sound" && !this.sound.context) this.change(name, false);
    for (const menu of this.menus) menu();
  }

  change(name, isOn) {
    this.settings = { ...this.settings, [name]: isOn };
    keepSettings(this.settings);
    for (const menu of this.menus) menu();
  }

  /** @returns {string} what hinders a way */
  problem(name) {
    if (name === "desktop") {
      const isAsked = this.settings.desktop && globalThis.Notification?.permission === "default";
      return this.desktop.reason() || (isAsked ? "Permission is missing: switch it off and on." : "");
    }
    return name === "sound" ? this.sound.problem : "";
  }

  /**
   * @param {Told[]} news the newest last
   * @param {number} n how many there were; more than are in `news` after a storm
   * @param {boolean} isOutOfSight whether nobody can see the feed
   * @param {string} owner the widget
   */
  tell(news, n, isOutOfSight, owner, now) {
    if (this.settings.toast && isOutOfSight) {
      for (const told of news) this.toasts.show(told, owner, now);
      if (n > news.length && this.toasts.shown.size) this.toasts.addMore(n - news.length);
    }
    const begun = news.filter((told) => !ENDS.has(told.kind));
    if (begun.length === 0) return;
    const { sound } = this.settings;
    const desktop = this.settings.desktop && isOutOfSight;
    if (!sound && !desktop) return;
    this.unheard += begun.length + n - news.length;
    const worst = gravestOf(begun);
    const gravity = GRAVITY[worst.severity] ?? 0;
    if (now - this.rangAt < RING_PAUSE_MS && gravity <= this.rang) return;
    this.rangAt = now;
    this.rang = gravity;
    if (sound) void this.sound.play(worst.severity).then(() => this.menus.forEach((menu) => menu()));
    if (desktop) this.desktop.show(worst, this.unheard, owner);
    this.unheard = 0;
  }
}

const waysOf = new WeakMap();

/** @returns {Ways} those of this page, whatever number of feeds it shows */
export function pageWays() {
  if (!waysOf.has(document)) waysOf.set(document, new Ways());
  return waysOf.get(document);
}

const bells = new WeakMap();
let nBells = 0;

/** @returns {PageBell} the one of a widget, whatever number of views it has on this page */
export function bellOf(model) {
  if (!bells.has(model)) bells.set(model, new PageBell(model.model_id ?? `feed-${(nBells += 1)}`));
  return bells.get(model);
}

/** Takes the notifications of one widget, each once, in whatever message it comes. */
export class PageBell {
  constructor(owner) {
    this.owner = String(owner);
    this.heard = null;
    this.views = new Set();
  }

  get isOutOfSight() {
    return document.hidden || ![...this.views].some((view) => view.isInView);
  }

  /** @param {{newest: number, items: Told[], settled: string[]}} told what came before this page is not told again */
  hear({ newest, items, settled }, now) {
    this.take(newest, items, now);
    for (const about of settled) pageWays().toasts.settle(about, this.owner);
  }

  take(newest, items, now) {
    const isFirst = this.heard === null;
    if (!isFirst && newest <= this.heard) return;
    const news = items.filter((item) => item.number > this.heard);
    const n = newest - this.heard;
    this.heard = newest;
    if (!isFirst) pageWays().tell(news, n, this.isOutOfSight, this.owner, now);
  }

  /** Add what can show the feed; return what takes it away. */
  attach(view) {
    this.views.add(view);
    pageWays().toasts.open(this.owner);
    return () => {
      this.views.delete(view);
      if (this.views.size === 0) pageWays().toasts.close(this.owner);
    };
  }
}

/**
 * Watch whether a view can be seen, and have the kernel tell of alerts while it can't.
 */
export class Lookout {
  /**
   * @param {HTMLElement} el
   * @param {PageBell} bell
   * @param {(isListening: boolean) => void} ask tells the kernel
   */
  constructor(el, bell, ask) {
    this.ask = ask;
    this.isInView = true;
    this.isListening = false;
    this.askedAt = -Infinity;
    this.detach = bell.attach(this);
    this.observer = new IntersectionObserver(([entry]) => {
      this.isInView = entry.isIntersecting;
      this.look();
    });
    this.observer.observe(el);
    this.onVisibility = () => this.look();
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  look(now = performance.now()) {
    const wants = pageWays().isOn && (document.hidden || !this.isInView);
    if (wants === this.isListening && !(wants && now - this.askedAt > LISTEN_AGAIN_MS)) return;
    this.isListening = wants;
    this.askedAt = now;
    this.ask(wants);
  }

  close() {
    this.observer.disconnect();
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.detach();
  }
}

const WAY_WORDS = {
  toast: ["toasts in the page", "while this feed is out of sight"],
  sound: ["a sound", "also while it is in sight"],
  desktop: ["desktop notifications", "while this feed is out of sight"],
};

/** The choice of ways, behind a button in the feed's head. */
export class BellMenu {
  constructor() {
    this.ways = pageWays();
    this.button = button("", () => this.toggle(), "nbs-button nbs-bell", { "aria-expanded": "false" });
    this.boxes = Object.entries(WAY_WORDS).map(([name, [label, when]]) => this.makeBox(name, label, when));
    this.el = element(
      "div",
      { class: "nbs-feed-form nbs-bell-menu", role: "group", "aria-label": "Notify in this page", hidden: true, onkeydown: (event) => this.press(event) },
      [element("span", { class: "nbs-muted", text: "Notify in this page by" }), ...this.boxes.map(({ el }) => el)],
    );
    this.onChange = () => this.show();
    this.ways.menus.add(this.onChange);
    this.show();
  }

  makeBox(name, label, when) {
    const input = element("input", { ...OWN_KEYS, type: "checkbox", onchange: () => void this.ways.set(name, input.checked) });
    const problem = element("span", { class: "nbs-way-problem", role: "status" });
    const words = element("label", { class: "nbs-check" }, [input, element("span", { text: label }), element("span", { class: "nbs-muted", text: when })]);
    return { name, input, problem, el: element("div", { class: "nbs-bell-way" }, [words, problem]) };
  }

  show() {
    const { settings } = this.ways;
    const on = Object.keys(WAY_WORDS).filter((name) => settings[name]);
    setText(this.button, `notify: ${on.join(", ") || "off"}`);
    for (const { name, input, problem } of this.boxes) {
      input.checked = settings[name];
      setText(problem, this.ways.problem(name));
    }
  }

  toggle() {
    this.el.hidden = !this.el.hidden;
    setAttribute(this.button, "aria-expanded", String(!this.el.hidden));
    if (this.el.hidden) return;
    this.show();
    this.boxes[0].input.focus();
  }

  press(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.toggle();
    this.button.focus();
  }

  close() {
    this.ways.menus.delete(this.onChange);
  }
}
