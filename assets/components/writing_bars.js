// The likeliest next tokens as bars, and what may be done to them before one is drawn: bars move with the sliders at once.

import { number } from "./kit/numbers.js";
import { choice, drawn, probabilities } from "./kit/sampling.js";
import { button, childrenOf, element, focusedIn } from "./kit/text.js";

/** @import { Readable, WritingData } from "./kit/types.js" */
/** @import { Sampling } from "./kit/sampling.js" */

const BARS = 10;
const HOTTEST = 2;
const COUNTS = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000];

/** @param {Sampling} sampling */
const sampled = ({ temperature }) => temperature > 0;

const SAYS = {
  temperature:
    "The scores are divided by it before they become probabilities: below 1 the likeliest gain, above 1 the others do. At 0 the likeliest is always written.",
  topK: "Only so many of the likeliest tokens can be drawn.",
  topP: "Only the likeliest that together have this share can be drawn.",
};

/** A slider with its name and its value. */
class Slider {
  /**
   * @param {string} name
   * @param {string} says
   * @param {number} last
   * @param {number} step
   * @param {(at: number) => string} told
   * @param {() => void} moved
   * @param {() => void} settled
   */
  constructor(name, says, last, step, told, moved, settled) {
    this.told = told;
    this.input = element("input", { type: "range", min: 0, max: last, step, "aria-label": name });
    this.value = element("span", { className: "number" });
    this.node = element("label", {
      title: says,
      children: [element("span", { children: [name] }), this.input, this.value],
    });
    this.input.oninput = () => {
      this.say();
      moved();
    };
    this.input.onchange = settled;
    this.input.onkeydown = (event) => event.stopPropagation(); // r and c are Streamlit's
  }

  get at() {
    return Number(this.input.value);
  }

  /** @param {number} at */
  set(at) {
    this.input.value = String(at);
    this.say();
  }

  say() {
    this.value.textContent = this.told(this.at);
    this.input.setAttribute("aria-valuetext", this.told(this.at));
  }
}

export class WritingBars {
  /** @type {WritingData | null} */
  data = null;
  /** @type {number[]} */
  counts = [];

  /**
   * onWrite(id): a token was pressed; onSampling(sampling): sliders have come to rest.
   *
   * @param {{ onWrite: (id: number) => void, onSampling: (sampling: Sampling) => void }} hooks
   */
  constructor({ onWrite, onSampling }) {
    this.onWrite = onWrite;
    const [moved, settled] = [() => this.paint(), () => onSampling(this.sampling)];
    this.temperature = new Slider(
      "Temperature",
      SAYS.temperature,
      HOTTEST,
      0.05,
      (at) => number(at, 2),
      moved,
      settled,
    );
    this.topK = new Slider("Top-k", SAYS.topK, 0, 1, (at) => this.counted(at), moved, settled);
    this.topP = new Slider("Top-p", SAYS.topP, 1, 0.01, (at) => number(at, 2), moved, settled);
    this.title = element("h3", { "aria-level": 2 });
    this.list = element("div", { className: "bars" });
    this.rest = element("p", { className: "quiet rest" });
    this.node = element("section", {
      className: "next",
      children: [
        this.title,
        this.list,
        this.rest,
        element("div", {
          className: "sampling",
          children: [this.temperature.node, this.topK.node, this.topP.node],
        }),
      ],
    });
  }

  /** @returns {Sampling} */
  get sampling() {
    return {
      temperature: this.temperature.at,
      topK: this.counts[this.topK.at] ?? 0,
      topP: this.topP.at,
    };
  }

  /** @param {number} at */
  counted(at) {
    const count = this.counts[at] ?? 0;
    return count ? count.toLocaleString("en") : "all";
  }

  /** @param {WritingData} data */
  update(data) {
    this.data = data;
    const { temperature, topK, topP } = data.sampling;
    const size = data.tensors.scores.columns;
    this.counts = [...new Set([...COUNTS, topK])].filter((each) => each && each < size).sort((a, b) => a - b);
    this.counts.push(0);
    this.topK.input.max = String(this.counts.length - 1);
    this.topK.set(this.counts.indexOf(topK && topK < size ? topK : 0));
    this.temperature.set(temperature);
    this.topP.set(topP);
    this.paint();
  }

