// What a beam looked at: one column per step, the likeliest line on top, the line that won drawn through.

import { cut, FONT, write } from "../kit/canvas.js";
import { number } from "../kit/numbers.js";

/** @import { Candidate, Tree } from "../kit/figure_kinds.js" */
/** @import { Looked, Readable } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const ROW = 22;
const TOP = 26;
const NARROWEST = 46;

export class TreeView {
  aside = true; // a beam is a search around the computation
  steps = 0;
  column = 0;
  shift = 0;
  width = 0;
  bottom = 0;

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Tree} view @param {number} width */
  layout(view, width) {
    this.steps = Math.max(...view.nodes.map(({ step }) => step)) + 1;
    const most = Math.max(...view.nodes.map(({ rank }) => rank)) + 1;
    this.column = Math.max(NARROWEST, width / this.steps);
    // what does not fit scrolls along with the step that is looked at
    const beyond = Math.max(0, this.column * this.steps - width);
    const middle = this.figure.selection.pinned.query * this.column - width / 2;
    this.shift = Math.max(0, Math.min(beyond, middle));
    this.width = width;
    this.bottom = TOP + most * ROW + 12;
    return this.bottom + 12;
  }

  /** @param {Candidate} node */
  #place({ step, rank }) {
    return [step * this.column - this.shift, TOP + rank * ROW + ROW / 2];
  }

  /** @param {CanvasRenderingContext2D} context @param {Tree} view */
  paint(context, view) {
    const { colours } = this.figure.theme;
    const { query } = this.figure.selection.now;
    for (const node of view.nodes) {
      if (node.parent === null) continue;
      const parent = view.nodes[node.parent];
      const [x, y] = this.#place(node);
      const [px, py] = this.#place(parent);
      const from = px + this.column * 0.72;
      context.strokeStyle = node.best ? colours.ink : colours["control-line"];
      context.lineWidth = node.best ? 2.2 : 1;
      context.setLineDash(node.kept ? [] : [3, 3]);
      context.beginPath();
      context.moveTo(from, py);
      context.bezierCurveTo(from + 10, py, x - 12, y, x - 2, y);
      context.stroke();
    }
    context.setLineDash([]);
    for (const node of view.nodes) {
      const [x, y] = this.#place(node);
      if (x < -this.column) continue;
      const font = `${node.best ? 700 : node.kept ? 500 : 400} 12.5px ${FONT.sans}`;
      context.font = font;
      const colour = colours[node.best ? "ink" : node.kept ? "ink-2" : "ink-3"];
      write(context, cut(context, node.word, this.column * 0.72), x, y, { font, colour });
    }
    context.fillStyle = colours.spot;
    context.fillRect(query * this.column - this.shift, TOP - 4, this.column * 0.72, 2.5);
    const font = `400 12px ${FONT.sans}`;
    const beyond = this.column * this.steps > this.width + 1;
    const seen = [this.shift, this.shift + this.width].map((x) => Math.round(x / this.column));
    const part = beyond
      ? `Steps ${seen[0]} to ${seen[1] - 1} of 0 to ${this.steps - 1}; choose another word to see the others.`
      : "";
    context.font = font;
    write(context, cut(context, view.note, this.width), 0, 10, { font, colour: colours["ink-2"] });
    write(context, part, 0, this.bottom, { font, colour: colours["ink-2"] });
  }

  /** @param {number} x @param {number} y @param {Tree} view */
  at(x, y, view) {
    const step = Math.floor((x + this.shift) / this.column);
    const rank = Math.floor((y - TOP) / ROW);
    const found = view.nodes.find((node) => node.step === step && node.rank === rank);
    return found ? { query: Math.min(step, this.figure.tokens("queries").length - 1) } : null;
  }

  /** @param {number} dx @param {number} _dy @param {Tree} _view @param {Looked} now */
  move(dx, _dy, _view, { query }) {
    return { query: Math.max(0, Math.min(this.figure.tokens("queries").length - 1, query + dx)) };
  }

  hasScale() {
    return false;
  }

  /** @param {Tree} view */
  summary(view) {
    const chosen = view.nodes.filter(({ best }) => best).sort((a, b) => a.step - b.step);
    return `${view.nodes.length} candidates in ${this.steps} steps. ${view.note} The line that won: ${chosen.map(({ word }) => word).join(" ")}`;
  }

  /** @param {Tree} view @param {string} title @returns {Readable[]} */
  read(view, title) {
    const nodes = [...view.nodes].sort((a, b) => a.step - b.step || a.rank - b.rank);
    const cells = nodes.map(({ word, score, ...node }) => [
      word,
      number(score, 3),
      fate(node),
      node.parent === null ? "" : view.nodes[node.parent].word,
    ]);
    const columns = ["word", "log-probability", "what became of it", "after"];
    return [
      {
        title,
        rows: nodes.map(({ step, rank }) => `step ${step}, place ${rank + 1}`),
        columns,
        cell: (row, column) => cells[row][column],
      },
    ];
  }

  /** @param {Tree} view @param {Looked} now */
  describe(view, { query }) {
    const here = view.nodes.filter(({ step }) => step === query);
    return `step ${query}: ${here.map(({ word, score, best, kept }) => `${word} ${number(score)} (${fate({ best, kept })})`).join(", ")}`;
  }
}

/** @param {Pick<Candidate, "best" | "kept">} node */
const fate = ({ best, kept }) => (best ? "chosen" : kept ? "followed" : "dropped");
