// The points of one live line, oldest first, in typed arrays that slide. A NaN breaks the line: a missing
// reading, or a gap, which the kernel finds among the readings themselves (nbstream/readings/gaps.py).

export class Line {
  constructor() {
    this.times = new Float64Array(1024);
    this.values = new Float64Array(1024);
    /** For how many readings the points stand: at the first point of a bin its count, 0 at its others. */
    this.counts = new Uint32Array(1024);
    this.start = 0;
    this.end = 0;
  }

  get length() {
    return this.end - this.start;
  }

  /**
   * Replace the points at or after `cut` (epoch ms) by the given ones.
   * @returns {number} from when on the line runs otherwise: the time of the point that leads to the first new one
   */
  patch({ cut, times, values, counts }) {
    const { end } = this;
    while (this.end > this.start && this.times[this.end - 1] >= cut) this.end -= 1;
    if (this.end === end && !times.length) return Infinity;
    const changed = this.end > this.start ? this.times[this.end - 1] : -Infinity;
    this.#reserve(times.length);
    this.times.set(times, this.end);
    this.values.set(values, this.end);
    if (counts) this.counts.set(counts, this.end);
    else for (let i = 0; i < values.length; i += 1) this.counts[this.end + i] = values[i] === values[i] ? 1 : 0;
    this.end += times.length;
    return changed;
  }

  clear() {
    this.start = this.end = 0;
  }

  /** Forget points before `time`, but for the one that the line enters the plot from. */
  dropBefore(time) {
    const first = this.indexOf(time) - 1;
    if (first > this.start) this.start = first;
  }

  /** @returns {number} index of the first point at or after `time` */
  indexOf(time) {
    let low = this.start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @returns {number} index behind the points up to `time` and the one after them, which the line leaves the plot to */
  stopOf(time) {
    let i = this.indexOf(time);
    // The break before a reading has the reading's own time.
    while (i < this.end && this.times[i] === time) i += 1;
    return Math.min(this.end, i + 1);
  }

  /**
   * @returns {[number, number] | null} smallest and largest value from `from` to `to`, with the next reading after
   *   that, which is about to come into view, and the place where the line enters
   */
  range(from, to) {
    const first = this.indexOf(from);
    const last = this.stopOf(to);
    const entry = this.#valueAt(first, from);
    let low = entry ?? Infinity;
    let high = entry ?? -Infinity;
    for (let i = first; i < last; i += 1) {
      const value = this.values[i];
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return low <= high ? [low, high] : null;
  }

  /** @returns {number | null} the value at `time` of the line to point `i`, null where there is none */
  #valueAt(i, time) {
    if (i <= this.start || i >= this.end) return null;
    const share = (time - this.times[i - 1]) / (this.times[i] - this.times[i - 1]);
    // Two products rather than one of a difference, which overflows for values near 1e308.
    const value = this.values[i - 1] * (1 - share) + this.values[i] * share;
    return Number.isNaN(value) ? null : value;
  }

  /** @returns {number} index of the point nearest to `time` that has a value, or -1 */
  nearest(time) {
    let after = this.indexOf(time);
    let before = after - 1;
    while (after < this.end && Number.isNaN(this.values[after])) after += 1;
    while (before >= this.start && Number.isNaN(this.values[before])) before -= 1;
    if (before < this.start) return after < this.end ? after : -1;
    if (after >= this.end) return before;
    return time - this.times[before] <= this.times[after] - time ? before : after;
  }

  /**
   * @param {number} i index of a point
   * @returns {{from: number, to: number, low: number, high: number, n: number} | null} what the readings are that its bin
   *   stands for; null if the points are all of its readings
   */
  binAt(i) {
    const { counts, times, values } = this;
    let first = i;
    while (first > this.start && !counts[first]) first -= 1;
    let [low, high, drawn, to] = [Infinity, -Infinity, 0, times[first]];
    for (let k = first; k < this.end && (k === first || !counts[k]); k += 1) {
      if (Number.isNaN(values[k])) continue;
      low = Math.min(low, values[k]);
      high = Math.max(high, values[k]);
      to = times[k];
      drawn += 1;
    }
    const n = counts[first];
    return n > drawn ? { from: times[first], to, low, high, n } : null;
  }

  /** @returns {number} how many readings a point stands for, about, from `from` to `to`; 1 where all are drawn */
  readingsPerPoint(from, to) {
    let [n, bins, drawn] = [0, 0, 0];
    const stop = this.indexOf(to);
    for (let i = this.indexOf(from); i < stop; i += 1) {
      if (this.values[i] === this.values[i]) drawn += 1;
      if (!this.counts[i]) continue;
      n += this.counts[i];
      bins += 1;
    }
    return n > drawn ? n / bins : 1;
  }

  #reserve(n) {
    if (this.end + n <= this.times.length) return;
    const held = this.length;
    let size = this.times.length;
    while (size < 2 * (held + n)) size *= 2;
    const slid = (array) => {
      const room = size > array.length ? new array.constructor(size) : array;
      room.set(array.subarray(this.start, this.end));
      return room;
    };
    this.times = slid(this.times);
    this.values = slid(this.values);
    this.counts = slid(this.counts);
    this.start = 0;
    this.end = held;
  }
}
