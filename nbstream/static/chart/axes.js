// The axes: epoch milliseconds to the wall clock of the display zone, and the range of the y axis.

/**
 * plotly's date axis takes text without a zone as it is, and draws plain numbers in the browser's zone:
 * so it is given the wall clock of the display zone as text.
 * @param {number} time epoch ms
 * @param {number} offset of the display zone, ms ahead of UTC
 */
export function wallClock(time, offset) {
  const whole = Math.floor(time + offset);
  const below = Math.round((time + offset - whole) * 1e4); // plotly reads tenths of a microsecond
  const text = new Date(below < 1e4 ? whole : whole + 1).toISOString().replace("T", " ").replace("Z", "");
  return below % 1e4 ? text + String(below).padStart(4, "0") : text;
}

/** Undo `wallClock`; @returns {number} epoch ms, NaN if it cannot be read */
export function fromWallClock(text, offset) {
  if (typeof text === "number") return text - offset;
  const iso = String(text).trim().replace(" ", "T");
  const [date, clock = "00:00:00"] = iso.split("T");
  const padded = clock.split(":").length === 2 ? `${clock}:00` : clock.includes(":") ? clock : `${clock}:00:00`;
  const [whole, fraction = ""] = padded.split(".");
  const below = Number(`0.${fraction.slice(3) || 0}`);
  return Date.parse(`${date}T${whole}.${fraction.slice(0, 3).padEnd(3, "0")}Z`) + below - offset;
}

const PADDING = 0.06;
const SHRINK_BELOW = 0.6;
const LARGEST = 8e306;
const SMALLEST = 1e-290;
const SHRINK_AFTER_MS = 2000;

/** Keeps a y range that fits what is visible: it grows at once and shrinks slowly. */
export class FittedRange {
  constructor() {
    this.range = null;
    this.looseSince = null;
  }

  /**
   * @param {[number, number] | null} visible smallest and largest visible value
   * @param {number} now page time, ms
   * @returns {[number, number] | null} the range, a new array only when it changed
   */
  fit(visible, now) {
    if (!visible) return this.range;
    const [low, high] = visible;
    const isInside = this.range && low >= this.range[0] && high <= this.range[1];
    if (isInside && (high - low) / (this.range[1] - this.range[0]) >= SHRINK_BELOW) {
      this.looseSince = null;
      return this.range;
    }
    if (isInside) {
      this.looseSince ??= now;
      if (now - this.looseSince < SHRINK_AFTER_MS) return this.range;
    }
    this.looseSince = null;
    const next = paddedRange(low, high);
    if (this.range && next[0] === this.range[0] && next[1] === this.range[1]) return this.range;
    this.range = next;
    return next;
  }
}

/** A range with room around it; ends on round numbers, so that noise at the ends doesn't move it. */
export function paddedRange(lowest, highest) {
  let low = clampToAxis(lowest);
  let high = clampToAxis(highest);
  if (!(high > low)) {
    const half = Math.abs(high) * 0.05 || 0.5;
    low -= half;
    high += half;
  }
  const span = high - low;
  const step = 10 ** Math.floor(Math.log10(span)) / 10;
  const padding = PADDING * span;
  const bottom = Math.floor((low - padding) / step) * step;
  const top = Math.ceil((high + padding) / step) * step;
  return [Math.max(bottom, -LARGEST), Math.min(top, LARGEST)];
}

/** A number that plotly's axes can bear: beyond these bounds its own arithmetic overflows. */
function clampToAxis(value) {
  if (Math.abs(value) < SMALLEST) return 0;
  return Math.min(Math.max(value, -LARGEST), LARGEST);
}

/** Take the threshold lines near the data into the range: what one watches should be seen. */
export function withThresholds(visible, limits) {
  if (!visible) return limits.length ? [Math.min(...limits), Math.max(...limits)] : null;
  let [low, high] = visible;
  const reach = Math.max(high - low, Math.abs(high) * 0.05, 1e-300);
  for (const limit of limits) {
    if (limit > high && limit - visible[1] <= reach) high = Math.max(high, limit);
    if (limit < low && visible[0] - limit <= reach) low = Math.min(low, limit);
  }
  return [low, high];
}
