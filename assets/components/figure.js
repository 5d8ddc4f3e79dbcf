// The figure of one step: a canvas, the view that draws it, and what keys and the pointer do there.

import { FigureNumbers } from "./figure_numbers.js";
import { BLANK, fit, heat, outline, penOf, ratioOf } from "./kit/canvas.js";
import { element, spoken } from "./kit/text.js";

/** @import { Heat } from "./kit/canvas.js" */
/** @import { Matrix, View } from "./kit/figure_kinds.js" */
/**
 * @import {
 *   Columns, FigureView, Part, Pen, Place, Pressed, Selection, Shown, StepView, Stretch, Theme,
 * } from "./kit/types.js"
 */

const ZOOM_FROM = 40; // sequences longer than this can be zoomed
const FAR = 1e6; // cells: further than any figure reaches

/** @typedef {Record<string, new (figure: Figure) => FigureView<any>>} Kinds each class draws its own kind of view */
/**
 * Where cells are drawn, and which of them. view: in whose shape, where there is nothing to draw yet.
 *
 * @typedef {{
 *   x: number, y: number, cell: number, rows: Stretch, columns: Columns, from: number, to: number, alpha?: number,
 *   turned?: boolean, view?: Part,
 * }} Box
 */

export class Figure extends FigureNumbers {
  /** @type {StepView | null} */
  stepView = null;
  width = 0;
  /** @type {string | null} */
  marked = null; // the tensor whose symbol in the formula the pointer is on

