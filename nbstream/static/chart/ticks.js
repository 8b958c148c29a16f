// Ticks of the axes, and how their times and numbers are written.

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const CLOCK_STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR_MS),
  ...[1, 2, 7, 14].map((n) => n * DAY_MS),
];
const MONTH_STEPS = [1, 2, 3, 6];
const FIRST_MONDAY_MS = 4 * DAY_MS;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** What a Date can be; beyond it there are no ticks. */
const LAST_DATE_MS = 8.64e15;
const MOST_TICKS = 200;
const NEAR_SHARE = 0.9;
const SUFFIXES = ["", "k", "M", "G", "T"];
const MINUS_SIGN = "\u2212";

/**
 * The wall clock of the display zone as plotly's date axis reads it: text without a zone.
 * @param {number} time epoch ms
 * @param {number} offset of the display zone, ms ahead of UTC
 */
export function wallClock(time, offset) {
  const whole = Math.floor(time + offset);
  const below = Math.round((time + offset - whole) * 1e4); // plotly reads tenths of a microsecond
  const text = new Date(below < 1e4 ? whole : whole + 1).toISOString().replace("T", " ").replace("Z", "");
  return below % 1e4 ? text + String(below).padStart(4, "0") : text;
}

/**
 * @typedef {object} Zone of display
 * @property {number} offset ms ahead of UTC, at the newest reading
 * @property {string} label
 * @property {[number, number][]} [before] when its clocks were set, epoch ms, oldest first, and the offset until then
 */

/** @param {Zone} zone @param {number} time epoch ms @returns {number} how far its clocks were ahead of UTC then, ms */
export function offsetAt(zone, time) {
  return zone.before?.find(([until]) => time < until)?.[1] ?? zone.offset;
}

/** @param {Zone} zone @returns {{from: number, to: number, offset: number}[]} a span in parts of one offset each */
function partsOf(zone, from, to) {
  const ends = (zone.before ?? []).map(([until]) => until).filter((until) => until > from && until <= to);
  return [...ends, to].map((end, i) => {
    const begin = i ? ends[i - 1] : from;
    return { from: begin, to: end, offset: offsetAt(zone, begin) };
  });
}

/** @returns {string} "UTC+02:00" */
function offsetText(offset) {
  const minutes = Math.round(Math.abs(offset) / MINUTE_MS);
  const digits = [Math.floor(minutes / 60), minutes % 60].map((n) => String(n).padStart(2, "0"));
  return `UTC${offset < 0 ? "-" : "+"}${digits.join(":")}`;
}

/** How many signs of the wall clock are told. */
export const CLOCK_SIGNS = { seconds: 19, thousandths: 23, finest: 27 };

/**
 * @param {Zone} zone
 * @returns {string} a time of day as finely as a view needs it; with the day where that is not today, and with the
 *   offset where the view has an hour that was twice, or not at all
 */
export function clockText(time, { from, to }, zone, signs = clockSigns(to - from)) {
  const offset = offsetAt(zone, time);
  const text = wallClock(time, offset);
  const isOther = to - from > DAY_MS || Math.abs(Date.now() - time) > DAY_MS;
  const clock = text.slice(isOther ? 0 : 11, signs);
  return partsOf(zone, from, to).length > 1 ? `${clock} ${offsetText(offset)}` : clock;
}

function clockSigns(width) {
  if (width < 2000) return CLOCK_SIGNS.finest;
  return width < 120_000 ? CLOCK_SIGNS.thousandths : CLOCK_SIGNS.seconds;
}

