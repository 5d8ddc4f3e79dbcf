// What a captioner looks back at: the picture under the grid of its patches, and word by word what each looked at.

import { HeadGrid } from "./head_grid.js";
import { FONT, fit, outline, penOf, write } from "./kit/canvas.js";
import { number } from "./kit/numbers.js";
import { pictureOf, veilOf } from "./kit/picture.js";
import { element } from "./kit/text.js";

/** @import { Grid } from "./head_grid.js" */
/** @import { PictureLookedAt, Readable, Tensor, Theme, WrittenToken } from "./kit/types.js" */

const VEIL = 0.86;
const MARGIN = 18; // for the names of rows and columns
const LARGEST = 180;
const SMALL = 62; // a picture of the strip
const LEGIBLE = 12; // pixels of a patch from which on each row has its name

/**
 * A picture and what stands over it: the largest weight on a patch is clear, 0 is veiled.
 *
 * @typedef {{ pixels: OffscreenCanvas, veil: string, extra: number, columns: number }} Seen
 */

/**
 * @param {OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D} context
 * @param {Seen} seen
 * @param {Float32Array | Uint8Array} row of weights, first on what is no patch
 * @param {{ x: number, y: number, side: number }} box
 */
function paintSeen(context, { pixels, veil, extra, columns }, row, { x, y, side }) {
  context.save();
  context.imageSmoothingEnabled = pixels.width > 128;
  context.drawImage(pixels, x, y, side, side);
  context.restore();
  const patches = row.subarray(extra);
  const most = Math.max(...patches, 1e-9);
  const cell = side / columns;
  context.fillStyle = veil;
  patches.forEach((value, place) => {
    context.globalAlpha = VEIL * (1 - value / most);
    context.fillRect(x + (place % columns) * cell, y + Math.floor(place / columns) * cell, cell, cell);
  });
  context.globalAlpha = 1;
}

/** All heads of a captioner that look back: on each small picture, what the head looks at. */
export class PictureHeads extends HeadGrid {
  /** @type {Seen | null} null where no head of these looks at a picture */
  seen = null;

  /** @param {Grid} grid @param {Seen | null} seen */
  over(grid, seen) {
    this.seen = seen;
    this.update(grid);
  }

  /** @param {number} index */
  strongest(index) {
    return this.seen ? Math.max(...this.stack.row(index).subarray(this.seen.extra)) : super.strongest(index);
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {number} ratio
   */
  draw(width, height, ratio) {
    if (!this.seen) return super.draw(width, height, ratio);
    const bitmap = new OffscreenCanvas(Math.round(width * ratio), Math.round(height * ratio));
    const context = penOf(bitmap);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (let index = 0; index < this.layers * this.heads; index++) {
      const [x, y] = this.corner(Math.floor(index / this.heads), index % this.heads);
      paintSeen(context, this.seen, this.stack.row(index), { x, y, side: this.side });
    }
    return bitmap;
  }
}

export class WritingPicture {
  /** @type {PictureLookedAt | null} */
  words = null;
  /** @type {Seen | null} */
  seen = null;
  /** @type {Tensor | null} */
  given = null;
  /** @type {Float32Array | Uint8Array | null} */
  row = null;
  /** @type {Theme | null} */
  theme = null;
  side = 0;
  asked = "";

  /** @param {(place: number) => void} onLook is told of which token the choice is looked at */
  constructor(onLook) {
    this.onLook = onLook;
    this.canvas = element("canvas", { role: "img" });
    this.told = element("p", { className: "quiet" });
    this.node = element("section", {
      className: "picture",
      hidden: true,
      "aria-label": "The picture",
      children: [this.canvas, this.told],
    });
    this.strip = element("div", { className: "strip", hidden: true });
    this.canvas.onpointermove = (event) => this.say(this.under(event));
    this.canvas.onpointerleave = () => this.say(null);
  }

  /**
   * @param {PictureLookedAt | null} words null where no picture is looked at
   * @param {{ picture?: Tensor, trail?: Tensor }} tensors
   * @param {WrittenToken[]} tokens
   * @param {{ at: number, open: boolean, theme: Theme }} how open: whether a token can follow
   */
  update(words, { picture, trail }, tokens, { at, open, theme }) {
    this.node.hidden = this.strip.hidden = !words;
    [this.words, this.theme] = [words, theme];
    this.seen = null;
    if (!words || !picture) return;
    if (picture !== this.given) this.pixels = pictureOf(picture, 255);
    this.given = picture;
    this.seen = {
      pixels: /** @type {OffscreenCanvas} */ (this.pixels),
      veil: veilOf(picture, theme, 255),
      extra: words.extra,
      columns: words.columns,
    };
    this.asked = tokens[at]?.name ?? "the next token";
    if (trail) this.paintStrip(trail, tokens, at, open);
  }

