// Incidents on the chart: a tinted band from breach to recovery with a bar at its top, and its reason at the cursor.

const BAR_PX = 3;
const LEAST_PX = 2;
const TINT = 0.09;
const NEAR_PX = 4;

/**
 * @typedef {object} Incident
 * @property {number} channel
 * @property {number} from epoch ms
 * @property {number | null} to null while it is firing
 * @property {"info" | "warning" | "critical"} severity
 * @property {string} rule
 * @property {string} reason
 */

export class Incidents {
  constructor() {
    /** Oldest first. @type {Incident[]} */
    this.all = [];
  }

  /** Take the list as the kernel sends it: [channel, from, to, severity, rule, reason] each. */
  take(list) {
    this.all = list.map(([channel, from, to, severity, rule, reason]) => ({ channel, from, to, severity, rule, reason }));
  }

  /** @returns {Incident[]} those that reach into a span */
  inView({ from, to }) {
    return this.all.filter((incident) => incident.from <= to && (incident.to ?? Infinity) >= from);
  }

  /**
   * @param {number} time epoch ms
   * @param {{from: number, to: number, width: number}} frame what a plot shows, over how many CSS px
   * @returns {Incident[]} those at a time, the newest first
   */
  at(time, frame) {
    const near = (NEAR_PX * (frame.to - frame.from)) / frame.width;
    return this.inView({ from: time - near, to: time + near }).reverse();
  }
}

/**
 * Draw the bands of the channels that are shown, each in its row.
 * @param {CanvasRenderingContext2D} context in CSS px of the plot
 * @param {Incident[]} incidents
 * @param {import("./plot.js").Plot} plot
 * @param {(severity: string) => string} colorOf
 */
export function drawIncidents(context, incidents, plot, colorOf) {
  const { frame } = plot;
  const edge = frame.left + frame.width;
  for (const { channel, from, to, severity } of incidents) {
    const row = frame.rows.find(({ axes }) => axes.some(({ channels }) => channels.includes(channel)));
    if (!row) continue;
    const left = Math.max(frame.left, plot.xOf(from));
    const right = Math.max(left + LEAST_PX, Math.min(edge, to === null ? edge : plot.xOf(to)));
    context.fillStyle = colorOf(severity);
    context.globalAlpha = TINT;
    context.fillRect(left, row.top, right - left, row.height);
    context.globalAlpha = 0.85;
    context.fillRect(left, row.top, right - left, BAR_PX);
  }
  context.globalAlpha = 1;
}
