// What the dashboard's panels share: a link to the kernel, a tick for what ages, commands with their answers.

import { openPageLink } from "./pageLink.js";

const TICK_MS = 500;

/**
 * Show a panel, and feed it.
 * @param {{model: any, el: HTMLElement}} view
 * @param {{el: HTMLElement, link: any, take: (message: any) => void, tick: () => void, showLink: (state: string) => void}} panel
 * @returns {() => void} the clean-up
 */
export function showPanel({ model, el }, panel) {
  el.append(panel.el);
  panel.link = openPageLink({
    model,
    el: panel.el,
    onFrame: (message) => panel.take(message),
    onState: (state) => panel.showLink(state),
  });
  const timer = setInterval(() => panel.tick(), TICK_MS);
  return () => {
    clearInterval(timer);
    panel.link.close();
    panel.el.remove();
  };
}
