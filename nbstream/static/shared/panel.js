// What the dashboard's panels share: a link to the kernel, a tick for what ages, commands with their answers.

import { keepCellHeight } from "./cellHeight.js";
import { openPageLink } from "./pageLink.js";

const TICK_MS = 500;
const NO_ANSWER_MS = 15_000;

/**
 * Show a panel, and feed it.
 * @param {{model: any, el: HTMLElement}} view
 * @param {{el: HTMLElement, link: any, requests?: Requests, take: (message: any) => void, tick: () => void, showLink: (state: string) => void}} panel
 * @returns {() => void} the clean-up
 */
export function showPanel({ model, el }, panel) {
  el.append(panel.el);
  const letHeightGo = keepCellHeight(panel.el);
  panel.link = openPageLink({
    model,
    el: panel.el,
    onFrame: (message) => panel.take(message),
    onState: (state) => panel.showLink(state),
  });
  const onReply = (message) => panel.requests?.answer(message);
  model.on("msg:custom", onReply);
  const timer = setInterval(() => {
    panel.requests?.expire(panel.link.state === "busy");
    panel.tick();
  }, TICK_MS);
  return () => {
    clearInterval(timer);
    letHeightGo();
    model.off("msg:custom", onReply);
    panel.link.close();
    panel.el.remove();
  };
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
    const request = Math.floor(Math.random() * 2 ** 48);
    if (!this.send({ ...command, request })) return onAnswer("The kernel does not answer.");
    this.waiting.set(request, { kind: command.kind, onAnswer, askedAt: Date.now() });
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
