// The writing lab: a text that a model goes on with, what it expected at each token, and where its heads looked.

import { gradient } from "./kit/colour.js";
import { copyLink } from "./kit/copy_link.js";
import { FigureTable } from "./kit/figure_table.js";
import { mount } from "./kit/mount.js";
import { clamp, number } from "./kit/numbers.js";
import { Tensor } from "./kit/payload.js";
import { button, element } from "./kit/text.js";
import { scaleOf } from "./legend.js";
import { WritingBars } from "./writing_bars.js";
import { looksAtAny, PictureHeads, WritingPicture } from "./writing_picture.js";
import { MOST_BITS, WritingText } from "./writing_text.js";

/** @import { Grid } from "./head_grid.js" */
/** @import { App, Component, Head, Io, Readable, Theme, WritingData } from "./kit/types.js" */

const PACE = 350; // ms between two tokens while it plays
const SETTLE = 150; // ms without a key before Python is asked for what is looked at
const GRID = { margin: 24, gap: 4, tallest: 300, smallest: 14, largest: 44 };
const MORE = 20; // tokens that are written at once

/** @param {HTMLElement} root @param {Io} io @returns {App<WritingData>} */
function createWriting(root, io) {
  root.className = "lab card writing";
  /** @type {WritingData} */
  let data;
  /** @type {Theme} */
  let theme;
  let playing = false;
  let timer = 0;
  let rest = 0;

  const alone = io.component.away === "file";
  /** @param {Record<string, unknown>} what */
  const tell = (what) => (alone ? here(what) : io.component.setTriggerValue("told", what));
  /** @param {number} place */
  const look = (place) => {
    clearTimeout(rest);
    rest = setTimeout(() => tell({ at: place }), SETTLE);
  };
  const text = new WritingText("The text", look);
  const picture = new WritingPicture(look);
  const other = new WritingText("The other text", () => {});
  const source = new WritingText("The source", null);
  const readFrom = element("div", { className: "source", hidden: true });
  const bars = new WritingBars({
    onWrite: (id) => tell({ write: [data.at, id] }),
    onSampling: (sampling) => tell({ sampling }),
  });
  const grid = new PictureHeads({
    onOpen: (layer, head) => tell({ open: String([layer, head]) === String(data.open) ? [] : [layer, head] }),
    onHover: (place) => weigh(place ?? data.open),
  });
  const says = element("p", { className: "says", "aria-live": "polite" });
  const back = button("Back", { className: "small-button" });
  const step = button("Step", { className: "small-button strong" });
  const play = button("Play", { className: "small-button play", "aria-pressed": "false" });
  const more = button(`${MORE} more`, { className: "small-button" });
  const anew = button("From the beginning", { className: "small-button" });
  const redraw = button("Draw again", { className: "small-button", title: "The same beginning with another seed" });
  const free = button("Undo my choices", { className: "small-button" });
  const looks = element("h3", { "aria-level": 2 });
  const whose = element("p", { className: "quiet" });
  const scroll = element("div", { className: "scroll", children: [grid.canvas] });
  const through = element("div", { className: "through" });
  const table = new FigureTable(() => read());
  const legend = element("div", { className: "legend" });
  const second = element("div", { className: "second", hidden: true });
  const difference = element("p", { className: "says" });
  const caption = element("h3", { "aria-level": 2 });
  second.append(caption, other.node, difference);
  readFrom.append(element("h3", { "aria-level": 2, children: ["The source"] }), source.node);
  root.append(
    element("div", { className: "tools", hidden: alone, children: [back, step, play, more, anew, redraw, free] }),
    readFrom,
    element("div", {
      className: "told",
      children: [picture.node, element("div", { className: "words", children: [text.node, says, picture.strip] })],
    }),
    second,
    element("div", {
      className: "body",
      children: [
        bars.node,
        element("section", {
          className: "looks",
          children: [looks, element("figure", { children: [scroll] }), whose],
        }),
        through,
      ],
    }),
    element("div", { className: "foot", children: [legend, table.button, copyLink()] }),
    table.node,
  );

  back.onclick = () => write(data.count - 1);
  step.onclick = () => write(data.count + 1);
  more.onclick = () => write(data.count + MORE);
  anew.onclick = () => write(0);
  redraw.onclick = () => tell({ seed: data.seed + 1 });
  free.onclick = () => tell({ free: true });
  play.onclick = () => {
    if (playing) stop();
    else {
      playing = true;
      paintPlay();
      write(data.count + 1);
    }
  };

  /** @param {number} count */
  function write(count) {
    if (count >= 0) tell({ count });
  }

  function stop() {
    playing = false;
    clearTimeout(timer);
    paintPlay();
  }

  function paintPlay() {
    play.textContent = playing ? "Pause" : "Play";
    play.setAttribute("aria-pressed", String(playing));
  }

  /** In a file nobody writes on: a head is opened out of what came along. @param {Record<string, unknown>} what */
  function here({ open }) {
    if (!Array.isArray(open)) return;
    data = { ...data, open: open.length ? [open[0], open[1]] : null };
    update(data, theme);
  }

  /** @param {WritingData} payload @param {Theme} newTheme */
  function update(payload, newTheme) {
    [data, theme] = [data && alone ? data : payload, newTheme];
    const closed = data.ended || data.full;
    if (playing) {
      clearTimeout(timer);
      if (closed) stop();
      else timer = setTimeout(() => write(data.count + 1), PACE);
    }
    back.disabled = anew.disabled = data.count === 0;
    step.disabled = more.disabled = play.disabled = closed;
    free.hidden = !data.tokens.some((token) => token.forced);
    text.update({
      tokens: data.tokens,
      bits: data.tensors.bits,
      begun: data.begun,
      at: data.at,
      open: !closed,
      weights: null,
      theme,
    });
    readFrom.hidden = !data.source;
    if (data.source)
      source.update({
        tokens: data.source,
        bits: null,
        begun: data.source.length,
        at: -1,
        open: false,
        weights: null,
        theme,
      });
    root.classList.toggle("pictured", data.picture !== null);
    picture.update(data.picture, data.tensors, data.tokens, { at: data.at, open: !closed, theme });
    says.textContent = data.says;
    bars.update(data);
    looks.replaceChildren(
      "Where ",
      element("span", { className: "query", children: [`“${data.tokens[data.at - 1].name}”`] }),
      " looks",
    );
    const seen = data.back ? picture.seen : null;
    const heads = {
      stack: seen ? data.tensors.attention : data.tensors.grid,
      layers: data.numbers.length,
      heads: data.heads,
      open: data.open ?? [-1, -1],
      beside: null,
      score: null,
      best: [],
      theme,
      numbers: data.numbers,
    };
    grid.over(/** @type {Grid} */ (heads), seen);
    weigh(data.open);
    paintLens();
    paintSecond();
    const bar = element("span", { className: "bar" });
    bar.style.background = gradient(theme.ramps.weights);
    legend.replaceChildren("surprise, in bits", scaleOf("0", bar, `${MOST_BITS} or more`));
    table.refresh();
    resize();
  }

  /**
   * The weights of one head above the words, or the mean of all.
   *
   * @param {Head | null} place
   */
  function weigh(place) {
    const { attention } = data.tensors;
    const row = place ? attention.row(place[0] * data.heads + place[1]) : mean(attention);
    text.weigh(data.back ? null : row);
    source.weigh(data.back ? row : null);
    picture.weigh(data.back ? row : null);
    const name = place ? `Layer ${data.numbers[place[0]]}, head ${place[1]}` : "The mean of all heads";
    const best = row.indexOf(Math.max(...row));
    const where = data.back && data.picture ? "stands over the picture" : "stands above the words";
    const most = looksAtAny(row)
      ? `${name} ${where}: most, ${number(row[best], 2)}, goes to “${lookedAt()[best]}”.`
      : `${name} ${where}: no weight is on it.`;
    whose.textContent = `${most}${shares(place)} ${data.cache}`;
  }

  /**
   * How a head parts one unit of attention between the picture and the words, where both stand among its keys.
   *
   * @param {Head | null} place
   */
  function shares(place) {
    if (!data.picture?.shared) return "";
    const { shares: onPicture } = data.tensors;
    const on = place ? onPicture.at(place[0] * data.heads + place[1], 0) : mean(onPicture)[0];
    return ` Of all that it spends, ${number(on, 2)} goes to the picture and ${number(1 - on, 2)} to words.`;
  }

  /** The names of all that the heads look at. */
  function lookedAt() {
    if (data.back && data.picture) return data.picture.names;
    return (data.back && data.source ? data.source : data.tokens).map((token) => token.name);
  }

  /** @param {Tensor} heads */
  function mean(heads) {
    const sums = new Float32Array(heads.columns);
    for (let row = 0; row < heads.rows; row++)
      for (const [place, weight] of heads.row(row).entries()) sums[place] += weight / heads.rows;
    return sums;
  }

  function paintLens() {
    const stands = data.rank !== null;
    const rows = data.lens.map(({ name, guesses, chosen }) =>
      element("tr", {
        children: [
          element("th", { scope: "row", children: [name] }),
          ...guesses.map(([guess, share]) =>
            element("td", {
              children: [
                element("bdi", { children: [guess] }),
                " ",
                element("span", { className: "number", children: [number(share, 2)] }),
              ],
            }),
          ),
          ...(stands
            ? [element("td", { className: "number", children: [chosen === null ? "" : number(chosen, 3)] })]
            : []),
        ],
      }),
    );
    const heading = ["layer", "would guess", "", "", ...(stands ? [`“${data.tokens[data.at]?.name}”`] : [])];
    through.replaceChildren(
      element("h3", { "aria-level": 2, children: ["Through the layers"] }),
      ...(rows.length
        ? [
            element("div", {
              className: "scroll",
              tabindex: 0,
              role: "group",
              "aria-label": "What each layer would guess",
              children: [
                element("table", {
                  children: [
                    element("thead", {
                      children: [
                        element("tr", {
                          children: heading.map((name) => element("th", { scope: "col", children: [name] })),
                        }),
                      ],
                    }),
                    element("tbody", { children: rows }),
                  ],
                }),
              ],
            }),
          ]
        : []),
      element("p", { className: "quiet", children: [data.lensSays] }),
    );
  }

  function paintSecond() {
    const found = data.second;
    second.hidden = !found;
    if (!found) return;
    caption.textContent = found.title;
    difference.textContent = found.says;
    other.update({
      tokens: found.tokens,
      bits: data.tensors.second_bits,
      begun: found.begun,
      at: found.at,
      open: false,
      weights: null,
      theme,
    });
  }

  /** @returns {Readable[]} */
  function read() {
    const { bits, attention } = data.tensors;
    return [
      ...bars.read(),
      ...picture.read(),
      {
        title: "How surprising each token was, in bits",
        rows: data.tokens.map(({ name }) => name),
        columns: ["bits"],
        cell: (row) => number(bits.values[row], 2),
      },
      {
        title: "Attention of the token that was read last, by layer.head",
        rows: Array.from(
          { length: attention.rows },
          (_, row) => `${data.numbers[Math.floor(row / data.heads)]}.${row % data.heads}`,
        ),
        columns: lookedAt().slice(0, attention.columns),
        cell: (row, column) => number(attention.at(row, column), 3),
      },
    ];
  }

  function resize() {
    if (!data) return;
    if (data.picture) picture.resize(picture.node.clientWidth);
    const { margin, gap, tallest, smallest, largest } = GRID;
    const side = clamp(Math.floor(tallest / data.numbers.length) - gap, smallest, largest);
    grid.resize(Math.min(scroll.clientWidth, margin + data.heads * (side + gap)));
  }

  return { update, resize, destroy: () => [timer, rest].forEach(clearTimeout) };
}

/** @param {Component} component */
export default (component) => mount(component, createWriting, [new URL("writing.css", import.meta.url)]);
