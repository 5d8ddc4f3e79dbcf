// The step viewer of a lesson: the sentence, the timeline, the figure of the step, and what there is to say about it.

import { Computation } from "./computation.js";
import { Figure } from "./figure.js";
import { partsOf } from "./figure_numbers.js";
import { fit, savePicture } from "./kit/canvas.js";
import { copyLink } from "./kit/copy_link.js";
import { FigureTable } from "./kit/figure_table.js";
import { ViewLink } from "./kit/link.js";
import { mount } from "./kit/mount.js";
import { total } from "./kit/numbers.js";
import { Selection } from "./kit/selection.js";
import { button, element, focusedIn, lettered } from "./kit/text.js";
import { arrows } from "./kit/touch.js";
import { weighed, weightsOf, wordsOf } from "./kit/view.js";
import { Legend } from "./legend.js";
import { Notice } from "./notice.js";
import { Readout } from "./readout.js";
import { Timeline } from "./timeline.js";
import { TokenStrip } from "./token_strip.js";
import { VIEWS } from "./views/kinds.js";

/** @import { App, Component, Io, Place, StepView, StepViewerData, Theme } from "./kit/types.js" */

const LOOP_PACE = 0.35; // where all steps are played again for every word, each is short

/** @param {HTMLElement} root @param {Io} io @returns {App<StepViewerData>} */
function createStepViewer(root, io) {
  root.className = "lab card step-viewer";
  const selection = new Selection();
  // away from the app nothing is computed anew
  const onDrag = io.component.away
    ? undefined
    : (/** @type {number[]} */ place) => io.component.setTriggerValue("dragged", place);
  const figure = new Figure(selection, VIEWS, { onCell: (place) => cell(place), onDrag });
  const readout = new Readout(figure);
  const tokenStrip = new TokenStrip(selection, {
    onReorder: (from, to) => data.reorderable && io.component.setTriggerValue("reordered", [from, to]),
  });
  const timeline = new Timeline({
    onMove: () => show(),
    sizes,
    thumbnail,
    onStart: () => data.recurrent !== null && grow(1),
    again: () => again(),
    words: (index) =>
      data.views[index].notice.reduce((sum, [text]) => sum + text.split(/\s+/).filter(Boolean).length, 0),
  });
  const say = {
    count: element("span", { className: "count" }),
    title: element("h3", { "aria-level": 2 }),
    shape: element("span", { className: "shape" }),
    also: element("p", { className: "also" }),
    start: button("▸ Play from step 1", { className: "small-button" }),
  };
  const notice = new Notice();
  const legend = new Legend(figure);
  const computation = new Computation((step) => paint(stepView(), step));
  const axes = element("div", { className: "axes" });
  const table = new FigureTable(() => [...figure.read(), ...readout.read()]);
  const tools = {
    zoomIn: button("Zoom in", { className: "small-button" }),
    zoomOut: button("All", { className: "small-button" }),
    back: button("‹ Word", { className: "small-button", "aria-label": "One word back" }),
    on: button("Word ›", { className: "small-button", "aria-label": "One word on" }),
    edit: button("", { className: "small-button", "aria-pressed": "false" }),
    numbers: table.button,
    copy: copyLink(),
    save: button("Save PNG", { className: "small-button" }),
  };
  const foot = element("div", {
    className: "foot",
    children: [
      legend.node,
      axes,
      arrows((event) => figure.key(event)),
      element("div", { className: "tools", children: Object.values(tools) }),
    ],
  });
  const picture = element("figure", { children: [figure.canvas, foot, table.node] });
  const head = element("div", { className: "head", children: [say.count, say.title, say.start, say.shape] });
  root.append(
    tokenStrip.node,
    timeline.node,
    element("div", {
      className: "body",
      children: [
        picture,
        element("div", {
          className: "say",
          children: [
            head,
            say.also,
            computation.formula,
            computation.letters,
            notice.node,
            notice.meaning,
            computation.code,
            readout.node,
          ],
        }),
      ],
    }),
  );

  const link = new ViewLink(io);
  /** @type {StepViewerData} */
  let data;
  /** @type {Theme} */
  let theme;
  /** @type {number | null} */
  let shown = null; // what the words beside the figure say now
  let pending = 0; // the next drawing
  let gone = 0; // how often Python sent the playhead somewhere

  const stepView = () => data.views[timeline.step];

  /** @param {StepViewerData} payload @param {Theme} newTheme */
  function update(payload, newTheme) {
    const first = !data;
    const changed = payload.signature !== data?.signature;
    const stood = data?.views[timeline.step].label;
    [data, theme] = [payload, newTheme];
    if (changed) figure.grown = Infinity;
    timeline.head.pace = data.recurrent === null ? 1 : LOOP_PACE;
    figure.update(data, theme);
    if (changed) {
      figure.zoom = null;
      selection.pinned = { ...selection.pinned, ...(first ? data.look : data.focus) };
      selection.now = { ...selection.pinned };
    }
    if (first) {
      timeline.head.time = data.step;
      gone = data.go?.[0] ?? 0;
      link.stands(view());
    }
    selection.limit({
      query: data.tokens.queries.length,
      key: data.tokens.keys.length,
      head: figure.stack("weights")?.shape.at(-3) ?? 1,
      dimension: Math.max(...Object.values(data.tensors).map(({ columns }) => columns)),
    });
    tools.edit.textContent = data.editLabel;
    tools.back.hidden = tools.on.hidden = data.recurrent === null;
    if (!first) stay(stood);
    timeline.update(data.views);
    const asking = data.cross ? data.tokens.queries : null;
    tokenStrip.node.hidden = !data.tokenStrip;
    if (data.tokenStrip)
      tokenStrip.update({ tokens: data.tokens.keys, asking, weights, theme, movable: data.reorderable });
    resize();
    if (data.go && data.go[0] !== gone) {
      gone = data.go[0];
      timeline.head.go(data.go[1]);
    }
  }

  /**
   * Where the steps are others now, the step that was looked at keeps its name, not its number; one that is gone
   * leads to the first look.
   *
   * @param {string | undefined} label
   */
  function stay(label) {
    if (data.views[timeline.step]?.label === label) return;
    const place = data.views.findIndex((each) => each.label === label);
    timeline.head.stop();
    timeline.head.time = place >= 0 ? place : data.first;
  }

  /** What a link must say to show the same again. */
  function view() {
    const { query, key, dimension, head } = selection.pinned;
    return { step: timeline.step, query, key, dimension, head };
  }

  /**
   * What the words above the figure are inked by: the weights of the step that is shown, where it has some of its own.
   *
   * @param {number} query
   */
  function weights(query) {
    const named = weightsOf(stepView().view);
    if (!data.tensors[named]) return data.tokens.keys.map(() => null);
    const row = Math.min(query, data.tokens.queries.length - 1);
    return [...figure.tensor(named).row(row)].map((weight, key) => (figure.visible(row, key) ? weight : null));
  }

  function resize() {
    figure.resize(Math.floor(picture.clientWidth));
    shown = null; // the words have other room, or are others
    timeline.layout();
    if (data.tokenStrip) tokenStrip.paint();
    show();
  }

  /**
   * The widths of the tables in one small picture of the timeline.
   *
   * @param {StepView} stepView
   * @param {number} room
   * @param {number} side
   */
  function widths({ view }, room, side) {
    if (figure.views[view.kind].thumbnail) return [Math.min(side, room)];
    const tables = partsOf(view);
    const wide = tables.map(({ tensor, columns }) =>
      columns === "keys" ? side : Math.min(96, figure.tensor(tensor).columns * 2 + 20),
    );
    const scale = Math.min(1, room / total(wide));
    return wide.map((width) => Math.max(4, width * scale - (tables.length > 1 ? 2 : 0)));
  }

  /** @param {number} index @param {number} room @param {number} side @returns {[width: number, height: number]} */
  function sizes(index, room, side) {
    const across = widths(data.views[index], room, side);
    const square = figure.views[data.views[index].view.kind].thumbnail;
    return [total(across) + 2 * (across.length - 1), square ? across[0] : side];
  }

  /**
   * One small picture of the timeline.
   *
   * @param {HTMLCanvasElement} canvas
   * @param {number} index
   * @param {number} room
   * @param {number} side
   */
  function thumbnail(canvas, index, room, side) {
    const { view } = data.views[index];
    const own = figure.views[view.kind];
    const [width, height] = sizes(index, room, side);
    const context = fit(canvas, width, height);
    if (own.thumbnail) return own.thumbnail(context, view, height);
    const each = widths(data.views[index], room, side);
    let x = 0;
    partsOf(view).forEach((part, i) => {
      const tensor = figure.tensor(part.tensor);
      figure.small(
        context,
        { scale: "signed", ...part },
        {
          x,
          y: 0,
          cell: side / tensor.rows,
          rows: { first: 0, count: tensor.rows },
          columns: { first: 0, count: tensor.columns, size: each[i] / tensor.columns },
        },
      );
      x += each[i] + 2;
    });
  }

  function show() {
    if (!data || !figure.width) return;
    const now = stepView();
    if (shown !== timeline.step) {
      words(now);
      if (data.tokenStrip) tokenStrip.paint();
    }
    paint(now);
    readout.paint(now);
    say.start.hidden = !timeline.poster || timeline.step === 0;
    legend.point(now.view);
    follow();
    tell();
  }

  /**
   * Where rows are computed one after the other anyway, no step sweeps over them.
   *
   * @param {StepView} now
   * @param {string | null} [marked] the tensor whose symbol in the formula the pointer is on
   */
  function paint(now, marked = null) {
    figure.marked = marked;
    figure.paint(now, data.recurrent === null ? timeline.share : 1, data.views[timeline.step - 1]);
  }

  /** The sentence speaks of the cell that is looked at. */
  function follow() {
    notice.follow((live) => figure.live(live));
  }

  /**
   * Rows of the target that are written; the last of them is looked at.
   *
   * @param {number} rows
   */
  function grow(rows) {
    figure.grown = Math.max(1, Math.min(rows, data.tokens.queries.length));
    const query = figure.grown - 1;
    const row = weights(query).map((weight) => weight ?? 0);
    selection.pin({ query, key: row.indexOf(Math.max(...row)) });
  }

  /** While it plays: the next word, until all are written. */
  function again() {
    if (data.recurrent === null || figure.grown >= data.tokens.queries.length) return null;
    grow(figure.grown + 1);
    return data.recurrent;
  }

  /** @param {StepView} now */
  function words(now) {
    shown = timeline.step;
    say.count.textContent = `${timeline.step + 1}/${data.views.length}`;
    say.title.replaceChildren(...lettered(now.title));
    say.shape.textContent = now.shape;
    say.also.textContent = [now.also && `also called ${now.also}`, now.source].filter(Boolean).join(" · ");
    notice.write(now.notice);
    computation.show(now, data, figure.views[now.view.kind].aside === true);
    axes.textContent = now.axes;
    tools.edit.hidden = !data.editable || now.view.fixed || !(wordsOf(now.view) || weighed(now.view));
    legend.draw(now.view);
    tools.zoomIn.hidden = tools.zoomOut.hidden = !figure.canZoom(now.view);
    table.refresh();
  }

  /** The link names the view once it rests; reaching the last step is remembered on this computer. */
  function tell() {
    link.wait();
    if (!Number.isInteger(timeline.head.time) || timeline.head.playing) return;
    link.tell(view());
  }

  /** @param {Place} place */
  function cell({ query = 0, key = 0, dimension = 0 }) {
    if (tools.edit.getAttribute("aria-pressed") !== "true" || !data.editable) return;
    const choices = wordsOf(stepView().view);
    if (choices) io.component.setTriggerValue("picked", [query, Math.min(dimension, choices[0].length - 1)]);
    else if (weighed(stepView().view)) io.component.setTriggerValue("toggled", [query, key]);
  }

  say.start.onclick = () => {
    timeline.poster = true;
    timeline.toggle();
    timeline.slider.focus({ preventScroll: true });
  };
  tools.edit.onclick = () =>
    tools.edit.setAttribute("aria-pressed", String(tools.edit.getAttribute("aria-pressed") !== "true"));
  tools.save.onclick = () => savePicture(figure.canvas, theme.colours.surface, `attention-lab-${stepView().label}.png`);
  // from the word that is looked at, whatever was written last
  tools.back.onclick = () => grow(selection.pinned.query);
  tools.on.onclick = () => grow(selection.pinned.query + 2);
  tools.zoomIn.onclick = () => figure.magnify(0.5);
  tools.zoomOut.onclick = () => figure.magnify(1);
  root.addEventListener(
    "pointerdown",
    (event) => {
      if (!timeline.controls.contains(/** @type {Node} */ (event.target))) timeline.poster = false;
    },
    true,
  );
  root.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const inFigure = focusedIn(root) === figure.canvas;
    const target = /** @type {HTMLElement} */ (event.target);
    const onButton = ["BUTTON", "SUMMARY"].includes(target.tagName);
    const scrolls =
      [table.node, computation.code, computation.formula].some((node) => node === target) && event.key !== "Escape";
    const used =
      !scrolls &&
      ((inFigure && figure.key(event)) ||
        (event.key === "Escape" && !notice.explains && selection.pin(data.focus)) ||
        (!(onButton && [" ", "Enter"].includes(event.key)) && !inFigure && timeline.key(event)) ||
        (inFigure && /^[1-9 ]$/.test(event.key) && timeline.key(event)));
    if (used) event.preventDefault();
    // Streamlit listens for r and c on the whole page
    event.stopPropagation();
  });
  selection.onChange(() => {
    if (!data || !figure.width) return;
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(() => {
      paint(stepView());
      readout.paint(stepView());
      if (data.tokenStrip) tokenStrip.paint();
      legend.point(stepView().view);
      follow();
      tell();
      table.refresh();
    });
  });

  function destroy() {
    timeline.head.stop();
    link.wait();
  }

  return { update, resize, destroy };
}

/** @param {Component} component */
export default (component) =>
  mount(
    component,
    createStepViewer,
    ["token_strip.css", "readout.css", "step_viewer.css"].map((name) => new URL(name, import.meta.url)),
  );
