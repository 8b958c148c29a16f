// Channels of words: below the rows each has a lane, in which its states are blocks with their labels.

import { spanText } from "./box.js";
import { fontOf, shortenedTo } from "./grid.js";
import { PALETTES } from "./look.js";

/** Stands for several states within less than a pixel, as nbstream/summaries/bins.py has it. */
export const MIXED = -1;
const LABEL_PAD_PX = 5;
const LEAST_LABEL_PX = 22;
/** A block is told apart from the next one of another label by so much room (CSS px) where it is this wide. */
const SEAM_PX = 8;
const NEAR_STATE_PX = 12;
/** How much is seen of a state that nobody has told anything of since. */
export const FAINT = 0.35;
const INK_ON = { light: "#ffffff", dark: "#111111" };
const MIXED_TEXT = "several states";

/**
 * @typedef {object} Run a state that lasts, columns of the whole time axis
 * @property {number} code
 * @property {number} from first column
 * @property {number} stop column behind the last
 * @property {boolean} isFaint whether it is what was told last, and nothing since
 */

/** What the codes of channels mean. */
export class LaneLabels {
  constructor() {
    /** By channel: label and number of its colour, by code. @type {Map<number, Map<number, {text: string, shade: number}>>} */
    this.channels = new Map();
  }

  /** @param {Record<string, [number, string, number][]>} told by channel: code, label, number of its colour */
  take(told) {
    for (const [channel, labels] of Object.entries(told ?? {})) {
      const known = this.channels.get(Number(channel)) ?? new Map();
      this.channels.set(Number(channel), known);
      for (const [code, text, shade] of labels) known.set(code, { text, shade });
    }
  }

  /** @returns {{text: string, shade: number} | null} */
  of(channel, code) {
    return this.channels.get(channel)?.get(code) ?? null;
  }

  /** @returns {string} */
  text(channel, code) {
    return code === MIXED ? MIXED_TEXT : (this.of(channel, code)?.text ?? "–");
  }
}

/**
 * The blocks of a lane. A column in which there is more than one state is `MIXED`; nothing is wider than what was told.
 * @param {import("./line.js").Line} line codes; NaN is a silence from the point before it on
 * @param {{origin: number, msPerPx: number}} scale
 * @param {number} first column of the view
 * @param {number} stop column behind the last
 * @param {number | null} until a state that is told only when it changes goes on up to this time; null for one that is
 *   told again and again
 * @returns {Run[]}
 */
export function laneRuns(line, { origin, msPerPx }, first, stop, until) {
  const column = (time) => Math.floor((time - origin) / msPerPx);
  const { times, values } = line;
  const runs = [];
  const put = (code, from, behind, isFaint = false) => {
    const last = runs.at(-1);
    if (last && from < last.stop) {
      if (last.code !== code) {
        if (last.stop - last.from > 1) {
          last.stop -= 1;
          runs.push({ code: MIXED, from: last.stop, stop: last.stop + 1, isFaint: false });
        } else last.code = MIXED;
      }
      if (behind <= runs.at(-1).stop) return;
      from = runs.at(-1).stop;
    }
    const before = runs.at(-1);
    if (before && before.code === code && before.stop === from && before.isFaint === isFaint) before.stop = behind;
    else runs.push({ code, from, stop: behind, isFaint });
  };
  let i = Math.max(line.start, line.indexOf(origin + first * msPerPx) - 1);
  const end = line.stopOf(origin + stop * msPerPx);
  while (i < end) {
    const code = values[i];
    if (code !== code) {
      i += 1;
      continue;
    }
    let next = i + 1;
    while (next < line.end && values[next] === code && code !== MIXED) next += 1;
    const isSilent = next >= line.end || values[next] !== values[next];
    const from = column(times[i]);
    const behind = isSilent ? column(times[next - 1]) + 1 : Math.max(column(times[next]), from + 1);
    put(code, from, behind);
    if (next >= line.end && until !== null) {
      const goesOn = column(until);
      if (goesOn > behind) put(code, behind, goesOn, true);
    }
    i = next;
  }
  return runs;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{channel: number, name: string, line: import("./line.js").Line, until: number | null, opacity: number}[]} lanes
 * @param {LaneLabels} labels
 * @param {{layout: import("./layout.js").Layout, look: import("./look.js").Look, scale: object, first: number}} picture
 */
