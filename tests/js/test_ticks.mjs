// Ticks of the axes, and how their times and numbers are written.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clockText, logTicks, niceStep, numberLabels, numberTicks, shortNumber, timeTicks, wallClock } from "../../nbstream/static/chart/ticks.js";

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 28, 12);
/** Room for eight signs. */
const fits = (text) => text.length <= 8;
const labels = (bottom, top, count = 6) => {
  const { step, values } = numberTicks(bottom, top, count);
  return numberLabels(values, step, fits);
};
const times = (from, to, offset, least) => timeTicks(from, to, { offset }, least).ticks.map(({ text }) => text);
const spans = (from, to, offset, least) => timeTicks(from, to, { offset }, least).spans.map(({ text }) => text);

test("times are told to a tenth of a microsecond, as plotly reads them", () => {
  const time = NOON + 0.25;
  assert.equal(wallClock(time, HOUR), "2026-11-28 13:00:00.0002500");
  assert.equal(wallClock(NOON, 0), "2026-11-28 12:00:00.000");
  assert.equal(wallClock(NOON - 1 / 4096, 0), "2026-11-28 11:59:59.9999998");
});

test("ticks lie on the display zone's clock", () => {
  const { ticks } = timeTicks(NOON, NOON + 60_000, { offset: 5.5 * HOUR }, 9000);
  assert.deepEqual(ticks[0], { time: NOON, text: "17:30:00" });
  assert.deepEqual(times(NOON, NOON + 2 * HOUR, 5.5 * HOUR, HOUR / 2), ["17:30", "18:00", "18:30", "19:00", "19:30"]);
});

test("from microseconds to years the ticks are round, and tell as many digits as they need", () => {
  assert.deepEqual(times(NOON, NOON + 0.02, 0, 0.009), ["12:00:00.00000", "12:00:00.00001", "12:00:00.00002"]);
  assert.deepEqual(times(NOON - 10, NOON, 0, 4), ["11:59:59.990", "11:59:59.995", "12:00:00.000"]);
  assert.deepEqual(times(NOON, NOON + 1000, 0, 400), ["12:00:00.0", "12:00:00.5", "12:00:01.0"]);
  assert.deepEqual(times(NOON, NOON + 24 * HOUR, 0, 5 * HOUR), ["12:00", "18:00", "00:00", "06:00", "12:00"]);
  assert.deepEqual(times(NOON, NOON + 72 * HOUR, 0, 20 * HOUR), ["29 Nov", "30 Nov", "1 Dec"]);
  assert.deepEqual(times(NOON, NOON + 90 * 24 * HOUR, 0, 25 * 24 * HOUR), ["Dec", "Jan", "Feb"]);
  assert.deepEqual(times(NOON, NOON + 3000 * 24 * HOUR, 0, 700 * 24 * HOUR), ["2028", "2030", "2032", "2034"]);
});

/** Clocks of Berlin, on the last Sundays of March and of October. */
const SPRING = Date.UTC(2026, 2, 29, 1);
const AUTUMN = Date.UTC(2026, 9, 25, 1);
const SUMMER_TIME = { offset: 2 * HOUR, before: [[SPRING, HOUR]] };
const WINTER_TIME = { offset: HOUR, before: [[SPRING, HOUR], [AUTUMN, 2 * HOUR]] };
const told = ({ ticks, spans }) => [ticks, spans].map((all) => all.map(({ text }) => text));

test("where clocks were set each side has its own, and the offset stands there", () => {
  const spring = timeTicks(SPRING - 3 * HOUR, SPRING + 3 * HOUR, SUMMER_TIME, HOUR);
  assert.deepEqual(told(spring), [["23:00", "00:00", "01:00", "03:00", "04:00", "05:00", "06:00"], ["28 Mar 2026", "29 Mar 2026", "UTC+02:00"]]);
  assert.equal(spring.spans.at(-1).time, SPRING);
  const autumn = timeTicks(AUTUMN - 3 * HOUR, AUTUMN + 3 * HOUR, WINTER_TIME, HOUR);
  assert.deepEqual(told(autumn), [["00:00", "01:00", "02:00", "02:00", "03:00", "04:00", "05:00"], ["25 Oct 2026", "UTC+01:00"]]);
  for (const { ticks } of [spring, autumn]) assert.ok(ticks.slice(1).every(({ time }, i) => time - ticks[i].time === HOUR));
});

