// Where the right edge of a following view is: it moves with the data's own clock, evenly, between frames.

const HISTORY_MS = 8000;
const SMOOTHING_MS = 3000;
const REAL_TIME = [0.75, 1.33];

export class FollowClock {
  constructor() {
    /** Event milliseconds per millisecond: 1 when live, 10 in a tenfold replay. */
    this.rate = 1;
    this.newest = null;
    /** Event time minus rate × page time, as arrivals show it. */
    this.offset = null;
    this.arrivals = [];
    this.holdMs = 67;
    this.intervalMs = 1000;
    this.lastEdge = null;
  }

  /**
   * New data has come.
   * @param {number} newest time of the newest reading, epoch ms
   * @param {number} now page time, ms
   */
  take(newest, now) {
    if (this.newest !== null && newest === this.newest) return;
    const previous = this.arrivals.at(-1);
    const jumped = this.newest !== null && newest < this.newest;
    if (jumped) {
      this.arrivals = [];
      this.offset = null;
      this.lastEdge = null;
    }
    this.newest = newest;
    this.arrivals.push([now, newest]);
    while (this.arrivals[0][0] < now - HISTORY_MS && this.arrivals.length > 2) this.arrivals.shift();
    this.#measureRate(now);
    const offset = newest - this.rate * now;
    if (this.offset === null || Math.abs(offset - this.offset) > Math.max(2000, 3 * this.intervalMs) * this.rate) {
      this.offset = offset;
      this.lastEdge = null;
    } else {
      const weight = previous ? Math.min(1, (now - previous[0]) / SMOOTHING_MS) : 1;
      this.offset += (offset - this.offset) * weight;
    }
  }

  /**
   * @param {number} now page time, ms
   * @returns {number | null} time at the right edge, epoch ms
   */
  edge(now) {
    if (this.newest === null) return null;
    if (this.arrivals.length < 2) return this.newest; // history, as far as is known
    const limit = this.newest + Math.max(this.intervalMs, 1000 * Math.min(this.rate, 1));
    let edge = Math.min(this.offset + this.rate * (now - this.holdMs), limit);
    // Smoothing may move the clock back a little; the view waits instead.
    if (this.lastEdge !== null && edge < this.lastEdge && this.lastEdge - edge < 2000) edge = this.lastEdge;
    this.lastEdge = edge;
    return edge;
  }

  #measureRate(now) {
    const [firstAt, firstNewest] = this.arrivals[0];
    const elapsed = now - firstAt;
    if (elapsed < 1000 || this.arrivals.length < 3) return;
    const rate = (this.newest - firstNewest) / elapsed;
    const next = rate > REAL_TIME[0] && rate < REAL_TIME[1] ? 1 : rate;
    // A small change of the estimate is noise; keep the motion even.
    if (Math.abs(next - this.rate) > 0.1 * this.rate) {
      this.rate = next;
      this.offset = null;
    }
  }
}
