// What a chart was sent: its lines and marks, and what it must know beside them.

import { Incidents } from "./incidents.js";
import { LaneLabels } from "./lanes.js";
import { Line } from "./line.js";
import { Marks } from "./marks.js";
import { StdBands } from "./stdBands.js";
import { newerThan, unpackLines } from "./wire.js";

export class ChartData {
  constructor() {
    this.meta = { channels: [], span: 60_000, interval: 0, stale: null, limits: [], figure: null, choices: [], zone: { offset: 0, label: "" } };
    /** By the number of their channel. @type {Line[]} */
    this.lines = [];
    this.marks = new Marks();
    this.labels = new LaneLabels();
    this.bands = new StdBands();
    this.incidents = new Incidents();
    /** Time of the newest reading, epoch ms. */
    this.newest = null;
    this.arrivedAt = null;
    /** Whether a newer reading has come since the first frame, which may hold one that is long over. */
    this.isMoving = false;
    /** Readings that the kernel has taken in. */
    this.total = 0;
  }

  /** Forget the points: what comes next needs nothing before it. */
  clear() {
    for (const line of this.lines) line.clear();
    this.marks.clear();
  }

  /** @returns {{isNewer: boolean, cuts: [number, number][]}} whether there is a newer reading; channels whose line is another from a time on */
  take(message, buffers, isWhole) {
    const cuts = [];
    for (const patch of unpackLines(message, buffers)) {
      while (this.lines.length <= patch.channel) this.lines.push(new Line());
      const line = this.lines[patch.channel];
      cuts.push([patch.channel, line.patch(message.whole && !isWhole ? newerThan(line, patch) : patch)]);
    }
    this.labels.take(message.labels);
    this.bands.take(message.bands);
    this.marks.add(message.marks ?? [], message.detectors);
    this.total = message.total ?? this.total;
    const isNewer = message.newest !== null && message.newest !== this.newest;
    if (isNewer) {
      this.isMoving = this.newest !== null;
      this.newest = message.newest;
      this.arrivedAt = performance.now();
    }
    return { isNewer, cuts };
  }

  /** @returns {number | null} time of the newest reading that is not after `time` */
  newestUntil(time) {
    let newest = null;
    for (const line of this.lines) {
      const i = line.indexOf(time) - 1;
      if (i >= line.start && (newest === null || line.times[i] > newest)) newest = line.times[i];
    }
    return newest;
  }

  /** @returns {number} seconds since a reading was newer than those before, as the page saw it */
  silence() {
    return this.arrivedAt === null ? Infinity : (performance.now() - this.arrivedAt) / 1000;
  }
}
