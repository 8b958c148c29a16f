// The statistics as cards, one row per channel, or as a table when there are many.

import { element } from "./dom.js";
import { countText, keepChildren, KernelClock, linkNote, numberStyle, numberText, OWN_KEYS, rateText, setAttribute, setText } from "./format.js";
import { showPanel } from "./panel.js";
import { ageText } from "./status.js";

const CARD_NAMES = ["last", "mean", "std", "min", "max", "rate"];
const READINGS = new Set(["last", "min", "max"]);
const MAX_ROWS_OF_CARDS = 8;
const SOURCE_ENDS = { FAILED: "failed", ENDED: "ended", STOPPED: "stopped" };

/**
 * How a channel is: its alert and its data, each in a word.
 * @param {object} channel as nbstream/widgets/cards.py sends it
 * @param {{state: string, text: string} | null} source
 * @param {number | null} age of the newest reading, s
 * @returns {{kind: string, text: string}[]} the gravest first, at least one
 */
export function channelState(channel, source, age) {
  const found = [];
  const alert = channel.alert;
  if (alert?.state === "FIRING") found.push({ kind: alert.severity, text: `firing · ${alert.severity}` });
  const end = SOURCE_ENDS[source?.state];
  if (end) found.push({ kind: end === "failed" ? "failed" : "ended", text: end });
  if (alert?.state === "PENDING") found.push({ kind: "pending", text: "pending" });
  if (age === null) {
    if (!end) found.push({ kind: "waiting", text: "waiting for data" });
  } else if (!end && age > channel.staleAfter) {
    found.push({ kind: source ? "stale" : "ended", text: `stale · ${ageText(age)}` });
  }
  if (!found.length) found.push({ kind: "ok", text: alert ? "ok" : "live" });
  return found;
}

/** @returns {() => void} the clean-up */
export function renderCards(view) {
  return showPanel(view, new CardsPanel());
}

class CardsPanel {
  constructor() {
    this.clock = new KernelClock();
    this.state = null;
    this.linkState = "connecting";
    this.isTable = false;
    this.rows = new Map();
    this.styles = new Map();
    this.note = element("div", { class: "nbs-note", role: "status" });
    this.list = element("div", { class: "nbs-rows" });
    this.count = element("caption", { class: "nbs-count" });
    this.body = element("tbody");
    const head = ["channel", ...CARD_NAMES, "state"].map((text) => element("th", { scope: "col", text }));
    this.table = element("div", { class: "nbs-scroll", tabindex: "0", ...OWN_KEYS, "aria-label": "Statistics of all channels" }, [
      element("table", { class: "nbs-table" }, [this.count, element("thead", {}, [element("tr", {}, head)]), this.body]),
    ]);
    this.el = element("div", { class: "nbs-panel nbs-cards", role: "region", "aria-label": "Statistics" }, [this.note]);
    this.el.append(this.list);
    this.showLink("connecting");
  }

  take(message) {
    this.clock.hear(message.now);
    if (message.state) {
      this.state = message.state;
      this.show();
    }
    this.tick();
  }

  show() {
    const { channels, n, window } = this.state;
    const isTable = n > MAX_ROWS_OF_CARDS;
    if (isTable !== this.isTable) {
      this.isTable = isTable;
      for (const row of this.rows.values()) row.el.remove();
      this.rows.clear();
      (isTable ? this.list : this.table).replaceWith(isTable ? this.table : this.list);
    }
    const hidden = n - channels.length;
    setText(this.count, `${countText(n)} channels · window ${window}${hidden ? ` · the first ${channels.length} are shown` : ""}`);
    const shown = channels.length ? channels : [NO_CHANNEL];
    keepChildren(
      isTable ? this.body : this.list,
      this.rows,
      shown,
      (channel) => channel.name,
      (channel) => (isTable ? new TableRow(channel) : new CardRow(channel)),
      (row, channel) => {
        const style = numberStyle(this.styles.get(channel.name) ?? null, channel.values);
        this.styles.set(channel.name, style);
        row.show(channel, cardTexts(channel.values, style), window);
      },
    );
  }

  tick() {
    if (this.state) {
      const { channels, source } = this.state;
      for (const channel of channels.length ? channels : [NO_CHANNEL]) {
        this.rows.get(channel.name)?.showState(channelState(channel, source, this.clock.age(channel.newest)), source);
      }
    }
    this.showLink(this.linkState);
  }