  paint() {
    const data = this.data;
    if (!data) return;
    const scores = data.tensors.scores.values;
    const shares = probabilities(scores, this.sampling);
    const plain = probabilities(scores, { temperature: 1, topK: 0, topP: 1 });
    const draw = data.draw === null ? null : drawn(shares, data.draw);
    this.title.replaceChildren(
      "What comes after ",
      element("span", { className: "query", children: [`“${data.tokens[data.at - 1].name}”`] }),
    );
    const ranks = [...Array(Math.min(BARS, data.names.length)).keys()];
    for (const rank of [draw, data.rank])
      if (rank !== null && rank < data.names.length && !ranks.includes(rank)) ranks.push(rank);
    this.list.classList.toggle("two", Boolean(data.tensors.second));
    const focused = childrenOf(this.list).indexOf(/** @type {HTMLElement} */ (focusedIn(this.list)));
    this.list.replaceChildren(...ranks.map((rank) => this.bar(data, rank, shares[rank], plain[rank], draw)));
    // who pressed a bar by a key can go on from its place
    childrenOf(this.list)[Math.min(focused, ranks.length - 1)]?.focus({ preventScroll: true });
    const { stay, bits } = choice(shares);
    const listed = ranks.reduce((sum, rank) => sum + shares[rank], 0);
    const others = stay - ranks.filter((rank) => shares[rank] > 0).length;
    const fell = draw !== null && data.draw !== null && sampled(this.sampling);
    /** @param {number} rank */
    const named = (rank) =>
      rank < data.names.length ? `“${data.names[rank]}”` : `number ${(rank + 1).toLocaleString("en")}`;
    const unlisted = data.rank !== null && data.rank >= data.names.length;
    this.rest.textContent =
      `${stay.toLocaleString("en")} of ${scores.length.toLocaleString("en")} tokens can be drawn, ${number(bits, 1)} bits of choice` +
      (others > 0 ? `; those not shown share ${number(Math.max(0, 1 - listed), 2)}.` : ".") +
      (fell
        ? ` The number drawn is ${number(data.draw ?? 0, 3)}: counted down from the likeliest, it falls on ${named(draw)}.`
        : "") +
      (data.tensors.second
        ? " The thin bar and the second number are those of the other text, at the same place."
        : "") +
      (unlisted && data.rank !== null
        ? ` “${data.tokens[data.at].name}”, which stands here, is number ${(data.rank + 1).toLocaleString("en")}: ${shares[data.rank].toPrecision(2)}.`
        : "");
  }

  /**
   * @param {WritingData} data
   * @param {number} rank
   * @param {number} share
   * @param {number} plain
   * @param {number | null} draw
   */
  bar(data, rank, share, plain, draw) {
    const stands = rank === data.rank;
    const signs = [stands && "stands here", rank === draw && (stands ? "as drawn" : "would be drawn")].filter(Boolean);
    const name = data.names[rank];
    const second = data.tensors.second?.values[rank];
    const track = element("span", {
      className: "track",
      children: [
        element("i", { className: "fill", style: `width:${(100 * share).toFixed(2)}%` }),
        ...(second === undefined
          ? []
          : [element("i", { className: "fill other", style: `width:${(100 * second).toFixed(2)}%` })]),
        element("i", { className: "plain", style: `left:${(100 * plain).toFixed(2)}%` }),
      ],
    });
    const other = second === undefined ? "" : ` / ${number(second, 3)}`;
    const node = button("", {
      className: `candidate${share ? "" : " out"}${stands ? " stands" : ""}`,
      title: `The model's own probability: ${number(plain, 3)}.${data.editable ? " Press to write it here." : ""}`,
      "aria-label": `${name}, ${number(share, 3)}${other}${signs.length ? `, ${signs.join(", ")}` : ""}.${data.editable ? " Write it here" : ""}`,
      disabled: !data.editable,
    });
    const label = element("span", { className: "name", children: [name] });
    label.dir = "auto";
    node.replaceChildren(
      label,
      track,
      element("span", { className: "number", children: [share ? number(share, 3) : "out", other] }),
      element("span", { className: "sign", children: [signs.join(", ")] }),
    );
    node.onclick = () => this.onWrite(data.ids[rank]);
    return node;
  }

  /**
   * The same as a table.
   *
   * @returns {Readable[]}
   */
  read() {
    const data = this.data;
    if (!data) return [];
    const scores = data.tensors.scores.values;
    const shares = probabilities(scores, this.sampling);
    const plain = probabilities(scores, { temperature: 1, topK: 0, topP: 1 });
    return [
      {
        title: "The likeliest next tokens",
        rows: data.names,
        columns: ["score", "probability", "after temperature, top-k, top-p"],
        cell: (row, column) => number([scores, plain, shares][column][row], 4),
      },
    ];
  }
}