  /**
   * views: { kind: ViewClass }; onCell(place) is called when a cell is clicked, or Enter pressed on it; onDrag(number,
   * across, up) when something was dragged, or moved by Shift and an arrow key.
   *
   * @param {Selection} selection
   * @param {Kinds} views
   * @param {{onCell?: (place: Place) => void, onDrag?: (place: number[]) => void}} [hooks]
   */
  constructor(selection, views, { onCell, onDrag } = {}) {
    super(selection);
    this.views = Object.fromEntries(Object.entries(views).map(([kind, View]) => [kind, new View(this)]));
    this.onCell = onCell;
    this.onDrag = onDrag;
    this.dragging = false;
    /** @type {Map<string, OffscreenCanvas>} */
    this.bitmaps = new Map();
    this.canvas = element("canvas", {
      tabindex: 0,
      role: "application",
      "aria-roledescription": "figure, arrow keys move in it",
    });
    this.canvas.onpointermove = (event) =>
      this.dragging
        ? this.#drag(event)
        : this.#pointer(event, (place) => selection.point({ ...selection.pinned, ...place }));
    this.canvas.onpointerdown = (event) => {
      this.dragging = event.button === 0 && this.#grabs(event);
      if (this.dragging) this.canvas.setPointerCapture(event.pointerId);
    };
    this.canvas.onpointerup = this.canvas.onpointercancel = () => this.#drop();
    // what is dragged by a finger does not scroll the page
    this.canvas.addEventListener(
      "touchstart",
      (event) => {
        if (this.#grabs(event.touches[0])) event.preventDefault();
      },
      { passive: false },
    );
    this.canvas.onpointerleave = () => selection.release();
    this.canvas.onclick = (event) =>
      this.#pointer(event, (place) => {
        selection.pin(place);
        if (place.cell) this.onCell?.(place);
      });
    this.canvas.ondblclick = () => this.magnify(0.25);
  }

  /** @param {Shown} payload @param {Theme} theme */
  update(payload, theme) {
    super.update(payload, theme);
    this.bitmaps.clear();
  }

  /** What is drawn now, as tables. */
  read() {
    if (!this.stepView) return [];
    const { view, title } = this.stepView;
    return this.views[view.kind].read?.(view, title) ?? [this.tableOf(/** @type {Part} */ (view), title)];
  }

  /**
   * Draws rows from..to of a view's tensor; without a view, empty cells of the shape of `box.view`. Finished bitmaps
   * are kept, so that hovering and scrubbing only copy them.
   *
   * @param {Pen} context
   * @param {Part | null} view
   * @param {Box} box
   */
  heat(context, view, { x, y, cell, rows, columns, from, to, alpha = 1, turned = false, view: shape }) {
    if (to <= from) return;
    const [width, height] = [columns.count * columns.size, rows.count * cell];
    const drawn = view ?? shape;
    if (!drawn) return;
    const { tensor: name, hidden, head = this.selection.now.head } = drawn;
    const key = JSON.stringify([
      name,
      head,
      hidden,
      view?.grows && this.grown,
      !view,
      width,
      height,
      rows,
      columns.first,
      turned,
    ]);
    let bitmap = this.bitmaps.get(key);
    if (!bitmap) {
      const ratio = ratioOf(context);
      bitmap = new OffscreenCanvas(Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio)));
      const pen = penOf(bitmap);
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      /** @type {Heat["value"]} */
      const readTurned = (r, c) => this.tensor(name, head).at(c + columns.first, r);
      const value = view ? (turned ? readTurned : this.#reads(drawn, rows, columns)) : () => BLANK;
      this.#cells(pen, drawn, { x: 0, y: 0, width, height, rows: rows.count, columns: columns.count, value });
      this.bitmaps.set(key, bitmap);
    }
    const { height: high } = bitmap;
    const [top, bottom] = [from, to].map((row) => (row / rows.count) * high);
    context.save();
    context.globalAlpha = alpha;
    context.imageSmoothingEnabled = false;
    context.drawImage(bitmap, 0, top, bitmap.width, bottom - top, x, y + from * cell, width, (to - from) * cell);
    context.restore();
    if (view && name === this.marked) outline(context, x, y, width, height, this.theme.colours.spot, 4);
  }

  /**
   * Draws all of a part at once and keeps nothing: for small pictures, which nobody hovers.
   *
   * @param {Pen} context
   * @param {Part} part
   * @param {Pick<Box, "x" | "y" | "cell" | "rows" | "columns" | "alpha">} box
   */
  small(context, part, { x, y, cell, rows, columns, alpha }) {
    const [width, height] = [columns.count * columns.size, rows.count * cell];
    const value = this.#reads(part, rows, columns);
    this.#cells(context, part, { x, y, width, height, rows: rows.count, columns: columns.count, value, alpha });
    if (part.tensor === this.marked) outline(context, x, y, width, height, this.theme.colours.spot, 4);
  }

  /**
   * @param {Part} part
   * @param {Box["rows"]} rows
   * @param {Box["columns"]} columns
   * @returns {Heat["value"]}
   */
  #reads(part, rows, columns) {
    const cells = this.cells(part);
    return (r, c) => cells(r + rows.first, c + columns.first);
  }

  /**
   * @param {Pen} pen
   * @param {Part} part
   * @param {Omit<Heat, "low" | "high" | "colours" | "theme">} box
   */
  #cells(pen, part, box) {
    const [low, high] = this.range(part);
    heat(pen, { ...box, low, high, colours: this.colours(part), theme: this.theme });
  }

  /** @param {number} width */
  resize(width) {
    this.width = width;
    this.bitmaps.clear();
  }

  /**
   * stepView: what is shown; share: how much of it is computed; previous: what stood there before.
   *
   * @param {StepView} stepView
   * @param {number} share
   * @param {StepView | null} [previous]
   */
  paint(stepView, share, previous) {
    if (!this.width) return;
    this.stepView = stepView;
    const view = this.views[stepView.view.kind];
    const height = view.layout(stepView.view, this.width);
    const context = fit(this.canvas, this.width, height);
    view.paint(context, stepView.view, share, previous?.view);
    const seen = view.summary?.(stepView.view) ?? this.summary(/** @type {Part} */ (stepView.view));
    this.canvas.setAttribute(
      "aria-label",
      `${spoken(stepView.title)}: ${seen}. Looked at: ${view.describe(stepView.view, this.selection.now)}`,
    );
  }

  /** @param {View | undefined} view @returns {view is Matrix} */
  canZoom(view) {
    return view?.kind === "matrix" && Math.max(this.tokens("keys").length, this.tokens(view.rows).length) > ZOOM_FROM;
  }

  /**
   * share of the tokens to be seen, times what is seen now; 1 or more shows all.
   *
   * @param {number} times
   */
  magnify(times) {
    if (!this.canZoom(this.stepView?.view)) return;
    this.zoomBy(times);
    this.bitmaps.clear();
    this.selection.pin({});
  }

  /**
   * What a key does while the figure has the focus; true if it did something.
   *
   * @param {Pressed} event
   */
  key(event) {
    const step = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      Home: [-FAR, 0],
      End: [FAR, 0],
    }[event.key];
    const { selection, stepView } = this;
    const drawn = stepView && this.views[stepView.view.kind];
    if (step && event.shiftKey && stepView && drawn?.nudge) {
      this.#tell(drawn.nudge(step[0], step[1], stepView.view, selection.pinned));
    } else if (step && stepView) {
      selection.pin(this.views[stepView.view.kind].move(step[0], step[1], stepView.view, selection.pinned));
      this.#follow();
    } else if (event.key === "Enter") {
      this.onCell?.({ ...selection.pinned, cell: true });
    } else if (event.key === "+" || event.key === "=") {
      this.magnify(0.5);
    } else if (event.key === "-") {
      this.magnify(1);
    } else {
      return false;
    }
    return true;
  }

  /** @param {{ clientX: number, clientY: number }} event */
  #grabs(event) {
    const { stepView } = this;
    return !!stepView && !!this.onDrag && !!this.views[stepView.view.kind].grab?.(...this.#under(event), stepView.view);
  }

  /** @param {MouseEvent} event */
  #drag(event) {
    const { stepView } = this;
    if (stepView) this.views[stepView.view.kind].drag?.(...this.#under(event), stepView.view);
    this.selection.point({});
  }

  #drop() {
    if (this.dragging && this.stepView) this.#tell(this.views[this.stepView.view.kind].drop?.());
    this.dragging = false;
  }

  /** @param {number[] | null | undefined} place */
  #tell(place) {
    if (place) this.onDrag?.(place);
    this.selection.point({});
  }

  /** @param {{ clientX: number, clientY: number }} event @returns {[x: number, y: number]} */
  #under(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** The zoomed part moves along when the selection leaves it. */
  #follow() {
    if (!this.zoom) return;
    const { query, key } = this.selection.pinned;
    Object.assign(this.zoom, { query, key });
    this.bitmaps.clear();
    this.selection.pin({});
  }

  /** @param {MouseEvent} event @param {(place: Place) => void} act */
  #pointer(event, act) {
    if (!this.stepView) return;
    const place = this.views[this.stepView.view.kind].at(...this.#under(event), this.stepView.view);
    if (place) act(place);
  }
}
