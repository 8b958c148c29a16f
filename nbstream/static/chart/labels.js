// How wide texts are in the host's font, and the numbers of axes that fit their room; both are kept.

import { axisTicks, fontOf } from "./grid.js";
import { FONT_PX } from "./look.js";

const MOST_WIDTHS = 500;
const MOST_AXES = 16;

export class Labels {
  /** @param {CanvasRenderingContext2D} context that measures @param {import("./look.js").Look} look */
  constructor(context, look) {
    this.context = context;
    this.look = look;
    this.widths = new Map();
    this.axes = new Map();
  }

  /** @param {import("./look.js").Look} look */
  use(look) {
    this.look = look;
    this.widths.clear();
    this.axes.clear();
  }

  /** @returns {number} CSS px; digits count as wide as each other */
  widthOf(text) {
    const shape = text.replace(/\d/g, "0");
    let width = this.widths.get(shape);
    if (width === undefined) {
      if (this.widths.size > MOST_WIDTHS) this.widths.clear();
      this.context.font = fontOf(this.look, 1);
      width = this.context.measureText(shape).width || FONT_PX * 0.6 * shape.length;
      this.widths.set(shape, width);
    }
    return width;
  }

  /**
   * @param {import("./places.js").FrameAxis} axis
   * @param {number} height CSS px
   * @param {number} room for a text, CSS px
   * @returns {import("./grid.js").AxisTicks}
   */
  ticks({ bottom, top, isLog }, height, room) {
    const key = `${bottom} ${top} ${isLog} ${height} ${room}`;
    let ticks = this.axes.get(key);
    if (!ticks) {
      if (this.axes.size > MOST_AXES) this.axes.clear();
      ticks = axisTicks([bottom, top], isLog, height, (text) => this.widthOf(text) <= room);
      this.axes.set(key, ticks);
    }
    return ticks;
  }
}
