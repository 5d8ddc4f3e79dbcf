// What a beam looked at: a row for each step, the likeliest line on the left, the line that won drawn through.

import { cut, FONT, write } from "../kit/canvas.js";
import { clamp, number } from "../kit/numbers.js";

/** @import { Candidate, Tree } from "../kit/figure_kinds.js" */
/** @import { Looked, Readable } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const TOP = 24;
const HEIGHT = 418;
const LEFT = 26; // room for the number of the step
const COLUMN = 96; // a piece and its score
const SCORED = 66; // a column narrower than this has no score in it
const [LOWEST, HIGHEST] = [24, 36]; // of a row
const BOX = 18;

export class TreeView {
  aside = true; // a beam is a search around the computation
  steps = 0;
  first = 0;
  count = 0;
  row = 0;
  columns = 0;
  column = 0;

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Tree} view @param {number} width */
  layout(view, width) {
    const followed = view.nodes.filter(({ kept }) => kept).map(({ rank }) => rank + 1);
    const most = Math.max(...view.nodes.map(({ rank }) => rank + 1));
    // of what was cut, as much as there is room for
    this.columns = Math.min(most, Math.max(...followed, Math.floor((width - LEFT) / COLUMN)));
    this.column = (width - LEFT) / this.columns;
    this.steps = Math.max(...view.nodes.map(({ step }) => step)) + 1;
    this.count = Math.min(this.steps, Math.floor((HEIGHT - TOP) / LOWEST));
    this.row = clamp((HEIGHT - TOP) / this.count, LOWEST, HIGHEST);
    // what does not fit scrolls along with the step that is looked at
    const middle = this.figure.selection.pinned.query - Math.floor(this.count / 2);
    this.first = clamp(middle, 0, this.steps - this.count);
    return Math.ceil(TOP + this.count * this.row + (this.count < this.steps ? 18 : 2));
  }

  /** @param {Candidate} node @returns {[x: number, y: number]} */
  #place({ step, rank }) {
    return [LEFT + rank * this.column, TOP + (step - this.first + 0.5) * this.row];
  }

  /** @param {Candidate} node */
  #shown = ({ step, rank }) => step >= this.first && step < this.first + this.count && rank < this.columns;

  /** @param {CanvasRenderingContext2D} context @param {Tree} view */
  paint(context, view) {
    const { colours } = this.figure.theme;
    const { query } = this.figure.selection.now;
    const small = `400 12px ${FONT.sans}`;
    const drawn = view.nodes.filter(this.#shown);
    // the line that won lies over the others
    for (const node of [...drawn].sort((a, b) => Number(a.best) - Number(b.best))) this.#link(context, view, node);
    for (const node of drawn) this.#piece(context, node);
    for (let step = this.first; step < this.first + this.count; step++) {
      const y = TOP + (step - this.first + 0.5) * this.row;
      const font = `${step === query ? 700 : 400} 11px ${FONT.mono}`;
      write(context, String(step + 1), LEFT - 9, y, { font, colour: colours["ink-2"], align: "right" });
      context.fillStyle = colours.spot;
      if (step === query) context.fillRect(LEFT - 6, y - BOX / 2, 3, BOX);
    }
    write(context, view.note, 0, 9, { font: small, colour: colours["ink-2"] });
    if (this.count === this.steps) return;
    const part = `Steps ${this.first + 1} to ${this.first + this.count} of ${this.steps}; choose another word to see the others.`;
    write(context, part, 0, TOP + this.count * this.row + 9, { font: small, colour: colours["ink-2"] });
  }

  /** @param {CanvasRenderingContext2D} context @param {Tree} view @param {Candidate} node */
  #link(context, view, node) {
    const parent = node.parent === null ? null : view.nodes[node.parent];
    if (!parent || !this.#shown(parent)) return;
    const { colours } = this.figure.theme;
    const [[px, py], [x, y]] = [this.#place(parent), this.#place(node)];
    const [from, to] = [px + 14, x + 14];
    const [above, below] = [py + BOX / 2, y - BOX / 2];
    context.strokeStyle = colours[node.best ? "ink" : "ink-3"];
    context.lineWidth = node.best ? 4 : 1.2;
    context.setLineDash(node.kept ? [] : [2, 3]);
    context.beginPath();
    context.moveTo(from, above);
    context.bezierCurveTo(from, below, to, above, to, below);
    context.stroke();
    context.setLineDash([]);
  }

  /** @param {CanvasRenderingContext2D} context @param {Candidate} node */
  #piece(context, node) {
    const { colours } = this.figure.theme;
    const [x, y] = this.#place(node);
    const score = this.column < SCORED ? "" : number(node.score, this.column < COLUMN ? 1 : 2);
    const width = this.column - 6;
    const colour = colours[node.best ? "surface" : node.kept ? "ink" : "ink-2"];
    context.beginPath();
    context.roundRect(x + 0.5, y - BOX / 2 + 0.5, width, BOX - 1, 4);
    context.fillStyle = colours[node.best ? "ink" : "surface"];
    context.fill();
    context.strokeStyle = colours["ink-3"];
    context.lineWidth = 1;
    if (node.kept) context.stroke();
    const mono = `400 10.5px ${FONT.mono}`;
    const font = `${node.best ? 700 : node.kept ? 500 : 400} 12.5px ${FONT.sans}`;
    context.font = mono;
    const room = width - 8 - (score ? context.measureText(score).width + 5 : 0);
    context.font = font;
    const text = `${node.kept ? "" : "× "}${node.ended ? "■ " : ""}${node.word}`;
    write(context, cut(context, text, room), x + 5, y + 0.5, { font, colour });
    write(context, score, x + width - 4, y + 0.5, { font: mono, colour, align: "right" });
  }

  /** @param {number} x @param {number} y @param {Tree} view */
  at(x, y, view) {
    const step = this.first + Math.floor((y - TOP) / this.row);
    const rank = Math.floor((x - LEFT) / this.column);
    const found = view.nodes.find((node) => this.#shown(node) && node.step === step && node.rank === rank);
    return found ? { query: Math.min(step, this.figure.tokens("queries").length - 1) } : null;
  }

  /** @param {number} dx @param {number} dy @param {Tree} _view @param {Looked} now */
  move(dx, dy, _view, { query }) {
    return { query: clamp(query + dx + dy, 0, this.figure.tokens("queries").length - 1) };
  }

  hasScale() {
    return false;
  }

  /** @param {Tree} view */
  summary(view) {
    const chosen = view.nodes.filter(({ best }) => best).sort((a, b) => a.step - b.step);
    return `${view.nodes.length} candidates in ${this.steps} steps. The line that won: ${chosen.map(({ word }) => word).join(" ")}`;
  }

  /** @param {Tree} view @param {string} title @returns {Readable[]} */
  read(view, title) {
    const nodes = view.nodes.map((node, place) => ({ ...node, meaning: view.meanings[place] }));
    nodes.sort((a, b) => a.step - b.step || a.rank - b.rank);
    const cells = nodes.map(({ word, meaning, score, ...node }) => [
      word,
      meaning,
      number(score, 3),
      fate(node),
      node.parent === null ? "" : view.nodes[node.parent].word,
    ]);
    const columns = ["word", "what it means", "log-probability of its line", "what became of it", "after"];
    return [
      {
        title,
        rows: nodes.map(({ step, rank }) => `step ${step + 1}, place ${rank + 1}`),
        columns,
        cell: (row, column) => cells[row][column],
      },
    ];
  }

  /** @param {Tree} view @param {Looked} now */
  describe(view, { query }) {
    const told = view.nodes.flatMap((node, place) =>
      node.step === query ? [`${node.word} (${view.meanings[place]}) ${number(node.score)} ${fate(node)}`] : [],
    );
    return `step ${query + 1}: ${told.join(", ")}`;
  }
}

/** @param {Pick<Candidate, "best" | "kept" | "ended">} node */
const fate = ({ best, kept, ended }) => (best ? "won" : ended ? "ended" : kept ? "followed" : "cut");
