// The statistics as cards, one row per channel, or as a table when there are many; and the choice of them.

import { button, element, keepChildren, OWN_KEYS, setAttribute, setText } from "../shared/dom.js";
import { countText, numberStyle, numberText, rateText } from "../shared/format.js";
import { Panel, showPanel } from "../shared/panel.js";
import { Spark, SPARK_GAP_MS } from "./spark.js";
import { StatisticPicker } from "./statisticPicker.js";
import { ageText, shapeOf } from "../shared/status.js";

const READINGS = new Set(["last", "min", "max", "first", "ptp"]);
const MAX_ROWS_OF_CARDS = 8;
const SOURCE_ENDS = { FAILED: "failed", ENDED: "ended", STOPPED: "stopped" };
const ROOMS = [2, 3, 4, 6]; // cards beside each other, as the width allows
const PEAK_FADES = 0.98;

const KNOWN_STATES = new Set(["OK", "PENDING", "NO_DATA", "ERROR", "RECOVERING", "FIRING"]);

/**
 * How a channel is: its alert and its data, each in a word.
 * @param {object} channel as nbstream/widgets/panels/cards.py sends it
 * @param {{state: string, text: string} | null} source
 * @param {number | null} age of the newest reading, s
 * @returns {{kind: string, shape: string, text: string, title: string}[]} the gravest first, at least one
 */
export function channelState(channel, source, age) {
  const found = [];
  const say = (kind, text, title = "") => found.push({ kind, shape: shapeOf(kind), text, title });
  const alert = channel.alert;
  const end = SOURCE_ENDS[source?.state];
  const isStale = age !== null && !end && channel.staleAfter !== null && age > channel.staleAfter;
  const of = alert?.rule ? `Rule ${alert.rule}` : "";
  if (alert?.state === "FIRING") say(alert.severity, `firing · ${alert.severity}`, of);
  if (alert?.state === "ERROR") say("failed", "rule failed", alert.why ? `${of}: ${alert.why}` : of);
  if (end) say(end === "failed" ? "failed" : "ended", end);
  if (alert?.state === "RECOVERING") say("recovering", `recovering · ${alert.severity}`, of);
  if (alert?.state === "NO_DATA") say("no-data", age === null || end ? "no data" : `no data · ${ageText(age)}`, of);
  if (alert?.state === "PENDING") say("pending", "pending", of);
  if (alert && !KNOWN_STATES.has(alert.state)) say("pending", alert.state.toLowerCase(), of);
  if (alert?.state !== "NO_DATA") {
    if (age === null && !end) say("waiting", "waiting for data");
    else if (isStale) say(source ? "stale" : "ended", `stale · ${ageText(age)}`);
  }
  if (!found.length) say("ok", alert ? "ok" : "live", of);
  if (alert?.acknowledged) say("muted", "acknowledged", `${alert.acknowledged} takes care of it`);
  if (alert?.silenced) say("muted", "silenced", "Nobody is notified for now");
  return found;
}

/** @returns {number} cards in a row, where there is room for `room`, so that the rows are equally full */
export function balancedColumns(n, room) {
  return n > 0 ? Math.ceil(n / Math.ceil(n / room)) : 1;
}

/** @returns {() => void} the clean-up */
export function renderCards(view) {
  const panel = new CardsPanel();
  const remove = showPanel(view, panel);
  const onMessage = (message) => message.kind === "catalogue" && panel.picker.learn(message.entries);
  view.model.on("msg:custom", onMessage);
  return () => {
    view.model.off("msg:custom", onMessage);
    remove();
  };
}

class CardsPanel extends Panel {
  constructor() {
    super("cards", "Statistics");
    this.isTable = false;
    this.heardAt = 0;
    this.pastKey = null; // of what the past was asked for
    this.rows = new Map();
    this.heads = new Map();
    this.picker = new StatisticPicker(this.requests);
    this.list = element("div", { class: "nbs-rows" });
    this.count = element("caption", { class: "nbs-count" });
    this.head = element("tr");
    this.body = element("tbody");
    this.table = element("div", { class: "nbs-scroll", tabindex: "0", ...OWN_KEYS, "aria-label": "Statistics of all channels" }, [
      element("table", { class: "nbs-table" }, [this.count, element("thead", {}, [this.head]), this.body]),
    ]);
    this.el.append(this.list, this.picker.el);
  }

