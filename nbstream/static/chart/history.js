// The points of a view that isn't the window, live: it looks back, stands still, or follows at a width of its own.
// They come from the kernel, made for its span and its pixels.

import { Line } from "./line.js";

const PATIENCE_MS = 2000;
const EVERY_MS = 150; // while it follows
const MARGIN = 1; // widths of the view on either side
const SCALE = 1.25;

export class History {
  /** @param {(message: object) => void} send */
  constructor(send) {
    this.send = send;
    /** Points by the number of their channel, null until some have come. @type {Line[] | null} */
    this.lines = null;
    this.request = 0;
    this.askedAt = -Infinity;
    this.forget();
  }

  /** Forget the points; the view is the window again. */
  forget() {
    this.lines = null;
    this.held = null;
    this.asked = null;
    this.request += 1;
  }

  /** Show points until those that are asked for come. */
  begin(lines) {
    this.forget();
    this.lines = lines.map(copyOf);
  }

  /**
   * Ask for what a view misses.
   * @param {number} from left edge of the view, epoch ms
   * @param {number} to right edge
   * @param {boolean} isFollowing whether readings keep coming in at the right edge
   * @param {number} now page time, ms
   */
  want(from, to, isFollowing, now) {
    const isWaiting = this.asked !== null && now - this.askedAt < PATIENCE_MS;
    if (isWaiting) return;
    const width = to - from;
    const { held } = this;
    const isFine = held !== null && width > held.width / SCALE && width < held.width * SCALE;
    if (!isFine || from < held.from || (!isFollowing && to > held.to)) {
      this.ask({ from: from - MARGIN * width, to: to + MARGIN * width, width, isMore: false }, now);
    } else if (isFollowing && now - this.askedAt >= EVERY_MS) {
      this.ask({ from: this.#newest() - width / 50, to: to + MARGIN * width, width: held.width, isMore: true }, now);
    }
  }

  /** Ask anew for what is shown. */
  refresh() {
    this.held = null;
    this.asked = null;
  }

  ask(asked, now) {
    this.request += 1;
    this.asked = asked;
    this.askedAt = now;
    this.send({ kind: "history", from: asked.from, to: asked.to, span: asked.width, request: this.request });
  }

  /**
   * Take an answer.
   * @param {{request: number}} message
   * @param {import("./wire.js").LinePatch[]} patches
   * @returns {Map<number, number> | "all" | null} from when on a channel's line is another; null if it is not what was asked for last
   */
  take(message, patches) {
    if (message.request !== this.request || !this.asked) return null;
    const { from, to, width, isMore } = this.asked;
    this.asked = null;
    if (isMore && this.held) {
      this.held.from = Math.max(this.held.from, to - (1 + 2 * MARGIN) * width);
      this.held.to = to;
      const changes = new Map();
      for (const patch of patches) {
        while (this.lines.length <= patch.channel) this.lines.push(new Line());
        const cut = patch.times.length ? patch.times[0] : from;
        changes.set(patch.channel, this.lines[patch.channel].patch({ ...patch, cut }));
        this.lines[patch.channel].dropBefore(this.held.from);
      }
      return changes;
    }
    this.held = { from, to, width };
    this.lines = [];
    for (const patch of patches) {
      while (this.lines.length <= patch.channel) this.lines.push(new Line());
      this.lines[patch.channel].patch({ ...patch, cut: -Infinity });
    }
    return "all";
  }

  /** @returns {number} the oldest of the channels' newest times that are in view, so that nothing is missed */
  #newest() {
    let newest = Infinity;
    for (const line of this.lines) {
      const time = line.length ? line.times[line.end - 1] : -Infinity;
      if (time > this.held.from + this.held.width * MARGIN) newest = Math.min(newest, time);
    }
    return newest === Infinity ? this.held.from : newest;
  }
}

function copyOf(line) {
  const copy = new Line();
  copy.patch({
    cut: -Infinity,
    times: line.times.subarray(line.start, line.end),
    values: line.values.subarray(line.start, line.end),
    counts: line.counts.subarray(line.start, line.end),
  });
  return copy;
}
