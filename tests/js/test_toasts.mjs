import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { renderFeed } from "../../nbstream/static/alerts/feed.js";
import { bellOf, gravestOf, pageWays, readSettings } from "../../nbstream/static/alerts/bell.js";
import { toldText } from "../../nbstream/static/alerts/toasts.js";
import { click, FakeModel, fakeEvent, installDom } from "./fakeDom.mjs";

const EVIL = "<img src=x onerror=alert(1)>";
const HEALTH = {
  counters: { received: 1 },
  shown: null,
  missing: 0,
  evicted: 0,
  refused: 0,
  newest: null,
  staleAfter: 2,
  held: "",
  source: null,
  error: "",
  notes: [],
  zone: "UTC",
  ignored: 0,
};

function told(number, more = {}) {
  return { number, about: `incident ${number}`, kind: "fired", severity: "warning", title: "", text: `value 9${number} > 90`, ...more };
}

const toldOf = (newest, items = [], settled = []) => ({ newest, items, settled });
const stateOf = (newest, items) => ({
  items: [],
  older: 0,
  firing: 0,
  rules: [],
  nRules: 0,
  silences: [],
  nSilences: 0,
  told: toldOf(newest, items),
  health: HEALTH,
  ended: null,
});

/** Sounds that were made, as a browser that allows them makes them. */
class FakeAudio {
  static made = [];
  constructor() {
    this.state = "suspended";
    this.currentTime = 0;
    this.destination = {};
  }
  async resume() {
    this.state = "running";
  }
  createOscillator() {
    const tone = { frequency: {}, connect() {}, start: () => FakeAudio.made.push(tone.frequency.value), stop() {} };
    return tone;
  }
  createGain() {
    return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect() {} };
  }
}

function fakeNotification(permission, answer = permission) {
  const made = [];
  return Object.assign(
    class {
      constructor(title, options) {
        made.push({ title, ...options });
      }
    },
    { made, permission, asked: 0, async requestPermission() { this.asked += 1; return (this.permission = answer); } },
  );
}

let page, model, el, close, observers, stored, time;

beforeEach(() => {
  page = installDom();
  observers = [];
  time = performance.now();
  globalThis.IntersectionObserver = class {
    constructor(callback) {
      this.callback = callback;
      observers.push(this);
    }
    observe() {}
    disconnect() {}
  };
  stored = new Map();
  globalThis.localStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) };
  FakeAudio.made = [];
  globalThis.AudioContext = FakeAudio;
  delete globalThis.Notification;
  delete globalThis.isSecureContext;
  model = new FakeModel();
  el = document.createElement("div");
  close = renderFeed({ model, el });
  model.snapshot(stateOf(0));
});

const look = (isIntersecting) => observers.forEach((observer) => observer.callback([{ isIntersecting }]));
const toasts = () => document.body.all("nbs-toast").map((node) => node.textContent.replace("×", ""));
const say = (newest, items) => model.say({ kind: "told", told: toldOf(newest, items) });
const settle = () => new Promise((resolve) => setImmediate(resolve));
const box = (i) => el.one("nbs-bell-menu").all("nbs-check")[i].childNodes[0];
const problem = (i) => el.one("nbs-bell-menu").all("nbs-way-problem")[i].textContent;

async function choose(i, isOn) {
  box(i).checked = isOn;
  box(i).dispatchEvent(fakeEvent("change"));
  await settle();
}

/** Let so many seconds pass for the toasts. */
function pass(seconds) {
  pageWays().toasts.tick(time);
  time += seconds * 1000;
  pageWays().toasts.tick(time);
}

test("what speaks toasts to screen readers is there before the first one, and until the last feed is gone", () => {
  const speaker = document.body.one("nbs-toasts");
  assert.equal(speaker.childNodes[0].getAttribute("aria-live"), "polite");
  look(false);
  say(1, [told(1)]);
  pass(60);
  assert.deepEqual(toasts(), []);
  assert.equal(document.body.one("nbs-toasts"), speaker);
  const other = new FakeModel();
  const closeOther = renderFeed({ model: other, el: document.createElement("div") });
  close();
  assert.equal(document.body.one("nbs-toasts"), speaker);
  closeOther();
  assert.equal(document.body.childNodes.length, 0);
});

test("an alert makes a toast while the feed is out of sight, none while it is seen", () => {
  say(1, [told(1)]);
  assert.deepEqual(toasts(), []);
  look(false);
  say(2, [told(1), told(2, { title: "hot" })]);
  assert.deepEqual(toasts(), ["warninghotvalue 92 > 90"]);
});

test("what came before the page is not told again, nor what was told in another message", () => {
  const late = new FakeModel();
  renderFeed({ model: late, el: document.createElement("div") });
  look(false);
  late.snapshot(stateOf(5, [told(4), told(5)]));
  assert.deepEqual(toasts(), []);
  late.say({ kind: "told", told: toldOf(6, [told(6)]) });
  late.frame(stateOf(6, [told(6)]));
  assert.equal(toasts().length, 1);
});

