// What the dashboard's panels share: a link to the kernel, a tick for what ages, commands with their answers.

import { keepCellHeight } from "./cellHeight.js";
import { openPageLink } from "./pageLink.js";

const TICK_MS = 500;
const NO_ANSWER_MS = 15_000;

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

/**
 * Show a panel, and feed it.
 * @param {{model: any, el: HTMLElement}} place
 * @param {object} panel as `connect` takes it
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
