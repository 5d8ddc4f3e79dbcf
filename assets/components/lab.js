// The sentence lab: all heads at once, one or two of them open, the sentence above.

import { Figure } from "./figure.js";
import { HeadGrid } from "./head_grid.js";
import { savePicture } from "./kit/canvas.js";
import { gradient, UNREAD } from "./kit/colour.js";
import { copyLink } from "./kit/copy_link.js";
import { FigureTable } from "./kit/figure_table.js";
import { ViewLink } from "./kit/link.js";
import { mount } from "./kit/mount.js";
import { Tensor } from "./kit/payload.js";
import { Selection } from "./kit/selection.js";
import { button, element, focusedIn, spans } from "./kit/text.js";
import { arrows } from "./kit/touch.js";
import { scaleOf } from "./legend.js";
import { Readout } from "./readout.js";
import { TokenStrip } from "./token_strip.js";
import { MatrixView } from "./views/matrix_view.js";

/** @import { App, Component, Head, Io, LabData, PanelWords, Span, StepView, Theme } from "./kit/types.js" */

/** What a step of a lesson has, and an open head has not. */
const UNTOLD = {
  label: "",
  steps: [],
  operator: "",
  also: "",
  source: "",
  axes: "",
  formula: null,
  code: null,
  letters: null,
  notice: [],
};

/** @typedef {PanelWords & { tensors: Record<string, Tensor> }} Part */

/** One open matrix: its words, its figure and its sentence. */
class Panel {
  /** @type {Theme} */
  theme = UNREAD;
  /** @type {StepView | null} */
  stepView = null;
  pending = 0;

  /** @param {Selection} selection */
  constructor(selection) {
    this.selection = selection;
    this.figure = new Figure(selection, { matrix: MatrixView });
    this.readout = new Readout(this.figure);
    this.tokenStrip = new TokenStrip(selection);
    this.title = element("h3", { "aria-level": 2 });
    this.table = new FigureTable(() => [...this.figure.read(), ...this.readout.read()]);
    this.note = element("p", { className: "note" });
    this.legend = element("div", { className: "legend" });
    this.tools = [
      button("Zoom in", { className: "small-button" }),
      button("All", { className: "small-button" }),
      button("Save PNG", { className: "small-button" }),
    ];
    this.tools[0].onclick = () => this.figure.magnify(0.5);
    this.tools[1].onclick = () => this.figure.magnify(1);
    this.tools[2].onclick = () => savePicture(this.figure.canvas, this.theme.colours.surface, "attention-lab-head.png");
    this.picture = element("figure", { children: [this.figure.canvas] });
    this.node = element("section", {
      className: "panel",
      children: [
        element("div", { className: "head", children: [this.title] }),
        this.note,
        this.picture,
        element("div", {
          className: "foot",
          children: [
            this.legend,
            arrows((event) => this.figure.key(event)),
            this.table.button,
            copyLink(),
            ...this.tools,
          ],
        }),
        this.table.node,
        this.readout.node,
      ],
    });
    selection.onChange(() => this.paintSoon());
  }

  /**
   * part: { title, note, tokens, tensors, chain }; the matrix is the tensor "weights".
   *
   * @param {Part} part
   * @param {Theme} theme
   */
  update(part, theme) {
    this.theme = theme;
    this.stepView = {
      ...UNTOLD,
      title: part.title,
      shape: `${part.tokens.queries.length} × ${part.tokens.keys.length}`,
      view: {
        kind: "matrix",
        tensor: "weights",
        scale: part.signed ? "signed" : "weights",
        limit: 1,
        rows: "queries",
        columns: "keys",
        margin: part.signed ? undefined : "sum",
        hidden: part.tensors.allowed ? "allowed" : undefined,
        readout: part.tensors.queries ? "pair" : "plain",
        chain: "open",
      },
    };
    this.title.textContent = part.title;
    this.note.replaceChildren(...spans(part.note));
    this.figure.update({ ...part, focus: {}, limits: part.limits ?? {}, dotProduct: true, divisor: 1 }, theme);
    this.selection.limit({ query: part.tokens.queries.length, key: part.tokens.keys.length });
    const asking = part.cross ? part.tokens.queries : null;
    this.tokenStrip.update({ tokens: part.tokens.keys, asking, weights: (query) => this.weights(query), theme });
    const bar = element("span", { className: "bar" });
    bar.style.background = gradient(theme.ramps[part.signed ? "signed" : "weights"]);
    this.legend.replaceChildren(scaleOf(part.signed ? "−1" : "0", bar, "1"));
    const large = part.tokens.keys.length > 40;
    this.tools[0].hidden = this.tools[1].hidden = !large;
  }