  showLink(state) {
    this.linkState = state;
    setAttribute(this.el, "data-link", this.state?.ended ? "ended" : state);
    setText(this.note, linkNote(state, this.link?.silence() ?? 0, this.state?.ended ?? null));
  }
}

const NO_CHANNEL = { name: "", unit: "", values: [null, null, null, null, null, null], count: 0, newest: null, staleAfter: 2, alert: null };

/** @returns {{text: string, unit: string}[]} what the six cards say */
function cardTexts(values, style) {
  return values.map((value, i) =>
    CARD_NAMES[i] === "rate" ? rateText(value) : { text: numberText(value, style, READINGS.has(CARD_NAMES[i])), unit: "" },
  );
}

/** @returns {string} how much room cards need whose longest number has so many characters */
function cardWidth(characters) {
  if (characters <= 6) return "narrow";
  return characters <= 9 ? "middle" : characters <= 13 ? "wide" : "widest";
}

class Chips {
  constructor() {
    this.el = element("span", { class: "nbs-chips" });
    this.chips = [];
  }

  show(states, title) {
    while (this.chips.length < states.length) {
      const chip = element("span", { class: "nbs-chip" });
      this.chips.push(chip);
      this.el.append(chip);
    }
    this.chips.forEach((chip, i) => {
      chip.hidden = i >= states.length;
      if (chip.hidden) return;
      setAttribute(chip, "data-kind", states[i].kind);
      setAttribute(chip, "title", title || null);
      setText(chip, states[i].text);
    });
  }
}

class CardRow {
  constructor(channel) {
    this.name = element("span", { class: "nbs-name", text: channel.name || "no channel yet", title: channel.name || null });
    this.chips = new Chips();
    this.count = element("span", { class: "nbs-muted" });
    this.cards = CARD_NAMES.map((name) => new Card(name));
    this.widest = 0;
    this.el = element("section", { class: "nbs-row", "aria-label": channel.name || "no channel yet" }, [
      element("div", { class: "nbs-row-head" }, [this.name, this.chips.el, this.count]),
      element("div", { class: "nbs-row-cards" }, [
        element("div", { class: "nbs-card-grid" }, this.cards.map((card) => card.el)),
      ]),
    ]);
  }

  show(channel, texts, window) {
    setText(this.count, channel.count ? `${countText(channel.count)} readings in ${window}` : "");
    this.cards.forEach((card, i) => card.show(texts[i].text, texts[i].unit || channel.unit));
    // Cards only ever get wider: values that change don't move their neighbours.
    this.widest = Math.max(this.widest, ...texts.map(({ text }) => text.length));
    setAttribute(this.el, "data-width", cardWidth(this.widest));
  }

  showState(states, source) {
    setAttribute(this.el, "data-kind", states[0].kind);
    this.chips.show(states, source?.text ?? "");
    this.count.hidden = states.length > 1; // the second state takes its line
  }
}

class Card {
  constructor(name) {
    this.value = element("span", { class: "nbs-value", text: "–" });
    this.unit = element("span", { class: "nbs-unit" });
    this.el = element("div", { class: `nbs-card nbs-card-${name}` }, [
      element("span", { class: "nbs-label", text: name }),
      element("span", { class: "nbs-figures" }, [this.value, this.unit]),
    ]);
  }

  show(text, unit) {
    setText(this.value, text);
    setText(this.unit, text === "–" ? "" : unit);
  }
}

class TableRow {
  constructor(channel) {
    this.cells = CARD_NAMES.map(() => element("td", { class: "nbs-number" }));
    this.chips = new Chips();
    this.el = element("tr", {}, [
      element("th", { scope: "row", class: "nbs-name", text: channel.name, title: channel.name }),
      ...this.cells,
      element("td", {}, [this.chips.el]),
    ]);
  }

  show(channel, texts) {
    this.cells.forEach((cell, i) => {
      const unit = texts[i].unit || channel.unit;
      setText(cell, texts[i].text === "–" || !unit ? texts[i].text : `${texts[i].text} ${unit}`);
    });
  }

  showState(states, source) {
    setAttribute(this.el, "data-kind", states[0].kind);
    this.chips.show(states, source?.text ?? "");
  }
}
