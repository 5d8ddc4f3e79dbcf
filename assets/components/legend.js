// What the colours of a figure mean: the ends of its scale, with a pin at the value that is looked at.

import { partsOf } from "./figure_numbers.js";
import { hiddenWord } from "./kit/canvas.js";
import { gradient } from "./kit/colour.js";
import { clamp, number } from "./kit/numbers.js";
import { element, lettered } from "./kit/text.js";

/** @import { Dials, Tables, View } from "./kit/figure_kinds.js" */
/** @import { Part } from "./kit/types.js" */

/** @import { Figure } from "./figure.js" */

/**
 * What stays side by side where a legend takes several lines.
 *
 * @param {(Node | string)[]} children
 */
const together = (...children) => element("span", { className: "together", children });

/**
 * The bar of a scale between the numbers at its ends.
 *
 * @param {string} low
 * @param {HTMLElement} bar
 * @param {string} high
 */
const ends = (low, bar, high) => {
  const [first, last] = [low, high].map((each) => element("span", { className: "number", children: [each] }));
  return [first, bar, last];
};

/**
 * A scale of one line: its bar between the numbers at its ends.
 *
 * @param {string} low
 * @param {HTMLElement} bar
 * @param {string} high
 */
export const scaleOf = (low, bar, high) => together(...ends(low, bar, high));

export class Legend {
  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
    this.pin = element("span", { className: "pin" });
    this.node = element("div", { className: "legend" });
  }

  /**
   * The scale of a view; where its tables have scales of their own, each of them with the labels of its tables. What may
   * not be seen is told where there is such a cell.
   *
   * @param {View} view
   */
  draw(view) {
    const { figure } = this;
    this.node.hidden = Boolean(view.plain) || figure.views[view.kind].hasScale?.(view) === false;
    const scales = "tables" in view ? scalesOf(view) : [{ part: /** @type {Part} */ (view), labels: [] }];
    const hiding = partsOf(view).find((part) => figure.hides(part));
    this.node.replaceChildren(
      ...scales.map(({ part, labels }) =>
        together(
          ...(scales.length > 1 ? [element("span", { className: "of", children: lettered(labels.join(", ")) })] : []),
          ...this.#scale(part, view.kind === "matrix"),
        ),
      ),
      ...(hiding ? [together(element("span", { className: "swatch" }), hiddenWord(hiding))] : []),
    );
  }

  /**
   * The bar of one scale between its ends.
   *
   * @param {Part} scaled
   * @param {boolean} whole whether it is the one scale of a matrix: there the pin stands, and it says whether it ends too early
   */
  #scale(scaled, whole) {
    const { figure } = this;
    if (scaled.hiddenWord === "−∞") return [element("span", { className: "swatch plain" }), "0"];
    const [low, high] = figure.range(scaled);
    const digits =
      scaled.whole || (high === 1 && scaled.scale === "weights") ? 0 : high < 10 ? (high < 0.1 ? 3 : 1) : 0;
    const bar = element("span", { className: "bar", children: whole ? [this.pin] : [] });
    bar.style.background = gradient(figure.colours(scaled));
    const over = whole && scaled.scale === "share" && figure.tensor(scaled.tensor).values.some((value) => value > high);
    return [...ends(number(low, low ? digits : 0), bar, number(high, digits)), ...(over ? ["or more"] : [])];
  }

  /**
   * The pin goes to the value that is looked at.
   *
   * @param {View} view
   */
  point(view) {
    const { figure, pin } = this;
    pin.hidden = true;
    if (view.kind !== "matrix") return;
    const { query, key, dimension } = figure.selection.now;
    const value = figure.value(view, query, view.columns === "keys" ? key : dimension);
    if (typeof value !== "number") return;
    const [low, high] = figure.range(view);
    pin.hidden = false;
    pin.style.left = `${clamp((value - low) / (high - low), 0, 1) * 100}%`;
  }
}

/**
 * The scales of several tables, each with the labels of the tables that are drawn on it.
 *
 * @param {Tables | Dials} view
 */
function scalesOf(view) {
  /** @type {Map<string, { part: Part, labels: string[] }>} */
  const found = new Map();
  for (const table of view.tables) {
    /** @type {Part} */
    const part = { scale: "signed", ...table };
    const key = JSON.stringify([part.scale, part.limit]);
    const same = found.get(key) ?? { part, labels: [] };
    same.labels.push(table.label);
    found.set(key, same);
  }
  return [...found.values()];
}
