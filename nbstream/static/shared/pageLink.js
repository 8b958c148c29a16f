// The page's end of nbstream/widgets/page/link.py: says hello, acknowledges, notices gaps and silence.

import { buffersOf, losesBuffers } from "./buffers.js";
import { KernelClock } from "./kernelClock.js";

/** Of the kernel's messages, and of what is in them: PROTOCOL in link.py. */
const PROTOCOL = 1;
const ACK_EVERY_MS = 2000;
const OTHER_ACK_EVERY_MS = 250;
const LAG_STEP_MS = 250;
const BUSY_ACK_EVERY_MS = 10_000;
const SILENCE_MS = 3000;
const FIRST_SILENCE_MS = 10_000; // until a view gives up waiting for its first word
const LONG_BUSY_SILENCE_MS = 20_000; // what a kernel sends that nobody can answer for long comes seldom
const LONG_BUSY_S = 30;
const LATE_S = 10;
const MEASURE_EVERY_MS = 60_000;

/**
 * @typedef {"connecting" | "live" | "busy" | "disconnected" | "restarted" | "oldPage" | "oldKernel"} LinkState the last
 *   two: page and kernel are of other versions of nbstream, and don't understand each other
 */

/**
 * Open the link of one view.
 * @param {object} options
 * @param {any} options.model the widget's model
 * @param {HTMLElement} options.el the view; while it is out of sight a first snapshot is sent to it, and nothing else
 * @param {(message: any, buffers: (DataView | Uint8Array)[], isWhole: boolean) => void} options.onFrame `isWhole`: it needs nothing before it
 * @param {(state: LinkState) => void} [options.onState]
 * @param {() => number} [options.width] of the view in device px
 */
export function openPageLink({ model, el, onFrame, onState = () => {}, width = () => 1000 }) {
  const abort = new AbortController();
  const client = Math.random().toString(36).slice(2, 12);
  let have = null; // number of the newest frame, null while a snapshot is waited for
  let heardAt = performance.now();
  let greetedAt = -Infinity;
  let ackedAt = performance.now();
  let ackedLag = 0;
  let smallestDelay = Infinity;
  const clock = new KernelClock();
  let busy = 0; // for how long the kernel has been busy, s
  let isDeaf = false; // whether it can't hear what is said now
  let isInView = true;
  let isAlive = true;
  let hasAskedForText = false;
  let state = null;

  const isVisible = () => isInView && !document.hidden;

  function enter(next) {
    if (next === state) return;
    state = next;
    onState(next);
  }

  function send(message) {
    try {
      model.send({ client, ...message });
      return true;
    } catch {
      isAlive = false; // the kernel was restarted or has died
      enter("restarted");
      return false;
    }
  }

  function greet() {
    have = null;
    greetedAt = performance.now();
    clock.ask();
    hasAskedForText = losesBuffers();
    const more = hasAskedForText ? { text: true } : {};
    send({ kind: "hello", visible: isVisible(), width: Math.round(width()), ...more });
  }

  function acknowledge(lag, now) {
    ackedAt = now;
    ackedLag = lag;
    send({ kind: "ack", lag: Math.round(lag) });
  }

  /** The buffers of a message; null if they didn't come: then the kernel is asked for text instead. */
  function arrived(message, buffers) {
    const got = buffersOf(message, buffers);
    if (got === null && !hasAskedForText) greet();
    return got;
  }

  function receive(message, buffers) {
    if (isOver()) return;
    const isSnapshot = message.kind === "snapshot";
    if (!isSnapshot && message.kind !== "frame") return;
    if (isSnapshot && !message.to.includes(client)) return;
    const now = performance.now();
    heardAt = now;
    isAlive = true;
    busy = message.busy;
    isDeaf = message.deaf === true;
    const isBeginning = have === null && message.whole === true;
    if ((isSnapshot || isBeginning) && message.protocol !== PROTOCOL) return part(message.protocol);
    clock.hear(message.now, isSnapshot);
    if (!isSnapshot && !isBeginning) {
      if (have === null || message.seq <= have) return;
      if (message.seq !== have + 1) return greet();
    }
    const got = arrived(message, buffers);
    if (got === null) return;
    have = message.seq;
    const delay = Date.now() - message.now;
    smallestDelay = Math.min(smallestDelay + 0.01, delay);
    const lag = delay - smallestDelay;
    onFrame(message, got, isSnapshot || isBeginning);
    enter(busy ? "busy" : "live");
    const isOther = Math.abs(lag - ackedLag) > LAG_STEP_MS;
    const every = message.deaf ? BUSY_ACK_EVERY_MS : isOther ? OTHER_ACK_EVERY_MS : ACK_EVERY_MS;
    if (now - ackedAt >= every) acknowledge(lag, now);
  }

  const isOver = () => state === "oldPage" || state === "oldKernel";

  /** Say that page and kernel are of other versions, and leave. */
  function part(protocol = 0) {
    send({ kind: "bye" });
    enter(protocol > PROTOCOL ? "oldPage" : "oldKernel");
  }

  function lookAround() {
    const now = performance.now();
    if (!isVisible() || state === "restarted" || isOver()) return;
    if (clock.lateness() > LATE_S && now - greetedAt > MEASURE_EVERY_MS) greet(); // or a clock was set
    if (now - heardAt > (busy >= LONG_BUSY_S ? LONG_BUSY_SILENCE_MS : SILENCE_MS)) {
      if (state !== "connecting" || now - heardAt > FIRST_SILENCE_MS) enter("disconnected");
      if (isAlive && now - greetedAt > SILENCE_MS) greet();
    } else if (have === null && !isDeaf && now - greetedAt > SILENCE_MS) {
      greet(); // frames come, but what they begin with was lost, or the word that it is wanted
    }
  }

  function changeVisibility() {
    if (isOver()) return;
    heardAt = performance.now();
    if (isVisible()) greet(); // a snapshot comes, also if the kernel has forgotten this view meanwhile
    else send({ kind: "visible", visible: false });
  }

  model.on("msg:custom", receive);
  const onAlive = () => {
    if (isOver()) return;
    isAlive = model.comm_live !== false;
    if (isAlive) greet();
    else enter("restarted");
  };
  model.on("comm_live_update", onAlive);
  document.addEventListener("visibilitychange", changeVisibility, { signal: abort.signal });
  // A view that is taken out and put back at once gives two entries: how it is now is in the last.
  const observer = new IntersectionObserver((entries) => {
    const { isIntersecting } = entries.at(-1);
    if (isIntersecting === isInView) return;
    isInView = isIntersecting;
    changeVisibility();
  });
  observer.observe(el);
  const timer = setInterval(lookAround, 500);
  enter("connecting");
  greet();

  return {
    client,
    clock,
    send,
    arrived,
    /** Ask for a snapshot, after a change of what the view needs. */
    greet,
    get state() {
      return state;
    },
    /** Seconds since the kernel was last heard. */
    silence: () => (performance.now() - heardAt) / 1000,
    close() {
      clearInterval(timer);
      observer.disconnect();
      abort.abort();
      model.off("msg:custom", receive);
      model.off("comm_live_update", onAlive);
      if (isAlive) send({ kind: "bye" });
    },
  };
}
