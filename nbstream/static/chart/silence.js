// Draws that nothing newer has come: the ends of the lines in grey, and how old they are.

import { fontOf } from "./grid.js";

const END_DOT_PX = 4;
const AGE_GAP_PX = 8;

/** @returns {{row: number, axis: number, time: number, value: number} | null} the newest reading of a line */
export function endOf(line, place) {
  let i = line.end - 1;
  while (i >= line.start && Number.isNaN(line.values[i])) i -= 1;
  return i < line.start ? null : { ...place, time: line.times[i], value: line.values[i] };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{time: number, isOver: boolean, text: string}} age
 * @param {{row: number, axis: number, time: number, value: number}[]} ends newest readings of the lines
 * @param {import("./grid.js").Picture} picture
 */
export function drawSilence(context, age, ends, { layout, look, rows, x }) {
  const { left, width, ratio } = layout;
  const right = left + width;
  const seen = [];
  for (const { row, axis, time, value } of ends) {
    const place = layout.rows[row];
    const y = rows[row].axes[axis]?.y?.(value);
    const at = x(time);
    if (!(y >= 0 && y <= place.height) || at < left || at > right) continue;
    seen.push({ x: at, y: place.top + y, time, row });
  }
  context.fillStyle = look.muted;
  context.strokeStyle = look.surface;
  context.lineWidth = 1.5 * ratio;
  for (const end of seen) {
    context.beginPath();
    context.arc(end.x, end.y, END_DOT_PX * ratio, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
  if (!age.text || !seen.length) return;
  const newest = seen.reduce((best, end) => (end.time > best.time ? end : best));
  context.font = fontOf(look, ratio);
  context.textBaseline = "middle";
  const long = context.measureText(age.text).width;
  const isRight = newest.x + (AGE_GAP_PX + 4) * ratio + long <= right;
  context.textAlign = isRight ? "left" : "right";
  const edge = newest.x + (isRight ? AGE_GAP_PX : -AGE_GAP_PX) * ratio;
  const place = layout.rows[newest.row];
  const y = Math.min(Math.max(newest.y, place.top + 10 * ratio), place.top + place.height - 10 * ratio);
  if (!isRight) {
    context.globalAlpha = 0.85;
    context.fillStyle = look.surface;
    context.fillRect(edge - long - 3 * ratio, y - 8 * ratio, long + 6 * ratio, 16 * ratio);
    context.globalAlpha = 1;
    context.fillStyle = look.muted;
  }
  context.fillText(age.text, edge, y);
}
