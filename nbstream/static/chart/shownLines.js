// The lines of a chart as its legend, its table and a table beside it tell of them.

import { perPointText } from "../shared/format.js";
import { MIXED, shadeOf } from "./lanes.js";
import { dashPattern } from "./look.js";

const COUNT_EVERY_MS = 1000;

/**
 * @typedef {{name: string, unit: string, color: string, dash: number[], isVisible: boolean, perPoint?: string, isLane?: boolean,
 *   isHeld?: () => boolean, colorOf?: (code: number) => string}} ShownLine
 */

export class ShownLines {
  /**
   * @param {import("./data.js").ChartData} data
   * @param {import("./plot.js").Plot} plot
   */
  constructor(data, plot) {
    this.data = data;
    this.plot = plot;
    /** @type {ShownLine[]} by the number of their channel */
    this.lines = [];
    /** What somebody hid or showed here, until the kernel says so: by channel. */
    this.choices = new Map();
    /** In words, how many readings a point stands for: by channel, "" where each is drawn. */
    this.perPoint = [];
    this.countedAt = -Infinity;
  }

  /** Numbers of the channels that are not drawn. */
  get hidden() {
    return new Set(this.lines.flatMap(({ isVisible }, channel) => (isVisible ? [] : [channel])));
  }

  renew() {
    const lines = this.data.meta.figure?.lines ?? [];
    this.lines = lines.map((line, channel) => this.#shown(line, channel));
  }

  /** @returns {ShownLine} */
  #shown(line, channel) {
    const { color, dash, width } = this.plot.styleOf(channel);
    const isVisible = this.choices.get(channel) ?? line.visible;
    if (line.lane) {
      const isHeld = () => this.data.meta.lanes?.[channel] ?? false;
      const colorOf = (code) => this.wordOf(channel, code)?.color;
      return { name: line.name, unit: "", color: this.#stateColor(channel) ?? color, dash: [], isVisible, isLane: true, isHeld, colorOf };
    }
    return { name: line.name, unit: line.unit, color, dash: dashPattern(dash, width), isVisible, perPoint: this.perPoint[channel] ?? "" };
  }

  /** @returns {string | null} the colour of a channel's newest state */
  #stateColor(channel) {
    const line = this.data.lines[channel];
    return line?.length ? this.wordOf(channel, line.values[line.end - 1]).color : null;
  }

  /** @returns {{text: string, color: string} | null} the label of a code; null for a channel of numbers */
  wordOf(channel, code) {
    if (!this.data.meta.figure?.lines[channel]?.lane) return null;
    const { labels } = this.data;
    if (code === MIXED) return { text: labels.text(channel, code), color: this.plot.look.muted };
    return { text: labels.text(channel, code), color: shadeOf(labels.of(channel, code)?.shade ?? 0, this.plot.look.isDark) };
  }

  /**
   * @param {import("./line.js").Line[]} drawn by the number of their channel
   * @returns {import("./tableView.js").Column[]} the channels that are seen
   */
  columns(drawn) {
    const until = new Map(this.plot.lanes.map((lane) => [lane.channel, lane.until]));
    return this.lines.flatMap(({ name, unit, isVisible, isLane }, channel) => {
      const line = drawn[channel];
      if (!line || !isVisible) return [];
      const lane = isLane ? { until: until.get(channel) ?? null, word: (code) => this.data.labels.text(channel, code) } : null;
      return [{ channel, name, unit, line, lane }];
    });
  }

  /**
   * Look now and then how many readings a point of each line stands for.
   * @returns {boolean} whether that is another number
   */
  count(drawn, { from, to }, now) {
    if (now - this.countedAt < COUNT_EVERY_MS) return false;
    this.countedAt = now;
    const perPoint = drawn.map((line) => perPointText(line.readingsPerPoint(from, to)));
    const isOther = perPoint.join() !== this.perPoint.join();
    this.perPoint = perPoint;
    return isOther;
  }
}
