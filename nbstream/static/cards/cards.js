// The channels: cards of one, a table of several; and the choice of their statistics.

import { CardRow } from "./cardRow.js";
import { channelState } from "./channelState.js";
import { ChannelTable } from "./channelTable.js";
import { ChartLines } from "./chartLines.js";
import { element, setText } from "../shared/dom.js";
import { countText } from "../shared/format.js";
import { Panel, showPanel } from "../shared/panel.js";
import { DataClock, SPARK_GAP_MS } from "./spark.js";
import { StatisticPicker } from "./statisticPicker.js";

const NO_CHANNEL = { name: "", unit: "", values: [], units: [], failed: {}, scale: [null, null, null, null, null], count: 0, newest: null, staleAfter: null, alert: null };

/** @returns {() => void} the clean-up */
export function renderCards(view) {
  const panel = new CardsPanel();
  const remove = showPanel(view, panel);
  const onMessage = (message) => message.kind === "catalogue" && panel.picker.learn(message.entries);
  view.model.on("msg:custom", onMessage);
  return () => {
    view.model.off("msg:custom", onMessage);
    panel.close();
    remove();
  };
}

class CardsPanel extends Panel {
  constructor() {
    super("cards", "Channels");
    this.heardAt = 0;
    this.pastKey = null; // of what the past was asked for
    this.dataClock = new DataClock();
    this.askedAt = -Infinity;
    /** The time of the data as of the newest message, and what of it is a leap, ms. */
    this.reached = -Infinity;
    this.pastGap = SPARK_GAP_MS;
    this.hasLeapt = false;
    this.picker = new StatisticPicker(this.requests);
    this.count = element("span", { class: "nbs-muted nbs-count" });
    this.picker.el.append(this.count);
    this.remove = (name) => this.picker.choose(name, false);
    this.lines = new ChartLines(() => this.table?.showLines());
    this.cards = null; // of one channel
    this.table = null; // of several
    this.place = element("div", { class: "nbs-channels" });
    this.el.append(this.place, this.picker.el);
  }

  take(message) {
    super.take(message);
    if (this.state && !this.state.ended) {
      // A frame without a state says that everything is as it was.
      const newest = Math.max(...this.state.channels.map((channel) => channel.newest ?? -Infinity));
      const time = this.dataClock.time(message.now, Number.isFinite(newest) ? newest : null);
      (this.table ?? this.cards).remember(time);
      this.askForPast(message.now, time);
    }
    this.tick();
  }

  /** Have the small lines drawn from what the kernel holds, where this page did not see it, or the data leapt. */
  askForPast(now, time) {
    const { channels, window, statistics } = this.state;
    const names = this.table ? "table" : statistics.map(({ name }) => name);
    const key = JSON.stringify([window, names, channels.map(({ name }) => name)]);
    this.hasLeapt ||= time - this.reached > this.pastGap && this.reached > -Infinity;
    const isNew = key !== this.pastKey || now - this.heardAt > SPARK_GAP_MS || now < this.heardAt;
    const isDue = this.hasLeapt && now - this.askedAt > SPARK_GAP_MS / 2;
    this.heardAt = now;
    this.reached = time;
    if (!isNew && !isDue) return;
    this.pastKey = key;
    this.askedAt = now;
    this.hasLeapt = false;
    this.requests.ask({ kind: "past" }, (error, past) => {
      if (error || !past || past.newest === null || key !== this.pastKey) return;
      this.pastGap = past.span / 12;
      const asPoints = (values) => values?.map((value, i) => ({ time: past.newest - past.ages[i], value }));
      const lines = past.channels.map((channel) => channel.map(asPoints));
      if (this.table) this.table.fill(lines, past.span);
      else this.cards.fill(lines[0] ?? [], past.span);
    });
  }

  show() {
    const { channels, n, chart, window, statistics, most } = this.state;
    this.lines.chart = chart;
    if (n > 1) {
      if (!this.table) {
        this.cards = null;
        this.table = new ChannelTable(this.lines, this.remove);
        this.place.replaceChildren(this.table.el);
      }
      this.table.show(channels, statistics, window);
    } else {
      const channel = channels[0] ?? NO_CHANNEL;
      if (this.cards?.name.textContent !== (channel.name || CardRow.NOBODY)) {
        this.closeTable();
        this.cards = new CardRow(channel, this.remove);
        this.place.replaceChildren(this.cards.el);
      }
      this.cards.show(channel, statistics, window);
    }
    const hidden = n - channels.length;
    setText(this.count, n > 1 ? `${countText(n)} channels · ${window === "all" ? "all readings" : `last ${window}`}${hidden ? ` · the first ${channels.length} are shown` : ""}` : "");
    this.picker.show(statistics, most);
  }

  tick() {
    if (this.state) {
      const { channels, source } = this.state;
      const states = channels.map((channel) => channelState(channel, source, this.link.clock.age(channel.newest)));
      if (this.table) this.table.showStates(states, source);
      else this.cards.showState(states[0] ?? channelState(NO_CHANNEL, source, null), source);
    }
    super.tick();
  }

  closeTable() {
    this.table?.close();
    this.table = null;
  }

  close() {
    this.closeTable();
    this.lines.close();
  }
}
