// How dense the points in view are, which decides how they are drawn: with markers, in full width, or thin.

/** Points so far apart (CSS px) get markers, and lose them when they are nearer than the second. */
const SPARSE_PX = [6, 5];
/** With more points in view lines are thin, and wide again with fewer than the second. */
const BUSY_POINTS = [3000, 2500];
/** A line of the usual width, or less, may be thin: one device px, which a canvas draws seven times as fast. */
const USUAL_WIDTH_PX = 1.5;

export class Density {
  constructor() {
    /** By number of the channel: whether each of its points gets a marker. */
    this.sparse = [];
    this.isBusy = false;
  }

  /**
   * Look at the lines again.
   * @param {(import("./line.js").Line | null)[]} lines by number of their channel; null for one that isn't seen
   * @param {[number, number]} view epoch ms
   * @param {number} msPerPx of a CSS px
   * @returns {boolean} whether lines are to be drawn otherwise
   */
  look(lines, [from, to], msPerPx) {
    let hasChanged = false;
    let nPoints = 0;
    lines.forEach((line, channel) => {
      if (!line) return;
      nPoints += line.indexOf(to) - line.indexOf(from);
      const was = this.sparse[channel];
      const is = isSparse(line, from, to, msPerPx, was ?? true);
      if (is === was) return;
      this.sparse[channel] = is;
      hasChanged = true;
    });
    const isBusy = nPoints > BUSY_POINTS[this.isBusy ? 1 : 0];
    if (isBusy !== this.isBusy) hasChanged = true;
    this.isBusy = isBusy;
    return hasChanged;
  }

  /** @returns {number} CSS px of a line whose style says `width` */
  widthOf(width, ratio) {
    return this.isBusy && width <= USUAL_WIDTH_PX && ratio < USUAL_WIDTH_PX ? 1 / ratio : width;
  }
}

/**
 * @param {import("./line.js").Line} line
 * @param {number} from epoch ms
 * @param {number} to epoch ms
 * @param {number} msPerPx of a CSS px
 * @param {boolean} wasSparse
 * @returns {boolean} whether the points in view are so few that each gets a marker
 */
export function isSparse(line, from, to, msPerPx, wasSparse) {
  const first = line.indexOf(from);
  const last = line.indexOf(to);
  const least = SPARSE_PX[wasSparse ? 1 : 0] * msPerPx;
  if ((last - first) * least > 2 * (to - from) + 20 * least) return false;
  let n = 0;
  for (let i = first; i < last; i += 1) if (line.values[i] === line.values[i]) n += 1;
  return n < 2 ? wasSparse : line.times[last - 1] - line.times[first] >= least * (n - 1);
}