/** @returns {number} the smallest of 1, 2, 5, 10, 20, … (and 0.5, 0.2, …) that is at least `least` */
export function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  if (!(power > 0) || !Number.isFinite(power)) return least;
  for (const factor of [1, 2, 5]) if (factor * power >= least * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/**
 * Ticks of the time axis in the wall clock of the display zone.
 * @param {number} from epoch ms
 * @param {number} to epoch ms
 * @param {Zone} zone
 * @param {number} leastMs between two ticks
 * @returns {{ticks: {time: number, text: string}[], spans: {time: number, text: string}[]}} `spans`: the day (the
 *   year, where ticks are days or months) that holds `from`, and each that begins up to `to`; the offset from where
 *   clocks were set
 */
export function timeTicks(from, to, zone, leastMs) {
  const isDated = [from, to].every((time) => Math.abs(time + zone.offset) < LAST_DATE_MS) && to > from;
  const found = { ticks: [], spans: [] };
  if (!isDated) return found;
  const { unit, size } = timeStep(leastMs);
  const isFine = unit === "ms" && size < DAY_MS;
  partsOf(zone, from, to).forEach(({ from: begin, to: end, offset }, i, parts) => {
    const [first, last] = [begin + offset, end + offset];
    const walls = unit === "ms" ? evenTicks(first, last, size) : calendarTicks(first, last, unit, size);
    const isWithin = ({ time }) => i === parts.length - 1 || time < end;
    const ticks = walls.map((wall) => ({ time: wall - offset, text: timeText(wall, unit, size) })).filter(isWithin);
    // Where clocks were set two ticks may be too near to each other.
    if (ticks[0]?.time - found.ticks.at(-1)?.time < NEAR_SHARE * leastMs) ticks.shift();
    found.ticks.push(...ticks);
    const spans = spansOf(first, last, unit, size).map(({ wall, text }) => ({ time: wall - offset, text })).filter(isWithin);
    if (i > 0) spans.splice(0, 1, ...(isFine ? [{ time: begin, text: offsetText(offset), isChange: true }] : []));
    found.spans.push(...spans);
  });
  const { spans } = found;
  const isFar = (a, b) => !a || !b || b.time - a.time >= leastMs;
  found.spans = spans.filter((span, i) => !span.isChange || (isFar(spans[i - 1], span) && isFar(span, spans[i + 1])));
  return found;
}

/** @returns {{unit: "ms" | "month" | "year", size: number}} */
function timeStep(leastMs) {
  if (leastMs <= SECOND_MS / 2) return { unit: "ms", size: niceStep(leastMs) };
  const clock = CLOCK_STEPS_MS.find((step) => step >= leastMs);
  if (clock) return { unit: "ms", size: clock };
  const months = MONTH_STEPS.find((n) => n * 30 * DAY_MS >= leastMs);
  if (months) return { unit: "month", size: months };
  return { unit: "year", size: Math.max(1, niceStep(leastMs / (365 * DAY_MS))) };
}

function evenTicks(first, last, size) {
  const anchor = size >= 7 * DAY_MS ? FIRST_MONDAY_MS : 0;
  const ticks = [];
  const start = Math.ceil((first - anchor) / size);
  for (let i = 0; i < MOST_TICKS; i += 1) {
    const wall = anchor + (start + i) * size;
    if (wall > last) break;
    ticks.push(wall);
  }
  return ticks;
}

function calendarTicks(first, last, unit, size) {
  const months = unit === "month" ? size : 12 * size;
  const date = new Date(first);
  const start = Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / months);
  const ticks = [];
  for (let i = 0; i < MOST_TICKS; i += 1) {
    const wall = monthStart((start + i) * months);
    if (!(wall <= last)) break;
    if (wall >= first) ticks.push(wall);
  }
  return ticks;
}

/** @returns {number} wall ms of the first of a month, counted from year 0 */
function monthStart(months) {
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(months / 12), ((months % 12) + 12) % 12, 1);
  return date.getTime();
}

