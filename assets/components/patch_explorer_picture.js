// One picture with the grid of its patches: what a token looks at stays in the light, the rest is veiled.

import { FONT, fit, outline, write } from "./kit/canvas.js";
import { css, shade, UNREAD } from "./kit/colour.js";
import { clamp, total } from "./kit/numbers.js";
import { Tensor } from "./kit/payload.js";
import { paintMap, pictureOf, veilOf, withMap } from "./kit/picture.js";
import { element } from "./kit/text.js";

/** @import { Lettering } from "./kit/canvas.js" */
/** @import { PictureWords, Pointed, Pressed, Readable, Theme } from "./kit/types.js" */

const LARGEST = 460;
const MARGIN = 20; // for the names of rows and columns
const VEIL = 0.86;
const TOLD = 3; // how many of the strongest are said

/** @type {PictureWords} until a picture is there */
export const NO_PICTURE = { title: "", note: "", names: [], extra: 0, rows: 1, columns: 1 };
/** @type {Pointed} */
export const NOWHERE = { query: 0, key: 0, pinned: false, turned: false, coloured: false, share: 1 };

export class PatchExplorerPicture {
  words = NO_PICTURE;
  state = NOWHERE;
  weights = new Tensor(new Float32Array(0), [0, 0]);
  theme = UNREAD;
  /** @type {Tensor | null} */
  given = null;
  pixels = new OffscreenCanvas(1, 1);
  veil = "";
  width = 0;
  side = 0;
  map = { x: 0, y: 0, side: 0 };
  below = 0;

  /**
   * onPoint(place) is told where the eye goes, in the tokens of this picture.
   *
   * @param {{onPoint: (place: Partial<Pointed>) => void}} hooks
   */
  constructor({ onPoint }) {
    this.onPoint = onPoint;
    this.canvas = element("canvas", {
      tabindex: 0,
      role: "application",
      "aria-roledescription": "picture, arrow keys move over its patches",
    });
    this.canvas.onpointermove = (event) => {
      const token = this.#under(event);
      if (token !== null) this.onPoint(this.state.pinned ? { key: token } : { query: token, key: token });
    };
    this.canvas.onclick = (event) => {
      const token = this.#under(event);
      if (token !== null) this.#pin(token);
    };
  }

  /**
   * words: { names, extra, rows, columns, title }; weights: tokens x tokens.
   *
   * @param {{ words: PictureWords, weights: Tensor, pixels: Tensor, theme: Theme }} picture
   */
  update({ words, weights, pixels, theme }) {
    [this.words, this.weights, this.theme] = [words, weights, theme];
    if (pixels !== this.given) this.pixels = pictureOf(pixels, 255);
    this.given = pixels;
    this.veil = veilOf(pixels, theme, 255);
  }

  /** @param {number} width */
  resize(width) {
    this.width = width;
    Object.assign(this, withMap(width, MARGIN, LARGEST));
  }