test("midnights and months are those of the zone on both sides of a change, and no two ticks touch", () => {
  const DAY = 24 * HOUR;
  const days = timeTicks(AUTUMN - 2 * DAY, AUTUMN + 2 * DAY, WINTER_TIME, DAY);
  assert.deepEqual(told(days), [["24 Oct", "25 Oct", "26 Oct", "27 Oct"], ["2026"]]);
  assert.equal(days.ticks[2].time - days.ticks[1].time, 25 * HOUR);
  const months = timeTicks(SPRING - 80 * DAY, AUTUMN + 60 * DAY, WINTER_TIME, 25 * DAY);
  assert.deepEqual(told(months)[0], ["Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]);
  const coarse = timeTicks(AUTUMN - 5 * HOUR, AUTUMN + 7 * HOUR, WINTER_TIME, 2 * HOUR).ticks;
  assert.ok(coarse.slice(1).every(({ time }, i) => time - coarse[i].time >= 1.8 * HOUR));
});

test("a time that was twice is told with its offset, others without", () => {
  const view = { from: AUTUMN - HOUR, to: AUTUMN + HOUR };
  assert.equal(clockText(AUTUMN - HOUR / 2, view, WINTER_TIME), "2026-10-25 02:30:00 UTC+02:00");
  assert.equal(clockText(AUTUMN + HOUR / 2, view, WINTER_TIME), "2026-10-25 02:30:00 UTC+01:00");
  assert.equal(clockText(AUTUMN - HOUR, { from: AUTUMN - 2 * HOUR, to: AUTUMN - HOUR }, WINTER_TIME), "2026-10-25 02:00:00");
  assert.equal(clockText(SPRING - HOUR, { from: SPRING - 2 * HOUR, to: SPRING - HOUR }, WINTER_TIME), "2026-03-29 01:00:00");
});

test("a week's ticks are Mondays", () => {
  assert.deepEqual(times(NOON, NOON + 15 * 24 * HOUR, 0, 6 * 24 * HOUR), ["30 Nov", "7 Dec"]);
});

test("below the times stands the day of the left edge, and each that begins", () => {
  assert.deepEqual(spans(NOON, NOON + HOUR, 0, HOUR / 4), ["28 Nov 2026"]);
  assert.deepEqual(spans(NOON, NOON + 20 * HOUR, 0, 5 * HOUR), ["28 Nov 2026", "29 Nov 2026"]);
  assert.deepEqual(spans(NOON, NOON + 60 * 24 * HOUR, 0, 10 * 24 * HOUR), ["2026", "2027"]);
  assert.deepEqual(spans(NOON, NOON + 3000 * 24 * HOUR, 0, 700 * 24 * HOUR), []);
});

test("times that no date can hold have no ticks", () => {
  assert.deepEqual(timeTicks(9e15, 9.1e15, { offset: 0 }, 1e13), { ticks: [], spans: [] });
  assert.deepEqual(timeTicks(NaN, NOON, { offset: 0 }, 1000), { ticks: [], spans: [] });
  assert.deepEqual(timeTicks(NOON, NOON, { offset: 0 }, 1000), { ticks: [], spans: [] });
});

test("steps are 1, 2 and 5 times powers of ten", () => {
  assert.deepEqual([0.3, 1, 1.2, 2.5, 7, 90, 1e-9].map(niceStep), [0.5, 1, 2, 5, 10, 100, 1e-9]);
});

test("ticks are multiples of their step, without the noise of arithmetic", () => {
  assert.deepEqual(numberTicks(-0.31, 0.31, 6).values, [-0.2, 0, 0.2]);
  assert.deepEqual(numberTicks(0.05, 0.75, 7).values, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
});

test("a log axis has a tick at each power of ten, or at each so many", () => {
  assert.deepEqual(logTicks(0.005, 2000, 6).values, [0.01, 0.1, 1, 10, 100, 1000]);
  assert.deepEqual(logTicks(1, 100, 6).values, [1, 2, 5, 10, 20, 50, 100]);
  assert.deepEqual(logTicks(1e-12, 1e12, 6).values, [1e-12, 1e-8, 1e-4, 1, 1e4, 1e8, 1e12]);
  assert.equal(logTicks(2, 8, 6).step, 1);
});

test("numbers of an axis have the same digits, and thousands apart", () => {
  assert.deepEqual(labels(-1.1, 1.1, 5).texts, ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
  assert.deepEqual(labels(101_319, 101_331, 3).texts, ["101,320", "101,325", "101,330"]);
});

test("large numbers that don't fit get a letter, larger and small ones a power", () => {
  assert.deepEqual(labels(0, 2.1e6, 4).texts, ["0", "1M", "2M"]);
  assert.deepEqual(labels(0, 2e307, 2).texts, ["0", "1e307", "2e307"]);
  assert.deepEqual(labels(0, 2e-9, 2).texts, ["0", "1e−9", "2e−9"]);
  assert.deepEqual(labels(-1.7e308, 1.7e308, 4).texts, ["−1e308", "0", "1e308"]);
});

test("digits that don't fit with a power have it above the axis", () => {
  const narrow = numberLabels([-1.5e-5, 0, 1.5e-5], 5e-6, (text) => text.length <= 5);
  assert.deepEqual(narrow, { texts: ["−1.5", "0.0", "1.5"], note: "×10⁻⁵" });
});

test("small differences of large numbers are written as what is to be added", () => {
  assert.deepEqual(labels(1e9 - 0.5, 1e9 + 0.5, 4), { texts: ["−0.5", "0.0", "+0.5"], note: "+1,000,000,000" });
  assert.deepEqual(labels(-1e9 - 0.5, -1e9 + 0.5, 4), { texts: ["−0.5", "0.0", "+0.5"], note: "−1,000,000,000" });
  assert.deepEqual(labels(1e-3 - 1e-9, 1e-3 + 1e-9, 2).note, "+0.001");
});

test("numbers of any size get ticks that differ, and nothing throws", () => {
  for (const middle of [0, 1, -1, 1e9, 1e15, 123456.789, 1e-9, 1e300]) {
    for (const half of [1e-300, 1e-9, 1e-3, 1, 1e6, 1e308]) {
      const [bottom, top] = [middle - half, middle + half];
      if (!(top - bottom > 1e-12 * Math.abs(middle))) continue;
      const { step, values } = numberTicks(bottom, top, 5);
      const { texts } = numberLabels(values, step, fits);
      assert.ok(values.length >= 2 && values.length <= 8, `${values.length} ticks from ${bottom} to ${top}`);
      assert.equal(new Set(texts).size, values.length, `${texts} from ${bottom} to ${top}`);
    }
  }
});

test("a number by itself is short", () => {
  assert.deepEqual([0, 0.05, 2000, 50_000, 1.5e7, 1e-9, -3e20].map(shortNumber), ["0", "0.05", "2,000", "50k", "15M", "1e−9", "−3e20"]);
});
