// What the colours of a figure mean: the ends of its scale, with a pin at the value that is looked at.

import { hiddenWord } from "./kit/canvas.js";
import { gradient } from "./kit/colour.js";
import { clamp, number } from "./kit/numbers.js";
import { element } from "./kit/text.js";

/** @import { View } from "./kit/figure_kinds.js" */
/** @import { Part } from "./kit/types.js" */

/** @import { Figure } from "./figure.js" */

export class Legend {
  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
    this.pin = element("span", { className: "pin" });
    this.node = element("div", { className: "legend" });
  }

  /**
   * The scale of a view.
   *
   * @param {View} view
   */
  draw(view) {
    const { figure } = this;
    this.node.hidden = Boolean(view.plain) || figure.views[view.kind].hasScale?.(view) === false;
    /** @type {Part} */
    const scaled = "tables" in view ? { scale: "signed", ...view.tables[0] } : view;
    const [low, high] = figure.range(scaled);
    const digits =
      scaled.whole || (high === 1 && scaled.scale === "weights") ? 0 : high < 10 ? (high < 0.1 ? 3 : 1) : 0;
    const bar = element("span", { className: "bar", children: [this.pin] });
    bar.style.background = gradient(figure.colours(scaled));
    /** @param {number} value @param {number} places */
    const end = (value, places) => element("span", { className: "number", children: [number(value, places)] });
    const over =
      scaled.scale === "share" && view.kind === "matrix" && figure.tensor(scaled.tensor).values.some((v) => v > high);
    const scale =
      scaled.hiddenWord === "−∞"
        ? [element("span", { className: "swatch plain" }), "0"]
        : [end(low, low ? digits : 0), bar, end(high, digits), ...(over ? ["or more"] : [])];
    const hidden = scaled.hidden && figure.stack(scaled.hidden);
    this.node.replaceChildren(
      ...scale,
      ...(hidden ? [element("span", { className: "swatch" }), hiddenWord(scaled)] : []),
    );
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
