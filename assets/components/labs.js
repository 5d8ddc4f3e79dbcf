// Cards that lead to the labs, each with a small picture of real attention.

import { fit, heat } from "./kit/canvas.js";
import { leadingTo } from "./kit/leaving.js";
import { mount } from "./kit/mount.js";
import { element } from "./kit/text.js";

/** @import { App, Component, Io, LabCard, LabsData, Tensor, Theme } from "./kit/types.js" */

const SIDE = 64;

/** @param {HTMLElement} root @param {Io} io @returns {App<LabsData>} */
function createLabs(root, io) {
  root.className = "lab labs";

  /**
   * One matrix fills the square; nine share it.
   *
   * @param {HTMLCanvasElement} canvas
   * @param {Tensor} stack
   * @param {Theme} theme
   */
  function picture(canvas, stack, theme) {
    const context = fit(canvas, SIDE, SIDE);
    const across = Math.floor(Math.sqrt(stack.shape[0]));
    const step = (SIDE + 2) / across;
    for (let index = 0; index < across ** 2; index++) {
      const matrix = stack.matrix(index);
      heat(context, {
        x: (index % across) * step,
        y: Math.floor(index / across) * step,
        width: step - 2,
        height: step - 2,
        rows: matrix.rows,
        columns: matrix.columns,
        value: (r, c) => matrix.at(r, c),
        colours: theme.ramps.weights,
        low: 0,
        high: 1,
        theme,
      });
    }
  }

  /** @param {LabCard} lab @param {LabsData} data @param {Theme} theme */
  function card({ slug, title, question }, data, theme) {
    const canvas = element("canvas", { "aria-hidden": "true" }); // the words beside it say where it leads
    if (data.tensors[slug]) picture(canvas, data.tensors[slug], theme);
    else canvas.hidden = true;
    const words = element("span", {
      children: [element("b", { children: [title] }), element("span", { children: [question] })],
    });
    return element("a", { className: "card", ...leadingTo(slug, io), children: [canvas, words] });
  }

  return {
    update(data, theme) {
      root.replaceChildren(
        element("h2", { children: ["Bring your own"] }),
        element("p", { className: "lead", children: ["The same figures, your material."] }),
        ...data.labs.map((lab) => card(lab, data, theme)),
      );
    },
  };
}

/** @param {Component} component */
export default (component) => mount(component, createLabs, [new URL("labs.css", import.meta.url)]);
