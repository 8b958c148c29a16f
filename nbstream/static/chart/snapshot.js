// A picture of a chart with all that explains it: title, legend, ground.

import { dashPattern, FONT_PX } from "./look.js";

const TITLE_PX = 15;
const TITLE_ROW_PX = 34;
const LEGEND_ROW_PX = 20;
const EDGE_PX = 12;
const SWATCH_PX = 18;
const ENTRY_GAP_PX = 18;
const MOST_SIGNS = 40;

/**
 * @param {HTMLCanvasElement} plot what was drawn
 * @param {object} more
 * @param {number} more.scale device px per CSS px
 * @param {string | null} more.title
 * @param {{name: string, style: import("./look.js").LineStyle}[]} more.entries of the legend
 * @param {import("./look.js").Look} more.look
 * @returns {HTMLCanvasElement}
 */
export function pictureWith(plot, { scale, title, entries, look }) {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const width = plot.width / scale + 2 * EDGE_PX;
  context.font = `${FONT_PX}px ${look.family}`;
  const places = placed(entries, width - 2 * EDGE_PX, (text) => context.measureText(text).width);
  const head = title ? TITLE_ROW_PX : EDGE_PX;
  const nRows = places.length ? places.at(-1).row + 1 : 0;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round((head + nRows * LEGEND_ROW_PX + EDGE_PX) * scale) + plot.height;
  context.scale(scale, scale);
  context.fillStyle = look.surface;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(plot, EDGE_PX, head, plot.width / scale, plot.height / scale);
  context.textBaseline = "middle";
  if (title) {
    context.fillStyle = look.ink;
    context.font = `600 ${TITLE_PX}px ${look.family}`;
    context.fillText(title, EDGE_PX, head / 2, width - 2 * EDGE_PX);
  }
  context.font = `${FONT_PX}px ${look.family}`;
  for (const { name, style, x, row } of places) {
    const y = head + plot.height / scale + (row + 0.5) * LEGEND_ROW_PX;
    context.strokeStyle = style.color;
    context.lineWidth = 2;
    context.setLineDash(dashPattern(style.dash, 1));
    context.beginPath();
    context.moveTo(EDGE_PX + x, y);
    context.lineTo(EDGE_PX + x + SWATCH_PX, y);
    context.stroke();
    context.fillStyle = look.ink;
    context.fillText(name, EDGE_PX + x + SWATCH_PX + 6, y);
  }
  return canvas;
}

/** Entries side by side, in as many rows as they need. */
function placed(entries, width, widthOf) {
  let x = 0;
  let row = 0;
  return entries.map(({ name, style }) => {
    const signs = [...name];
    const half = MOST_SIGNS / 2;
    const text = signs.length > MOST_SIGNS ? `${signs.slice(0, half).join("")}…${signs.slice(1 - half).join("")}` : name;
    const long = SWATCH_PX + 6 + widthOf(text);
    if (x > 0 && x + long > width) {
      x = 0;
      row += 1;
    }
    const place = { name: text, style, x, row };
    x += long + ENTRY_GAP_PX;
    return place;
  });
}