  /**
   * A pinned token stays the one that asks; pinned again, it is let go.
   *
   * @param {number} token
   */
  #pin(token) {
    const { pinned, query } = this.state;
    if (pinned && token === query) this.onPoint({ pinned: false });
    else if (pinned) this.onPoint({ key: token });
    else this.onPoint({ query: token, key: token, pinned: true });
  }

  /** @param {MouseEvent} event */
  #under({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    const { rows, columns, extra } = this.words;
    for (const { x, y, side } of [{ x: MARGIN, y: MARGIN, side: this.side }, this.map]) {
      const column = Math.floor(((clientX - box.left - x) * columns) / side);
      const row = Math.floor(((clientY - box.top - y) * rows) / side);
      if (column >= 0 && row >= 0 && column < columns && row < rows) return extra + row * columns + column;
    }
    return null;
  }

  /** @param {Pressed} event */
  key(event) {
    const { rows, columns, extra } = this.words;
    const step = {
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      Home: [0, -columns],
      End: [0, columns],
    }[event.key];
    const { pinned, query, key } = this.state;
    const now = pinned ? key : query;
    if (step) {
      const place = Math.max(0, now - extra);
      const row = clamp(Math.floor(place / columns) + step[0], 0, rows - 1);
      const column = clamp((place % columns) + step[1], 0, columns - 1);
      const token = extra + row * columns + column;
      this.onPoint(pinned ? { key: token } : { query: token, key: token });
    } else if (event.key === "Enter" || event.key === " ") this.#pin(pinned ? query : now);
    else if (event.key === "Escape") this.onPoint({ pinned: false });
    else return false;
    return true;
  }

  /**
   * What the token that asks gives to every token, or where the question is turned, what every token gives to it.
   *
   * @param {number} query
   * @param {boolean} turned
   */
  #asked(query, turned) {
    const { names } = this.words;
    return Array.from({ length: names.length }, (_, other) =>
      turned ? this.weights.at(other, query) : this.weights.at(query, other),
    );
  }

  /**
   * What is drawn, patch by patch, and what goes to tokens that are no patch.
   *
   * @returns {Readable[]}
   */
  read() {
    const { names, extra, rows, columns, title } = this.words;
    const { query, turned } = this.state;
    const values = this.#asked(query, turned);
    const name = turned ? `what ${names[query]} gets` : `what ${names[query]} gives`;
    /** @type {Readable} */
    const patches = {
      title: `${title}: ${name}`,
      rows: Array.from({ length: rows }, (_, row) => String(row + 1)),
      columns: names.slice(extra, extra + columns).map((patch) => patch.replace(/\d+$/, "")),
      cell: (row, column) => values[extra + row * columns + column].toFixed(4),
    };
    /** @type {Readable} */
    const others = {
      title: `${name}, tokens that are no patch`,
      rows: names.slice(0, extra),
      columns: ["weight"],
      cell: (row) => values[row].toFixed(4),
    };
    return extra ? [patches, others] : [patches];
  }

  /**
   * state: { query, key, pinned, turned, coloured, share }. Draws and returns { most, says }: the end of the scale,
   * and words.
   *
   * @param {Pointed} state
   */
  paint(state) {
    this.state = state;
    const { query, key, pinned, turned, coloured, share } = state;
    const { words, theme, side } = this;
    const { extra, rows, columns } = words;
    const context = fit(this.canvas, this.width, side + MARGIN + 3 + this.below);
    context.save();
    context.imageSmoothingEnabled = this.pixels.width > 128;
    context.drawImage(this.pixels, MARGIN, MARGIN, side, side);
    context.restore();
    const values = this.#asked(query, turned);
    const patches = values.slice(extra);
    const own = query - extra;
    const most = Math.max(...patches.filter((_, place) => place !== own), 1e-9);
    const kept = strongest(patches, share);
    const [width, height] = [side / columns, side / rows];
    /** @param {number} token @returns {[x: number, y: number]} */
    const at = (token) => [
      MARGIN + ((token - extra) % columns) * width,
      MARGIN + Math.floor((token - extra) / columns) * height,
    ];
    patches.forEach((value, place) => {
      const strength = kept.has(place) ? Math.min(1, value / most) : 0;
      context.globalAlpha = coloured ? 0.75 : VEIL * (1 - strength);
      context.fillStyle = coloured ? css(shade(theme.ramps.weights, strength, 0, 1)) : this.veil;
      context.fillRect(...at(place + extra), width, height);
    });
    context.globalAlpha = 1;
    this.#lines(context, width, height);
    if (query >= extra) outline(context, ...at(query), width, height, theme.colours.query, 2.5);
    if (pinned && key >= extra && key !== query) outline(context, ...at(key), width, height, theme.colours.key, 2.5);
    const marked = /** @type {[number, string][]} */ ([
      [own, "query"],
      [pinned && key !== query ? key - extra : -1, "key"],
    ]);
    const title = `what ${words.names[query]} ${turned ? "gets" : "gives"}`;
    paintMap(context, { ...this.map, rows, columns, values: patches, most, title, theme, marked });
    const says = this.#says(values, { query, key, pinned, turned }, kept.size, share);
    this.canvas.setAttribute(
      "aria-label",
      `${words.title}. ${says.map((part) => (typeof part === "string" ? part : part.textContent)).join("")}`,
    );
    return { most, says };
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  #lines(context, width, height) {
    const {
      theme,
      side,
      words: { rows, columns, names, extra },
    } = this;
    /** @type {Lettering} */
    const small = { font: `500 11px ${FONT.mono}`, colour: theme.colours["ink-2"], align: "center" };
    const every = Math.ceil(16 / Math.min(width, height));
    for (let column = 0; column < columns; column += every)
      write(context, names[extra + column].replace(/\d+$/, ""), MARGIN + (column + 0.5) * width, 9, small);
    for (let row = 0; row < rows; row += every)
      write(context, String(row + 1), 9, MARGIN + (row + 0.5) * height, small);
    if (Math.min(width, height) < 9) return;
    context.strokeStyle = theme.colours["control-line"];
    context.globalAlpha = 0.5;
    context.lineWidth = 1;
    for (let column = 0; column <= columns; column++) context.strokeRect(MARGIN + column * width, MARGIN, 0, side);
    for (let row = 0; row <= rows; row++) context.strokeRect(MARGIN, MARGIN + row * height, side, 0);
    context.globalAlpha = 1;
  }

  /**
   * @param {number[]} values
   * @param {Omit<Pointed, "coloured" | "share">} place
   * @param {number} kept
   * @param {number} share
   */
  #says(values, { query, key, pinned, turned }, kept, share) {
    const { names, extra } = this.words;
    /** @param {number} token @param {string} className */
    const word = (token, className) => element("span", { className, children: [names[token]] });
    /** @param {number} value */
    const number = (value) => element("span", { className: "number", children: [value.toFixed(3)] });
    if (pinned && key !== query) {
      const [from, to] = turned ? [key, query] : [query, key];
      return [
        word(from, turned ? "key" : "query"),
        " gives ",
        number(values[key]),
        " of its attention to ",
        word(to, turned ? "query" : "key"),
        ". Click the outlined patch to let it go.",
      ];
    }
    const order = values
      .map((_, token) => token)
      .filter((token) => token >= extra)
      .sort((a, b) => values[b] - values[a])
      .slice(0, TOLD);
    const list = order.flatMap((token, place) => [place ? ", " : "", word(token, "key"), " ", number(values[token])]);
    const rest =
      extra && !turned ? [`. To ${names.slice(0, extra).join(", ")} goes `, number(total(values.slice(0, extra)))] : [];
    const held =
      share < 1
        ? [`. ${kept} of ${values.length - extra} patches hold ${Math.round(100 * share)} % of what patches get`]
        : [];
    return [
      word(query, "query"),
      turned ? " is looked at most by " : " looks most at ",
      ...list,
      ...rest,
      ...held,
      ".",
    ];
  }
}

/**
 * The places of the strongest patches that together hold this share.
 *
 * @param {number[]} patches
 * @param {number} share
 */
function strongest(patches, share) {
  if (share >= 1) return new Set(patches.keys());
  const wanted = share * total(patches);
  const kept = new Set();
  let sum = 0;
  for (const place of [...patches.keys()].sort((a, b) => patches[b] - patches[a])) {
    if (sum >= wanted) break;
    kept.add(place);
    sum += patches[place];
  }
  return kept;
}
