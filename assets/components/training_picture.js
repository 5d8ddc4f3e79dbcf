// The picture that is watched, and over it what the open head looks at: from the mark that writes, or from a patch.

import { Tensor } from "./kit/payload.js";
import { element } from "./kit/text.js";
import { NOWHERE, PatchExplorerPicture } from "./patch_explorer_picture.js";

/** @import { Pointed, Readable, Theme, TrainingData } from "./kit/types.js" */

const WIDEST = 440; // the picture and its map
const WRITES = 0; // the place of the mark: it stands before the patches here

export class TrainingPicture {
  /** @type {Pointed} */
  state = NOWHERE;

  constructor() {
    this.picture = new PatchExplorerPicture({ onPoint: (place) => this.#point(place) });
    const { canvas } = this.picture;
    canvas.onkeydown = (event) => {
      event.stopPropagation(); // r and c are Streamlit's
      if (this.picture.key(event)) event.preventDefault();
    };
    canvas.onpointerleave = () => this.state.pinned || this.#point({ query: WRITES, key: WRITES });
    this.says = element("p", { className: "caption" });
    this.node = element("figure", { children: [canvas, this.says] });
  }

  /** @param {Partial<Pointed>} place */
  #point(place) {
    const let_go = place.pinned === false; // whoever lets a patch go looks from the mark again
    this.state = { ...this.state, ...(let_go ? { query: WRITES, key: WRITES } : {}), ...place };
    this.#draw();
  }

  #draw() {
    this.says.replaceChildren(...this.picture.paint(this.state).says);
  }

  /**
   * @param {TrainingData} data whose tokens are the patches and the mark behind them
   * @param {Tensor} weights of the open head, from 0 to 255
   * @param {string} name of that head
   * @param {Theme} theme
   * @param {number} width
   */
  paint(data, weights, name, theme, width) {
    const { rows } = weights;
    // the picture is made for tokens that stand before the patches
    const from = (/** @type {number} */ place) => (place + rows - 1) % rows;
    const turned = new Tensor(new Float32Array(rows * rows), [rows, rows]);
    turned.values.forEach((_, at) => {
      turned.values[at] = weights.at(from(Math.floor(at / rows)), from(at % rows)) / 255;
    });
    this.picture.update({
      words: {
        title: `The picture that is watched, and what ${name} looks at in it`,
        note: "",
        names: data.tokens.map((_, place) => data.tokens[from(place)]),
        extra: 1,
        rows: data.side,
        columns: data.side,
      },
      weights: turned,
      pixels: coloured(data.tensors.pictures.matrix(0)),
      theme,
    });
    this.picture.resize(Math.min(width, WIDEST));
    this.#draw();
  }

  /** @returns {Readable[]} */
  read() {
    return this.picture.read();
  }
}

/**
 * A grey picture in the three colours of a screen.
 *
 * @param {Tensor} grey
 */
export function coloured({ values, rows, columns }) {
  const three = new Uint8Array(3 * values.length);
  for (let channel = 0; channel < 3; channel++) three.set(values, channel * values.length);
  return new Tensor(three, [3, rows, columns]);
}
