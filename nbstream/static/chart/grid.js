// Draws the grid of a chart, and the numbers, units and times beside it.

import { FONT_PX } from "./look.js";
import { logTicks, numberLabels, numberTicks, timeTicks } from "./ticks.js";

const Y_TICK_PX = 44;
const LEAST_Y_TICK_PX = 20;
const FEWEST_TICKS = 3;
const TIME_TICK_PX = 90;
const TIME_GAP_PX = 28;
const LABEL_GAP_PX = 7;
const TICK_PX = 4;
/** Of a text that has no room for so many signs anyway. */
const LONGEST = 200;

/**
 * @typedef {object} AxisTicks
 * @property {number[]} values
 * @property {string[]} texts
 * @property {string} note what the texts are to be added to or multiplied by
 */

/**
 * @param {[number, number]} range
 * @param {boolean} isLog
 * @param {number} height CSS px
 * @param {(text: string) => boolean} fits
 * @returns {AxisTicks}
 */
export function axisTicks([bottom, top], isLog, height, fits) {
  const most = Math.max(2, Math.floor(height / LEAST_Y_TICK_PX));
  let count = Math.max(2, Math.floor(height / Y_TICK_PX));
  const find = () => (isLog ? logTicks(bottom, top, count) : numberTicks(bottom, top, count));
  let found = find();
  while (found.values.length < FEWEST_TICKS && count < most) {
    count += 1;
    found = find();
  }
  return { values: found.values, ...numberLabels(found.values, found.step, fits) };
}

/**
 * Ticks of the time axis, so far apart that their texts don't touch.
 * @param {{from: number, to: number, msPerPx: number}} view `msPerPx` of a CSS px
 * @param {import("./ticks.js").Zone} zone
 * @param {(text: string) => number} widthOf a text, CSS px
 */
export function spacedTimeTicks({ from, to, msPerPx }, zone, widthOf) {
  const found = timeTicks(from, to, zone, TIME_TICK_PX * msPerPx);
  const needed = Math.max(0, ...found.ticks.map(({ text }) => widthOf(text))) + TIME_GAP_PX;
  return needed > TIME_TICK_PX ? timeTicks(from, to, zone, needed * msPerPx) : found;
}

/** @returns {string} */
export function fontOf(look, ratio, weight = "") {
  return `${weight}${FONT_PX * ratio}px ${look.family}`;
}

/**
 * @param {CanvasRenderingContext2D} context with the font
 * @param {string} text
 * @param {number} room device px
 * @returns {string} the text, without its middle if it is too long
 */
export function shortenedTo(context, text, room) {
  const isLong = text.length > LONGEST;
  const ends = isLong ? (text.slice(0, LONGEST / 2) + text.slice(-LONGEST / 2)).replace(/\p{Surrogate}/gu, "") : text;
  const width = context.measureText(ends).width;
  if (width <= room && !isLong) return text;
  const signs = [...ends];
  const half = Math.max(1, Math.floor((signs.length * Math.min(1, room / width) - 1) / 2));
  return `${signs.slice(0, half).join("")}…${signs.slice(-half).join("")}`;
}

/**
 * @typedef {object} Picture what is drawn, device px
 * @property {import("./layout.js").Layout} layout
 * @property {import("./look.js").Look} look
 * @property {{ticks: {time: number, text: string}[], spans: {time: number, text: string}[]}} times
 * @property {(time: number) => number} x of a time, whole
 * @property {string} zone
 * @property {{axes: {y: ((value: number) => number) | null, ticks: AxisTicks | null, title: string, color: string | null}[]}[]} rows
 */

/** Draw what lies under the lines. @param {CanvasRenderingContext2D} context @param {Picture} picture */
export function drawGrid(context, { layout, look, times, x, rows }) {
  const { left, width, ratio } = layout;
  const hair = Math.max(1, Math.floor(ratio));
  const days = new Set(times.spans.slice(1).map(({ time }) => time));
  layout.rows.forEach(({ top, height }, i) => {
    context.fillStyle = look.grid;
    for (const { time } of times.ticks) if (!days.has(time)) context.fillRect(x(time), top, hair, height);
    const [first] = rows[i].axes;
    if (first?.ticks) {
      for (const value of first.ticks.values) {
        const y = top + Math.min(Math.round(first.y(value)), height - hair);
        if (y < top + height - hair) context.fillRect(left, y, width, hair);
      }
    }
    context.fillStyle = look.frame;
    for (const time of days) if (x(time) > left) context.fillRect(x(time), top, hair, height);
  });
}

