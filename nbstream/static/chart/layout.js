// Where things are in a chart: its rows, the room for their numbers, and the time axis below.

/** Room for the numbers of a y axis, CSS px: always the same, so that the plot's edge never moves. */
const NUMBERS_PX = 56;
const NARROW_NUMBERS_PX = 48;
const NARROW_PX = 480;
/** At an end of the plot that has no axis. */
const END_PX = 16;
/** Above each row, for the units of its axes. */
const HEADER_PX = 20;
/** Below the last row: times, and days below them. */
const TIMES_PX = 38;
const LEAST_ROW_PX = 24;

/**
 * @typedef {object} Layout all in device px
 * @property {number} ratio device px per CSS px
 * @property {number} canvasWidth
 * @property {number} canvasHeight
 * @property {number} left edge of the plot
 * @property {number} width of the plot
 * @property {number} numbers room for the numbers of an axis
 * @property {{top: number, height: number}[]} rows
 */

/**
 * @param {{share?: number, axes: any[]}[]} rows of meta.figure
 * @param {{width: number, height: number, ratio: number}} size of the canvas, device px
 * @returns {Layout}
 */
export function layOutRows(rows, { width, height, ratio }) {
  const px = (css) => Math.round(css * ratio);
  const numbers = px(width < NARROW_PX * ratio ? NARROW_NUMBERS_PX : NUMBERS_PX);
  const right = rows.some(({ axes }) => axes.length > 1) ? numbers : px(END_PX);
  const header = px(HEADER_PX);
  const room = height - px(TIMES_PX) - header * rows.length;
  const shares = rows.map(({ share }) => (share > 0 ? share : 1));
  const whole = shares.reduce((sum, share) => sum + share, 0);
  let top = 0;
  return {
    ratio,
    canvasWidth: width,
    canvasHeight: height,
    left: numbers,
    width: Math.max(1, width - numbers - right),
    numbers,
    rows: shares.map((share) => {
      const rowHeight = Math.max(px(LEAST_ROW_PX), Math.floor((room * share) / whole));
      const row = { top: top + header, height: rowHeight };
      top = row.top + rowHeight;
      return row;
    }),
  };
}

/** The same as CSS px from the chart's own corner, for all that lies over it. */
export function frameOf(layout, { from, to }, axesOfRows) {
  const { ratio } = layout;
  const rows = layout.rows.map(({ top, height }, i) => ({ top: top / ratio, height: height / ratio, axes: axesOfRows[i] }));
  const last = rows.at(-1);
  return {
    from,
    to,
    left: layout.left / ratio,
    width: layout.width / ratio,
    top: rows[0].top,
    height: last.top + last.height - rows[0].top,
    ratio,
    rows,
  };
}
