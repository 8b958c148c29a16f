// Live lines on a canvas.

const DASHES = {
  solid: [],
  dot: [1, 2],
  dash: [4, 3],
  longdash: [7, 3],
  dashdot: [4, 2, 1, 2],
  longdashdot: [7, 2, 1, 2],
};
/** Points further apart than this (CSS px) get markers, as plotly itself does for few points. */
const MARKER_SPACING_PX = 6;

/**
 * @typedef {object} Plane maps data to canvas pixels
 * @property {number} from left edge, epoch ms
 * @property {number} to right edge, epoch ms
 * @property {number} bottom
 * @property {number} top
 * @property {number} width device px
 * @property {number} height device px
 * @property {number} ratio device px per CSS px
 */

/**
 * @typedef {object} LineStyle
 * @property {string} color
 * @property {number} width CSS px
 * @property {string} dash
 * @property {string | null} mode "lines", "markers", "lines+markers", or null to choose by density
 * @property {number} markerSize CSS px
 * @property {number} opacity
 */

/**
 * Draw the part of a line that is in view.
 * @param {CanvasRenderingContext2D} context
 * @param {import("./line.js").Line} line
 * @param {Plane} plane
 * @param {LineStyle} style
 */
export function drawLine(context, line, plane, style) {
  const first = Math.max(line.start, line.indexOf(plane.from) - 1);
  const last = Math.min(line.end, line.indexOf(plane.to) + 1);
  if (last <= first) return;
  const { times, values } = line;
  const scaleX = plane.width / (plane.to - plane.from);
  const scaleY = plane.height / (plane.top - plane.bottom);
  const x = (i) => (times[i] - plane.from) * scaleX;
  // Two products rather than one of a difference, which overflows for values near 1e308.
  const base = plane.height + plane.bottom * scaleY;
  const y = (i) => base - values[i] * scaleY;
  const spacing = ((times[last - 1] - times[first]) * scaleX) / plane.ratio / (last - first - 1);
  const isSparse = last - first === 1 || spacing >= MARKER_SPACING_PX;
  const mode = style.mode ?? (isSparse ? "lines+markers" : "lines");
  context.globalAlpha = style.opacity;
  context.strokeStyle = context.fillStyle = style.color;
  if (mode.includes("lines")) {
    context.lineWidth = style.width * plane.ratio;
    context.lineJoin = "bevel";
    context.setLineDash((DASHES[style.dash] ?? []).map((d) => d * context.lineWidth));
    context.beginPath();
    let isOpen = false;
    let previous = -Infinity;
    for (let i = first; i < last; i += 1) {
      const value = values[i];
      if (value !== value) {
        isOpen = false;
        continue;
      }
      const time = times[i];
      if (isOpen && time - previous <= line.gap) context.lineTo(x(i), y(i));
      else context.moveTo(x(i), y(i));
      isOpen = true;
      previous = time;
    }
    context.stroke();
  }
  if (mode.includes("markers")) {
    const radius = (style.markerSize / 2) * plane.ratio;
    context.beginPath();
    for (let i = first; i < last; i += 1) {
      if (values[i] !== values[i]) continue;
      const cx = x(i);
      context.moveTo(cx + radius, y(i));
      context.arc(cx, y(i), radius, 0, 2 * Math.PI);
    }
    context.fill();
  }
  context.globalAlpha = 1;
}
