// Draws what stands across a row: limits of rules, and the lines and areas of the user's own.

import { apart } from "../shared/dom.js";
import { dashPattern } from "./look.js";
import { fontOf, shortenedTo } from "./grid.js";

const PLATE_PX = 4;
const LABEL_PX = 16;
const MARGIN_PX = 6;
/** The most of the plot's width that a label takes. */
const LABEL_SHARE = 0.6;
/** So far outside a shape's end isn't seen, and arithmetic doesn't suffer. */
const FAR_OUT_PX = 20_000;

/**
 * Draw areas, which lie under the lines.
 * @param {CanvasRenderingContext2D} context
 * @param {any[]} shapes of meta.figure
 * @param {import("./grid.js").Picture} picture
 */
export function drawAreas(context, shapes, picture) {
  for (const shape of shapes) {
    const box = shape.type === "rect" && shape.fill ? boxOf(shape, picture) : null;
    if (!box) continue;
    context.save();
    clipToRow(context, picture.layout, box.row);
    context.globalAlpha = shape.opacity ?? 1;
    context.fillStyle = shape.fill;
    context.fillRect(box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0);
    context.restore();
  }
}

/** Draw the lines of shapes and limits, and the labels of both, which nothing covers. */
export function drawAcross(context, { thresholds = [], shapes = [] }, picture) {
  const { layout, look, rows } = picture;
  const labels = layout.rows.map(() => []);
  for (const shape of shapes) {
    const box = boxOf(shape, picture);
    if (!box) continue;
    drawOutline(context, shape, box, picture);
    if (!shape.text) continue;
    const corner = { x: Math.max(Math.min(box.x0, box.x1), layout.left), y: Math.min(box.y0, box.y1) };
    labels[box.row].push({ ...corner, text: shape.text, color: shape.color || look.ink });
  }
  for (const { row = 0, axis = 0, value, text, severity } of thresholds) {
    const place = layout.rows[row];
    const at = rows[row]?.axes[axis]?.y?.(value);
    if (!(at >= -0.5 && at <= place?.height + 0.5)) continue;
    const y = place.top + Math.round(at);
    const color = look.severities[severity] ?? look.ink;
    strokeAcross(context, [layout.left, y, layout.left + layout.width, y], color, 1.25, "dash", layout.ratio);
    labels[row].push({ x: layout.left, y, text, color });
  }
  labels.forEach((found, row) => drawLabels(context, found, layout.rows[row], picture));
}

function drawOutline(context, shape, box, { layout, look }) {
  const { ratio } = layout;
  const width = shape.width ?? 1.5;
  if (!(width > 0) || (shape.type === "rect" && !shape.color)) return;
  context.save();
  clipToRow(context, layout, box.row);
  context.globalAlpha = shape.opacity ?? 1;
  const { x0, y0, x1, y1 } = box;
  const edges = shape.type === "rect" ? [[x0, y0, x1, y0], [x1, y0, x1, y1], [x1, y1, x0, y1], [x0, y1, x0, y0]] : [[x0, y0, x1, y1]];
  for (const edge of edges) strokeAcross(context, edge, shape.color || look.ink, width, shape.dash ?? "solid", ratio);
  context.restore();
}

function clipToRow(context, { left, width, rows }, row) {
  context.beginPath();
  context.rect(left, rows[row].top, width, rows[row].height);
  context.clip();
}

function strokeAcross(context, [x0, y0, x1, y1], color, width, dash, ratio) {
  const device = Math.max(1, Math.round(width * ratio));
  const shift = (device % 2) / 2;
  context.strokeStyle = color;
  context.lineWidth = device;
  context.setLineDash(dashPattern(dash, ratio));
  context.lineDashOffset = 0;
  context.beginPath();
  context.moveTo(x0 + (x0 === x1 ? shift : 0), y0 + shift);
  context.lineTo(x1 + (x0 === x1 ? shift : 0), y1 + shift);
  context.stroke();
  context.setLineDash([]);
}

/** Each label above its line, on a plate; where two would touch, the lower one goes below its line, or the other. */
function drawLabels(context, labels, place, { layout, look }) {
  const { ratio, left, width } = layout;
  const height = LABEL_PX * ratio;
  const taken = [];
  context.font = fontOf(look, ratio);
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const { x, y, text: whole, color } of labels.sort((a, b) => a.y - b.y)) {
    const text = apart(shortenedTo(context, whole, LABEL_SHARE * width));
    const long = context.measureText(text).width + 2 * PLATE_PX * ratio;
    const at = Math.round(Math.min(x + MARGIN_PX * ratio, Math.max(left, left + width - long)));
    const beside = taken.filter((other) => at < other.right && other.at < at + long);
    const least = Math.max(place.top, ...beside.map((other) => other.top + height)); // in the order of their lines
    const most = place.top + place.height - height;
    const above = Math.round(y - height - 2 * ratio);
    const below = Math.round(y + 3 * ratio);
    const top = [above, below].find((edge) => edge >= least && edge <= most) ?? Math.min(least, most);
    taken.push({ top, at, right: at + long });
    context.globalAlpha = 0.88;
    context.fillStyle = look.surface;
    context.beginPath();
    if (context.roundRect) context.roundRect(at, top, long, height, 3 * ratio);
    else context.rect(at, top, long, height);
    context.fill();
    context.globalAlpha = 1;
    context.fillStyle = color;
    context.fillText(text, at + PLATE_PX * ratio, top + height / 2 + ratio / 2);
  }
}

/** @returns {{row: number, x0: number, x1: number, y0: number, y1: number} | null} where a shape is, if in view */
function boxOf({ row = 0, axis = 0, x0, x1, y0, y1 }, { layout, rows, x }) {
  const place = layout.rows[row];
  if (!place) return null;
  const y = rows[row].axes[axis]?.y;
  const [left, right, top, bottom] = [layout.left, layout.left + layout.width, place.top, place.top + place.height];
  const across = (value, whole) => (value === null || value === undefined ? whole : y ? top + Math.round(y(value)) : NaN);
  const near = (px) => Math.min(Math.max(px, left - FAR_OUT_PX), right + FAR_OUT_PX);
  const along = (time, whole) => (time === null || time === undefined ? whole : near(x(time)));
  const box = { row, x0: along(x0, left), x1: along(x1, right), y0: across(y0, top), y1: across(y1, bottom) };
  const isOver = (a, b, low, high) => Math.max(a, b) >= low && Math.min(a, b) <= high; // false for NaN
  return isOver(box.x0, box.x1, left, right) && isOver(box.y0, box.y1, top, bottom) ? box : null;
}
