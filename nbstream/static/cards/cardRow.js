// One channel: a row of cards.

import { Chips } from "./channelState.js";
import { element, keepChildren, setAttribute, setText } from "../shared/dom.js";
import { cardKey, Figures, removeStatistic } from "./figures.js";
import { numberStyle, readingsText } from "../shared/format.js";
import { Spark } from "./spark.js";

const ROOMS = [2, 3, 4, 6]; // cards beside each other, as the width allows

/** @returns {number} cards in a row, where there is room for `room`, so that the rows are equally full */
export function balancedColumns(n, room) {
  return n > 0 ? Math.ceil(n / Math.ceil(n / room)) : 1;
}

/** @returns {string} how much room cards need whose longest number has so many characters */
function cardWidth(characters) {
  if (characters <= 6) return "narrow";
  return characters <= 9 ? "middle" : characters <= 13 ? "wide" : "widest";
}

export class CardRow {
  static NOBODY = "no channel yet";

  constructor(channel, remove) {
    this.removeStatistic = remove;
    this.style = null;
    this.cards = new Map();
    this.order = []; // of the cards, by their keys
    this.name = element("span", { class: "nbs-name", text: channel.name || CardRow.NOBODY, title: channel.name || null });
    this.chips = new Chips();
    this.count = element("span", { class: "nbs-muted" });
    this.grid = element("div", { class: "nbs-card-grid" });
    this.widest = 0;
    this.columns = 0;
    this.el = element("section", { class: "nbs-row", "aria-label": channel.name || CardRow.NOBODY }, [
      element("div", { class: "nbs-row-head" }, [this.name, this.chips.el, this.count]),
      element("div", { class: "nbs-row-cards" }, [this.grid]),
    ]);
  }

  show(channel, statistics, window) {
    setText(this.count, channel.count ? `${readingsText(channel.count)} in ${window}` : "");
    this.style = numberStyle(this.style, channel.scale);
    keepChildren(
      this.grid,
      this.cards,
      statistics.map((statistic, i) => ({ statistic, i })),
      ({ statistic }) => cardKey(statistic),
      ({ statistic }) => new Card(statistic, this.removeStatistic),
      (card, { statistic, i }) => {
        const text = card.show(channel.values[i] ?? null, channel.units[i] ?? "", this.style, channel.failed[statistic.name] ?? "", channel.label);
        // Cards only ever get wider: values that change don't move their neighbours.
        this.widest = Math.max(this.widest, text.length);
      },
    );
    this.order = statistics.map(cardKey);
    setAttribute(this.el, "data-width", cardWidth(this.widest));
    if (this.columns === statistics.length) return;
    this.columns = statistics.length;
    this.grid.style.setProperty("--nbs-cards", String(this.columns));
    for (const room of ROOMS) this.grid.style.setProperty(`--nbs-room-${room}`, String(balancedColumns(this.columns, room)));
  }

  remember(time) {
    for (const card of this.cards.values()) card.remember(time);
  }

  /** @param {({time: number, value: number | null}[] | undefined)[]} lines one for each card @param {number} span of them, ms */
  fill(lines, span) {
    this.order.forEach((key, i) => lines[i] && this.cards.get(key)?.spark.fill(lines[i], span));
  }

  showState(states, source) {
    setAttribute(this.el, "data-kind", states[0].kind);
    this.chips.show(states, source?.text ?? "");
    this.count.hidden = states.length > 1; // the second state takes its line
  }
}

class Card {
  constructor(statistic, remove) {
    const { name } = statistic;
    this.statistic = statistic;
    this.figures = new Figures(statistic);
    this.spark = new Spark();
    this.shown = null;
    this.value = element("span", { class: "nbs-value", text: "–" });
    this.unit = element("span", { class: "nbs-unit" });
    this.el = element("div", { class: /^\w+$/.test(name) ? `nbs-card nbs-card-${name}` : "nbs-card", "data-statistic": name }, [
      element("span", { class: "nbs-label", text: name }),
      element("span", { class: "nbs-figures" }, [this.value, this.unit]),
      this.spark.el,
      removeStatistic(name, remove),
    ]);
  }

  /** @returns {string} what the card says */
  show(value, unit, style, why, word = "") {
    this.shown = value;
    const text = word && this.statistic.name === "last" ? word : this.figures.text(value, style);
    setText(this.value, text);
    setText(this.unit, value !== null ? this.figures.unit(value, unit) : why ? "failed" : "");
    const { name, what } = this.statistic;
    setAttribute(this.el, "title", why || (what ? `${name}: ${what}` : name));
    setAttribute(this.el, "data-failed", why ? "" : null);
    return text;
  }

  remember(time) {
    this.spark.add(time, this.shown);
  }
}
