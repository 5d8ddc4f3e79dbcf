// The step viewer of a lesson: the sentence, the timeline, the figure of the step, and what there is to say about it.

import { gradient } from "./kit/colour.js";
import { fit, hiddenWord, savePicture } from "./kit/canvas.js";
import { ViewLink } from "./kit/link.js";
import { mount } from "./kit/mount.js";
import { number } from "./kit/numbers.js";
import { FigureTable } from "./kit/figure_table.js";
import { Selection } from "./kit/selection.js";
import { button, element, spans } from "./kit/text.js";
import { arrows } from "./kit/touch.js";
import { Figure } from "./figure.js";
import { Timeline } from "./timeline.js";
import { Readout } from "./readout.js";
import { TokenStrip } from "./token_strip.js";
import { CubeView } from "./views/cube_view.js";
import { HeadsView } from "./views/heads_view.js";
import { CurvesView } from "./views/curves_view.js";
import { DialsView } from "./views/dials_view.js";
import { HistogramView } from "./views/histogram_view.js";
import { MatrixView } from "./views/matrix_view.js";
import { OverlayView } from "./views/overlay_view.js";
import { PatchesView } from "./views/patches_view.js";
import { PointsView } from "./views/points_view.js";
import { TablesView } from "./views/tables_view.js";
import { TreeView } from "./views/tree_view.js";

const VIEWS = {
  cube: CubeView, curves: CurvesView, dials: DialsView, heads: HeadsView, histogram: HistogramView, matrix: MatrixView, overlay: OverlayView, patches: PatchesView, points: PointsView, tables: TablesView, tree: TreeView,
};
const LOOP_PACE = 0.35; // where all steps are played again for every word, each is short
const SMALLEST_FORMULA = 12; // pixels