test("at most three toasts are shown, critical ones longest, and the others are counted", () => {
  look(false);
  say(6, [told(1, { severity: "critical" }), told(2), told(3), told(4), told(5), told(6)]);
  assert.deepEqual(toasts(), ["warningvalue 96 > 90", "warningvalue 95 > 90", "criticalvalue 91 > 90"]);
  assert.match(document.body.textContent, /and 3 more in the alert feed/);
  say(1006, [told(1006)]);
  assert.match(document.body.textContent, /and 1,003 more/);
});

test("a toast goes after 8 s, a critical one when somebody dismisses it", () => {
  look(false);
  say(2, [told(1, { severity: "critical" }), told(2)]);
  pass(7.9);
  assert.equal(toasts().length, 2);
  pass(0.2);
  assert.deepEqual(toasts(), ["criticalvalue 91 > 90"]);
  pass(3600);
  assert.equal(toasts().length, 1);
  click(document.body.one("nbs-toast").one("nbs-icon"));
  assert.deepEqual(toasts(), []);
});

test("a toast goes when somebody has taken care of its alert, but not under the pointer", () => {
  look(false);
  say(2, [told(1, { severity: "critical" }), told(2, { severity: "critical" })]);
  model.say({ kind: "told", told: toldOf(2, [], ["incident 1", "incident 7"]) });
  assert.deepEqual(toasts(), ["criticalvalue 92 > 90"]);
  document.body.one("nbs-toast").dispatchEvent(fakeEvent("mouseenter"));
  model.say({ kind: "told", told: toldOf(2, [], ["incident 1", "incident 2"]) });
  assert.equal(toasts().length, 1);
});

test("no time passes for a toast in a hidden tab, nor under the pointer", () => {
  look(false);
  say(1, [told(1)]);
  document.hidden = true;
  pass(60);
  assert.equal(toasts().length, 1);
  document.hidden = false;
  document.body.one("nbs-toast").dispatchEvent(fakeEvent("mouseenter"));
  pass(60);
  assert.equal(toasts().length, 1);
  document.body.one("nbs-toast").dispatchEvent(fakeEvent("mouseleave"));
  pass(9);
  assert.equal(toasts().length, 0);
});

test("an end changes the toast of its beginning, and makes none", () => {
  look(false);
  say(1, [told(1, { severity: "critical" })]);
  say(2, [told(2, { about: "incident 1", kind: "resolved", severity: "critical", text: "cleared" })]);
  assert.deepEqual(toasts(), ["resolvedcleared"]);
  pass(9);
  say(3, [told(3, { kind: "resolved" })]);
  assert.deepEqual(toasts(), []);
});

test("a toast is dismissed by keyboard, and the focus goes to the next", () => {
  look(false);
  say(2, [told(1), told(2)]);
  const [first] = document.body.all("nbs-toast");
  first.one("nbs-icon").focus();
  first.dispatchEvent(fakeEvent("keydown", { key: "Escape" }));
  assert.deepEqual(toasts(), ["warningvalue 91 > 90"]);
  assert.equal(document.activeElement, document.body.one("nbs-toast").one("nbs-icon"));
});

test("a rule has at most one new toast in three seconds, whatever number of channels fire", () => {
  look(false);
  const hot = (number, more = {}) => told(number, { rule: "hot", series: `hot ${number}`, ...more });
  say(4, [hot(1), hot(2), hot(3), told(4, { rule: "cold", series: "cold" })]);
  assert.deepEqual(toasts(), ["warningvalue 94 > 90", "warningvalue 91 > 90"]);
  assert.match(document.body.textContent, /and 2 more in the alert feed/);
  say(5, [hot(5, { kind: "resolved", about: "incident 2" })]);
  assert.equal(toasts().length, 2);
});

test("what comes and goes is one toast, and only its own end changes it", () => {
  look(false);
  const hot = (number, more = {}) => told(number, { rule: "hot", series: "hot x", ...more });
  for (let i = 1; i < 10; i += 2) {
    say(i, [hot(i)]);
    assert.deepEqual(toasts(), [`warningvalue 9${i} > 90`]);
    say(i + 1, [hot(i + 1, { about: `incident ${i}`, kind: "resolved", text: "cleared" })]);
    assert.deepEqual(toasts(), ["resolvedcleared"]);
    pass(2);
  }
  say(11, [hot(11)]);
  say(12, [hot(12, { about: "incident 9", kind: "resolved", text: "late" })]);
  assert.deepEqual(toasts(), ["warningvalue 911 > 90"]);
  model.say({ kind: "told", told: toldOf(12, [], ["incident 11"]) });
  assert.deepEqual(toasts(), []);
});

