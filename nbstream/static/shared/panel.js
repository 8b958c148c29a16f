// What the dashboard's panels share: a link to the kernel, a tick for what ages, commands with their answers.

import { keepCellHeight } from "./cellHeight.js";
import { element, setAttribute, setText } from "./dom.js";
import { openPageLink } from "./pageLink.js";
import { OVER } from "./status.js";

const TICK_MS = 500;
const NO_ANSWER_MS = 15_000;
const CHANGE_NOTHING = new Set(["catalogue", "detail", "kept", "listen", "past", "try"]);

/**
 * Connect a view with the kernel.
 * @param {any} model the widget's model
 * @param {{el: HTMLElement, link: any, requests: Requests, take: (message: any, buffers: DataView[], isWhole: boolean) => void, tick: () => void, showLink: (state: string) => void}} view
 * @param {() => number} [width] of the view in device px
 * @returns {() => void} the clean-up
 */
export function connect(model, view, width) {
  view.link = openPageLink({
    model,
    el: view.el,
    width,
    onFrame: (...frame) => view.take(...frame),
    onState: (state) => view.showLink(state),
  });
  const onReply = (message) => view.requests.answer(message);
  model.on("msg:custom", onReply);
  const timer = setInterval(() => {
    view.requests.expire(view.link.state === "busy");
    view.tick();
  }, TICK_MS);
  return () => {
    clearInterval(timer);
    model.off("msg:custom", onReply);
    view.link.close();
  };
}

/** What every panel has: the state that the kernel sends, commands to it, and a note about the link. */
export class Panel {
  /**
   * @param {string} name of the panel's class in the style sheets
   * @param {string} label for who cannot see it
   */
  constructor(name, label) {
    this.state = null;
    this.linkState = "connecting";
    this.requests = new Requests((message) => this.link.send(message));
    this.note = element("div", { class: "nbs-note", role: "status" });
    this.el = element("div", { class: `nbs-panel nbs-${name}`, role: "region", "aria-label": label }, [this.note]);
    this.showLink("connecting");
  }

  /** Take a frame; one without a state says that everything is as it was. */
  take({ state }) {
    if (!state) return;
    this.state = state;
    this.show();
    this.showLink(this.linkState);
  }

  /** Show `this.state`. */
  show() {}

  /** Show what ages. */
  tick() {
    this.showLink(this.linkState);
  }

  showLink(state) {
    this.linkState = state;
    const ended = this.state?.ended ?? null;
    setAttribute(this.el, "data-link", ended ? "ended" : state);
    const isBusy = state === "busy" && this.requests.isChanging;
    const note = linkNote(state, this.link?.silence() ?? 0, ended);
    setText(this.note, note || (isBusy ? "kernel busy: your change is made when the cell ends" : ""));
  }
}

/**
 * What a panel says about its link, "" while all is well.
 * @param {string} state of the link
 * @param {number} silence seconds since the kernel was heard
 * @param {string | null} ended why the analyzer ended
 */
export function linkNote(state, silence, ended) {
  if (ended === "replaced") return "replaced by a later run of its cell";
  if (ended) return ended;
  if (state === "connecting") return "connecting…";
  // Once on the page: the chart says it, if there is one.
  if (OVER[state]) return document.querySelector?.(`.nbs-chart[data-link="${state}"]`) ? "" : OVER[state];
  return state === "disconnected" ? `no answer from the kernel for ${Math.floor(silence)} s` : "";
}

/**
 * Show a panel, and feed it.
 * @param {{model: any, el: HTMLElement}} place
 * @param {Panel} panel
 * @returns {() => void} the clean-up
 */
export function showPanel({ model, el }, panel) {
  el.append(panel.el);
  const letHeightGo = keepCellHeight(panel.el);
  const disconnect = connect(model, panel);
  return () => {
    letHeightGo();
    disconnect();
    panel.el.remove();
  };
}

/** @returns {number} a number that no other request of any page has */
export function newRequest() {
  return Math.floor(Math.random() * 2 ** 48);
}

/** Commands to the kernel, and what becomes of them. */
export class Requests {
  /** @param {(message: object) => boolean} send */
  constructor(send) {
    this.send = send;
    this.waiting = new Map();
  }

  /**
   * @param {object} command
   * @param {(error: string, value?: object) => void} onAnswer called once, with "" if it was done, and with
   *   what the kernel returned
   */
  ask(command, onAnswer) {
    const request = newRequest();
    if (!this.send({ ...command, request })) return onAnswer("The kernel does not answer.");
    this.waiting.set(request, { kind: command.kind, onAnswer, askedAt: Date.now() });
  }

  /** Whether a command that changes something waits for its answer. */
  get isChanging() {
    return [...this.waiting.values()].some(({ kind }) => !CHANGE_NOTHING.has(kind));
  }

  /** @returns {boolean} whether a command of that kind waits for its answer */
  isWaiting(kind) {
    return [...this.waiting.values()].some((entry) => entry.kind === kind);
  }

  answer(message) {
    if (message.kind !== "reply") return;
    const entry = this.waiting.get(message.request);
    this.waiting.delete(message.request);
    entry?.onAnswer(message.error, message.value);
  }

  /** Give up on what was asked long ago; a busy kernel answers when it is free. */
  expire(isBusy) {
    for (const [request, entry] of this.waiting) {
      if (isBusy) entry.askedAt = Date.now();
      if (Date.now() - entry.askedAt <= NO_ANSWER_MS) continue;
      this.waiting.delete(request);
      entry.onAnswer("The kernel did not answer. Try again.");
    }
  }
}