function createStepViewer(root, io) {
  root.className = "lab card step-viewer";
  const selection = new Selection();
  const figure = new Figure(selection, VIEWS, { onCell: (place) => cell(place) });
  const readout = new Readout(figure);
  const tokenStrip = new TokenStrip(selection, {
    onReorder: (from, to) => data.reorderable && io.component.setTriggerValue("reordered", [from, to]),
  });
  const timeline = new Timeline({
    onMove: () => show(), sizes, thumbnail,
    onStart: () => data.recurrent !== null && grow(1), again: () => again(),
  });
  const say = {
    count: element("span", { className: "count" }), title: element("h3", { "aria-level": 2 }), shape: element("span", { className: "shape" }),
    also: element("p", { className: "also" }), formula: element("div", { className: "formula" }),
    start: button("▸ Play from step 1", { className: "small-button" }),
    notice: element("p", { className: "notice" }), code: element("pre", { className: "code", tabindex: 0, role: "group", "aria-label": "The code that computes it" }),
  };
  const legend = element("div", { className: "legend" });
  const axes = element("div", { className: "axes" });
  const table = new FigureTable(() => [...figure.read(), ...readout.read()]);
  const tools = {
    zoomIn: button("Zoom in", { className: "small-button" }), zoomOut: button("All", { className: "small-button" }),
    back: button("‹ Word", { className: "small-button", "aria-label": "One word back" }),
    on: button("Word ›", { className: "small-button", "aria-label": "One word on" }),
    edit: button("", { className: "small-button", "aria-pressed": "false" }),
    numbers: table.button,
    save: button("Save PNG", { className: "small-button" }),
  };
  const foot = element("div", { className: "foot", children: [legend, axes, arrows((event) => figure.key(event)), element("div", { className: "tools", children: Object.values(tools) })] });
  const head = element("div", { className: "head", children: [say.count, say.title, say.start, say.shape] });
  root.append(
    tokenStrip.node, timeline.node,
    element("div", {
      className: "body",
      children: [
        element("figure", { children: [figure.canvas, foot, table.node] }),
        element("div", { className: "say", children: [head, say.also, say.formula, say.notice, say.code, readout.node] }),
      ],
    }),
  );

  const link = new ViewLink(io);
  let data = null;
  let theme = null;
  let shown = null; // what the words beside the figure say now
  let written = {}; // the formula and the code that stand there now
  let gone = 0; // how often Python sent the playhead somewhere

  const stepView = () => data.views[timeline.step];

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
      query: data.tokens.queries.length, key: data.tokens.keys.length, head: figure.stack("weights")?.shape.at(-3) ?? 1,
      dimension: Math.max(...Object.values(data.tensors).map(({ shape }) => shape.at(-1))),
    });
    tools.edit.textContent = data.editLabel;
    tools.back.hidden = tools.on.hidden = data.recurrent === null;
    if (!first) stay(stood);
    timeline.update(data.views);
    const asking = data.cross ? data.tokens.queries : null;
    tokenStrip.node.hidden = !data.tokenStrip;
    if (data.tokenStrip) tokenStrip.update({ tokens: data.tokens.keys, asking, weights, theme, movable: data.reorderable });
    resize();
    if (data.go && data.go[0] !== gone) {
      gone = data.go[0];
      timeline.head.go(data.go[1]);
    }
  }

  /** Where the steps are others now, the step that was looked at keeps its name, not its number; one that is gone leads to the first look. */
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

  function weights(query) {
    if (!data.tensors.weights) return data.tokens.keys.map(() => null);
    const row = Math.min(query, data.tokens.queries.length - 1);
    return [...figure.tensor("weights").row(row)].map((weight, key) => (figure.visible(row, key) ? weight : null));
  }

  /** Formula and code of a step: the lesson's, or its own. */
  function computed(now) {
    const [formula, lines] = [now.formula ?? data.formula, now.code ?? data.code];
    const code = JSON.stringify(lines);
    if (formula !== written.formula) say.formula.innerHTML = formula; // MathML of declared formulas alone
    if (code !== written.code) say.code.replaceChildren(...lines.map(codeLine));
    written = { formula, code };
    const symbols = [...say.formula.querySelectorAll(".symbol")];
    const inIt = (symbol) => now.steps.includes(symbol.dataset.step);
    for (const symbol of symbols) symbol.classList.toggle("on", inIt(symbol));
    for (const line of say.code.children) {
      line.classList.toggle("on", line.dataset.steps.split(" ").some((step) => now.steps.includes(step)));
    }
    // a beam is a search around the computation: neither its formula nor its lines
    const around = now.view.kind === "tree";
    say.formula.hidden = around || !(data.formulaAll || symbols.some(inIt));
    say.code.hidden = around || !lines.length;
    fitFormula();
  }

  /** A formula that is too wide gets smaller, as far as it can still be read; beyond that it scrolls. */
  function fitFormula() {
    const room = say.formula.clientWidth - 1;
    if (room <= 0) return;
    for (const math of say.formula.querySelectorAll("math")) {
      math.style.fontSize = "";
      const wide = math.getBoundingClientRect().width;
      const size = parseFloat(getComputedStyle(math).fontSize);
      if (wide > room) math.style.fontSize = `${Math.max(SMALLEST_FORMULA, (size * room) / wide)}px`;
    }
    // what scrolls must be reached by keyboard
    if (say.formula.scrollWidth > say.formula.clientWidth) say.formula.tabIndex = 0;
    else say.formula.removeAttribute("tabindex");
  }

  function codeLine({ text, steps }) {
    const names = { queries: "query", keys: "key", values: "value", output: "output" };
    const words = text.split(/\b(queries|keys|values|output)\b/).map((word) => [word, names[word]]);
    const node = element("div", { children: spans(words) });
    node.dataset.steps = steps.join(" ");
    return node;
  }

  function resize() {
    figure.resize(Math.floor(figure.canvas.parentElement.clientWidth));
    shown = null; // the words have other room, or are others
    timeline.layout();
    if (data.tokenStrip) tokenStrip.paint();
    show();
  }

  /** The widths of the tables in one small picture of the timeline. */
  function widths({ view }, room, side) {
    if (figure.views[view.kind].thumbnail) return [Math.min(side, room)];
    const tables = view.tables ?? [view];
    const wide = tables.map(({ tensor, columns }) => (columns === "keys" ? side : Math.min(96, figure.tensor(tensor).columns * 2 + 20)));
    const scale = Math.min(1, room / wide.reduce((sum, width) => sum + width, 0));
    return wide.map((width) => Math.max(4, width * scale - (tables.length > 1 ? 2 : 0)));
  }

  function sizes(index, room, side) {
    const across = widths(data.views[index], room, side);
    const square = figure.views[data.views[index].view.kind].thumbnail;
    return [across.reduce((sum, width) => sum + width + 2, -2), square ? across[0] : side];
  }

  /** One small picture of the timeline. */
  function thumbnail(canvas, index, room, side) {
    const { view } = data.views[index];
    const own = figure.views[view.kind];
    const [width, height] = sizes(index, room, side);
    const context = fit(canvas, width, height);
    if (own.thumbnail) return own.thumbnail(context, view, height);
    const each = widths(data.views[index], room, side);
    let x = 0;
    (view.tables ?? [view]).forEach((part, i) => {
      const tensor = figure.tensor(part.tensor);
      figure.heat(context, { scale: "signed", ...part }, {
        x, y: 0, cell: side / tensor.rows, rows: { first: 0, count: tensor.rows },
        columns: { first: 0, count: tensor.columns, size: each[i] / tensor.columns }, from: 0, to: tensor.rows,
      });
      x += each[i] + 2;
    });
  }

  function show() {
    if (!data || !figure.width) return;
    const now = stepView();
    if (shown !== timeline.step) words(now);
    paint(now);
    readout.paint(now);
    say.start.hidden = !timeline.poster || timeline.step === 0;
    pinLegend(now);
    follow();
    tell();
  }

  /** Where rows are computed one after the other anyway, no step sweeps over them. */
  function paint(now) {
    figure.paint(now, data.recurrent === null ? timeline.share : 1, data.views[timeline.step - 1]);
  }

  /** The sentence speaks of the cell that is looked at. */
  function follow() {
    const { notice } = stepView();
    if (!notice.some(([, , live]) => live)) return;
    say.notice.replaceChildren(...spans(notice.map(([text, role, live]) => [live ? figure.live(live) : text, role])));
  }

  /** Rows of the target that are written; the last of them is looked at. */
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

  function words(now) {
    shown = timeline.step;
    say.count.textContent = `${timeline.step + 1}/${data.views.length}`;
    say.title.textContent = now.title;
    say.shape.textContent = now.shape;
    say.also.textContent = [now.also && `also called ${now.also}`, now.source].filter(Boolean).join(" · ");
    say.notice.replaceChildren(...spans(now.notice));
    computed(now);
    axes.textContent = now.axes;
    tools.edit.hidden = !data.editable || now.view.fixed || !(now.view.words || weighed(now.view));
    drawLegend(now);
    table.refresh();
  }

  function drawLegend({ view }) {
    legend.hidden = view.plain || (view.kind === "overlay" && view.scale === "share") || ["points", "histogram", "tree", "curves", "dials"].includes(view.kind); // their marks are no colours of a scale
    const scaled = view.tables ? { scale: "signed", ...view.tables[0] } : view;
    const [low, high] = figure.range(scaled);
    const digits = view.whole || (high === 1 && scaled.scale === "weights") ? 0 : high < 10 ? (high < 0.1 ? 3 : 1) : 0;
    const bar = element("span", { className: "bar", children: [element("span", { className: "pin" })] });
    bar.style.background = gradient(figure.colours(scaled));
    const hidden = view.hidden && data.tensors[view.hidden];
    const scale = view.hiddenWord === "−∞" ? [element("span", { className: "swatch plain" }), "0"] : [
      element("span", { className: "number", children: [number(low, low ? digits : 0)] }), bar,
      element("span", { className: "number", children: [number(high, digits)] }),
    ];
    legend.replaceChildren(
      ...scale,
      ...(hidden ? [element("span", { className: "swatch" }), hiddenWord(view)] : []),
    );
    tools.zoomIn.hidden = tools.zoomOut.hidden = !figure.canZoom(view);
  }

  function pinLegend({ view }) {
    const pin = legend.querySelector(".pin");
    if (!pin) return;
    const { query, key, dimension } = selection.now;
    if (view.kind !== "matrix") {
      pin.hidden = true;
      return;
    }
    const value = figure.value(view, query, view.columns === "keys" ? key : dimension);
    const [low, high] = figure.range(view);
    pin.hidden = typeof value !== "number";
    if (!pin.hidden) pin.style.left = `${Math.max(0, Math.min(1, (value - low) / (high - low))) * 100}%`;
  }

  /** The link names the view once it rests; reaching the last step is remembered on this computer. */
  function tell() {
    link.wait();
    if (!Number.isInteger(timeline.head.time) || timeline.head.playing) return;
    link.tell(view());
  }

  /** Whether a view shows one number for each query and key. */
  const weighed = (view) => ["matrix", "overlay"].includes(view.kind) && view.columns === "keys" && !view.strip && !view.plain;

  function cell({ query, key, dimension }) {
    if (tools.edit.getAttribute("aria-pressed") !== "true" || !data.editable) return;
    const { view } = stepView();
    if (view.words) io.component.setTriggerValue("picked", [query, Math.min(dimension, view.words[0].length - 1)]);
    else if (weighed(view)) io.component.setTriggerValue("toggled", [query, key]);
  }

  say.start.onclick = () => {
    timeline.poster = true;
    timeline.toggle();
    timeline.slider.focus({ preventScroll: true });
  };
  tools.edit.onclick = () => tools.edit.setAttribute("aria-pressed", String(tools.edit.getAttribute("aria-pressed") !== "true"));
  tools.save.onclick = () => savePicture(figure.canvas, theme.colours.surface, `attention-lab-${stepView().label}.png`);
  tools.back.onclick = () => grow(Math.min(figure.grown, data.tokens.queries.length) - 1);
  tools.on.onclick = () => grow(Math.min(figure.grown, data.tokens.queries.length) + 1);
  tools.zoomIn.onclick = () => figure.magnify(0.5);
  tools.zoomOut.onclick = () => figure.magnify(1);
  root.addEventListener("pointerdown", (event) => {
    if (!timeline.play.contains(event.target)) timeline.poster = false;
  }, true);
  root.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const inFigure = root.getRootNode().activeElement === figure.canvas;
    const onButton = event.target.tagName === "BUTTON";
    const scrolls = [table.node, say.code, say.formula].includes(event.target) && event.key !== "Escape";
    const used = !scrolls && (
      (inFigure && figure.key(event)) ||
      (event.key === "Escape" && (selection.pin(data.focus), true)) ||
      (!(onButton && [" ", "Enter"].includes(event.key)) && !inFigure && timeline.key(event)) ||
      (inFigure && /^[1-9 ]$/.test(event.key) && timeline.key(event))
    );
    if (used) event.preventDefault();
    // Streamlit listens for r and c on the whole page
    event.stopPropagation();
  });
  selection.onChange(() => {
    if (!data || !figure.width) return;
    cancelAnimationFrame(root.pending);
    root.pending = requestAnimationFrame(() => {
      paint(stepView());
      readout.paint(stepView());
      if (data.tokenStrip) tokenStrip.paint();
      pinLegend(stepView());
      follow();
      tell();
      table.refresh();
    });
  });

  return { update, resize, destroy: () => (timeline.head.stop(), link.wait()) };
}

export default (component) => mount(component, createStepViewer, ["token_strip.css", "readout.css", "step_viewer.css"].map((name) => new URL(name, import.meta.url)));
