// The reshape of heads, acted out with the real numbers: one wide row per token, cut into heads, the heads stacked.

import { FONT, outline, write } from "../kit/canvas.js";
import { clamp, mix, number } from "../kit/numbers.js";

/** @import { Arrangement, Cube } from "../kit/figure_kinds.js" */
/** @import { Looked, Place } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const TOP = 30;
const GAP = 6;
const LABEL = 74;
const HEIGHT = 360;
const STANDS = {
  flat: "one wide row for each token",
  cut: "every row cut into heads",
  stacked: "a block for each head",
};

export class CubeView {
  heads = 0;
  tokens = 0;
  dims = 0;
  width = 0;
  label = 0;
  row = 0;
  across = 0;
  down = 0;
  cardWidth = 0;
  cardRow = 0;
  share = 1;

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  // view.tensor is (heads, tokens, head_dim); view.from and view.to are "flat", "cut" or "stacked".
  // view.origin, where given, tells which token each row of the stack really came from: the classic bug.
  /** @param {Cube} view @param {number} width */
  layout(view, width) {
    const stack = this.figure.stack(view.tensor);
    [this.heads, this.tokens, this.dims] = stack.shape;
    this.width = width;
    this.label = Math.min(LABEL, width / 5);
    const fitting = (HEIGHT - TOP - 20) / this.tokens;
    this.row = clamp(fitting, 3, 26);
    this.across = this.heads <= 2 ? this.heads : this.heads <= 4 ? 2 : 4;
    this.down = Math.ceil(this.heads / this.across);
    this.cardWidth = (width - (this.across - 1) * 14) / this.across;
    this.cardRow = Math.max(2, Math.min(this.row, (HEIGHT - this.down * 24) / this.down / this.tokens));
    return HEIGHT + TOP;
  }

  /**
   * Where a head's block stands in one arrangement: x, y, width, height.
   *
   * @param {number} head
   * @param {Arrangement} arrangement
   */
  #block(head, arrangement) {
    if (arrangement === "stacked") {
      const height = this.cardRow * this.tokens;
      return {
        x: (head % this.across) * (this.cardWidth + 14),
        y: TOP - 8 + Math.floor(head / this.across) * (height + 24),
        width: this.cardWidth,
        height,
      };
    }
    const gap = arrangement === "cut" ? GAP : 0;
    const width = (this.width - this.label - gap * (this.heads - 1)) / this.heads;
    return { x: this.label + head * (width + gap), y: TOP, width, height: this.row * this.tokens };
  }

  /** @param {number} head @param {Cube} view @param {number} share */
  #now(head, view, share) {
    const [from, to] = [this.#block(head, view.from), this.#block(head, view.to)];
    return {
      x: mix(from.x, to.x, share),
      y: mix(from.y, to.y, share),
      width: mix(from.width, to.width, share),
      height: mix(from.height, to.height, share),
    };
  }

  /**
   * All heads side by side, whichever is looked at.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Cube} view
   * @param {number} side
   */
  thumbnail(context, view, side) {
    const [heads, tokens, dims] = this.figure.stack(view.tensor).shape;
    const rows = { first: 0, count: tokens };
    const columns = { first: 0, count: dims, size: side / heads / dims };
    for (let head = 0; head < heads; head++)
      this.figure.small(
        context,
        { ...view, head, scale: "signed" },
        { x: (head * side) / heads, y: 0, cell: side / tokens, rows, columns },
      );
  }

  /** @param {CanvasRenderingContext2D} context @param {Cube} view @param {number} share */
  paint(context, view, share) {
    const { figure } = this;
    const { theme, selection } = figure;
    const { head: looked, query } = selection.now;
    const arrangement = share < 0.5 ? view.from : view.to;
    this.share = share;
    for (let head = 0; head < this.heads; head++) {
      const { x, y, width, height } = this.#now(head, view, share);
      const cell = height / this.tokens;
      const rows = { first: 0, count: this.tokens };
      const columns = { first: 0, count: this.dims, size: width / this.dims };
      figure.heat(context, { ...view, head, scale: "signed" }, { x, y, cell, rows, columns, from: 0, to: this.tokens });
      const on = head === looked;
      if (arrangement !== "flat" || on) {
        const name = arrangement === "stacked" || width > 46 ? `head ${head}` : String(head);
        write(context, name, x, y - 9, {
          font: `${on ? 700 : 500} 11.5px ${FONT.sans}`,
          colour: theme.colours[on ? "ink" : "ink-3"],
        });
      }
      if (view.origin && share === 1) this.#strangers(context, view.origin, head, x, y, width, cell);
      if (on || arrangement !== "stacked")
        outline(context, x, y + query * cell, width, cell, theme.colours[view.role ?? "query"], on ? 2 : 1.5);
    }
    if (arrangement !== "stacked") this.#labels(context, query);
  }

  /**
   * Rows that hold another token's numbers are struck through.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {string} origin
   * @param {number} head
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} cell
   */
  #strangers(context, origin, head, x, y, width, cell) {
    const source = this.figure.stack(origin);
    context.fillStyle = this.figure.theme.colours.ink;
    for (let token = 0; token < this.tokens; token++) {
      if (source.at(head, token) !== token) context.fillRect(x, y + (token + 0.5) * cell - 0.75, width, 1.5);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} chosen */
  #labels(context, chosen) {
    const { theme } = this.figure;
    this.figure.tokens("queries").forEach((token, row) => {
      if (this.row < 9 && row !== chosen) return;
      const font = `${row === chosen ? 700 : 500} ${clamp(this.row - 3, 9, 13)}px ${token.special ? FONT.mono : FONT.sans}`;
      const colour = theme.colours[row === chosen ? "query" : "ink-2"];
      write(context, token.text.slice(0, 11), this.label - 7, TOP + (row + 0.5) * this.row, {
        font,
        colour,
        align: "right",
      });
    });
  }

  /** @param {number} x @param {number} y @param {Cube} view @returns {Place | null} */
  at(x, y, view) {
    for (let head = 0; head < this.heads; head++) {
      const block = this.#now(head, view, this.share);
      if (x < block.x || x >= block.x + block.width || y < block.y || y >= block.y + block.height) continue;
      return {
        head,
        query: Math.floor(((y - block.y) / block.height) * this.tokens),
        dimension: Math.floor(((x - block.x) / block.width) * this.dims),
      };
    }
    return null;
  }

  /** @param {number} dx @param {number} dy @param {Cube} _view @param {Looked} now */
  move(dx, dy, _view, { head, query }) {
    return { head: clamp(head + dx, 0, this.heads - 1), query: clamp(query + dy, 0, this.tokens - 1) };
  }

  /** @param {Cube} view */
  summary(view) {
    const { low, high } = this.figure.extremes(view);
    const head = this.figure.selection.now.head;
    return `${STANDS[view.to]}: ${this.heads} heads of ${this.tokens} rows by ${this.dims} numbers; head ${head} from ${number(low.value)} to ${number(high.value)}`;
  }

  /** @param {Cube} view @param {string} title */
  read(view, title) {
    return [this.figure.tableOf({ ...view, scale: "signed" }, `${title}, head ${this.figure.selection.now.head}`)];
  }

  /** @param {Cube} view @param {Looked} now */
  describe(view, { head, query, dimension }) {
    const stack = this.figure.stack(view.tensor);
    const at = Math.min(dimension, this.dims - 1);
    const token = this.figure.tokens("queries")[query].text;
    const value = number(stack.matrix(head).at(query, at), 3);
    const home = view.origin ? this.figure.stack(view.origin).at(head, query) : query;
    const words = `head ${head}, row ${token}, number ${at}: ${value}`;
    return home === query ? words : `${words}, which belongs to ${this.figure.tokens("queries")[home].text}`;
  }
}
