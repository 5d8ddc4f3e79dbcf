// Vectors as clock faces: every two numbers are a hand, with its angle and its length.

import { cut, FONT, write } from "../kit/canvas.js";
import { clamp, number } from "../kit/numbers.js";

/** @import { Dial, Dials } from "../kit/figure_kinds.js" */
/** @import { Looked, Readable, Tensor } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const HEIGHT = 400; // that a few dials fill
const [LEAST, MOST] = [64, 250]; // sides of a dial
const NAMED = 22; // room for what stands above the dials
const CAPTION = 16; // and under each
const NEAR = 14; // pixels within which the end of a hand is meant
const TRAIL = 256; // hands that are more than this are not drawn but the one that is looked at
const TURN = 2 * Math.PI;

/** @typedef {{ across: number, up: number }} Hand */

export class DialsView {
  /** @type {{ x: number, y: number }[]} the middles of the faces, pair by pair */
  middles = [];
  side = MOST;
  radius = 1;
  longest = 1;

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Dials} view @param {number} width */
  layout(view, width) {
    const count = this.#pairs(view);
    const fitting = (/** @type {number} */ side) => Math.max(1, Math.floor(width / side));
    let side = MOST;
    while (side > LEAST && Math.ceil(count / fitting(side)) * (side + CAPTION) > HEIGHT) side -= 4;
    this.side = Math.min(side, width);
    this.radius = this.side / 2 - 10;
    this.longest = Math.max(...view.tables.map(({ tensor }) => longest(this.figure.tensor(tensor)))) || 1;
    const across = Math.min(count, fitting(this.side));
    const left = (width - across * this.side) / 2;
    this.middles = Array.from({ length: count }, (_, pair) => ({
      x: left + ((pair % across) + 0.5) * this.side,
      y: NAMED + Math.floor(pair / across) * (this.side + CAPTION) + this.side / 2,
    }));
    return Math.ceil(NAMED + Math.ceil(count / across) * (this.side + CAPTION));
  }

  /** @param {CanvasRenderingContext2D} context @param {Dials} view @param {number} share */
  paint(context, view, share) {
    const { theme, selection } = this.figure;
    const looked = this.#pair(selection.now.dimension);
    this.middles.forEach(({ x, y }, pair) => {
      this.#face(context, x, y, pair === looked ? theme.colours.ink : theme.colours["control-line"]);
      for (const dial of view.tables) this.#hands(context, dial, pair, share);
      const font = `${pair === looked ? 700 : 500} 11px ${FONT.mono}`;
      const colour = theme.colours[pair === looked ? "ink" : "ink-2"];
      write(context, String(pair), x, y + this.side / 2 + 4, { font, colour, align: "center" });
    });
    this.#names(context, view);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {string} colour */
  #face(context, x, y, colour) {
    const { colours } = this.figure.theme;
    context.beginPath();
    context.arc(x, y, this.radius, 0, TURN);
    context.fillStyle = colours.sunken;
    context.fill();
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.stroke();
    context.beginPath();
    for (const [dx, dy] of [
      [0, -1],
      [1, 0],
      [0, 1],
      [-1, 0],
    ]) {
      context.moveTo(x + dx * this.radius * 0.9, y + dy * this.radius * 0.9);
      context.lineTo(x + dx * this.radius, y + dy * this.radius);
    }
    context.stroke();
  }

  /**
   * The ends of all hands of one pair, and the hand that is looked at. While it plays, a hand that was turned out of
   * another one turns.
   *
   * @param {CanvasRenderingContext2D} context @param {Dial} dial @param {number} pair @param {number} share
   */
  #hands(context, dial, pair, share) {
    const { theme } = this.figure;
    const tensor = this.figure.tensor(dial.tensor);
    const colour = theme.colours[dial.role] ?? theme.colours.ink;
    const { x, y } = this.middles[pair];
    if (tensor.rows > 1 && tensor.rows <= TRAIL) {
      context.fillStyle = colour;
      context.globalAlpha = 0.28;
      for (let row = 0; row < tensor.rows; row++) {
        const [ex, ey] = this.#end(x, y, hand(tensor, row, pair));
        context.beginPath();
        context.arc(ex, ey, this.side > 100 ? 2 : 1.2, 0, TURN);
        context.fill();
      }
      context.globalAlpha = 1;
    }
    const row = this.#row(dial);
    let goal = hand(tensor, row, pair);
    const source = dial.turned && this.figure.tensor(dial.turned);
    if (source) {
      const start = hand(source, Math.min(row, source.rows - 1), pair);
      goal = share < 1 ? between(start, goal, share) : goal;
      this.#arc(context, x, y, start, goal, colour);
    }
    const [ex, ey] = this.#end(x, y, goal);
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = this.side > 100 ? 2.5 : 1.5;
    context.setLineDash(dial.dashed ? [4, 3] : []);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(ex, ey);
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.arc(ex, ey, this.side > 100 ? 4 : 2.5, 0, TURN);
    context.fill();
  }

  /**
   * The way from one hand to the other, the shorter way round.
   *
   * @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {Hand} start @param {Hand} goal
   * @param {string} colour
   */
  #arc(context, x, y, start, goal, colour) {
    const from = Math.atan2(start.up, start.across);
    const apart = shorter(Math.atan2(goal.up, goal.across) - from);
    const reach = (0.6 * this.radius * Math.hypot(goal.across, goal.up)) / this.longest;
    context.beginPath();
    context.arc(x, y, reach, -from, -(from + apart), apart > 0); // canvas angles run the other way
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.stroke();
  }

  /**
   * What the hands are called, in their colours.
   *
   * @param {CanvasRenderingContext2D} context @param {Dials} view
   */
  #names(context, view) {
    const { theme } = this.figure;
    const font = `600 13px ${FONT.sans}`;
    context.font = font;
    const room = (this.figure.width || MOST) / view.tables.length;
    let x = 0;
    for (const dial of view.tables) {
      const text = cut(context, this.#named(dial), room - 12);
      write(context, text, x, 9, { font, colour: theme.colours[dial.role] ?? theme.colours.ink });
      x += context.measureText(text).width + 16;
    }
  }

  /** @param {Dial} dial */
  #named(dial) {
    const tokens = this.figure.tokens(dial.rows);
    return [dial.label, tokens?.[this.#row(dial)]?.text].filter(Boolean).join(" ");
  }

  /** @param {Dials} view */
  #pairs(view) {
    return Math.floor(this.figure.tensor(view.tables[0].tensor).columns / 2);
  }

  /** @param {number} dimension */
  #pair(dimension) {
    return clamp(Math.floor(dimension / 2), 0, this.middles.length - 1);
  }

  /** @param {Dial} dial */
  #row(dial) {
    return clamp(
      Number(this.figure.selection.now[this.figure.end(dial.rows)]),
      0,
      this.figure.tensor(dial.tensor).rows - 1,
    );
  }

  /** @param {number} x @param {number} y @param {Hand} ending @returns {[number, number]} */
  #end(x, y, { across, up }) {
    return [x + (across / this.longest) * this.radius, y - (up / this.longest) * this.radius];
  }

  /** @param {number} x @param {number} y @param {Dials} view */
  at(x, y, view) {
    const pair = this.middles.findIndex((middle) => Math.hypot(middle.x - x, middle.y - y) <= this.side / 2);
    if (pair < 0) return null;
    const { x: mx, y: my } = this.middles[pair];
    const dial = view.tables.find(({ tensor }) => this.figure.tensor(tensor).rows > 1);
    if (!dial) return { dimension: 2 * pair };
    const tensor = this.figure.tensor(dial.tensor);
    let [nearest, away] = [-1, NEAR];
    for (let row = 0; row < tensor.rows; row++) {
      const [ex, ey] = this.#end(mx, my, hand(tensor, row, pair));
      const far = Math.hypot(ex - x, ey - y);
      if (far < away) [nearest, away] = [row, far];
    }
    return nearest < 0 ? { dimension: 2 * pair } : { dimension: 2 * pair, [this.figure.end(dial.rows)]: nearest };
  }

  /** @param {number} dx @param {number} dy @param {Dials} view @param {Looked} now */
  move(dx, dy, view, now) {
    const pair = clamp(this.#pair(now.dimension) + dx, 0, this.#pairs(view) - 1);
    const dial = view.tables.find(({ tensor }) => this.figure.tensor(tensor).rows > 1);
    if (!dial) return { dimension: 2 * pair };
    const axis = this.figure.end(dial.rows);
    return { dimension: 2 * pair, [axis]: clamp(Number(now[axis]) + dy, 0, this.figure.tensor(dial.tensor).rows - 1) };
  }

  /** Its marks are no colours of a scale. */
  hasScale() {
    return false;
  }

  /** @param {Dials} view */
  summary(view) {
    const count = this.#pairs(view);
    return `${count} ${count === 1 ? "dial" : "dials"} of two numbers each, for ${view.tables.map((dial) => this.#named(dial)).join(", ")}`;
  }

  /** @param {Dials} view @param {string} title @returns {Readable[]} */
  read(view, title) {
    return view.tables.map((dial) => {
      const tensor = this.figure.tensor(dial.tensor);
      const tokens = this.figure.tokens(dial.rows);
      return {
        title: `${title}: ${dial.label}`,
        rows: Array.from({ length: tensor.rows }, (_, row) => tokens?.[row]?.text ?? row),
        columns: Array.from({ length: this.#pairs(view) }, (_, pair) => [`angle ${pair}`, `length ${pair}`]).flat(),
        cell: (row, column) => {
          const { angle, length } = polar(hand(tensor, row, column >> 1), view.clock);
          return column % 2 ? number(length, 3) : `${number(angle, 1)}°`;
        },
      };
    });
  }

  /** @param {Dials} view @param {Looked} now */
  describe(view, now) {
    const pair = this.#pair(now.dimension);
    const told = view.tables.map((dial) => {
      const { angle, length } = polar(hand(this.figure.tensor(dial.tensor), this.#row(dial), pair), view.clock);
      return `${this.#named(dial)} at ${number(angle, 1)}°, ${number(length)} long`;
    });
    return `dial ${pair}: ${told.join("; ")}`;
  }
}

/** @param {Tensor} tensor @param {number} row @param {number} pair @returns {Hand} */
const hand = (tensor, row, pair) => ({ across: tensor.at(row, 2 * pair), up: tensor.at(row, 2 * pair + 1) });

/**
 * Angle in degrees and length: from the right against the clock as in mathematics, or from the top with the clock.
 *
 * @param {Hand} hand @param {boolean} [clock]
 */
export function polar({ across, up }, clock = false) {
  const turned = ((clock ? Math.atan2(across, up) : Math.atan2(up, across)) * 360) / TURN;
  return { angle: (turned + 360) % 360, length: Math.hypot(across, up) };
}

/** @param {Tensor} tensor */
function longest(tensor) {
  let found = 0;
  for (let row = 0; row < tensor.rows; row++) {
    for (let pair = 0; 2 * pair + 1 < tensor.columns; pair++) {
      const { across, up } = hand(tensor, row, pair);
      found = Math.max(found, Math.hypot(across, up));
    }
  }
  return found;
}

/** An angle of at most half a turn to either side. @param {number} angle */
const shorter = (angle) => angle - TURN * Math.round(angle / TURN);

/** A hand on its way from one to another of the same length. @param {Hand} start @param {Hand} goal @param {number} share */
function between(start, goal, share) {
  const from = Math.atan2(start.up, start.across);
  const angle = from + share * shorter(Math.atan2(goal.up, goal.across) - from);
  const length = Math.hypot(goal.across, goal.up);
  return { across: length * Math.cos(angle), up: length * Math.sin(angle) };
}
