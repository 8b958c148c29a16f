// The button that lets a view stand still, of a chart's own toolbar and of a dashboard's title row.

import { setAttribute } from "../shared/dom.js";
import { icon, tool } from "./icons.js";

/** What a dashboard's title row asks of its chart, and what a chart tells it: {chart, paused, from: an element}. */
export const PAUSE_EVENTS = { ask: "nbstream:pause", told: "nbstream:paused" };

/** @returns {boolean} whether two elements are of one dashboard, or of none: each display stands still by itself */
export function isBeside(one, other) {
  return one.closest(".nbs-dashboard") === other.closest(".nbs-dashboard");
}

/** @returns {HTMLElement} a pause button; `showPause` says what it shows */
export function pauseButton(onclick, className) {
  const node = tool("pause", "Pause", "", onclick, className);
  showPause(node, false);
  return node;
}

/** Show whether the view is paused, and so what a click does. */
export function showPause(node, isPaused) {
  const name = isPaused ? "Resume" : "Pause";
  if (node.getAttribute("aria-label") === name && node.getAttribute("title")) return;
  node.replaceChildren(icon(isPaused ? "resume" : "pause"));
  setAttribute(node, "aria-label", name);
  setAttribute(node, "title", isPaused ? "Resume: follow the newest readings (Space)" : "Pause the view; the data goes on (Space)");
  setAttribute(node, "data-on", isPaused ? "" : null);
}
