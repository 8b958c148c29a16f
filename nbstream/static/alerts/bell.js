// How a page tells of alerts: by toasts while the feed is out of sight, and, for who wants it, by a sound and
// desktop notifications. What is told was decided in the kernel; here it is only shown.

import { Desktop } from "./desktop.js";
import { button, element, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";
import { Sound } from "./sound.js";
import { SEVERITIES } from "../shared/status.js";
import { ENDS, Toasts } from "./toasts.js";

const RING_PAUSE_MS = 2000;
const LISTEN_AGAIN_MS = 25_000;
const SETTINGS_KEY = "nbstream.notify";

function gravityOf({ severity }) {
  return SEVERITIES.indexOf(severity);
}

/** @returns {Told} the gravest, of equal ones the newest */
export function gravestOf(items) {
  return items.reduce((worst, item) => (gravityOf(item) >= gravityOf(worst) ? item : worst));
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
    if (isOn && name === "desktop" && !(await this.desktop.enable())) this.change(name, false);
    if (isOn && name === "sound") {
      await this.sound.enable();
      if (this.sound.context) this.ring("info");
      else this.change(name, false);
    }
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
    if (now - this.rangAt < RING_PAUSE_MS && gravityOf(worst) <= this.rang) return;
    this.rangAt = now;
    this.rang = gravityOf(worst);
    if (sound) this.ring(worst.severity);
    if (desktop) this.desktop.show(worst, this.unheard, owner);
    this.unheard = 0;
  }

  ring(severity) {
    void this.sound.play(severity).then(() => this.menus.forEach((menu) => menu()));
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
    this.observer = new IntersectionObserver((entries) => {
      this.isInView = entries.at(-1).isIntersecting;
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
