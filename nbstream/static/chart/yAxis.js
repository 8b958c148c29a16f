// The range of a y axis: what is visible, by the axis' policy, unless the figure or a person fixes it.

import { niceStep } from "./ticks.js";

/** What a row says instead of lines whose values all lie where a logarithmic axis has no place for them. */
export const NOTHING_ABOVE = "nothing above 0 for a logarithmic axis";
const Y_PADDING = 0.05;
/** So much of half a range is left free at its ends, or it grows. */
const EDGE_SHARE = 0.02;
/** An end is a multiple of a round number that is at least this part of the span. */
const ROUND_SHARES = 20;
/** A range shrinks when what is visible has filled less than this share of it for so long. */
const LOOSE_SHARE = 0.6;
const LOOSE_MS = 2000;
/** Beyond these the arithmetic of an axis overflows, or divides by nothing. */
const HUGEST = 1.75e308;
const TINIEST = 1e-290;
/** Two such numbers may be so far apart that no number tells it. */
const NEARLY_HUGE = 1e306;
/** Room for the digits of a float64: a narrower range can't be drawn. */
const FINEST = 1e-13;

/**
 * @typedef {object} YSettings what meta.figure says of an axis
 * @property {[number, number] | null} [range] fixed by the user's layout
 * @property {"fit" | "expand"} [policy]
 * @property {[number | null, number | null]} [soft] the range reaches at least so far
 * @property {boolean} [log]
 */

export class YAxis {
  constructor() {
    /** @type {YSettings} */
    this.settings = {};
    /** What a person chose. @type {[number, number] | null} */
    this.chosen = null;
    /** What the policy found, null before the first reading. */
    this.fitted = null;
    this.looseSince = null;
  }

  /** @param {YSettings} settings */
  configure(settings) {
    const { policy = "fit", soft = [null, null], log = false } = settings;
    const { policy: oldPolicy = "fit", soft: oldSoft = [null, null], log: oldLog = false } = this.settings;
    this.settings = settings;
    if (policy !== oldPolicy || log !== oldLog || String(soft) !== String(oldSoft)) this.forget();
  }

  /** Fix the range by hand; null gives it back to the policy, which begins anew. */
  choose(range) {
    this.chosen = range ? [Math.min(...range), Math.max(...range)] : null;
    if (!range) this.forget();
  }

  /** Begin anew with what is visible next. */
  forget() {
    this.fitted = null;
    this.looseSince = null;
  }

  get isLog() {
    return Boolean(this.settings.log);
  }

  /** Whether it has a range that says anything. */
  get isEmpty() {
    return this.range === null;
  }

  /** @returns {[number, number] | null} bottom and top */
  get range() {
    return usable(this.chosen, this.isLog) ?? usable(this.settings.range, this.isLog) ?? this.fitted;
  }

  /**
   * Take in what is visible now.
   * @param {[number, number] | null} visible smallest and largest value
   * @param {number[]} limits of thresholds on this axis; those near the data are kept in the range
   * @param {number} now page time, ms
   */
  fit(visible, limits, now) {
    const { policy = "fit", soft } = this.settings;
    if (!visible && !this.fitted) return;
    const wanted = visible && this.#widened(withThresholds(visible, limits), soft);
    if (!wanted) return;
    const { fitted } = this;
    const isInside = fitted && isRangeWithin(wanted, this.isLog ? fitted : inner(fitted, soft));
    if (isInside) {
      if (policy === "expand" || !this.#isLoose(wanted)) {
        this.looseSince = null;
        return;
      }
      this.looseSince ??= now;
      if (now - this.looseSince < LOOSE_MS) return;
    }
    this.looseSince = null;
    const next = this.isLog ? paddedLog(...wanted) : padded(...wanted);
    if (policy === "expand" && fitted) {
      next[0] = Math.min(next[0], fitted[0]);
      next[1] = Math.max(next[1], fitted[1]);
    }
    if (soft?.[0] !== null && soft?.[0] === wanted[0]) next[0] = wanted[0];
    if (soft?.[1] !== null && soft?.[1] === wanted[1]) next[1] = wanted[1];
    if (!fitted || next[0] !== fitted[0] || next[1] !== fitted[1]) this.fitted = next;
  }