  take(message) {
    super.take(message);
    if (this.state && !this.state.ended) {
      // A frame without a state says that everything is as it was.
      for (const row of this.rows.values()) row.remember(message.now);
      this.askForPast(message.now);
    }
    this.tick();
  }

  /** Have the lines in the cards drawn from what the kernel holds, where this page did not see it. */
  askForPast(now) {
    const { channels, window, statistics } = this.state;
    const key = JSON.stringify([window, statistics.map(({ name }) => name), channels.map(({ name }) => name)]);
    const isNew = key !== this.pastKey || now - this.heardAt > SPARK_GAP_MS || now < this.heardAt;
    this.heardAt = now;
    if (!isNew || this.isTable) return;
    this.pastKey = key;
    this.requests.ask({ kind: "past" }, (error, past) => {
      if (!error && past && key === this.pastKey && !this.isTable) this.fill(past);
    });
  }

  fill({ ages, channels }) {
    const now = this.heardAt;
    withKeys(this.state.channels).forEach(({ key }, i) => {
      this.rows.get(key)?.fill((channels[i] ?? []).map((values) => values?.map((value, k) => ({ time: now - ages[k], value }))));
    });
  }

  show() {
    const { channels, n, window, statistics, most } = this.state;
    const isTable = n > MAX_ROWS_OF_CARDS;
    if (isTable !== this.isTable) {
      this.isTable = isTable;
      for (const row of this.rows.values()) row.el.remove();
      this.rows.clear();
      (isTable ? this.list : this.table).replaceWith(isTable ? this.table : this.list);
    }
    const remove = (name) => this.picker.choose(name, false);
    if (isTable) {
      const hidden = n - channels.length;
      setText(this.count, `${countText(n)} channels · window ${window}${hidden ? ` · the first ${channels.length} are shown` : ""}`);
      keepChildren(
        this.head,
        this.heads,
        [{ name: "channel" }, ...statistics, { name: "state" }],
        ({ name, unit }) => JSON.stringify([name, unit !== undefined]),
        ({ name, unit }) => new ColumnHead(name, unit === undefined ? null : remove),
        (head, { what }) => setAttribute(head.el, "title", what || null),
      );
    }
    keepChildren(
      isTable ? this.body : this.list,
      this.rows,
      withKeys(channels.length ? channels : [NO_CHANNEL]),
      ({ key }) => key,
      ({ channel }) => (isTable ? new TableRow(channel) : new CardRow(channel, remove)),
      (row, { channel }) => row.show(channel, statistics, window),
    );
    this.picker.show(statistics, most);
  }

  tick() {
    if (this.state) {
      const { channels, source } = this.state;
      for (const { key, channel } of withKeys(channels.length ? channels : [NO_CHANNEL])) {
        this.rows.get(key)?.showState(channelState(channel, source, this.link.clock.age(channel.newest)), source);
      }
    }
    super.tick();
  }
}

const NO_CHANNEL = { name: "", values: [], units: [], failed: {}, scale: [null, null, null, null, null], count: 0, newest: null, staleAfter: null, alert: null };

/** Give channels keys of their own: names that were made fit to be shown may be equal. */
function withKeys(channels) {
  const seen = new Map();
  return channels.map((channel) => {
    const nth = seen.get(channel.name) ?? 0;
    seen.set(channel.name, nth + 1);
    return { key: JSON.stringify([channel.name, nth]), channel };
  });
}

const cardKey = ({ unit, name }) => `${unit} ${name}`;

