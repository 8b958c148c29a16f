// Numbers and words as people read them: digits that stand still while values change.

const PLAIN_MAGNITUDE = 1e10;
const TINY_MAGNITUDE = 1e-5;
const MAX_DECIMALS = 9;
const SIGNIFICANT = 15;
const EXPONENT_DIGITS = 4;
const MINUS = "\u2212";
const NOTHING = "–";

/**
 * @typedef {object} NumberStyle how the numbers of one channel are written
 * @property {number} decimals
 * @property {boolean} isExponential
 * @property {boolean} isWhole whether all readings so far were whole numbers
 * @property {number} magnitude of the largest
 */

/**
 * Choose how a channel's numbers are written: three digits of its spread. The choice changes only when it
 * is clearly wrong, so that numbers don't jump to and fro.
 * @param {NumberStyle | null} previous
 * @param {(number | null)[]} values last, mean, std, min, max
 * @returns {NumberStyle}
 */
export function numberStyle(previous, [last, mean, std, min, max]) {
  const readings = [last, min, max].filter((value) => value !== null);
  const isWhole = (previous?.isWhole ?? true) && readings.every(Number.isInteger);
  const magnitude = Math.max(0, ...[last, mean, min, max].map((value) => Math.abs(value ?? 0)));
  const spread = std || (max ?? 0) - (min ?? 0);
  const isExponential = magnitude >= PLAIN_MAGNITUDE || (magnitude > 0 && magnitude < TINY_MAGNITUDE);
  return { decimals: decimalsFor(previous?.decimals ?? null, spread, magnitude), isExponential, isWhole, magnitude };
}

function decimalsFor(previous, spread, magnitude) {
  if (!(spread > 0) && !(magnitude > 0)) return previous ?? 2;
  const wanted = spread > 0 ? 2 - Math.log10(spread) : 4 - Math.log10(magnitude);
  if (previous !== null && Math.abs(wanted - (previous - 0.5)) <= 0.8) return previous;
  const room = SIGNIFICANT - Math.max(1, Math.ceil(Math.log10(Math.max(magnitude, 1))));
  return Math.min(Math.max(Math.ceil(wanted), 0), MAX_DECIMALS, room);
}

/**
 * @param {number | null} value
 * @param {NumberStyle} style
 * @param {boolean} [isReading] a reading itself, not computed from several
 * @returns {string} "–" for no value
 */
export function numberText(value, style, isReading = false) {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  if (style.isExponential) {
    if (value === 0) return "0";
    // What is small beside the others, as a spread is, needs fewer digits.
    const below = Math.floor(Math.log10(style.magnitude / Math.abs(value)));
    const digits = Math.min(Math.max(EXPONENT_DIGITS - below, 2), EXPONENT_DIGITS);
    return withMinus(value.toExponential(digits).replace("e+", "e"));
  }
  const decimals = isReading && style.isWhole ? 0 : style.decimals;
  const text = value.toFixed(decimals);
  return withMinus(groupThousands(Number(text) === 0 ? text.replace("-", "") : text));
}

/** @returns {string} a whole number: "12,345", "–" for none */
export function countText(count) {
  return Number.isFinite(count) ? withMinus(groupThousands(String(Math.round(count)))) : NOTHING;
}

/** @returns {string} "1 reading", "12,345 readings" */
export function readingsText(count) {
  return `${countText(count)} ${count === 1 ? "reading" : "readings"}`;
}

/** @returns {string} for how many readings a drawn point stands: "≈37 readings/point", "" where each is drawn */
export function perPointText(n) {
  if (!(n > 1)) return "";
  return `≈${n < 10 ? n.toFixed(1) : countText(Number(n.toPrecision(2)))} readings/point`;
}

const RATE_FACTORS = { "/s": 1, "/min": 60, "/h": 3600 };

/** @returns {string} the unit that stands beside a channel's name, "" where the name says it: "Temperature [°C]" */
export function unitBeside(name, unit) {
  return ["[]", "()"].some(([open, close]) => name.endsWith(`${open}${unit}${close}`)) ? "" : unit;
}

/** @returns {"/s" | "/min" | "/h"} in which a rate is readable */
export function rateUnit(rate) {
  if (!Number.isFinite(rate) || rate >= 0.095 || rate <= 0) return "/s";
  return rate * 60 >= 0.095 ? "/min" : "/h";
}

/** @returns {{text: string, unit: string}} readings per second, minute or hour: whichever is readable, or `unit` */
export function rateText(rate, unit = rateUnit(rate)) {
  if (rate === null || rate === undefined || !Number.isFinite(rate)) return { text: NOTHING, unit };
  const shown = rate * RATE_FACTORS[unit];
  if (shown > 0 && shown < 0.095) return { text: shown.toFixed(4), unit };
  return { text: groupThousands(shown.toFixed(shown < 10 ? 2 : shown < 1000 ? 1 : 0)), unit };
}

/** @returns {string} how long something lasted: "0.4 s", "12 s", "2 min 5 s" */
export function lastedText(seconds) {
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** @returns {string} a number as it stands in a field: all of it, and no more */
export function fieldText(value) {
  return value === null || value === undefined ? "" : String(value);
}

/**
 * Read a number that somebody typed.
 * @param {string} typed
 * @returns {{value?: number, error?: string}}
 */
export function readNumber(typed) {
  const text = typed.trim().replace(MINUS, "-");
  if (!text) return { error: "Enter a number." };
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/.test(text)) {
    return { error: `Write ${text.replaceAll(",", "")}, or ${text.replace(",", ".")} for a decimal.` };
  }
  const plain = /^[^.,]*,[^.,]*$/.test(text) ? text.replace(",", ".") : text;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return { error: "That is not a number." };
  const value = Number(plain);
  return Number.isFinite(value) ? { value } : { error: "That number is too large." };
}

/**
 * Check a window that somebody typed; the kernel has the last word.
 * @param {string} typed
 * @returns {{value?: string, error?: string}}
 */
export function readWindow(typed) {
  const text = typed.trim();
  const hint = "Try 90s, 5min, 2h30min, 1000 (readings) or all.";
  if (!text) return { error: hint };
  if (/^(all|\d{1,15})$/i.test(text)) {
    return Number(text) === 0 ? { error: "It must be more than 0." } : { value: text };
  }
  const unit = "(ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)";
  if (text.length > 64 || !new RegExp(`^((\\d+\\.?\\d*|\\.\\d+)\\s*${unit}\\s*)+$`, "i").test(text)) {
    return { error: hint };
  }
  return /[1-9]/.test(text) ? { value: text } : { error: "It must be more than 0." };
}

function groupThousands(text) {
  const [, sign, whole, rest] = /^(-?)(\d+)(.*)$/.exec(text) ?? [null, "", text, ""];
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + rest;
}

function withMinus(text) {
  return text.replaceAll("-", MINUS);
}

const TRIED_S = 600;

/**
 * Say what a rule would have done.
 * @param {{note?: string, n: number, seconds: number, readings: number, span: number, isCut: boolean}} preview
 */
export function previewText({ note, n, seconds, readings, span, isCut }) {
  if (note) return note;
  if (!readings) return "There are no readings to try it on yet.";
  const held = isCut ? ` (the newest ${countText(readings)} readings)` : "";
  const past = `in the last ${span >= TRIED_S ? "10 min" : lastedText(span)}${held}`;
  if (!n) return `would not have fired ${past}`;
  return `would have fired ${n === 1 ? "once" : `${countText(n)} times`} ${past}, ${lastedText(seconds)} in all`;
}