  #widened([low, high], soft) {
    const isUsable = (value) => Number.isFinite(value) && (!this.isLog || value > 0);
    if (isUsable(soft?.[0] ?? NaN)) low = Math.min(low, soft[0]);
    if (isUsable(soft?.[1] ?? NaN)) high = Math.max(high, soft[1]);
    return [low, high];
  }

  /** Whether what is visible fills little of the range; flat data fill what they would be given. */
  #isLoose(wanted) {
    const next = this.isLog ? paddedLog(...wanted) : padded(...wanted);
    const size = ([bottom, top]) => (this.isLog ? Math.log10(top) - Math.log10(bottom) : top / 2 - bottom / 2);
    return size(next) < LOOSE_SHARE * size(this.fitted);
  }
}

/** @returns {[number, number] | null} a fixed range, if an axis can have it */
function usable(range, isLog) {
  if (!range) return null;
  const [a, b] = range;
  if (!Number.isFinite(a) || !Number.isFinite(b) || a === b || (isLog && !(Math.min(a, b) > 0))) return null;
  return widenedToDigits(bounded(Math.min(a, b)), bounded(Math.max(a, b)));
}

/**
 * @param {import("./line.js").Line} line
 * @param {number} from epoch ms
 * @param {number} to epoch ms
 * @param {boolean} isLog
 * @returns {[number, number] | null} its smallest and largest value that can be seen
 */
export function visibleRange(line, from, to, isLog) {
  if (!isLog) return line.range(from, to);
  let low = Infinity;
  let high = -Infinity;
  for (let i = line.indexOf(from), last = line.stopOf(to); i < last; i += 1) {
    const value = line.values[i];
    if (!(value > 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** A range with room around it; ends on round numbers, so that noise at the ends doesn't move it. */
export function padded(lowest, highest) {
  let low = bounded(lowest);
  let high = bounded(highest);
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (size > NEARLY_HUGE) return padded(low / 1e10, high / 1e10).map((end) => bounded(end * 1e10));
  if (!(high - low > FINEST * size)) {
    const half = size >= TINIEST ? size * 0.05 : 0.5;
    low -= half;
    high += half;
  }
  const span = high - low;
  const step = niceStep(span / ROUND_SHARES);
  return widenedToDigits(Math.floor((low - Y_PADDING * span) / step) * step, Math.ceil((high + Y_PADDING * span) / step) * step);
}

/** A range without its edges: a line that touches the frame is no longer seen as what it is. */
function inner([bottom, top], soft) {
  const edge = EDGE_SHARE * (top / 2 - bottom / 2);
  return [bottom === soft?.[0] ? bottom : bottom + edge, top === soft?.[1] ? top : top - edge];
}

function isRangeWithin([low, high], [bottom, top]) {
  return low >= bottom && high <= top;
}

/** The same for a log axis: ends on 1, 2 and 5 times powers of ten. */
export function paddedLog(lowest, highest) {
  let low = Math.log10(Math.max(lowest, TINIEST));
  let high = Math.log10(Math.min(Math.max(highest, TINIEST), HUGEST));
  const padding = Math.max(Y_PADDING * (high - low), 0.02);
  low -= padding;
  high += padding;
  return [roundLog(low, Math.floor), Math.min(roundLog(high, Math.ceil), HUGEST)];
}

function roundLog(log, round) {
  const power = Math.floor(log);
  const factor = 10 ** (log - power);
  const steps = [1, 2, 5, 10];
  const at = round === Math.floor ? steps.findLast((step) => step <= factor + 1e-9) : steps.find((step) => step >= factor - 1e-9);
  return Number(`${at ?? 10}e${power}`);
}

function bounded(value) {
  if (Math.abs(value) < TINIEST) return 0;
  return Math.min(Math.max(value, -HUGEST), HUGEST);
}

function widenedToDigits(low, high) {
  const least = FINEST * Math.max(Math.abs(low), Math.abs(high));
  return high - low >= least ? [low, high] : [bounded(low - least), bounded(high + least)];
}

/** Take the threshold lines near the data into the range: what one watches should be seen. */
export function withThresholds([lowest, highest], limits) {
  let low = lowest;
  let high = highest;
  const reach = Math.max(highest - lowest, Math.abs(highest) * 0.05, 1e-300);
  for (const limit of limits) {
    if (limit > high && limit - highest <= reach) high = limit;
    if (limit < low && lowest - limit <= reach) low = limit;
  }
  return [low, high];
}
