// All heads of a vision model on one canvas: on each small picture, what the token that asks looks at there.

import { HeadGrid } from "./head_grid.js";
import { penOf } from "./kit/canvas.js";
import { parse } from "./kit/colour.js";
import { NOWHERE } from "./patch_explorer_picture.js";

/** @import { Pointed } from "./kit/types.js" */

/** @import { Grid } from "./head_grid.js" */
/**
 * Beside what HeadGrid takes: the picture, the small maps (extra tokens, rows and columns of cells, patches a cell),
 * what is looked at, and how many patches lie across and down.
 *
 * @typedef {{
 *   picture: OffscreenCanvas, veil: string, extra: number, rows: number, columns: number, factor: number, state: Pointed,
 *   across: number, down: number,
 * }} Maps
 */

const VEIL = 0.88;

export class PatchExplorerGrid extends HeadGrid {
  picture = new OffscreenCanvas(1, 1);
  veil = "";
  extra = 0;
  mapRows = 1;
  mapColumns = 1;
  factor = 1;
  across = 1;
  down = 1;
  /** @type {Pointed} */
  asks = NOWHERE;
  asker = "";

  /** @param {Grid & Maps} grid */
  update({ picture, veil, extra, rows, columns, factor, state, across, down, ...rest }) {
    [this.picture, this.extra, this.mapRows, this.mapColumns] = [picture, extra, rows, columns];
    [this.factor, this.asks, this.across, this.down, this.veil] = [factor, state, across, down, veil];
    super.update(rest);
  }

  /** Another token may ask now. */
  asked() {
    if (this.pictures && this.asker === this.#asker()) return;
    this.repaint();
  }

  #asker() {
    return `${this.asks.query} ${this.asks.turned}`;
  }

  /**
   * The cell of a small map that a token lies in.
   *
   * @param {number} token
   */
  #cell(token) {
    if (token < this.extra) return token;
    const patch = token - this.extra;
    const [row, column] = [Math.floor(patch / this.across), patch % this.across];
    return this.extra + Math.floor(row / this.factor) * this.mapColumns + Math.floor(column / this.factor);
  }

  /**
   * The strongest weight between the token that asks and a patch.
   *
   * @param {number} index
   */
  strongest(index) {
    const { query, turned } = this.asks;
    const map = this.stack.matrix(index);
    let most = 0;
    if (turned)
      for (let token = this.extra; token < map.rows; token++) most = Math.max(most, map.at(token, this.#cell(query)));
    else for (const step of map.row(query).subarray(this.extra)) most = Math.max(most, step);
    return (most / 255) ** 2;
  }

  /** @param {number} width @param {number} height @param {number} ratio */
  draw(width, height, ratio) {
    const { query, turned } = this.asks;
    this.asker = this.#asker();
    const { mapRows: rows, mapColumns: columns, extra } = this;
    const ground = parse(this.veil);
    const atlas = new ImageData(columns, rows * this.layers * this.heads);
    const cells = rows * columns;
    const own = this.#cell(query);
    const values = new Float32Array(cells);
    for (let index = 0; index < this.layers * this.heads; index++) {
      const map = this.stack.matrix(index);
      values.fill(0);
      if (turned) {
        for (let token = extra; token < map.rows; token++)
          values[this.#cell(token) - extra] += (map.at(token, own) / 255) ** 2;
      } else {
        const row = map.row(query);
        for (let cell = 0; cell < cells; cell++) values[cell] = (row[extra + cell] / 255) ** 2;
      }
      let most = 1e-9;
      for (let cell = 0; cell < cells; cell++) if (cell !== own - extra) most = Math.max(most, values[cell]);
      for (let cell = 0, at = 4 * index * cells; cell < cells; cell++, at += 4) {
        for (let channel = 0; channel < 3; channel++) atlas.data[at + channel] = ground[channel];
        atlas.data[at + 3] = 255 * VEIL * (1 - Math.min(1, values[cell] / most));
      }
    }
    const veils = new OffscreenCanvas(atlas.width, atlas.height);
    penOf(veils).putImageData(atlas, 0, 0);
    const bitmap = new OffscreenCanvas(Math.round(width * ratio), Math.round(height * ratio));
    const context = penOf(bitmap);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (let index = 0; index < this.layers * this.heads; index++) {
      const [x, y] = this.corner(Math.floor(index / this.heads), index % this.heads);
      context.imageSmoothingEnabled = true;
      context.drawImage(this.picture, x, y, this.side, this.side);
      context.imageSmoothingEnabled = false;
      // cells at the edge reach beyond the picture where patches do not fill them
      context.save();
      context.beginPath();
      context.rect(x, y, this.side, this.side);
      context.clip();
      context.drawImage(
        veils,
        0,
        index * rows,
        columns,
        rows,
        x,
        y,
        (this.side * columns * this.factor) / this.across,
        (this.side * rows * this.factor) / this.down,
      );
      context.restore();
    }
    return bitmap;
  }
}
