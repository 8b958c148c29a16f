// What was drawn of the lines of one row, in tiles that scroll along: a tile is drawn anew only where its points
// have changed.

/** Width of a tile, CSS px. */
export const TILE_PX = 128;

/**
 * @typedef {object} Tile
 * @property {HTMLCanvasElement} canvas
 * @property {CanvasRenderingContext2D} context
 * @property {number} validTo columns from its first up to this one are as they should be
 */

export class Tiles {
  constructor() {
    /** By number: tile n holds the columns from n × size. @type {Map<number, Tile>} */
    this.tiles = new Map();
    this.free = [];
    this.keys = [];
    this.size = 0;
    this.height = 0;
  }

  /**
   * Keep what is drawn while `keys` stay the same, else forget it.
   * @param {number} size width of a tile, device px
   * @param {number} height device px
   * @param {any[]} keys all that what is drawn depends on, but for the points
   */
  keep(size, height, keys) {
    const isAsLarge = size === this.size && height === this.height;
    const isAsBefore = keys.length === this.keys.length && keys.every((key, i) => Object.is(key, this.keys[i]));
    if (isAsLarge && isAsBefore) return;
    if (!isAsLarge) this.close();
    this.size = size;
    this.height = height;
    this.keys = keys;
    for (const tile of this.tiles.values()) tile.validTo = -Infinity;
  }

  /** The points at and after a column have changed. */
  forget(column) {
    for (const tile of this.tiles.values()) tile.validTo = Math.min(tile.validTo, column);
  }

  /**
   * Put columns into a picture; what isn't drawn yet is drawn.
   * @param {CanvasRenderingContext2D} context
   * @param {number} first column
   * @param {number} stop column behind the last
   * @param {number} x of the first column in the picture, device px
   * @param {number} y device px
   * @param {(context: CanvasRenderingContext2D, column: number, from: number) => void} draw draws a tile whose
   *   first column is `column`, from the column `from` on; the rest is clipped
   */
  paint(context, first, stop, x, y, draw) {
    const { size, height } = this;
    const numbers = [Math.floor(first / size), Math.floor((stop - 1) / size)];
    for (const [number, tile] of this.tiles) {
      if (number >= numbers[0] && number <= numbers[1]) continue;
      this.tiles.delete(number);
      this.free.push(tile);
    }
    for (let number = numbers[0]; number <= numbers[1]; number += 1) {
      const column = number * size;
      const tile = this.#tile(number);
      if (tile.validTo < column + size) this.#draw(tile, column, draw);
      const left = Math.max(first, column);
      const width = Math.min(stop, column + size) - left;
      context.drawImage(tile.canvas, left - column, 0, width, height, x + left - first, y, width, height);
    }
    if (this.free.length > 2) this.free.length = 2;
  }

  close() {
    this.tiles.clear();
    this.free = [];
  }

  #tile(number) {
    let tile = this.tiles.get(number);
    if (tile) return tile;
    tile = this.free.pop() ?? this.#make();
    tile.validTo = -Infinity;
    this.tiles.set(number, tile);
    return tile;
  }

  #make() {
    const canvas = document.createElement("canvas");
    canvas.width = this.size;
    canvas.height = this.height;
    return { canvas, context: canvas.getContext("2d"), validTo: -Infinity };
  }

  #draw(tile, column, draw) {
    const { context } = tile;
    const from = Math.max(column, tile.validTo);
    context.save();
    context.beginPath();
    context.rect(from - column, 0, column + this.size - from, this.height);
    context.clip();
    context.clearRect(from - column, 0, column + this.size - from, this.height);
    draw(context, column, from);
    context.restore();
    tile.validTo = column + this.size;
  }
}