/** How the numbers of one statistic are written: as the channel's readings, or by their own size. */
class Figures {
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
      const chip = element("span", { class: "nbs-chip nbs-state" });
      this.chips.push(chip);
      this.el.append(chip);
    }
    this.chips.forEach((chip, i) => {
      chip.hidden = i >= states.length;
      if (chip.hidden) return;
      setAttribute(chip, "data-kind", states[i].kind);
      setAttribute(chip, "data-shape", states[i].shape);
      setAttribute(chip, "title", states[i].title || title || null);
      setText(chip, states[i].text);
    });
  }
}

class CardRow {
  constructor(channel, remove) {
    this.removeStatistic = remove;
    this.style = null;
    this.cards = new Map();
    this.order = []; // of the cards, by their keys
    this.name = element("span", { class: "nbs-name", text: channel.name || "no channel yet", title: channel.name || null });
    this.chips = new Chips();
    this.count = element("span", { class: "nbs-muted" });
    this.grid = element("div", { class: "nbs-card-grid" });
    this.widest = 0;
    this.columns = 0;
    this.el = element("section", { class: "nbs-row", "aria-label": channel.name || "no channel yet" }, [
      element("div", { class: "nbs-row-head" }, [this.name, this.chips.el, this.count]),
      element("div", { class: "nbs-row-cards" }, [this.grid]),
    ]);
  }

  show(channel, statistics, window) {
    setText(this.count, channel.count ? `${countText(channel.count)} readings in ${window}` : "");
    this.style = numberStyle(this.style, channel.scale);
    keepChildren(
      this.grid,
      this.cards,
      statistics.map((statistic, i) => ({ statistic, i })),
      ({ statistic }) => cardKey(statistic),
      ({ statistic }) => new Card(statistic, this.removeStatistic),
      (card, { statistic, i }) => {
        const text = card.show(channel.values[i] ?? null, channel.units[i] ?? "", this.style, channel.failed[statistic.name] ?? "");
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

  /** @param {({time: number, value: number | null}[] | undefined)[]} lines one for each card */
  fill(lines) {
    this.order.forEach((key, i) => lines[i] && this.cards.get(key)?.spark.fill(lines[i]));
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
  show(value, unit, style, why) {
    this.shown = value;
    const text = this.figures.text(value, style);
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

/** A button only for the mouse: with the keyboard one chooses in the list, not at each card of each channel. */
function removeStatistic(name, remove) {
  const what = `remove ${name}`;
  return button("×", () => remove(name), "nbs-icon nbs-card-remove", { tabindex: "-1", "aria-label": what, title: what });
}

class ColumnHead {
  constructor(name, remove) {
    this.el = element("th", { scope: "col" }, [element("span", { text: name })]);
    if (remove) {
      this.el.append(removeStatistic(name, remove));
    }
  }
}

class TableRow {
  constructor(channel) {
    this.style = null;
    this.cells = new Map();
    this.chips = new Chips();
    this.el = element("tr");
    this.name = element("th", { scope: "row", class: "nbs-name", text: channel.name, title: channel.name });
    this.state = element("td", {}, [this.chips.el]);
  }

  show(channel, statistics) {
    this.style = numberStyle(this.style, channel.scale);
    const items = [{ el: this.name }, ...statistics.map((statistic, i) => ({ statistic, i })), { el: this.state }];
    keepChildren(
      this.el,
      this.cells,
      items,
      ({ el, statistic }) => (el ? (el === this.name ? "name" : "state") : cardKey(statistic)),
      ({ el, statistic }) => (el ? { el } : { el: element("td", { class: "nbs-number" }), figures: new Figures(statistic) }),
      (cell, { statistic, i }) => {
        if (!statistic) return;
        const value = channel.values[i] ?? null;
        const why = channel.failed[statistic.name] ?? "";
        const unit = value === null ? "" : cell.figures.unit(value, channel.units[i] ?? "");
        const text = cell.figures.text(value, this.style);
        setText(cell.el, unit ? `${text} ${unit}` : text);
        setAttribute(cell.el, "title", why || null);
      },
    );
  }

  remember() {}

  showState(states, source) {
    setAttribute(this.el, "data-kind", states[0].kind);
    this.chips.show(states, source?.text ?? "");
  }
}