function timeText(wall, unit, size) {
  if (unit === "ms" && size < SECOND_MS) {
    const decimals = Math.min(7, Math.max(0, -Math.floor(Math.log10(size / SECOND_MS) + 1e-9)));
    const minute = Math.floor((wall + size / 2) / MINUTE_MS) * MINUTE_MS;
    const seconds = Math.max(0, (wall - minute) / SECOND_MS).toFixed(decimals);
    return `${new Date(minute).toISOString().slice(11, 17)}${seconds.padStart(3 + decimals, "0")}`;
  }
  const date = new Date(wall);
  if (unit === "year") return String(date.getUTCFullYear());
  if (unit === "month") return MONTHS[date.getUTCMonth()];
  if (size >= DAY_MS) return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
  return date.toISOString().slice(11, size < MINUTE_MS ? 19 : 16);
}

function spansOf(first, last, unit, size) {
  if (unit === "year") return [];
  if (unit === "month" || size >= DAY_MS) {
    const year = new Date(first).getUTCFullYear();
    const begins = Array.from({ length: 7 }, (_, n) => ({ wall: n ? monthStart((year + n) * 12) : first, text: String(year + n) }));
    return begins.filter(({ wall }) => wall <= last);
  }
  const spans = [{ wall: first, text: dayText(first) }];
  const next = (Math.floor(first / DAY_MS) + 1) * DAY_MS;
  for (let wall = next; wall <= last && spans.length < MOST_TICKS; wall += DAY_MS) {
    spans.push({ wall, text: dayText(wall) });
  }
  return spans;
}

function dayText(wall) {
  const date = new Date(wall);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/**
 * @param {number} bottom
 * @param {number} top
 * @param {number} count about so many intervals at most
 * @returns {{step: number, values: number[]}} even ticks on round numbers
 */
export function numberTicks(bottom, top, count) {
  const step = niceStep(Math.max(top / count - bottom / count, Number.MIN_VALUE)); // top - bottom may be no number
  const values = [];
  const start = Math.ceil(bottom / step - 1e-9);
  for (let i = 0; i < MOST_TICKS; i += 1) {
    const value = onGrid((start + i) * step, step);
    if (!(value <= top + step * 1e-9)) break;
    if (value !== values.at(-1)) values.push(value);
  }
  return { step, values };
}

/** A multiple of `step` without the noise of its arithmetic: 0.3, not 0.30000000000000004. */
function onGrid(value, step) {
  const decimals = decimalsOf(step);
  return decimals <= 20 && Math.abs(value) < 1e15 ? Number(value.toFixed(decimals)) : value;
}

/**
 * Ticks of a log axis: powers of ten, with 2 and 5 where there is room; even ones where the axis holds no power.
 * @returns {{step: number | null, values: number[]}} `step` is null where the ticks are not even
 */
export function logTicks(bottom, top, count) {
  const decades = Math.log10(top) - Math.log10(bottom);
  if (!(decades >= 1)) return numberTicks(bottom, top, count);
  const factors = decades * 3 <= count ? [1, 2, 5] : [1];
  const every = Math.ceil(decades / Math.max(1, count));
  const values = [];
  for (let power = Math.floor(Math.log10(bottom)); power <= Math.log10(top) + 1e-9; power += 1) {
    if (power % every !== 0) continue;
    for (const factor of factors) {
      const value = Number(`${factor}e${power}`);
      if (value >= bottom * (1 - 1e-9) && value <= top * (1 + 1e-9)) values.push(value);
    }
  }
  return { step: null, values };
}

/**
 * Write the numbers of an axis so that they fit and can be told apart.
 * @param {number[]} values
 * @param {number | null} step between them; null writes each by itself
 * @param {(text: string) => boolean} fits
 * @returns {{texts: string[], note: string}} `note` is what all of them are to be added to or multiplied by
 */
export function numberLabels(values, step, fits) {
  if (step === null || !values.length) return { texts: values.map(shortNumber), note: "" };
  const biggest = Math.max(...values.map(Math.abs));
  for (const write of [plainTexts, suffixTexts, exponentTexts]) {
    const texts = write(values, step, biggest);
    if (texts?.every(fits)) return { texts, note: "" };
  }
  const power = powerOf(biggest);
  if (biggest > 0 && power - powerOf(step) <= 3) {
    const texts = values.map((value) => plainNumber(timesPower(value, -power), power - powerOf(step)));
    return { texts, note: `×10${superscript(power)}` };
  }
  const base = roundest(values[0], values.at(-1));
  if (base === 0) return { texts: values.map(shortNumber), note: "" };
  const rest = values.map((value) => onGrid(value - base, step));
  const { texts } = numberLabels(rest, step, () => true);
  const baseText = plainTexts([base], Math.abs(base), Math.abs(base))?.[0] ?? shortNumber(base);
  return { texts: texts.map((text, i) => (rest[i] > 0 ? `+${text}` : text)), note: base < 0 ? baseText : `+${baseText}` };
}

/** @returns {number} the number between two that has the most zeros at its end */
function roundest(low, high) {
  const middle = low / 2 + high / 2;
  for (let power = powerOf(Math.max(Math.abs(low), Math.abs(high))); power > -300; power -= 1) {
    const unit = 10 ** power;
    const found = Math.round(middle / unit) * unit;
    if (found >= low && found <= high) return onGrid(found, unit);
  }
  return 0;
}

/** @returns {number} the power of ten of a number's first digit */
function powerOf(value) {
  return Math.floor(Math.log10(value) + 1e-9);
}

/** In two steps: 10 ** 310 is no number. */
function timesPower(value, power) {
  const half = Math.trunc(power / 2);
  return value * 10 ** half * 10 ** (power - half);
}

function superscript(power) {
  return String(power).replace(/./g, (sign) => (sign === "-" ? "\u207b" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)]));
}

