// One figure by itself, as a card: its title, the figure, and what there is to see in it.

import { Figure } from "./figure.js";
import { savePicture } from "./kit/canvas.js";
import { FigureTable } from "./kit/figure_table.js";
import { ViewLink } from "./kit/link.js";
import { mount } from "./kit/mount.js";
import { Selection } from "./kit/selection.js";
import { button, element, focusedIn, lettered } from "./kit/text.js";
import { arrows } from "./kit/touch.js";
import { Legend } from "./legend.js";
import { Notice } from "./notice.js";
import { VIEWS } from "./views/kinds.js";

/** @import { App, Component, Io, StepViewerData, Theme } from "./kit/types.js" */

/** @param {HTMLElement} root @param {Io} io @returns {App<StepViewerData>} */
function createCard(root, io) {
  root.className = "lab figure-card";
  const selection = new Selection();
  const figure = new Figure(selection, VIEWS);
  const legend = new Legend(figure);
  const notice = new Notice();
  const title = element("h3", { "aria-level": 2 });
  const words = element("p", { className: "looked" });
  const table = new FigureTable(() => figure.read());
  const save = button("Save PNG", { className: "small-button" });
  const axes = element("div", { className: "axes" });
  const tools = element("div", { className: "tools", children: [table.button, save] });
  const foot = element("div", {
    className: "foot",
    children: [legend.node, axes, arrows((event) => figure.key(event)), tools],
  });
  root.append(
    title,
    element("figure", { children: [figure.canvas, words, foot, table.node] }),
    element("div", { className: "say", children: [notice.node, notice.meaning] }),
  );
  // among many on a page the one that is looked into last is in the link, by its number
  const link = new ViewLink(io, ({ step, query, key, dimension, head }) => ({
    figures_look: [step, query, key, dimension, head].join("."),
  }));
  /** @type {StepViewerData} */
  let data;
  /** @type {Theme} */
  let theme;
  /** @type {string | null} */
  let signature = null; // of what was drawn last
  let pending = 0; // the next drawing

  /** @param {StepViewerData} payload @param {Theme} newTheme */
  function update(payload, newTheme) {
    [data, theme] = [payload, newTheme];
    figure.update(data, theme);
    const isNew = signature !== data.signature;
    if (isNew) {
      signature = data.signature;
      selection.pinned = { ...selection.pinned, ...data.look };
      selection.now = { ...selection.pinned };
    }
    selection.limit({
      query: data.tokens.queries.length,
      key: data.tokens.keys.length,
      head: Math.max(1, ...Object.values(data.tensors).map(({ shape }) => shape.at(-3) ?? 1)),
      dimension: Math.max(...Object.values(data.tensors).map(({ columns }) => columns)),
    });
    if (isNew) link.stands(looked());
    const [view] = data.views;
    title.replaceChildren(...lettered(view.title));
    notice.write(view.notice);
    legend.draw(view.view);
    axes.textContent = view.axes;
    resize();
  }

  /** Among many on a page it goes by its number; 0 where no link says what is looked at. */
  function looked() {
    const { query, key, dimension, head } = selection.pinned;
    return { step: Number(/^figures_([0-9]+)$/.exec(data.lesson)?.[1] ?? 0), query, key, dimension, head };
  }

  function resize() {
    figure.resize(Math.floor(root.clientWidth));
    paint();
    table.refresh();
  }

  function paint() {
    const [view] = data.views;
    figure.paint(view, 1);
    words.textContent = figure.views[view.view.kind].describe(view.view, selection.now);
    legend.point(view.view);
    notice.follow((live) => figure.live(live));
  }

  save.onclick = () => savePicture(figure.canvas, theme.colours.surface, `attention-lab-${data.views[0].label}.png`);
  root.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const used = focusedIn(root) === figure.canvas && figure.key(event);
    if (used) event.preventDefault();
    // Streamlit listens for r and c on the whole page; all else may be a key of the page
    if (used || "rc".includes(event.key.toLowerCase())) event.stopPropagation();
  });
  selection.onChange(() => {
    if (!data || !figure.width) return;
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(paint);
    const now = looked();
    if (now.step) link.tell(now);
  });

  return { update, resize, destroy: () => link.wait() };
}

/** @param {Component} component */
export default (component) =>
  mount(
    component,
    createCard,
    ["step_viewer.css", "figure_card.css"].map((name) => new URL(name, import.meta.url)),
  );
