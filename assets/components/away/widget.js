// A figure in a notebook: what Python sends is the model's "payload", what is done in the figure is told as its "told".

import { parse } from "../kit/colour.js";
import { dress } from "./dress.js";

/** @import { Part, Themes } from "./dress.js" */

/**
 * What anywidget hands over: traits by name, and the element to draw into.
 *
 * @typedef {object} Model
 * @property {(name: string) => DataView<ArrayBuffer>} get
 * @property {(name: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(event: string, act: () => void) => void} on
 * @property {(event: string, act: () => void) => void} off
 */

/**
 * Whether a page is dark: what is written there is light. Every notebook says that; what lies behind it, not all.
 *
 * @param {Element} place
 */
const isDark = (place) => parse(getComputedStyle(place).color).reduce((sum, channel) => sum + channel) > 3 * 128;

/**
 * What anywidget calls for every place in which the figure is shown.
 *
 * @param {Part} part
 * @param {Themes} themes
 */
export default function inNotebook(part, themes) {
  /** @param {{ model: Model, el: HTMLElement }} shown */
  return ({ model, el }) => {
    const host = document.createElement("div");
    host.dataset.lmSuppressShortcuts = "true"; // Jupyter hears keys before the figure does, and cuts cells at an x
    const parentElement = document.createElement("div");
    host.attachShadow({ mode: "open" }).append(parentElement);
    el.append(host);
    let turn = 0;
    /** @type {unknown} */
    let stop;
    /** @param {string} name @param {unknown} value */
    const tell = (name, value) => {
      turn += 1;
      model.set("told", { name, value, turn });
      model.save_changes();
    };
    function draw() {
      if (!host.clientWidth) return;
      dress(parentElement, isDark(el) ? themes.dark : themes.light);
      const { buffer, byteOffset, byteLength } = model.get("payload");
      const data = new Uint8Array(buffer, byteOffset, byteLength);
      stop = part({ parentElement, data, away: "notebook", setStateValue: tell, setTriggerValue: tell });
      there.disconnect();
    }
    const there = new ResizeObserver(draw); // it may be made before it stands in the page
    const theme = new MutationObserver(draw);
    there.observe(host);
    for (const node of [document.documentElement, document.body]) theme.observe(node, { attributes: true });
    model.on("change:payload", draw);
    return () => {
      model.off("change:payload", draw);
      there.disconnect();
      theme.disconnect();
      if (typeof stop === "function") stop();
    };
  };
}
