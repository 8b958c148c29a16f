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
/** A reading with so much room on either side (CSS px) is drawn larger than the line is wide. */
const LONE_PX = 4;

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
  const last = line.stopOf(plane.to);
  if (last <= first) return;
  const { times, values } = line;
  const scaleX = plane.width / (plane.to - plane.from);
  const scaleY = plane.height / (plane.top - plane.bottom);
  const x = (i) => (times[i] - plane.from) * scaleX;
  // Two products rather than one of a difference, which overflows for values near 1e308.
  const base = plane.height + plane.bottom * scaleY;
  const y = (i) => base - values[i] * scaleY;
  let n = 0;
  for (let i = first; i < last; i += 1) if (values[i] === values[i]) n += 1;
  const spacing = ((times[last - 1] - times[first]) * scaleX) / plane.ratio / (n - 1);
  const isSparse = n === 1 || spacing >= MARKER_SPACING_PX;
  const mode = style.mode ?? (isSparse ? "lines+markers" : "lines");
  context.globalAlpha = style.opacity;
  context.strokeStyle = context.fillStyle = style.color;
  if (mode.includes("lines")) {
    context.lineWidth = style.width * plane.ratio;
    context.lineJoin = "bevel";
    context.setLineDash((DASHES[style.dash] ?? []).map((d) => d * context.lineWidth));
    context.beginPath();
    const dots = new Dots(context.lineWidth, LONE_PX * plane.ratio);
    let isOpen = false;
    for (let i = first; i < last; i += 1) {
      if (values[i] !== values[i]) {
        isOpen = false;
        continue;
      }
      const px = x(i);
      const py = y(i);
      if (isOpen) context.lineTo(px, py);
      else context.moveTo(px, py);
      dots.add(px, py, isOpen);
      isOpen = true;
    }
    context.stroke();
    if (!mode.includes("markers")) dots.fill(context);
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

/** The pieces of a line that are too short for a stroke to be seen: each becomes a dot. */
class Dots {
  /**
   * @param {number} width of the line, device px
   * @param {number} room around a reading that stands alone, device px
   */
  constructor(width, room) {
    this.width = width;
    this.room = room;
    /** x, y and radius of each. */
    this.places = [];
    this.piece = null;
    this.stop = -Infinity;
  }

  /** Add the next point of the line; it begins a piece unless it is joined to the one before. */
  add(x, y, isJoined) {
    if (isJoined) {
      this.piece.length += Math.abs(x - this.piece.x) + Math.abs(y - this.piece.y);
      this.piece.x = x;
      this.piece.y = y;
      return;
    }
    this.#close(x);
    this.piece = { x, y, length: 0, before: this.stop };
  }

  fill(context) {
    this.#close(Infinity);
    if (!this.places.length) return;
    context.beginPath();
    for (const [x, y, radius] of this.places) {
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.fill();
  }

  #close(next) {
    const { piece } = this;
    if (!piece) return;
    this.stop = piece.x;
    if (piece.length >= this.width) return;
    const isAlone = piece.x - piece.before >= this.room && next - piece.x >= this.room;
    this.places.push([piece.x, piece.y, isAlone ? this.width : this.width / 2]);
  }
}
