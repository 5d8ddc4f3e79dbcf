// The cell that is looked at, computed before the eye: which numbers went in, what came out.

import { cut, FONT, fit, heat, write, writeLettered } from "./kit/canvas.js";
import { inkOn, shade } from "./kit/colour.js";
import { number, signed, total } from "./kit/numbers.js";
import { element, spans, spoken } from "./kit/text.js";
import { deliveredOf, saidOf, softmaxOf, termOf, termsOf } from "./kit/way.js";

/** @import { Matrix } from "./kit/figure_kinds.js" */
/** @import { Readable, Span, StepView, Tensor } from "./kit/types.js" */

/** @import { Figure } from "./figure.js" */

const STRIP = 15; // height of a strip
const WRITTEN = 18; // of one whose numbers are written into it
const FEW = 8; // numbers that are
const PRODUCT = "q × k";
const NAME = 96; // room for its name
/** @type {Record<string, [name: string, role: string | null]>} */
const NAMES = { queries: ["query", "query"], keys: ["key", "key"], values: ["value", "value"], x: ["vector", null] };
const CHAIN = ["scores", "scaled", "masked", "weights"];

/** @typedef {{ name: string, role?: string, values: Float32Array | Uint8Array | number[], limit?: number }} Strip */
/** @typedef {{ title: Span[], strips?: Strip[], chain?: Span[], at?: number }} Said at: the number that is looked at */

