// The lines of the chart that a table is the legend of: what they look like, and which are shown.

const LINES_CHANGED = "nbstream:lines";
const LINE_WANTED = "nbstream:line";
const USUAL_COLORS = ["#3266d6", "#e07a1f", "#17936b", "#a23fb8", "#c2334d", "#0f93ad", "#8a6d1d", "#6b5fd3"];
const USUAL_DASHES = [[], [7, 3], [2, 3], [7, 3, 2, 3]];

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

  /** @returns {{color: string, dash: number[], isVisible: boolean}[]} by channel number; none while there is no such chart */
  get shown() {
    return globalThis.__nbstream?.charts?.get(this.chart)?.shownLines?.() ?? [];
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
  const round = Math.floor(channel / USUAL_COLORS.length);
  return { color: USUAL_COLORS[channel % USUAL_COLORS.length], dash: USUAL_DASHES[round % USUAL_DASHES.length], isVisible: true };
}
