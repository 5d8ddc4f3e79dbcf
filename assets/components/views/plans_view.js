// Plans of blocks side by side, from top to bottom: what differs from the first is filled, and paths go around to each sum.

import { cut, FONT, write } from "../kit/canvas.js";
import { clamp } from "../kit/numbers.js";

/** @import { Box, Plans } from "../kit/figure_kinds.js" */
/** @import { Looked, Readable } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const TOP = 46;
const HEIGHT = 410;
const AROUND = 22; // room beside the boxes for the paths that go around
const WIDEST = 290;
const GAP = 14; // between two boxes, for the line that joins them

export class PlansView {
  aside = true; // a plan is no step of a computation
  column = 0;
  row = 0;
  box = 0;

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Plans} view @param {number} width */
  layout(view, width) {
    this.column = Math.min(width / view.titles.length, WIDEST + AROUND + 40);
    this.box = Math.min(WIDEST, this.column - AROUND - 8);
    this.row = (HEIGHT - TOP) / (Math.max(...view.boxes.map(({ row }) => row)) + 1);
    return HEIGHT + 4;
  }

  /** @param {Box} box @returns {[x: number, y: number, height: number]} */
  #place({ plan, row }) {
    return [plan * this.column, TOP + row * this.row, this.row - GAP];
  }

  /** @param {CanvasRenderingContext2D} context @param {Plans} view */
  paint(context, view) {
    const { colours } = this.figure.theme;
    write(context, view.note, 0, 9, { font: `400 12px ${FONT.sans}`, colour: colours["ink-2"] });
    for (const [plan, title] of view.titles.entries())
      write(context, title, plan * this.column, 30, { font: `700 14px ${FONT.sans}`, colour: colours.ink });
    for (const box of view.boxes) this.#paths(context, box);
    for (const box of view.boxes) this.#part(context, box);
  }

  /** @param {CanvasRenderingContext2D} context @param {Box} box */
  #paths(context, box) {
    const [x, y, height] = this.#place(box);
    const [middle, right] = [x + this.box / 2, x + this.box];
    context.strokeStyle = this.figure.theme.colours["ink-2"];
    context.lineWidth = 1.2;
    context.beginPath();
    if (box.row > 0) {
      context.moveTo(middle, y - GAP);
      context.lineTo(middle, y);
    }
    if (box.skips !== null) {
      const begins = TOP + box.skips * this.row - GAP / 2;
      context.moveTo(middle, begins);
      context.lineTo(right + AROUND / 2, begins);
      context.lineTo(right + AROUND / 2, y + height / 2);
      context.lineTo(right, y + height / 2);
    }
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {Box} box */
  #part(context, box) {
    const { colours } = this.figure.theme;
    const [x, y, height] = this.#place(box);
    const colour = colours[box.differs ? "surface" : "ink"];
    context.beginPath();
    context.roundRect(x + 0.5, y + 0.5, this.box - 1, height - 1, 5);
    context.fillStyle = colours[box.differs ? "ink" : "surface"];
    context.fill();
    context.strokeStyle = colours["ink-3"];
    context.lineWidth = 1;
    context.stroke();
    const lines = box.told ? [height / 2 - 6.5, height / 2 + 7.5] : [height / 2];
    const texts = [box.word, box.told];
    for (const [place, down] of lines.entries()) {
      const font = place ? `400 11px ${FONT.sans}` : `600 13px ${FONT.sans}`;
      context.font = font;
      write(context, cut(context, texts[place], this.box - 12), x + this.box / 2, y + down, {
        font,
        colour,
        align: "center",
      });
    }
  }

  /** @param {number} x @param {number} y @param {Plans} view */
  at(x, y, view) {
    const found = view.boxes.find((box) => {
      const [left, top, height] = this.#place(box);
      return x >= left && x < left + this.box && y >= top && y < top + height;
    });
    return found ? { box: view.boxes.indexOf(found) } : null;
  }

  /** @param {number} dx @param {number} dy @param {Plans} view @param {Looked} now */
  move(dx, dy, view, now) {
    return { box: clamp(this.#looked(now) + dx + dy, 0, view.boxes.length - 1) };
  }

  hasScale() {
    return false;
  }

  /** @param {Looked} now */
  #looked(now) {
    return typeof now.box === "number" ? now.box : 0;
  }

  /** @param {Plans} view */
  summary(view) {
    return view.titles
      .map((title, at) => {
        const parts = view.boxes.filter(({ plan }) => plan === at);
        return `${title}: ${parts.map(({ word, differs }) => (differs ? `${word} (differs)` : word)).join(", ")}`;
      })
      .join("; ");
  }

  /** @param {Plans} view @param {string} title @returns {Readable[]} */
  read(view, title) {
    const cells = view.boxes.map(({ plan, word, told, differs }) => [
      view.titles[plan],
      word,
      told,
      differs ? "yes" : "no",
    ]);
    return [
      {
        title,
        rows: view.boxes.map(({ row }) => `part ${row + 1}`),
        columns: ["plan", "part", "what there is to know of it", "differs from the first"],
        cell: (row, column) => cells[row][column],
      },
    ];
  }

  /** @param {Plans} view @param {Looked} now */
  describe(view, now) {
    const { plan, word, told, differs } = view.boxes[clamp(this.#looked(now), 0, view.boxes.length - 1)];
    return `${view.titles[plan]}: ${word}${told ? `, ${told}` : ""}${differs ? ", differs from the first" : ""}`;
  }
}