/** Put a chart into the page, and let toasts be 100 px wide and 50 px high in a page of 800 × 600. */
function withChart(left, top, right, bottom) {
  const chart = document.createElement("div");
  chart.className = "nbs-chart";
  chart.box = { left, top, right, bottom };
  document.body.append(chart);
  const el = document.body.one("nbs-toasts");
  el.getBoundingClientRect = () => {
    const place = el.getAttribute("data-place");
    if (place === "bottom") return { left: 100, right: 700, top: 576, bottom: 600 };
    if (place === "top") return { left: 100, right: 700, top: 0, bottom: 24 };
    const x = place.endsWith("left") ? 10 : 690;
    const y = place.startsWith("top") ? 10 : 540;
    return { left: x, right: x + 100, top: y, bottom: y + 50 };
  };
  return { chart, place: () => el.getAttribute("data-place"), scroll: () => document.dispatchEvent(fakeEvent("scroll")) };
}

test("toasts lie where no chart is, also after the page was scrolled", () => {
  const { chart, place, scroll } = withChart(0, 300, 800, 590);
  look(false);
  say(1, [told(1)]);
  assert.equal(place(), "top-right");
  chart.box = { left: 0, top: 700, right: 800, bottom: 990 };
  scroll();
  assert.equal(place(), "top-right");
  chart.box = { left: 300, top: 5, right: 800, bottom: 595 };
  scroll();
  assert.equal(place(), "bottom-left");
  chart.box = { left: 0, top: 0, right: 800, bottom: 570 };
  scroll();
  assert.equal(place(), "bottom");
});

test("toasts wait where a chart fills the page, and are seen for their time afterwards", () => {
  const { chart, place, scroll } = withChart(0, 0, 800, 600);
  look(false);
  say(1, [told(1)]);
  assert.equal(place(), "none");
  pass(60);
  assert.equal(toasts().length, 1);
  chart.box = { left: 0, top: 0, right: 800, bottom: 300 };
  scroll();
  assert.equal(place(), "bottom-right");
  pass(7);
  assert.equal(toasts().length, 1);
  pass(2);
  assert.equal(toasts().length, 0);
  assert.equal(place(), null);
});

test("a chart that is scrolled out of its frame is in nobody's way", () => {
  const { chart, place } = withChart(0, 500, 800, 700);
  const frame = document.createElement("div");
  frame.box = { left: 0, top: 0, right: 800, bottom: 400 };
  document.body.append(frame);
  frame.append(chart);
  globalThis.getComputedStyle = (node) => ({ overflow: node === frame ? "auto" : "visible" });
  look(false);
  say(1, [told(1)]);
  assert.equal(place(), "bottom-right");
});

test("hostile text is text in a toast", () => {
  look(false);
  say(1, [told(1, { title: EVIL, text: EVIL })]);
  const toast = document.body.one("nbs-toast");
  assert.equal(toast.one("nbs-feed-title").textContent, EVIL);
  assert.equal(toast.one("nbs-feed-text").childNodes.length, 0);
});

test("the kernel is asked to tell while the feed is out of sight, and no longer", () => {
  assert.equal(model.commands("listen").length, 0);
  look(false);
  look(false);
  assert.deepEqual(model.commands("listen").map(({ value }) => value), [true]);
  document.hidden = true;
  document.dispatchEvent(fakeEvent("visibilitychange"));
  assert.equal(model.commands("listen").length, 1);
  document.hidden = false;
  look(true);
  assert.deepEqual(model.commands("listen").map(({ value }) => value), [true, false]);
});

test("who wants nothing is told nothing", async () => {
  await choose(0, false);
  look(false);
  assert.equal(model.commands("listen").length, 0);
  say(1, [told(1)]);
  assert.deepEqual(toasts(), []);
  assert.match(el.one("nbs-bell").textContent, /notify: off/);
});

test("a sound is off until somebody turns it on, and then one for many", async () => {
  say(1, [told(1)]);
  await settle();
  assert.deepEqual(FakeAudio.made, []);
  await choose(1, true);
  assert.deepEqual(FakeAudio.made, [520]); // so sounds it
  say(3, [told(2), told(3)]);
  say(4, [told(4)]);
  await settle();
  assert.deepEqual(FakeAudio.made, [520, 660]);
  say(5, [told(5, { severity: "critical" })]); // a graver one is not kept back
  say(6, [told(6, { severity: "critical" })]);
  await settle();
  assert.deepEqual(FakeAudio.made, [520, 660, 660, 880]);
});

test("ends make no sound", async () => {
  await choose(1, true);
  say(2, [told(1, { kind: "resolved" }), told(2, { kind: "data_back" })]);
  await settle();
  assert.deepEqual(FakeAudio.made, [520]);
});

