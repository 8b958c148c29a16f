// The lines of the chart that a table is the legend of: what they look like, and which are shown.

import { dashPattern, styleOfLine } from "../chart/look.js";
import { isDark } from "../shared/theme.js";

const LINES_CHANGED = "nbstream:lines";
const LINE_WANTED = "nbstream:line";

/** What a chart and its legend on one page tell each other. */
export class ChartLines {
  /** @param {() => void} onChange called when a line looks otherwise, or is shown or hidden */
  constructor(onChange) {
    this.chart = null; // id of the chart's model, null without one
    this.hear = ({ detail }) => {
      if (this.chart !== null && detail?.chart === this.chart) onChange();
    };
    document.addEventListener(LINES_CHANGED, this.hear);
  }

  /** @returns {{color: string, dash: number[], isVisible: boolean, perPoint: string}[]} by channel number; none while there is no such chart */
  get shown() {
    return globalThis.__nbstream?.charts?.get(this.chart)?.lines ?? [];
  }

  /** Ask the chart to show, hide or highlight the line of a channel. */
  ask(channel, wish) {
    if (this.chart === null) return;
    document.dispatchEvent(new CustomEvent(LINE_WANTED, { detail: { chart: this.chart, channel, ...wish } }));
  }

  close() {
    document.removeEventListener(LINES_CHANGED, this.hear);
  }
}

/** @returns {{color: string, dash: number[], isVisible: boolean}} what a line looks like whose chart doesn't say */
export function usualLine(channel) {
  const { color, dash, width } = styleOfLine(null, channel, isDark());
  return { color, dash: dashPattern(dash, width), isVisible: true };
}
