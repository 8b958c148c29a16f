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
/** Of a channel of words. */
const LANE_PX = 18;
const LANE_GAP_PX = 4;
/** Without a channel of numbers lanes have the room. */
const MOST_LANE_PX = 44;
/** Lanes take at most this share of the height from the rows. */
const LANES_SHARE = 0.5;

/**
 * @typedef {object} Layout all in device px
 * @property {number} ratio device px per CSS px
 * @property {number} canvasWidth
 * @property {number} canvasHeight
 * @property {number} left edge of the plot
 * @property {number} width of the plot
 * @property {number} numbers room for the numbers of an axis
 * @property {{top: number, height: number}[]} rows
 * @property {{top: number, height: number}[]} lanes below the rows
 * @property {number} bottom where the time axis begins
 */

/**
 * @param {{share?: number, axes: any[]}[]} rows of meta.figure
 * @param {{width: number, height: number, ratio: number}} size of the canvas, device px
 * @param {number} nLanes channels of words
 * @returns {Layout}
 */
export function layOutRows(rows, { width, height, ratio }, nLanes = 0) {
  const px = (css) => Math.round(css * ratio);
  const numbers = px(width < NARROW_PX * ratio ? NARROW_NUMBERS_PX : NUMBERS_PX);
  const right = rows.some(({ axes }) => axes.length > 1) ? numbers : px(END_PX);
  const header = px(HEADER_PX);
  const isOnlyLanes = nLanes > 0 && rows.every(({ axes }) => axes.every(({ channels }) => !channels?.length));
  const below = height - px(TIMES_PX);
  const laneRoom = isOnlyLanes ? below - header - px(LEAST_ROW_PX) : LANES_SHARE * below;
  const shownLanes = Math.min(nLanes, Math.max(1, Math.floor(laneRoom / px(LANE_PX + LANE_GAP_PX))));
  const laneStep = isOnlyLanes ? Math.min(px(MOST_LANE_PX + LANE_GAP_PX), Math.floor(laneRoom / shownLanes)) : px(LANE_PX + LANE_GAP_PX);
  const room = below - header * rows.length - (nLanes ? shownLanes * laneStep : 0);
  const shares = rows.map(({ share }) => (share > 0 ? share : 1));
  const whole = shares.reduce((sum, share) => sum + share, 0);
  let top = 0;
  const placed = shares.map((share) => {
    const rowHeight = Math.max(px(LEAST_ROW_PX), Math.floor((room * share) / whole));
    const row = { top: top + header, height: rowHeight };
    top = row.top + rowHeight;
    return row;
  });
  const lanes = Array.from({ length: nLanes ? shownLanes : 0 }, (_, i) => ({ top: top + i * laneStep + px(LANE_GAP_PX), height: laneStep - px(LANE_GAP_PX) }));
  return {
    ratio,
    canvasWidth: width,
    canvasHeight: height,
    left: numbers,
    width: Math.max(1, width - numbers - right),
    numbers,
    rows: placed,
    lanes,
    bottom: top + lanes.length * laneStep,
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
    lanes: layout.lanes.map(({ top, height }) => ({ top: top / ratio, height: height / ratio })),
    whole: layout.bottom / ratio - rows[0].top,
  };
}
