// The figure of one step: a canvas, the view that draws it, and the doors through which views reach the numbers.

import { BLANK, FONT, HIDDEN, fit, heat, hiddenWord } from "./kit/canvas.js";
import { clamp, number } from "./kit/numbers.js";
import { element } from "./kit/text.js";

const ZOOM_FROM = 40; // sequences longer than this can be zoomed
const FAR = 1e6; // cells: further than any figure reaches
const ZOOMED = 24; // tokens of the closest look

export class Figure {
  /** views: { kind: ViewClass }; onCell(place) is called when a cell is clicked, or Enter pressed on it. */
  constructor(selection, views, { onCell } = {}) {
    this.selection = selection;
    this.views = Object.fromEntries(Object.entries(views).map(([kind, View]) => [kind, new View(this)]));
    this.onCell = onCell;
    this.bitmaps = new Map();
    this.found = new Map(); // extremes of the tensors, by what was asked
    this.zoom = null;
    this.grown = Infinity; // rows of a view that grows which are computed so far
    this.canvas = element("canvas", { tabindex: 0, role: "application", "aria-roledescription": "figure, arrow keys move in it" });
    this.canvas.onpointermove = (event) => this.#pointer(event, (place) => selection.point({ ...selection.pinned, ...place }));
    this.canvas.onpointerleave = () => selection.release();
    this.canvas.onclick = (event) => this.#pointer(event, (place) => {
      selection.pin(place);
      if (place.cell) this.onCell?.(place);
    });
    this.canvas.ondblclick = () => this.magnify(0.25);
  }

  update(payload, theme) {
    this.payload = payload;
    this.theme = theme;
    this.bitmaps.clear();
    this.found.clear();
    this.measure = new OffscreenCanvas(1, 1).getContext("2d");
  }

  // What views ask for ---------------------------------------------------------------------------------------------

  tokens(axis) {
    return this.payload.tokens[axis];
  }

  /** What a live part of a sentence says of the cell that is looked at. */
  live({ word, of, count, row, column, end, form }) {
    const { now } = this.selection;
    if (word) return (word === "values" ? this.valued(now[end]) : this.tokens(word)[now[end]]).text;
    if (count) return String(this.tensor(count).row(now[row]).reduce((sum, cell) => sum + cell, 0));
    const value = of ? this.tensor(of).at(now[row], now[column]) : now[end];
    if (form === ".0%") return `${Math.round(100 * value)}%`;
    return number(value, form ? Number(form[1]) : 0);
  }

  /** Which part of the selection a table's rows stand for: an end of the pair, or what the lesson chose of an axis of its own. */
  end(rows) {
    if (rows in this.payload.focus) return rows;
    return rows === "keys" || rows === "values" ? "key" : "query";
  }

  /** The token whose value stands at a place: that of the key, unless the learner moved keys alone. */
  valued(place) {
    return (this.tokens("values") ?? this.tokens("keys"))[place];
  }

  /** A matrix; of a tensor with heads, the matrix of the head that is looked at. */
  tensor(name, head = this.selection.now.head) {
    const tensor = this.payload.tensors[name];
    return tensor?.shape.length === 3 ? tensor.matrix(Math.min(head, tensor.shape[0] - 1)) : tensor;
  }

  /** A tensor with all its heads. */
  stack(name) {
    return this.payload.tensors[name];
  }

  textWidth(token, size) {
    this.measure.font = token.special ? `700 ${size - 2}px ${FONT.mono}` : `700 ${size}px ${FONT.sans}`; // as it is while it is looked at
    return this.measure.measureText(token.text).width;
  }

  /** Which part of an axis is shown: all of it, or the zoomed part around what is looked at. */
  window(axis, total) {
    if (!this.zoom || total <= ZOOMED) return { first: 0, count: total };
    const count = clamp(Math.round(total * this.zoom.share), ZOOMED, total);
    const middle = this.zoom[axis === "queries" ? "query" : "key"];
    return { first: clamp(Math.round(middle - count / 2), 0, total - count), count };
  }

  colours(view) {
    return this.theme.ramps[view.scale === "signed" ? "signed" : "weights"];
  }

  /** Weights are always drawn from 0 to 1, signed tensors around 0 to their printed limit, shares from 0 to it. */
  range(view) {
    if (view.scale === "weights") return [0, 1];
    return view.scale === "signed" ? [-view.limit, view.limit] : [0, view.limit];
  }

  /** view.hidden names the tensor that says which cells may be seen: "allowed" as a rule. */
  value(view, row, column) {
    if (view.grows && row >= this.grown) return BLANK;
    if (view.hidden && !this.visible(row, column, view.hidden)) return HIDDEN;
    return this.tensor(view.tensor, view.head).at(row, column);
  }

  visible(query, key, mask = "allowed") {
    const allowed = this.tensor(mask);
    return !allowed || allowed.at(query, key) === 1;
  }

  /** The smallest and the largest of the cells of a view that may be seen, each with its place. */
  extremes(view) {
    const { tensor: name, hidden, grows, head = this.selection.now.head } = view;
    const key = JSON.stringify([name, head, hidden, grows && this.grown]);
    if (!this.found.has(key)) {
      const [tensor, allowed] = [this.tensor(name, head), hidden && this.tensor(hidden)];
      const [low, high] = [{ value: Infinity, row: 0, column: 0 }, { value: -Infinity, row: 0, column: 0 }];
      const rows = grows ? Math.min(tensor.rows, this.grown) : tensor.rows;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < tensor.columns; column++) {
          if (allowed && allowed.at(row, column) !== 1) continue;
          const value = tensor.at(row, column);
          if (value < low.value) Object.assign(low, { value, row, column });
          if (value > high.value) Object.assign(high, { value, row, column });
        }
      }
      this.found.set(key, { low, high });
    }
    return this.found.get(key);
  }

  /** In words: how large a tensor is, and what stands out in it. */
  summary(view, { rows = view.rows ?? "queries", columns = view.columns } = {}) {
    const tensor = this.tensor(view.tensor, view.head);
    const { low, high } = this.extremes(view);
    const nameOf = (axis, place) => (axis && axis !== "numbers" ? this.tokens(axis)?.[place]?.text : undefined) ?? `number ${place}`;
    const size = `${tensor.rows} ${rows === "values" ? "keys" : rows} by ${tensor.columns} ${columns ?? "numbers"}`;
    const place = `${nameOf(rows, high.row)} on ${nameOf(columns, high.column)}`;
    if (view.scale === "weights") return `${size}; the strongest is ${place}, ${number(high.value, 3)}`;
    return `${size}, from ${number(low.value)} to ${number(high.value)}; the largest is ${place}`;
  }

  /** A tensor of a view, to be read as a table. */
  tableOf(part, title) {
    const tensor = this.tensor(part.tensor, part.head);
    const names = (axis, count) => {
      const tokens = axis && axis !== "numbers" ? this.tokens(axis) : null;
      return Array.from({ length: count }, (_, place) => tokens?.[place]?.text ?? place);
    };
    const cell = (row, column) => {
      const value = this.value(part, row, column);
      const text = typeof value === "number" ? number(value, part.whole ? 0 : 3) : value === HIDDEN ? hiddenWord(part) : "not written yet";
      return part.words ? `${part.words[row]?.[column]} ${text}` : text;
    };
    return { title, rows: names(part.rows ?? "queries", tensor.rows), columns: names(part.columns, tensor.columns), cell };
  }

  /** What is drawn now, as tables. */
  read() {
    const { view, title } = this.stepView;
    return this.views[view.kind].read?.(view, title) ?? [this.tableOf(view, title)];
  }

  rowMargin(view, row) {
    const keys = this.tokens("keys").length;
    let [sum, seen] = [0, 0];
    for (let key = 0; key < keys; key++) {
      if (!this.visible(row, key)) continue;
      seen++;
      sum += this.tensor(view.tensor).at(row, key);
    }
    return view.margin === "sum" ? sum.toFixed(2) : String(seen);
  }

  /**
   * Draws rows from..to of a view's tensor; without a view, empty cells of the shape of `box.view`. Finished bitmaps
   * are kept, so that hovering and scrubbing only copy them.
   */
  heat(context, view, { x, y, cell, rows, columns, from, to, alpha = 1, turned = false, view: shape }) {
    if (to <= from) return;
    const [width, height] = [columns.count * columns.size, rows.count * cell];
    const { tensor: name, hidden, head = this.selection.now.head } = view ?? shape;
    const key = JSON.stringify([name, head, hidden, view?.grows && this.grown, !view, width, height, rows, columns.first, turned]);
    if (!this.bitmaps.has(key)) {
      const ratio = context.ratio;
      const bitmap = new OffscreenCanvas(Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio)));
      const pen = bitmap.getContext("2d");
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.ratio = ratio;
      const drawn = view ?? shape;
      const [low, high] = this.range(drawn);
      const read = (r, c) => this.value(drawn, r + rows.first, c + columns.first);
      const value = !view ? () => BLANK
        : turned ? (r, c) => this.tensor(name, head).at(c + columns.first, r)
        : read;
      heat(pen, {
        x: 0, y: 0, width, height, rows: rows.count, columns: columns.count, value, low, high,
        colours: this.colours(drawn), theme: this.theme,
      });
      this.bitmaps.set(key, bitmap);
    }
    const bitmap = this.bitmaps.get(key);
    const [top, bottom] = [from, to].map((row) => (row / rows.count) * bitmap.height);
    context.save();
    context.globalAlpha = alpha;
    context.imageSmoothingEnabled = false;
    context.drawImage(bitmap, 0, top, bitmap.width, bottom - top, x, y + from * cell, width, (to - from) * cell);
    context.restore();
  }

  // Drawing and touching -------------------------------------------------------------------------------------------

  resize(width) {
    this.width = width;
    this.bitmaps.clear();
  }

  /** stepView: what is shown; share: how much of it is computed; previous: what stood there before. */
  paint(stepView, share, previous) {
    if (!this.width) return;
    this.stepView = stepView;
    const view = this.views[stepView.view.kind];
    const height = view.layout(stepView.view, this.width);
    const context = fit(this.canvas, this.width, height);
    view.paint(context, stepView.view, share, previous?.view);
    const seen = view.summary?.(stepView.view) ?? this.summary(stepView.view);
    this.canvas.setAttribute("aria-label", `${stepView.title}: ${seen}. Looked at: ${view.describe(stepView.view, this.selection.now)}`);
  }

  canZoom(view) {
    return view?.kind === "matrix" && Math.max(this.tokens("keys").length, this.tokens(view.rows).length) > ZOOM_FROM;
  }

  /** share of the tokens to be seen, times what is seen now; 1 or more shows all. */
  magnify(times) {
    if (!this.canZoom(this.stepView?.view)) return;
    const share = times >= 1 ? 1 : (this.zoom?.share ?? 1) * times;
    this.zoom = share >= 1 ? null : { share, query: this.selection.now.query, key: this.selection.now.key };
    this.bitmaps.clear();
    this.selection.pin({});
  }

  /** What a key does while the figure has the focus; true if it did something. */
  key(event) {
    const step = {
      ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], Home: [-FAR, 0], End: [FAR, 0],
    }[event.key];
    const { selection } = this;
    if (step) {
      selection.pin(this.views[this.stepView.view.kind].move(...step, this.stepView.view, selection.pinned));
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

  /** The zoomed part moves along when the selection leaves it. */
  #follow() {
    if (!this.zoom) return;
    const { query, key } = this.selection.pinned;
    Object.assign(this.zoom, { query, key });
    this.bitmaps.clear();
    this.selection.pin({});
  }

  #pointer(event, act) {
    if (!this.stepView) return;
    const box = this.canvas.getBoundingClientRect();
    const place = this.views[this.stepView.view.kind].at(event.clientX - box.left, event.clientY - box.top, this.stepView.view);
    if (place) act(place);
  }
}
