// A chart in a file of its own. On a page Streamlit draws it; here plotly does, which lies in the file before this script.

import { readTheme } from "./kit/colour.js";
import { decode } from "./kit/payload.js";
import { element } from "./kit/text.js";

/** @import { Component } from "./kit/types.js" */

/** @typedef {Record<string, any>} Told what plotly understands */
/** @typedef {{ react: (place: HTMLElement, data: Told[], layout: Told, config: Told) => Promise<unknown> }} Plotly */

const CONFIG = { responsive: true, displaylogo: false };

/**
 * Colours of the theme in place of those that stand for the first, the second … of it, as Streamlit puts them.
 *
 * @param {string} told
 * @param {string[]} colours
 */
const coloured = (told, colours) =>
  told.replace(/"#0000(\d\d)"/g, (_, place) => JSON.stringify(colours[Number(place) - 1]));

/** @param {Component} component */
export default function ({ parentElement, data }) {
  const { figure, alt } = decode(data);
  const root = parentElement.querySelector(".lab") ?? parentElement.appendChild(element("div", { className: "lab" }));
  let chart = /** @type {HTMLElement | null} */ (root.querySelector(".chart"));
  if (!chart) {
    chart = element("div", { className: "chart", role: "figure", "aria-label": alt });
    const words = element("details", { children: [element("summary", { children: ["In words"] }), alt] });
    root.append(chart, words);
  }
  const { name } = readTheme(/** @type {HTMLElement} */ (root));
  const style = getComputedStyle(root);
  /** @param {string} variable */
  const read = (variable) => style.getPropertyValue(variable).trim();
  const colours = read("--st-chart-categorical-colors").split(",");
  const scale = read("--st-chart-sequential-colors").split(",");
  const { data: traces, layout } = JSON.parse(coloured(JSON.stringify(figure), colours));
  const grid = {
    gridcolor: name === "dark" ? "#2e2e3c" : "#e4e4ee",
    linecolor: read("--st-border-color"),
    zeroline: false,
  };
  const shaded = scale.map((colour, place) => [place / (scale.length - 1), colour]);
  const template = {
    data: { heatmap: [{ colorscale: shaded }] },
    layout: {
      colorway: colours,
      font: { family: '"Source Sans", system-ui, sans-serif', size: 13, color: read("--st-text-color") },
      paper_bgcolor: "rgba(0, 0, 0, 0)",
      plot_bgcolor: "rgba(0, 0, 0, 0)",
      hoverlabel: { font: { family: '"Source Sans", system-ui, sans-serif', size: 13 } },
      xaxis: { ...grid, automargin: true },
      yaxis: { ...grid, automargin: true },
    },
  };
  const { Plotly } = /** @type {{ Plotly: Plotly }} */ (/** @type {unknown} */ (globalThis));
  Plotly.react(chart, traces, { ...layout, template }, CONFIG).then(() => root.setAttribute("data-ready", "1"));
}
