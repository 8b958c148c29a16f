// Where the right edge of a following view is: it moves with the data's own clock, evenly, between frames, and in
// silence too while readings should come. It never steps back; where it was wrong it waits or glides.

const HISTORY_MS = 8000;
const MIN_ARRIVALS = 5;
const SMOOTHING_MS = 3000;
const REAL_TIME = [0.75, 1.33];
const CATCH_UP_MS = 250; // what it is behind melts to a third in that time
const GLIDE_BACK_MS = 200;
const WAIT_WIDTHS = 0.5; // further ahead of the data it glides back rather than wait for them
const JUMP_WIDTHS = 2; // further away there is nothing in common that a move could show
const LIVE_AGE_MS = 5000;
const STEADY_MS = 1500; // what came evenly for so long has a pace of its own
const STEADY = 1.6;

export class FollowClock {
  constructor() {
    /** Event milliseconds per millisecond: 1 when live, 10 in a tenfold replay. */
    this.rate = 1;
    /** Time of the newest reading, epoch ms. */
    this.newest = null;
    /** Event time minus rate × page time, as arrivals show it. */
    this.offset = null;
    /** When the newest readings came, and how new they were: [page ms, epoch ms]. */
    this.arrivals = [];
    this.holdMs = 67;
    /** Usual interval of the readings, ms. */
    this.intervalMs = 1000;
    /** Whether readings should keep coming: then the edge runs on without them. */
    this.isDelivering = true;
    this.isOfNow = false;
    this.isGliding = false;
    /** @type {{at: number, edge: number} | null} */
    this.last = null;
  }

  /**
   * New data has come.
   * @param {number} newest time of the newest reading, epoch ms
   * @param {number} now page time, ms
   * @param {number | null} [ageMs] how old that reading was when it came, by the kernel's clock; null if unknown
   */
  take(newest, now, ageMs = null) {
    if (newest === this.newest) return;
    if (this.newest !== null && newest < this.newest) this.forget();
    const previous = this.arrivals.at(-1);
    this.newest = newest;
    this.isOfNow = ageMs !== null && Math.abs(ageMs) <= Math.max(LIVE_AGE_MS, 3 * this.intervalMs);
    // What was there before the page looked: the silence since then is seen as well.
    const at = previous === undefined && this.isOfNow ? now - ageMs : now;
    this.arrivals.push([at, newest]);
    while (this.arrivals[0][0] < now - HISTORY_MS && this.arrivals.length > MIN_ARRIVALS) this.arrivals.shift();
    this.#measureRate(now);
    const offset = newest - this.rate * at;
    if (this.offset === null || Math.abs(offset - this.offset) > Math.max(2000, 3 * this.intervalMs) * this.rate) {
      this.offset = offset;
    } else {
      const weight = previous ? Math.min(1, (now - previous[0]) / SMOOTHING_MS) : 1;
      this.offset += (offset - this.offset) * weight;
    }
  }

  /** Start anew: what comes has nothing to do with what came. */
  forget() {
    this.arrivals = [];
    this.offset = null;
    this.last = null;
    this.isGliding = false;
  }

  /** Whether the edge goes on without readings: at the clock's pace, or at that of a replay, if it has one. */
  get isRunning() {
    return this.isDelivering && (this.rate === 1 || this.#isSteady());
  }

  /**
   * @param {number} now page time, ms
   * @param {number} [width] of the view, ms
   * @returns {number | null} time at the right edge, epoch ms; null before the first reading
   */
  edge(now, width = Infinity) {
    if (this.newest === null) return null;
    const target = this.#target(now);
    const { last } = this;
    const edge = last === null ? target : this.#approach(target, now - last.at, width);
    this.last = { at: now, edge };
    return edge;
  }

  /** Go on from an edge that somebody held. */
  goOnFrom(edge, now) {
    this.last = { at: now, edge };
  }

  /** Where the edge belongs. */
  #target(now) {
    const edge = this.offset + this.rate * (now - this.holdMs);
    if (this.isRunning) return edge;
    const ahead = this.isDelivering && this.arrivals.length > 1 ? this.intervalMs : 0;
    return Math.min(edge, this.newest + Math.min(ahead, 1000));
  }

  /** Move from the last edge to where it belongs, without a step. */
  #approach(target, elapsed, width) {
    const { edge } = this.last;
    const gap = target - edge;
    if (elapsed <= 0) return edge;
    if (Math.abs(gap) > JUMP_WIDTHS * width) return target;
    if (gap < 0) {
      this.isGliding ||= -gap > WAIT_WIDTHS * width;
      return this.isGliding ? target - gap * Math.exp(-elapsed / GLIDE_BACK_MS) : edge;
    }
    this.isGliding = false;
    const behind = gap - this.rate * elapsed;
    return behind <= 0 ? target : target - behind * Math.exp(-elapsed / CATCH_UP_MS);
  }

  #measureRate(now) {
    const [firstAt, first] = this.arrivals[0];
    const elapsed = now - firstAt;
    if (elapsed < 1000 || this.arrivals.length < 3) return;
    const rate = (this.newest - first) / elapsed;
    const next = rate > REAL_TIME[0] && rate < REAL_TIME[1] ? 1 : rate;
    // A small change of the estimate is noise; keep the motion even.
    if (Math.abs(next - this.rate) > 0.1 * this.rate) {
      this.rate = next;
      this.offset = null;
    }
  }

  /** Whether both halves of what came lately had the same pace. */
  #isSteady() {
    const { arrivals } = this;
    const [firstAt, first] = arrivals[0];
    const [lastAt, last] = arrivals.at(-1);
    if (arrivals.length < 4 || lastAt - firstAt < STEADY_MS) return false;
    const [middleAt, middle] = arrivals[arrivals.findIndex(([at]) => at >= (firstAt + lastAt) / 2)];
    if (middleAt === lastAt || middleAt === firstAt) return false;
    const change = (last - middle) / (lastAt - middleAt) / ((middle - first) / (middleAt - firstAt));
    return change < STEADY && change > 1 / STEADY;
  }
}