export function drawLanes(context, lanes, labels, { layout, look, scale, first }) {
  const { left, width, ratio, numbers } = layout;
  context.textBaseline = "middle";
  context.direction = "ltr";
  lanes.slice(0, layout.lanes.length).forEach(({ channel, name, line, until, opacity }, i) => {
    const { top, height } = layout.lanes[i];
    context.fillStyle = look.muted;
    context.font = fontOf(look, ratio);
    context.textAlign = "right";
    context.fillText(shortenedTo(context, name, numbers - 9 * ratio), left - 6 * ratio, top + height / 2);
    context.fillStyle = look.grid;
    context.fillRect(left, top + height - Math.max(1, Math.floor(ratio)), width, Math.max(1, Math.floor(ratio)));
    const start = Math.floor(first);
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.textAlign = "left";
    for (const run of laneRuns(line, scale, start, start + width + 1, until)) {
      const x = left + Math.round(run.from - first);
      const right = left + Math.round(run.stop - first);
      if (right <= left || x >= left + width) continue;
      drawBlock(context, run, labels.of(channel, run.code), { x, right, top, height, left, end: left + width, ratio, look, opacity });
    }
    context.restore();
  });
  context.globalAlpha = 1;
  const more = lanes.length - layout.lanes.length;
  if (more > 0) {
    context.fillStyle = look.muted;
    context.font = fontOf(look, ratio);
    context.textAlign = "right";
    context.fillText(`+${more} more`, left + width, layout.bottom + 31 * ratio);
  }
}

function drawBlock(context, { code, isFaint }, label, { x, right, top, height, left, end, ratio, look, opacity }) {
  context.globalAlpha = opacity * (isFaint ? FAINT : 1);
  if (code === MIXED) {
    drawMixed(context, x, right, top, height, ratio, look);
    return;
  }
  const palette = PALETTES[look.isDark ? "dark" : "light"];
  const shade = label?.shade ?? 0;
  const isWide = right - x >= SEAM_PX * ratio;
  const block = right - x - (isWide ? Math.max(1, Math.floor(ratio)) : 0);
  context.fillStyle = palette[shade % palette.length];
  context.fillRect(x, top, block, height);
  const round = Math.floor(shade / palette.length) % 3;
  context.fillStyle = INK_ON[look.isDark ? "dark" : "light"];
  // After eight labels the colours come again, with lines in them.
  for (let line = 1; line <= round; line += 1) context.fillRect(x, Math.round(top + height - 3 * line * ratio), block, Math.max(1, Math.floor(ratio)));
  if (isFaint || !label) return;
  const from = Math.max(x, left) + LABEL_PAD_PX * ratio;
  const room = Math.min(x + block, end) - LABEL_PAD_PX * ratio - from;
  if (room < LEAST_LABEL_PX * ratio - 2 * LABEL_PAD_PX * ratio) return;
  context.font = fontOf(look, ratio, "500 ");
  const text = [1, 0.8, 0.6].map((share) => shortenedTo(context, label.text, room * share)).find((short) => context.measureText(short).width <= room);
  if (text) context.fillText(text, from, top + height / 2 + ratio / 2);
}

function drawMixed(context, x, right, top, height, ratio, look) {
  const thick = Math.max(1, Math.round(ratio));
  context.fillStyle = look.muted;
  if (right - x <= 2 * thick) {
    context.fillRect(x, top, right - x, height);
    return;
  }
  const alpha = context.globalAlpha;
  context.globalAlpha = alpha * 0.25;
  context.fillRect(x, top, right - x, height);
  context.globalAlpha = alpha;
  for (let y = top; y < top + height; y += 3 * thick) context.fillRect(x, y, right - x, thick);
}

/**
 * @param {import("./line.js").Line} line
 * @param {number} time epoch ms
 * @param {number | null} until as `laneRuns` takes it
 * @param {number} msPerPx of a CSS px
 * @returns {{code: number, since: number, isOlder: boolean} | null} the state at a time and since when it is known to
 *   last, with whether it is older than what is held; null in a silence
 */
export function stateAt(line, time, until, msPerPx) {
  let i = line.indexOf(time);
  while (i < line.end && line.times[i] <= time) i += 1;
  i -= 1;
  if (i < line.start || line.values[i] !== line.values[i]) return null;
  const isLast = i + 1 >= line.end;
  const isSilent = isLast ? until === null : line.values[i + 1] !== line.values[i + 1];
  if (isSilent && time - line.times[i] > NEAR_STATE_PX * msPerPx) return null;
  if (isLast && until !== null && time > until + NEAR_STATE_PX * msPerPx) return null;
  let first = i;
  while (first > line.start && line.values[first - 1] === line.values[i]) first -= 1;
  return { code: line.values[i], since: line.times[first], isOlder: first === line.start };
}

/** @returns {string} such as "RUN since 12:03:07 (4 min)" */
export function stateText(label, { since, isOlder, code }, time, clockText) {
  if (code === MIXED) return MIXED_TEXT;
  return `${label} since ${isOlder ? "before " : ""}${clockText(since)} (${spanText(Math.max(0, time - since) / 1000)})`;
}

/** @returns {string} the colour of a label */
export function shadeOf(shade, isDark) {
  const palette = PALETTES[isDark ? "dark" : "light"];
  return palette[shade % palette.length];
}