  /**
   * Where each token looked when it was chosen, in small pictures.
   *
   * @param {Tensor} trail
   * @param {WrittenToken[]} tokens
   * @param {number} at
   * @param {boolean} open
   */
  paintStrip(trail, tokens, at, open) {
    const last = Math.min(trail.rows, tokens.length - (open ? 0 : 1));
    const nodes = Array.from({ length: last }, (_, row) => {
      const place = row + 1;
      const canvas = element("canvas", {});
      const context = fit(canvas, SMALL, SMALL);
      if (this.seen) paintSeen(context, this.seen, trail.row(row), { x: 0, y: 0, side: SMALL });
      const name = tokens[place]?.name ?? "…";
      const node = element("button", {
        type: "button",
        className: place === at ? "seen looked" : "seen",
        "aria-pressed": String(place === at),
        "aria-label": `where it looked for ${name}`,
        children: [element("span", { children: [name] }), canvas],
      });
      node.onclick = () => this.onLook(place);
      return node;
    });
    const { scrollLeft } = this.strip;
    this.strip.replaceChildren(...nodes);
    this.strip.scrollLeft = scrollLeft;
    const looked = nodes[at - 1];
    if (looked && looked.offsetLeft + SMALL > this.strip.scrollLeft + this.strip.clientWidth)
      this.strip.scrollLeft = looked.offsetLeft;
  }

  /** @param {Float32Array | Uint8Array | null} row the weights that stand over the picture; null = the picture alone */
  weigh(row) {
    this.row = row;
    this.paint();
  }

  /** @param {number} width */
  resize(width) {
    this.side = Math.max(120, Math.min(LARGEST, width - MARGIN));
    this.paint();
  }

  paint() {
    const { seen, words, theme, side } = this;
    if (!seen || !words || !theme || !side) return;
    const context = fit(this.canvas, side + MARGIN, side + MARGIN);
    const plain = new Float32Array(seen.extra + seen.columns ** 2).fill(1);
    paintSeen(context, seen, this.row ?? plain, { x: MARGIN, y: MARGIN, side });
    const cell = side / seen.columns;
    const every = Math.ceil(LEGIBLE / cell);
    const style = {
      font: `500 10px ${FONT.mono}`,
      colour: theme.colours["ink-2"],
      align: /** @type {const} */ ("center"),
    };
    for (let place = 0; place < seen.columns; place += every) {
      const column = words.names[seen.extra + place].replace(/\d+$/, "");
      write(context, column, MARGIN + (place + 0.5) * cell, 8, style);
      write(context, String(place + 1), 8, MARGIN + (place + 0.5) * cell, style);
    }
    outline(context, MARGIN, MARGIN, side, side, theme.colours["control-line"], 1);
    const patches = this.row?.subarray(seen.extra);
    if (patches && looksAtAny(patches)) {
      const place = strongest(patches);
      const [x, y] = [place % seen.columns, Math.floor(place / seen.columns)];
      outline(context, MARGIN + x * cell, MARGIN + y * cell, cell, cell, theme.colours.key, 2);
    }
    this.say(null);
  }

  /** What is said below the picture. @param {number | null} place the patch that is pointed at */
  say(place) {
    const { seen, words, row } = this;
    if (!seen || !words) return;
    if (!row) {
      this.told.textContent = "What is shown is where heads look in what is written.";
      return;
    }
    const patches = row.subarray(seen.extra);
    const best = strongest(patches);
    const at = place ?? best;
    if (place === null && !looksAtAny(row)) {
      this.told.textContent = `For “${this.asked}”, no weight is on the picture.`;
      this.canvas.setAttribute("aria-label", `The picture. ${this.told.textContent}`);
      return;
    }
    const lead = place === null ? "clear: the largest weight, " : "";
    const others = words.names
      .slice(0, seen.extra)
      .map((name, index) => `, ${name} ${number(row[index], 3)}`)
      .join("");
    this.told.textContent = `For “${this.asked}”, ${lead}${words.names[seen.extra + at]} ${number(patches[at], 3)}; veiled: 0${others}`;
    this.canvas.setAttribute("aria-label", `The picture. ${this.told.textContent}`);
  }

  /** @param {MouseEvent} event */
  under({ clientX, clientY }) {
    if (!this.seen) return null;
    const box = this.canvas.getBoundingClientRect();
    const cell = this.side / this.seen.columns;
    const column = Math.floor((clientX - box.left - MARGIN) / cell);
    const row = Math.floor((clientY - box.top - MARGIN) / cell);
    const inside = Math.min(column, row) >= 0 && Math.max(column, row) < this.seen.columns;
    return inside ? row * this.seen.columns + column : null;
  }

  /**
   * What is drawn, patch by patch.
   *
   * @returns {Readable[]}
   */
  read() {
    const { seen, words, row } = this;
    if (!seen || !words || !row) return [];
    const patches = row.subarray(seen.extra);
    return [
      {
        title: `Where it looks in the picture for ${this.asked}`,
        rows: Array.from({ length: seen.columns }, (_, place) => String(place + 1)),
        columns: words.names.slice(seen.extra, seen.extra + seen.columns).map((name) => name.replace(/\d+$/, "")),
        cell: (down, across) => patches[down * seen.columns + across].toFixed(4),
      },
    ];
  }
}

/** Whether any weight is there: who stands before a picture, or too far behind it for a layer, has none on it.
 *
 * @param {Float32Array | Uint8Array} row
 */
export const looksAtAny = (row) => row.some((weight) => weight > 0);

/** @param {Float32Array | Uint8Array} row */
const strongest = (row) => row.indexOf(Math.max(...row));