/** Draw the edges of the rows, over the lines. */
export function drawFrames(context, { layout, look }) {
  const { left, width, ratio } = layout;
  const hair = Math.max(1, Math.floor(ratio));
  layout.rows.forEach(({ top, height }) => {
    context.fillStyle = look.grid;
    context.fillRect(left, top, width, hair);
    context.fillRect(left, top, hair, height);
    context.fillRect(left + width - hair, top, hair, height);
    context.fillStyle = look.frame;
    context.fillRect(left, top + height - hair, width, hair);
  });
}

/** Draw numbers and units beside the rows. */
export function drawNumbers(context, { layout, look, rows }) {
  const { left, width, ratio, canvasWidth } = layout;
  const gap = LABEL_GAP_PX * ratio;
  context.textBaseline = "middle";
  layout.rows.forEach(({ top, height }, i) => {
    rows[i].axes.forEach(({ y, ticks, title, color }, side) => {
      const isRight = side > 0;
      const edge = isRight ? left + width : left;
      const x = isRight ? edge + gap : edge - gap;
      context.textAlign = isRight ? "left" : "right";
      context.fillStyle = color ?? look.muted;
      context.font = fontOf(look, ratio);
      if (ticks) {
        ticks.values.forEach((value, n) => {
          const at = Math.min(Math.round(y(value)), height - 1);
          context.fillText(ticks.texts[n], x, top + at + ratio / 2);
          if (isRight) context.fillRect(edge, top + at, Math.round(TICK_PX * ratio), Math.max(1, Math.floor(ratio)));
        });
      }
      if (!ticks?.note && !title) return;
      context.fillStyle = color ?? look.ink;
      context.font = fontOf(look, ratio, "500 ");
      const header = shortenedTo(context, [ticks?.note, title].filter(Boolean).join(" "), canvasWidth * (rows[i].axes.length > 1 ? 0.45 : 0.9));
      const isWide = context.measureText(header).width > layout.numbers - gap;
      if (isWide) context.textAlign = isRight ? "right" : "left";
      const outer = isRight ? canvasWidth - 2 * ratio : 2 * ratio;
      context.fillText(header, isWide ? outer : x, top - 12 * ratio);
    });
  });
}

/** Say in the middle of a row why it shows nothing. @param {{left: number, top: number, width: number, height: number}} box device px */
export function drawWhy(context, text, { left, top, width, height }, look, ratio) {
  context.font = fontOf(look, ratio * 1.15);
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = look.muted;
  context.fillText(shortenedTo(context, text, width * 0.94), left + width / 2, top + height / 2);
}

/** Draw the times below the rows. */
export function drawTimes(context, { layout, look, times, x, zone }) {
  const { left, width, ratio, canvasWidth, bottom } = layout;
  const hair = Math.max(1, Math.floor(ratio));
  context.font = fontOf(look, ratio);
  context.textBaseline = "alphabetic";
  context.fillStyle = look.frame;
  for (const { time } of times.ticks) context.fillRect(x(time), bottom, hair, Math.round(TICK_PX * ratio));
  context.fillStyle = look.muted;
  context.textAlign = "center";
  for (const { time, text } of times.ticks) {
    const half = context.measureText(text).width / 2;
    const at = x(time);
    if (at - half >= 0 && at + half <= canvasWidth) context.fillText(text, at, bottom + 16 * ratio);
  }
  const line = bottom + 31 * ratio;
  let end = left + width;
  if (zone) {
    context.textAlign = "right";
    context.globalAlpha = 0.75;
    context.fillText(zone, end, line);
    context.globalAlpha = 1;
    end -= context.measureText(zone).width + 10 * ratio;
  }
  context.textAlign = "left";
  // The day that holds the left edge stays there until the next one pushes it out.
  times.spans.forEach(({ time, text }, i) => {
    const textWidth = context.measureText(text).width;
    const next = times.spans[i + 1] ? x(times.spans[i + 1].time) - 12 * ratio : Infinity;
    const at = i === 0 ? Math.min(left, next - textWidth) : x(time);
    if (at >= 2 * ratio && at + textWidth <= end) context.fillText(text, at, line);
  });
}