  /** @param {number} query */
  weights(query) {
    const { weights } = this.figure.payload.tensors;
    return [...weights.row(Math.min(query, weights.rows - 1))];
  }

  resize() {
    this.figure.resize(Math.floor(this.picture.clientWidth));
    this.paint();
  }

  paintSoon() {
    cancelAnimationFrame(this.pending);
    this.pending = requestAnimationFrame(() => this.paint());
  }

  paint() {
    if (!this.stepView || !this.figure.width || !this.node.isConnected) return;
    this.figure.paint(this.stepView, 1, null);
    this.readout.paint(this.stepView);
    this.tokenStrip.paint();
    this.table.refresh();
  }
}

/** @param {HTMLElement} root @param {Io} io @returns {App<LabData>} */
function createLab(root, io) {
  root.className = "lab card lab-view";
  const selection = new Selection();
  const apart = new Selection();
  const first = new Panel(selection);
  // another head of the same sentence shares the selection, another sentence has its own
  const panels = { head: new Panel(selection), sentence: new Panel(apart) };
  const grid = new HeadGrid({
    onOpen: (layer, head, beside) => choose(layer, head, Boolean(beside)),
    onHover: (place) => preview(place),
  });
  const every = new FigureTable(() => grid.read(), "Numbers of all heads");
  const caption = element("p", { className: "caption" });
  const ranking = element("ol", { className: "ranking" });
  const tokenStrips = element("div", { className: "token-strips" });
  const scroll = element("div", { className: "scroll", children: [grid.canvas] });
  const axes = element("p", { className: "axes", children: ["layer ↓ · head →"] });
  const left = element("div", {
    className: "left",
    children: [
      element("div", { children: [axes, scroll] }),
      element("div", { children: [caption, ranking, every.button, every.node] }),
    ],
  });
  const right = element("div", { className: "right" });
  const body = element("div", { className: "body", children: [left, right] });
  root.append(tokenStrips, body);
  const link = new ViewLink(io);
  /** @type {LabData} */
  let data;
  /** @type {Theme} */
  let theme;
  /** @type {Panel | null} */
  let second = null;

  /** What is looked at, for whoever takes the figure away. */
  const view = () => ({ step: 0, query: selection.pinned.query, key: selection.pinned.key, dimension: 0, head: 0 });

  /** @param {number} layer @param {number} head @param {boolean} beside */
  function choose(layer, head, beside) {
    if (io.component.away === "file") openHere([layer, head], beside);
    else io.component.setTriggerValue("opened", { layer, head, beside });
  }

  /**
   * In a file nobody answers: a head is opened out of what came along.
   *
   * @param {Head} place
   * @param {boolean} beside
   */
  function openHere([layer, head], beside) {
    const prefix = beside ? "second_" : "first_";
    const index = layer * data.heads + head;
    const tensors = { ...data.tensors };
    for (const name of ["weights", "queries", "keys", "allowed"]) {
      const stack = data.tensors[name === "weights" ? "every" : `every_${name}`];
      if (stack) tensors[prefix + name] = stack.matrix(index % (stack.shape.at(-3) ?? 1));
    }
    /** @type {PanelWords} */
    const words = { ...data.first, ...data.opened, title: `Layer ${data.numbers[layer]}, head ${head}`, kind: "head" };
    const now = beside ? { beside: [layer, head], second: words } : { open: [layer, head], first: words };
    data = /** @type {LabData} */ ({ ...data, ...now, tensors });
    update(data, theme);
  }

  /** @param {LabData} payload @param {Theme} newTheme */
  function update(payload, newTheme) {
    const isFirst = !data;
    if (!isFirst && io.component.away === "file") payload = data; // other colours, the heads that are open stay
    const changed = payload.signature !== data?.signature;
    [data, theme] = [payload, newTheme];
    if (changed) {
      const start = isFirst ? data.look : data.focus;
      for (const each of [selection, apart]) {
        each.pinned = { ...each.pinned, query: start.query, key: start.key };
        each.now = { ...each.pinned };
      }
      if (isFirst) link.stands(view());
    }
    second = data.second ? panels[data.second.kind ?? "head"] : null;
    grid.update({
      stack: data.tensors.grid,
      layers: data.layers,
      heads: data.heads,
      open: data.open,
      beside: data.beside,
      score: data.score,
      best: data.ranking,
      theme,
      numbers: data.numbers,
    });
    every.refresh();
    caption.textContent = data.caption;
    ranking.replaceChildren(
      ...data.ranking.map(([layer, head, value]) => {
        const item = button(`layer ${data.numbers[layer]}, head ${head}`, { className: "small-button" });
        item.onclick = () => choose(layer, head, false);
        return element("li", {
          children: [item, element("span", { className: "number", children: [value.toFixed(2)] })],
        });
      }),
    );
    open(null);
    right.replaceChildren(first.node, ...(second ? [second.node] : []));
    tokenStrips.replaceChildren(
      first.tokenStrip.node,
      ...(second && data.second?.kind === "sentence" ? [second.tokenStrip.node] : []),
    );
    body.classList.toggle("two", Boolean(second));
    if (second && data.second) second.update(part(data.second, "second_"), theme);
    resize();
  }

  /**
   * The tensors of one panel, without their prefix.
   *
   * @param {PanelWords} words
   * @param {string} prefix
   * @returns {Part}
   */
  function part(words, prefix) {
    /** @type {Record<string, Tensor>} */
    const tensors = {};
    for (const name of ["weights", "queries", "keys", "bias", "allowed", "given", "lengths"]) {
      if (data.tensors[prefix + name]) tensors[name] = data.tensors[prefix + name];
    }
    return { ...words, tensors };
  }

  /**
   * What the first panel shows: the open head, or the one under the pointer.
   *
   * @param {Head | null} place
   */
  function open(place) {
    const opened = part(data.first, "first_");
    if (!place) {
      first.update(opened, theme);
      return;
    }
    const [layer, head] = place;
    const index = layer * data.heads + head;
    const every = data.tensors.every;
    // where not all heads were sent in full, the small picture must do until the head is opened
    const small = data.tensors.grid.matrix(index);
    const exact = every?.matrix(index);
    const { queries, keys } = data.first.tokens;
    if (!exact && (small.rows !== queries.length || small.columns !== keys.length)) return;
    const weights =
      exact ??
      new Tensor(
        Float32Array.from(small.values, (step) => step / 255),
        [small.rows, small.columns],
      );
    /** @type {Span[]} */
    const note = [[`preview${exact ? "" : ", rounded"}: click to open it`, "quiet"]];
    first.update({ ...opened, title: `Layer ${data.numbers[layer]}, head ${head}`, note, tensors: { weights } }, theme);
  }

  /** @param {Head | null} place */
  function preview(place) {
    open(place && String(place) !== String(data.open) ? place : null);
    first.resize();
  }

  function resize() {
    if (!data) return;
    grid.resize(Math.floor(scroll.clientWidth));
    first.resize();
    second?.resize();
  }

  root.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const active = focusedIn(root);
    const panel = [first, second].find((each) => each && active === each.figure.canvas);
    if (panel?.figure.key(event)) event.preventDefault();
    event.stopPropagation(); // r and c are Streamlit's
  });

  selection.onChange(() => data && link.tell(view()));

  return { update, resize, destroy: () => link.wait() };
}

/** @param {Component} component */
export default (component) =>
  mount(
    component,
    createLab,
    ["token_strip.css", "readout.css", "lab.css"].map((name) => new URL(name, import.meta.url)),
  );
