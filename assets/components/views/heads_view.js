// One small matrix per head, all of one layer. Click one to look at it everywhere.

import { FONT, outline, write } from "../kit/canvas.js";
import { clamp, number } from "../kit/numbers.js";

/** @import { Heads } from "../kit/figure_kinds.js" */
/** @import { Looked, Place } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const HEADING = 20;
const GAP = 10;
const LARGEST = 190;
const TOLD = 12; // heads that the summary speaks of

export class HeadsView {
  across = 0;
  side = 0;
  count = 0;

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Heads} view @param {number} width */
  layout(view, width) {
    const count = this.figure.stack(view.tensor).shape[0];
    this.across = count <= 2 ? count : count <= 4 ? 2 : width < 460 ? 3 : 4;
    this.side = Math.min(LARGEST, (width - (this.across - 1) * GAP) / this.across);
    this.count = count;
    return Math.ceil(count / this.across) * (this.side + HEADING + GAP);
  }

  /** @param {number} head */
  #corner(head) {
    return [
      (head % this.across) * (this.side + GAP),
      Math.floor(head / this.across) * (this.side + HEADING + GAP) + HEADING,
    ];
  }

  /**
   * All heads in a square, whichever is looked at.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Heads} view
   * @param {number} side
   */
  thumbnail(context, view, side) {
    const [heads, queries] = this.figure.stack(view.tensor).shape;
    const across = Math.ceil(Math.sqrt(heads));
    const [room, cell] = [side / across, (side / across - (across > 1 ? 1 : 0)) / queries];
    const axis = { first: 0, count: queries, size: cell };
    for (let head = 0; head < heads; head++)
      this.figure.small(
        context,
        { ...view, head },
        {
          x: (head % across) * room,
          y: Math.floor(head / across) * room,
          cell,
          rows: axis,
          columns: axis,
          alpha: view.ablated?.includes(head) ? 0.3 : 1,
        },
      );
  }

  /** @param {CanvasRenderingContext2D} context @param {Heads} view @param {number} share */
  paint(context, view, share) {
    const { figure, side } = this;
    const { theme, selection } = figure;
    const tokens = figure.tokens("queries").length;
    const { head: looked, query, key } = selection.now;
    for (let head = 0; head < this.count; head++) {
      const [x, y] = this.#corner(head);
      const grown = clamp(share * this.count - head, 0, 1);
      const cell = side / tokens;
      const ablated = view.ablated?.includes(head);
      const axis = { first: 0, count: tokens, size: cell };
      const drawn = { ...view, head };
      figure.heat(context, drawn, {
        x,
        y,
        cell,
        rows: axis,
        columns: axis,
        from: 0,
        to: Math.floor(grown * tokens),
        alpha: ablated ? 0.3 : 1,
      });
      figure.heat(context, null, {
        x,
        y,
        cell,
        rows: axis,
        columns: axis,
        from: Math.floor(grown * tokens),
        to: tokens,
        view: drawn,
      });
      const on = head === looked;
      const label = ablated ? `head ${head} · muted` : `head ${head}`;
      write(context, label, x, y - 9, {
        font: `${on ? 700 : 500} 12px ${FONT.sans}`,
        colour: theme.colours[on ? "ink" : "ink-2"],
      });
      if (!on) continue;
      outline(context, x - 1, y - 1, side + 2, side + 2, theme.colours.ink, 2.5);
      outline(context, x + key * cell, y + query * cell, cell, cell, theme.colours.key, 1.5);
    }
  }

  /** @param {number} x @param {number} y @returns {Place | null} */
  at(x, y) {
    for (let head = 0; head < this.count; head++) {
      const [left, top] = this.#corner(head);
      if (x < left || y < top || x >= left + this.side || y >= top + this.side) continue;
      const cell = this.side / this.figure.tokens("queries").length;
      return { head, query: Math.floor((y - top) / cell), key: Math.floor((x - left) / cell), cell: true };
    }
    return null;
  }

  /** @param {number} dx @param {number} dy @param {Heads} _view @param {Looked} now */
  move(dx, dy, _view, { head }) {
    return { head: clamp(head + dx + dy * this.across, 0, this.count - 1) };
  }

  /**
   * The heads that stand beside each other, as far as they can be listened to.
   *
   * @param {Heads} view
   */
  summary(view) {
    const { figure } = this;
    const [queries, keys] = ["queries", "keys"].map((axis) => figure.tokens(axis));
    const heads = Array.from({ length: Math.min(this.count, TOLD) }, (_, head) => {
      const { value, row, column } = figure.extremes({ ...view, head }).high;
      return `head ${head}, ${queries[row].text} on ${keys[column].text}, ${number(value)}`;
    });
    return `${this.count} heads of ${queries.length} queries by ${keys.length} keys; the strongest of ${heads.join("; of ")}`;
  }

  /** @param {Heads} view @param {string} title */
  read(view, title) {
    return [this.figure.tableOf(view, `${title}, head ${this.figure.selection.now.head}`)];
  }

  /** @param {Heads} view @param {Looked} now */
  describe(view, { head, query, key }) {
    const value = this.figure.stack(view.tensor).matrix(head).at(query, key);
    const [asks, asked] = [this.figure.tokens("queries")[query].text, this.figure.tokens("keys")[key].text];
    return `head ${head}: ${asks} to ${asked} ${number(value, 3)}`;
  }
}