test("a browser without sound says so, and the choice goes back", async () => {
  delete globalThis.AudioContext;
  await choose(1, true);
  assert.match(problem(1), /no sound/);
  assert.equal(box(1).checked, false);
});

test("a browser that keeps the page silent is not waited for", async () => {
  globalThis.AudioContext = class extends FakeAudio {
    resume() {
      return new Promise(() => {});
    }
  };
  await pageWays().set("sound", true);
  assert.match(problem(1), /until you click/);
  assert.deepEqual(FakeAudio.made, []);
});

test("a sound that the browser starts late is heard, and no longer said to be silent", async () => {
  let start;
  globalThis.AudioContext = class extends FakeAudio {
    resume() {
      return new Promise((resolve) => (start = () => resolve((this.state = "running"))));
    }
  };
  await pageWays().set("sound", true);
  assert.match(problem(1), /until you click/);
  start();
  await settle();
  assert.deepEqual(FakeAudio.made, [520]);
  assert.equal(problem(1), "");
});

test("desktop notifications are asked for in the click, and shown for what nobody sees", async () => {
  globalThis.Notification = fakeNotification("default", "granted");
  say(1, [told(1)]);
  assert.equal(Notification.asked, 0);
  await choose(2, true);
  assert.equal(Notification.asked, 1);
  document.hidden = true;
  say(40, [told(39, { title: EVIL, severity: "critical" }), told(40)]);
  const [note, ...more] = Notification.made;
  assert.equal(more.length, 0);
  assert.equal(note.title, `critical: ${EVIL}`);
  assert.match(note.body, /and 38 more/);
});

test("refused or impossible desktop notifications say why, and the choice goes back", async () => {
  for (const [prepare, reason] of [
    [() => (globalThis.Notification = fakeNotification("default", "denied")), /blocks notifications/],
    [() => (globalThis.Notification = fakeNotification("default", "default")), /not given/],
    [() => delete globalThis.Notification, /no desktop notifications/],
    [() => (globalThis.isSecureContext = false), /https/],
  ]) {
    prepare();
    await choose(2, true);
    assert.match(problem(2), reason);
    assert.equal(box(2).checked, false);
  }
});

test("a browser that throws at a desktop notification goes on", async () => {
  globalThis.Notification = fakeNotification("granted");
  await choose(2, true);
  globalThis.Notification = Object.assign(function () { throw new TypeError("Illegal constructor"); }, { permission: "granted" });
  look(false);
  say(1, [told(1)]);
  assert.equal(toasts().length, 1);
});

test("choices are kept in the browser, if it lets us, and odd ones are ignored", async () => {
  await choose(0, false);
  assert.deepEqual(readSettings(), { toast: false, sound: false, desktop: false });
  for (const odd of ["{", "null", "[]", '{"toast": "yes", "sound": 1}']) {
    stored.set("nbstream.notify", odd);
    assert.deepEqual(readSettings(), { toast: true, sound: false, desktop: false });
  }
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get() { throw new Error("SecurityError"); } });
  assert.equal(readSettings().toast, true);
  await choose(0, true);
  assert.equal(box(0).checked, true);
  Object.defineProperty(globalThis, "localStorage", { configurable: true, writable: true, value: undefined });
});

test("two views of one feed tell once, and none while one of them is seen", () => {
  const close2 = renderFeed({ model, el: document.createElement("div") });
  look(false);
  observers.at(-1).callback([{ isIntersecting: false }, { isIntersecting: true }]); // the last is how it is now
  say(1, [told(1)]);
  assert.deepEqual(toasts(), []);
  look(false);
  say(2, [told(2)]);
  assert.equal(toasts().length, 1);
  close2();
  assert.equal(toasts().length, 1);
  close();
  assert.equal(toasts().length, 0);
});

test("the menu is opened, used and left by keyboard", () => {
  const opener = el.one("nbs-bell");
  click(opener);
  assert.equal(opener.getAttribute("aria-expanded"), "true");
  assert.equal(document.activeElement, box(0));
  el.one("nbs-bell-menu").dispatchEvent(fakeEvent("keydown", { key: "Escape" }));
  assert.equal(document.activeElement, opener);
});

test("the gravest speaks for many, the newest of equal ones", () => {
  assert.equal(gravestOf([told(1, { severity: "critical" }), told(2, { severity: "critical" }), told(3)]).number, 2);
  assert.equal(toldText(told(1, { kind: "no_data", title: "hot" })), "warning, no data: hot: value 91 > 90");
});

test("clean-up leaves no listener, timer or toast behind", () => {
  look(false);
  say(1, [told(1)]);
  close();
  assert.equal(page.timers.size, 0);
  assert.deepEqual(model.handlers, []);
  assert.deepEqual([...document.listeners.values()].flat(), []);
  assert.equal(document.body.childNodes.length, 0);
  assert.equal(bellOf(model).views.size, 0);
});
