// A model while it learns: the curve of its loss, and under the point of the curve that is looked at, its attention then.

import { cut, FONT, fit, heat, outline, write } from "./kit/canvas.js";
import { FigureTable } from "./kit/figure_table.js";
import { Moments } from "./kit/moments.js";
import { mount } from "./kit/mount.js";
import { clamp, number } from "./kit/numbers.js";
import { element } from "./kit/text.js";
import { backAndOn } from "./kit/touch.js";

/** @import { App, Component, LearningData, Readable, Theme } from "./kit/types.js" */

const CURVE = { left: 44, right: 14, top: 40, bottom: 30, height: 252 };
const MAP = { label: 78, top: 78, cell: 40, smallest: 20 };

/** @param {HTMLElement} root @returns {App<LearningData>} */
function createLearning(root) {
  root.className = "lab card learning";
  const curve = element("canvas", { tabindex: 0, role: "slider", "aria-label": "Update that is looked at" });
  const map = element("canvas", { role: "img" });
  const says = element("p", { className: "says", "aria-live": "off" });
  const written = element("div", { className: "written" });
  const table = new FigureTable(() => read());
  const tools = element("div", {
    className: "tools",
    children: [backAndOn((event) => looked.step(event.key)), table.button],
  });
  root.append(element("div", { className: "two", children: [curve, map] }), written, says, tools, table.node);
  /** @type {LearningData} */
  let data;
  /** @type {Theme} */
  let theme;
  const looked = new Moments(() => paint());

  /** @param {LearningData} payload @param {Theme} newTheme */
  function update(payload, newTheme) {
    const updates = payload.measured.map((measured) => measured.update);
    looked.hold(updates, payload.run !== data?.run);
    [data, theme] = [payload, newTheme];
    resize();
  }

  function resize() {
    if (data) paint();
  }

  function paint() {
    const wide = root.clientWidth > 700;
    const width = Math.max(240, (wide ? root.clientWidth * 0.55 : root.clientWidth) - 30);
    paintCurve(width);
    paintMap(wide ? root.clientWidth * 0.45 - 30 : root.clientWidth - 30);
    const at = data.measured[looked.at];
    const [words, wholes, content, word] = data.nouns;
    const parts = [
      `after ${at.update} of ${data.of} updates`,
      `${percent(at.right)} of the ${words} right, given those before`,
      `${percent(at.exact)} of the ${wholes}`,
    ];
    if (at.found !== null) parts.push(`${percent(at.found)} of the ${content} look at the right ${word}`);
    says.textContent = `${looked.latest ? "Now" : "Then"}, ${parts.join(" · ")}, on ${wholes} it never saw; of the one above, ${percent(at.probe)} of the ${words}, again given those before.`;
    paintWritten(at.written);
    const { values } = data.tensors.losses;
    const loss = values.length
      ? `: a loss from ${number(values[0], 2)} to ${number(values[values.length - 1], 2)} per ${data.nouns[3]}, over ${values.length} updates`
      : "";
    curve.setAttribute("aria-label", `Update that is looked at, on the curve of the loss${loss}`);
    table.refresh();
    curve.setAttribute("aria-valuetext", says.textContent);
    curve.setAttribute("aria-valuenow", String(at.update));
    curve.setAttribute("aria-valuemin", "0");
    curve.setAttribute("aria-valuemax", String(data.of));
  }

  /**
   * What was measured so far, and the weights at the update that is looked at.
   *
   * @returns {Readable[]}
   */
  function read() {
    const { losses, history } = data.tensors;
    const [words, wholes, content] = data.nouns;
    /** @type {Readable} */
    const measured = {
      title: "While it learns",
      rows: data.measured.map(({ update }) => `update ${update}`),
      columns: ["loss", `${words} right`, `${wholes} right`, `${content} that look right`],
      cell: (row, column) => {
        const at = data.measured[row];
        if (column === 0) return at.update ? number(losses.values[at.update - 1], 3) : "";
        const share = [at.right, at.exact, at.found][column - 1];
        return share === null ? "" : percent(share);
      },
    };
    if (!history) return [measured];
    const weights = history.matrix(looked.at);
    return [
      measured,
      {
        title: `Attention weights after ${data.measured[looked.at].update} updates`,
        rows: data.target,
        columns: data.source,
        cell: (row, column) => number(weights.at(row, column), 3),
      },
    ];
  }

  /**
   * What it writes by itself, beside what it should write: a word that stands elsewhere there is marked.
   *
   * @param {string[]} words
   */
  function paintWritten(words) {
    const wanted = data.target;
    /** @param {string} label @param {HTMLElement[]} said */
    const line = (label, said) =>
      element("p", { children: [element("span", { className: "label", children: [label] }), ...said] });
    const marked = words.map((word, place) => {
      const right = word === wanted[place];
      return element("span", {
        className: right ? "right" : "wrong",
        title: right ? undefined : `should be ${wanted[place] ?? "the end"}`,
        children: [word],
      });
    });
    written.replaceChildren(
      line("It writes", marked.length ? marked : [element("span", { className: "wrong", children: ["nothing"] })]),
      line(
        "It should write",
        wanted.map((word) => element("span", { children: [word] })),
      ),
    );
  }

  /** @param {number} share */
  const percent = (share) => `${Math.round(100 * share)}%`;
  /** @param {number} update @param {number} width */
  const place = (update, width) => CURVE.left + (update / data.of) * (width - CURVE.left - CURVE.right);

  /** @param {number} width */
  function paintCurve(width) {
    const context = fit(curve, width, CURVE.height);
    const { colours } = theme;
    const losses = data.tensors.losses.values;
    const before = data.tensors.before?.values ?? [];
    const top = Math.max(data.start, ...losses, ...before, 0.1);
    /** @param {number} value */
    const y = (value) => CURVE.top + (1 - value / top) * (CURVE.height - CURVE.top - CURVE.bottom);
    const small = { font: `400 12px ${FONT.sans}`, colour: colours["ink-2"] };
    for (let i = 0; i <= 2; i++) {
      const value = (top * i) / 2;
      context.fillStyle = colours.line;
      context.fillRect(CURVE.left, y(value), width - CURVE.left - CURVE.right, 1);
      write(context, number(value, 1), CURVE.left - 6, y(value), { ...small, align: "right" });
    }
    for (let i = 0; i <= 3; i++) {
      const update = Math.round((data.of * i) / 3);
      write(context, String(update), place(update, width), CURVE.height - 16, { ...small, align: "center" });
    }
    write(context, `loss per ${data.nouns[3]}, 0 is perfect`, CURVE.left, 10, small);
    /** @param {Float32Array | Uint8Array} values */
    const line = (values) => {
      context.beginPath();
      for (const [i, loss] of values.entries()) context.lineTo(place(i + 1, width), y(loss)); // the first one only moves
      context.stroke();
    };
    context.lineWidth = 1.4;
    context.strokeStyle = colours["ink-3"];
    context.setLineDash([5, 4]);
    line(before);
    context.setLineDash([]);
    if (before.length) write(context, `- - ${data.before}`, width - CURVE.right, 26, { ...small, align: "right" });
    context.strokeStyle = colours.ink;
    context.lineWidth = 1.6;
    line(losses);
    const at = data.measured[looked.at].update;
    context.fillStyle = colours.spot;
    context.fillRect(place(at, width) - 1, CURVE.top, 2.5, CURVE.height - CURVE.top - CURVE.bottom);
  }

  /** @param {number} width */
  function paintMap(width) {
    const history = data.tensors.history;
    const [rows, columns] = [data.target, data.source];
    const cell = clamp(Math.floor((width - MAP.label) / columns.length), MAP.smallest, MAP.cell);
    const size = history ? [MAP.label + cell * columns.length + 2, MAP.top + cell * rows.length + 2] : [width, 90];
    const context = fit(map, size[0], size[1]);
    const { colours, ramps } = theme;
    const plain = { font: `500 13px ${FONT.sans}`, colour: colours["ink-2"] };
    if (!history) {
      write(context, "Without attention there is nothing to look at:", 0, 30, plain);
      write(context, "one vector is all that the decoder is given.", 0, 50, plain);
      map.setAttribute("aria-label", "no attention weights: 1 vector is all that the decoder is given");
      return;
    }
    const weights = history.matrix(looked.at);
    heat(context, {
      x: MAP.label,
      y: MAP.top,
      width: cell * columns.length,
      height: cell * rows.length,
      rows: rows.length,
      columns: columns.length,
      value: (r, c) => weights.at(r, c),
      colours: ramps.weights,
      low: 0,
      high: 1,
      theme,
    });
    rows.forEach((word, row) => {
      context.font = plain.font;
      write(context, cut(context, word, MAP.label - 10), MAP.label - 7, MAP.top + (row + 0.5) * cell, {
        ...plain,
        align: "right",
      });
      // where it should look: a frame, so that colour is not all that tells
      if (data.gold[row] >= 0)
        outline(
          context,
          MAP.label + data.gold[row] * cell + 1,
          MAP.top + row * cell + 1,
          cell - 2,
          cell - 2,
          colours.key,
          1.5,
        );
    });
    columns.forEach((word, column) => {
      context.save();
      context.translate(MAP.label + (column + 0.5) * cell, MAP.top - 7);
      context.rotate(-Math.PI / 2);
      context.font = plain.font;
      write(context, cut(context, word, MAP.top - 10), 0, 0, plain);
      context.restore();
    });
    map.setAttribute(
      "aria-label",
      `Attention weights, ${rows.length} target words by ${columns.length} source words. ${rows.map((word, row) => `${word} looks at ${columns[best(weights.row(row))]}, ${number(Math.max(...weights.row(row)), 2)}`).join("; ")}.`,
    );
  }

  /** @param {Float32Array | Uint8Array} row */
  const best = (row) => row.indexOf(Math.max(...row));

  looked.follow(curve, (x, width) => ((x - CURVE.left) / (width - CURVE.left - CURVE.right)) * data.of);

  return { update, resize };
}

/** @param {Component} component */
export default (component) => mount(component, createLearning, [new URL("learning.css", import.meta.url)]);
