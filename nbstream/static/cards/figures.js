// How the numbers of one statistic are written.

import { button } from "../shared/dom.js";
import { numberStyle, numberText, rateText } from "../shared/format.js";

const READINGS = new Set(["last", "min", "max", "first", "ptp"]);
const PEAK_FADES = 0.98;

/** How the numbers of one statistic are written: as the channel's readings, or by their own size. */
export class Figures {
  constructor(statistic) {
    this.statistic = statistic;
    this.style = null;
    this.peak = 0;
  }

  text(value, channelStyle) {
    const { name, unit } = this.statistic;
    if (name === "rate") return rateText(value).text;
    if (unit === "same") return numberText(value, channelStyle, READINGS.has(name));
    if (value === null) return numberText(null, channelStyle);
    // The peak fades, so that a value that passes zero keeps its decimals.
    this.peak = Math.max(this.peak * PEAK_FADES, Math.abs(value));
    this.style = numberStyle(this.style, [value, this.peak, this.peak / 10, value, value]);
    return numberText(value, this.style, true);
  }

  unit(value, unit) {
    return this.statistic.name === "rate" ? rateText(value).unit : unit;
  }
}

export const cardKey = ({ unit, name }) => `${unit} ${name}`;

/** A button only for the mouse: with the keyboard one chooses in the list, not at each statistic. */
export function removeStatistic(name, remove) {
  const what = `remove ${name}`;
  const press = (event) => {
    event.stopPropagation?.();
    remove(name);
  };
  return button("×", press, "nbs-icon nbs-card-remove", { tabindex: "-1", "aria-label": what, title: what });
}