export class Readout {
  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
    /** @type {Strip[]} */
    this.drawn = [];
    this.title = element("div", { className: "title", "aria-live": "polite" });
    this.strips = element("canvas", { role: "img" });
    this.term = element("div", { className: "term" });
    this.chain = element("div", { className: "chain" });
    this.node = element("div", { className: "readout", children: [this.title, this.strips, this.term, this.chain] });
    this.strips.onpointermove = ({ offsetX }) => this.#point(offsetX);
    this.strips.onpointerleave = () => this.#point(-1);
  }

  /** @param {StepView} stepView */
  paint(stepView) {
    const how = {
      vector: () => this.#vector(stepView),
      pair: () => this.#pair(stepView),
      mixture: () => this.#mixture(stepView),
      plain: () => this.#plain(stepView),
    };
    const { title, strips = [], chain = [], at } = how[stepView.view.readout ?? "plain"]();
    this.title.replaceChildren(...spans(title));
    this.chain.replaceChildren(...spans(chain));
    this.drawn = strips;
    this.#draw(strips, at);
    this.#point(-1);
  }

  /**
   * The strips as a table.
   *
   * @returns {Readable[]}
   */
  read() {
    const strips = this.drawn;
    if (!strips.length) return [];
    const columns = [...strips[0].values.keys()];
    return [
      {
        title: "What is looked at, number by number",
        rows: strips.map(({ name }) => name),
        columns,
        cell: (row, column) => number(strips[row].values[column], 3),
      },
    ];
  }

  /**
   * One number of one vector: a cell of X, Q, K or V.
   *
   * @param {StepView} stepView
   * @returns {Said}
   */
  #vector({ view }) {
    const { figure } = this;
    const now = figure.selection.now;
    if (view.kind !== "tables") throw new TypeError(`numbers of a vector in a view of ${view.kind}`);
    const table = view.tables.find(({ tensor }) => tensor === now.table) ?? view.tables[0];
    const tensor = figure.tensor(table.tensor);
    const row = Math.min(figure.standing(table), tensor.rows - 1);
    const dimension = Math.min(now.dimension, tensor.columns - 1);
    const [name, role] = NAMES[table.tensor] ?? [table.label, null];
    const token = figure.tokens(table.rows)[row].text;
    /** @type {Span[]} */
    const of = [[name, role ?? "letter"]];
    if (token !== name) of.push([" of ", null], [token, "strong"]);
    if (table.percent) return { title: [...of, [" = ", null], [number(tensor.at(row, 0), 3), "mark"]] };
    return {
      title: [...of, [`, number ${dimension} = `, null], [signed(tensor.at(row, dimension), 3), "mark"]],
      strips: view.tables.map((other) => {
        const beside = figure.tensor(other.tensor);
        const own = Math.min(figure.standing(other), beside.rows - 1);
        return { name: other.label, role: other.role, values: beside.row(own), limit: other.limit };
      }),
      at: dimension,
    };
  }

  /**
   * One query and one key: their product number by number, its sum, its way to a weight.
   *
   * @param {StepView} stepView
   * @returns {Said}
   */
  #pair({ view }) {
    const { figure } = this;
    const { query, key } = figure.selection.now;
    const asks = figure.tokens("queries")[query].text;
    const asked = figure.tokens("keys")[key].text;
    const [q, k] = [figure.tensor("queries"), figure.tensor("keys")];
    const { divisor, dotProduct } = figure.payload;
    const { chain: told } = /** @type {Matrix} */ (view);
    if (told === "open") return this.#opened(query, key, q, k);
    /** @type {Span[]} */
    const chain = [];
    const value = (/** @type {string} */ name) => figure.tensor(name)?.at(query, key);
    const visible = figure.visible(query, key);
    const last = CHAIN.indexOf(told ?? "");
    const put = (/** @type {string} */ name, /** @type {string} */ text) =>
      chain.push([text, name === told ? "mark" : "number"]);
    const terms = dotProduct ? termsOf(q.row(query), k.row(key)) : [];
    if (terms.length) chain.push(...terms, [" = ", null]);
    else chain.push([dotProduct ? "sum of q × k " : "score ", null]);
    put("scores", number(value("scores")));
    if (last >= 1) {
      chain.push([divisor === 1 ? " = " : ` ÷ ${number(divisor)} = `, null]);
      put("scaled", number(value("scaled")));
    }
    if (last >= 2 && figure.stack("allowed")) {
      chain.push([visible ? "  allowed " : "  not allowed ", null]);
      put("masked", visible ? number(value("scaled")) : number(-Infinity));
    }
    if (last >= 3 && visible) {
      const scores = [...figure.tensor("scaled").row(query)].filter((_, place) => figure.visible(query, place));
      chain.push(...softmaxOf(scores, value("scaled"), value("weights")));
    } else if (last >= 3) chain.push([" → softmax ", null], ["exactly 0", "mark"]);
    if (told === "wrong") {
      chain.splice(0, chain.length, ["softmax first ", null], [number(value("early"), 3), "number"]);
      chain.push([visible ? " × 1 = " : " × 0 = ", null], [number(value("wrong"), 3), "mark"]);
    }
    /** @type {Strip[]} */
    const strips = [
      { name: `q ${asks}`, role: "query", values: q.row(query), limit: figure.payload.limits.queries },
      { name: `k ${asked}`, role: "key", values: k.row(key), limit: figure.payload.limits.keys },
    ];
    if (dotProduct) strips.push({ name: PRODUCT, values: products(q, query, k, key) });
    return {
      title: [
        [asks, "query"],
        [" asks ", "quiet"],
        [asked, "key"],
      ],
      strips,
      chain,
    };
  }

  /**
   * A pair in an open head: its product, and the weight that the model's own steps made of it.
   *
   * @param {number} query
   * @param {number} key
   * @param {Tensor} q
   * @param {Tensor} k
   * @returns {Said}
   */
  #opened(query, key, q, k) {
    const { figure } = this;
    const [asks, asked] = [figure.tokens("queries")[query].text, figure.tokens("keys")[key].text];
    const every = Array.from({ length: k.rows }, (_, place) => total(products(q, query, k, place)));
    const [bias, allowed] = ["bias", "allowed"].map((name) => figure.stack(name)?.row(query));
    const way = figure.payload.way ?? { scale: 1, softcap: null, sink: null };
    const [weights, given, lengths] = ["weights", "given", "lengths"].map((name) => figure.stack(name));
    const weight = (given ?? weights).at(query, key);
    const chain = saidOf(way, { products: every, bias, allowed }, key, weight);
    if (lengths) chain.push(...deliveredOf(given.row(query), lengths.row(0), key, weights.at(query, key)));
    return {
      title: [
        [asks, "query"],
        [" asks ", "quiet"],
        [asked, "key"],
      ],
      strips: [
        { name: `q ${asks}`, role: "query", values: q.row(query), limit: figure.payload.limits.queries },
        { name: `k ${asked}`, role: "key", values: k.row(key), limit: figure.payload.limits.keys },
        { name: PRODUCT, values: products(q, query, k, key) },
      ],
      chain,
    };
  }

  /**
   * One number of an output: the values it is mixed from.
   *
   * @param {StepView} stepView
   * @returns {Said}
   */
  #mixture({ view }) {
    const { figure } = this;
    const { query } = figure.selection.now;
    const { tensor, limit } = /** @type {Matrix} */ (view);
    const [weights, values, output] = [figure.tensor("weights"), figure.tensor("values"), figure.tensor(tensor)];
    const dimension = Math.min(figure.selection.now.dimension, output.columns - 1);
    const seen = [...weights.row(query).keys()].filter((key) => figure.visible(query, key));
    const strongest = seen
      .sort((a, b) => weights.at(query, b) - weights.at(query, a))
      .slice(0, seen.length > FEW ? 3 : FEW);
    /** @type {Span[]} */
    const chain = strongest.flatMap((key, i) => [
      [i ? " + " : "", null],
      [weights.at(query, key).toFixed(4), "number"],
      [" × ", null],
      [figure.valuedApart(key), "value"],
      [" ", null],
      [number(values.at(key, dimension)), "number"],
    ]);
    if (seen.length > strongest.length) chain.push([" + …", null]);
    chain.push([" = ", null], [number(output.at(query, dimension)), "number"]);
    return {
      title: [
        ["output", "output"],
        [" of ", null],
        [figure.tokens("queries")[query].text, "query"],
        [`, number ${dimension} = `, null],
        [signed(output.at(query, dimension), 3), "mark"],
      ],
      strips: [
        ...strongest.map((key) => ({
          name: `${weights.at(query, key).toFixed(2)} × ${figure.valuedApart(key)}`,
          role: "value",
          values: Array.from(values.row(key), (value) => value * weights.at(query, key)),
          limit,
        })),
        { name: "sum of all", role: "output", values: output.row(query), limit },
      ],
      chain,
      at: dimension,
    };
  }

  /**
   * Of two rows of many numbers and their product: the term that the pointer is on.
   *
   * @param {number} x
   */
  #point(x) {
    const [one, other, product] = this.drawn;
    const many = product?.name === PRODUCT && product.values.length > FEW;
    this.term.hidden = !many;
    if (!many) return;
    const cell = (this.strips.clientWidth - NAME) / product.values.length;
    const place = Math.floor((x - NAME) / cell);
    const values = [one, other, product].map((strip) => strip.values[place]);
    this.term.textContent =
      values[0] === undefined ? `${product.values.length} terms: point at one` : termOf(place, values);
  }

  /** @param {StepView} stepView @returns {Said} */
  #plain({ view, title }) {
    const described = this.figure.views[view.kind].describe(view, this.figure.selection.now);
    return {
      title: [
        [`${title}: `, "quiet"],
        [described, null],
      ],
    };
  }

  /** @param {Strip[]} strips @param {number} [at] */
  #draw(strips, at) {
    this.strips.style.display = strips.length ? "block" : "none";
    if (!strips.length) return;
    const told = strips.map(
      ({ name, values }) =>
        `${spoken(name)}: ${values.length} numbers from ${number(Math.min(...values))} to ${number(Math.max(...values))}`,
    );
    this.strips.setAttribute("aria-label", told.join("; "));
    const { theme } = this.figure;
    const width = Math.max(160, this.node.clientWidth - 2);
    const few = strips[0].values.length <= FEW;
    const high = few ? WRITTEN : STRIP;
    const context = fit(this.strips, width, strips.length * high);
    strips.forEach(({ name, role, values, limit }, row) => {
      const font = `500 12px ${FONT.sans}`;
      context.font = font;
      const colour = theme.colours[role ?? ""] ?? theme.colours["ink-2"];
      writeLettered(context, cut(context, name, NAME - 6), 0, (row + 0.5) * high, { font, colour });
      const end = limit ?? Math.max(...values.map(Math.abs), 1e-9);
      heat(context, {
        x: NAME,
        y: row * high + 2,
        width: width - NAME,
        height: high - 3,
        rows: 1,
        columns: values.length,
        value: (_, column) => values[column],
        colours: theme.ramps.signed,
        low: -end,
        high: end,
        theme,
      });
      const cell = (width - NAME) / values.length;
      if (few)
        for (const [place, value] of values.entries())
          write(context, number(value), NAME + (place + 0.5) * cell, row * high + high / 2, {
            font: `500 11px ${FONT.mono}`,
            colour: inkOn(shade(theme.ramps.signed, value, -end, end)),
            align: "center",
          });
      if (at === undefined) return;
      context.strokeStyle = theme.colours.ink;
      context.lineWidth = 1.5;
      context.strokeRect(NAME + at * cell - 0.5, row * high + 1.5, cell, high - 3);
    });
  }
}

/**
 * A query times a key, number by number.
 *
 * @param {Tensor} q
 * @param {number} query
 * @param {Tensor} k
 * @param {number} key
 */
const products = (q, query, k, key) => Array.from(q.row(query), (term, i) => term * k.at(key, i));
