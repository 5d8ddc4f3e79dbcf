// One small matrix per head, all of one layer. Click one to look at it everywhere.

import { FONT, outline, write } from "../kit/canvas.js";
import { clamp, number } from "../kit/numbers.js";
import { rowOf } from "../kit/selection.js";

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
    const [heads] = this.figure.stack(view.tensor).shape;
    const across = Math.ceil(Math.sqrt(heads));
    const room = side / across;
    const { cell, rows, columns } = this.#axes(view, room - (across > 1 ? 1 : 0));
    for (let head = 0; head < heads; head++)
      this.figure.small(
        context,
        { ...view, head },
        {
          x: (head % across) * room,
          y: Math.floor(head / across) * room,
          cell,
          rows,
          columns,
          alpha: view.ablated?.includes(head) ? 0.3 : 1,
        },
      );
  }

  /** @param {CanvasRenderingContext2D} context @param {Heads} view @param {number} share */
  paint(context, view, share) {
    const { figure, side } = this;
    const { theme, selection } = figure;
    const { head: looked } = selection.now;
    const { cell, rows, columns } = this.#axes(view, side);
    const [row, column] = this.#looked(view, selection.now);
    for (let head = 0; head < this.count; head++) {
      const [x, y] = this.#corner(head);
      const grown = clamp(share * this.count - head, 0, 1);
      const ablated = view.ablated?.includes(head);
      const done = Math.floor(grown * rows.count);
      const drawn = { ...view, head };
      figure.heat(context, drawn, {
        x,
        y,
        cell,
        rows,
        columns,
        from: 0,
        to: done,
        alpha: ablated ? 0.3 : 1,
      });
      figure.heat(context, null, {
        x,
        y,
        cell,
        rows,
        columns,
        from: done,
        to: rows.count,
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
      outline(context, x + column * columns.size, y + row * cell, columns.size, cell, theme.colours.key, 1.5);
    }
  }

  /** How high and how wide the cells of one head are. @param {Heads} view @param {number} side */
  #axes(view, side) {
    const [, rows, columns] = this.figure.stack(view.tensor).shape;
    return {
      cell: side / rows,
      rows: { first: 0, count: rows },
      columns: { first: 0, count: columns, size: side / columns },
    };
  }

  /** What of the selection its rows and its columns stand for. @param {Heads} view */
  #ends(view) {
    return [this.figure.end(view.rows), view.columns === "keys" ? "key" : "dimension"];
  }

  /** The cell that is looked at, in every head. @param {Heads} view @param {Looked} now */
  #looked(view, now) {
    const { rows, columns } = this.#axes(view, this.side);
    const counts = [rows.count, columns.count];
    return this.#ends(view).map((end, i) => Math.min(rowOf(now, end), counts[i] - 1));
  }

  /** @param {number} x @param {number} y @param {Heads} view @returns {Place | null} */
  at(x, y, view) {
    for (let head = 0; head < this.count; head++) {
      const [left, top] = this.#corner(head);
      if (x < left || y < top || x >= left + this.side || y >= top + this.side) continue;
      const { cell, columns } = this.#axes(view, this.side);
      const [down, along] = this.#ends(view);
      const place = { [down]: Math.floor((y - top) / cell), [along]: Math.floor((x - left) / columns.size) };
      return { head, ...place, cell: true };
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
    const [, down, along] = figure.stack(view.tensor).shape;
    const heads = Array.from({ length: Math.min(this.count, TOLD) }, (_, head) => {
      const { value, row, column } = figure.extremes({ ...view, head }).high;
      return `head ${head}, ${figure.nameOf(view.rows, row)} on ${figure.nameOf(view.columns, column)}, ${number(value)}`;
    });
    return `${this.count} heads of ${down} ${view.rows} by ${along} ${view.columns}; the strongest of ${heads.join("; of ")}`;
  }

  /** @param {Heads} view @param {string} title */
  read(view, title) {
    return [this.figure.tableOf(view, `${title}, head ${this.figure.selection.now.head}`)];
  }

  /** @param {Heads} view @param {Looked} now */
  describe(view, now) {
    const [row, column] = this.#looked(view, now);
    const value = this.figure.stack(view.tensor).matrix(now.head).at(row, column);
    const [asks, asked] = [this.figure.nameOf(view.rows, row), this.figure.nameOf(view.columns, column)];
    return `head ${now.head}: ${asks} to ${asked} ${number(value, 3)}`;
  }
}