function plainTexts(values, step, biggest) {
  const decimals = decimalsOf(step);
  if (biggest >= 1e15 || decimals > 7) return null;
  return values.map((value) => plainNumber(value, decimals));
}

function suffixTexts(values, step, biggest) {
  const power = Math.floor(Math.log10(biggest) / 3);
  if (!(power >= 1 && power < SUFFIXES.length)) return null;
  const unit = 1000 ** power;
  const decimals = decimalsOf(step / unit);
  if (decimals > 3) return null;
  return values.map((value) => (value === 0 ? "0" : plainNumber(value / unit, decimals) + SUFFIXES[power]));
}

function exponentTexts(values, step, biggest) {
  if (!(biggest > 0)) return null;
  const power = powerOf(biggest);
  const decimals = Math.max(0, power - powerOf(step));
  if (decimals > 3) return null;
  return values.map((value) => (value === 0 ? "0" : withMinusSign(`${timesPower(value, -power).toFixed(decimals)}e${power}`)));
}

/** @returns {number} decimals that a multiple of `step` needs */
function decimalsOf(step) {
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}

function plainNumber(value, decimals) {
  const text = value.toFixed(Math.min(decimals, 20));
  const [, sign, whole, rest] = /^(-?)(\d+)(.*)$/.exec(text) ?? ["", "", text, ""];
  const isZero = Number(text) === 0;
  return (sign && !isZero ? MINUS_SIGN : "") + whole.replace(/\B(?=(\d{3})+$)/g, ",") + rest;
}

/** @returns {string} a number by itself, in a few signs: "0.05", "2,000", "50k", "1e−9" */
export function shortNumber(value) {
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  if (magnitude >= 1e15 || magnitude < 1e-3) {
    const [mantissa, power] = value.toExponential(3).split("e");
    return withMinusSign(`${Number(mantissa)}e${Number(power)}`);
  }
  const power = magnitude >= 1e4 ? Math.min(SUFFIXES.length - 1, Math.floor(Math.log10(magnitude) / 3)) : 0;
  const short = Number((value / 1000 ** power).toPrecision(5));
  return withMinusSign(power ? String(short) : plainNumber(short, (String(short).split(".")[1] ?? "").length)) + SUFFIXES[power];
}

function withMinusSign(text) {
  return text.replaceAll("-", MINUS_SIGN);
}
