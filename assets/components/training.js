// The training lab: one run, or two side by side. Curves of the way, where it stands now, what each head looks at, what is
// written beside what should be.

import { fit } from "./kit/canvas.js";
import { FigureTable } from "./kit/figure_table.js";
import { Moments } from "./kit/moments.js";
import { mount } from "./kit/mount.js";
import { number } from "./kit/numbers.js";
import { pictureOf } from "./kit/picture.js";
import { button, element } from "./kit/text.js";
import { backAndOn } from "./kit/touch.js";
import { paintCurves, paintNow, updateAt } from "./training_curves.js";
import { RunMaps } from "./training_maps.js";
import { coloured } from "./training_picture.js";

/** @import { App, Component, Io, Readable, Theme, TrainingData, WrittenLine } from "./kit/types.js" */

const PIXEL = 4; // of the screen, for one of a small picture

/** @param {HTMLElement} root @param {Io} io @returns {App<TrainingData>} */
function createTraining(root, io) {
  root.className = "lab card training";
  const curves = element("canvas", { tabindex: 0, role: "slider", "aria-label": "Update that is looked at" });
  const now = element("canvas", { role: "img" });
  const maps = [0, 1].map(
    (run) =>
      new RunMaps(
        (layer, head) => open(run, layer, head),
        (layer, head, silent) => io.component.setTriggerValue("silenced", { run, layer, head, silent }),
        Boolean(io.component.away),
      ),
  );
  const says = element("p", { className: "says", "aria-live": "off" });
  const written = element("div", { className: "written" });
  const table = new FigureTable(() => read());
  const tools = element("div", {
    className: "tools",
    children: [backAndOn((event) => looked.step(event.key)), table.button],
  });
  const left = element("figure", { className: "way", children: [curves, says, written, now] });
  const right = element("div", { className: "looks", children: maps.map((each) => each.node) });
  root.append(element("div", { className: "two", children: [left, right] }), tools, table.node);
  /** @type {TrainingData} */
  let data;
  /** @type {Theme} */
  let theme;
  const looked = new Moments(() => paint());

  /** @param {number} run @param {number} layer @param {number} head */
  function open(run, layer, head) {
    if (io.component.away !== "file") {
      io.component.setTriggerValue("opened", { run, layer, head });
      return;
    }
    data.open[run] = [layer, head]; // in a file nobody answers
    paint();
  }

  /** @param {TrainingData} payload @param {Theme} newTheme */
  function update(payload, newTheme) {
    const updates = payload.moments.map((moment) => moment.update);
    looked.hold(updates, payload.run !== data?.run);
    [data, theme] = [payload, newTheme];
    resize();
  }

  function resize() {
    if (data) paint();
  }

  function paint() {
    const wide = root.clientWidth > 760;
    const width = Math.max(240, (wide ? root.clientWidth * 0.44 : root.clientWidth) - 30);
    left.style.width = wide ? `${width}px` : "";
    const moment = data.moments[looked.at];
    paintCurves(curves, width, data, theme, moment.update);
    paintNow(now, width, data, theme, looked.at);
    const room = wide ? root.clientWidth * 0.56 - 30 : root.clientWidth - 30;
    const count = data.names.length;
    const each = wide && count > 1 ? (room - 16) / 2 : room;
    maps.forEach((map, run) => {
      map.node.hidden = run >= count;
      map.node.style.width = `${each}px`;
      if (run < count) map.paint(data, theme, run, looked.at, each);
    });
    says.textContent = sentence();
    paintWritten(moment.written);
    table.refresh();
    curves.setAttribute("aria-valuetext", says.textContent);
    curves.setAttribute("aria-valuenow", String(moment.update));
    curves.setAttribute("aria-valuemin", "0");
    curves.setAttribute("aria-valuemax", String(data.of));
    curves.setAttribute(
      "aria-label",
      `Update that is looked at, on the curves of loss, accuracy and gradient over ${data.of} updates`,
    );
  }

  function sentence() {
    const moment = data.moments[looked.at];
    const parts = data.names.map((name, run) => {
      const who = data.names.length > 1 ? `${name}: ` : "";
      return `${who}${percent(moment.right[run])} of the tokens right, given those before, ${percent(moment.exact[run])} of the examples to their end`;
    });
    const when = looked.latest ? "Now" : "Then";
    return `${when}, after ${moment.update} of ${data.of} updates, on ${data.tested} it never learned from. ${parts.join(". ")}.`;
  }

  /**
   * What each run writes by itself, beside what it should write.
   *
   * @param {WrittenLine[][]} runs
   */
  function paintWritten(runs) {
    /** @param {string} label @param {(HTMLElement | string)[]} said @param {string} [className] */
    const line = (label, said, className) =>
      element("p", {
        className,
        children: [
          element("span", { className: "label", children: [label] }),
          element("span", { className: "words", children: said }),
        ],
      });
    /** @param {string[]} words */
    const plain = (words) => words.map((word) => element("span", { children: [shown(word)] }));
    runs[0].forEach(({ source, wanted }, place) => {
      const lines = [line("It reads", data.side ? [pictureAt(place)] : plain(source), "read")];
      if (wanted.length) lines.push(line("It should write", plain(wanted)));
      runs.forEach((run, which) => {
        const { written: words } = run[place];
        const said = words.map((word, i) => {
          const known = wanted.length > 0;
          const right = !known || word === wanted[i];
          return element("span", {
            className: right ? "right" : "wrong",
            title: right ? undefined : `should be ${wanted[i] ?? "the end"}`,
            children: [shown(word)],
          });
        });
        const who = runs.length > 1 ? `${data.names[which]} writes` : "It writes";
        lines.push(line(who, said.length ? said : [element("span", { className: "wrong", children: ["nothing"] })]));
      });
      blockAt(place).replaceChildren(...lines);
    });
    written.className = data.prose ? "written prose" : "written";
    while (written.children.length > runs[0].length) written.lastChild?.remove();
  }

  /**
   * Where the lines of an example stand; its button stays while they change, so that it can be pressed.
   *
   * @param {number} place 0: the one that is watched
   */
  function blockAt(place) {
    const there = written.children[place];
    if (there) return /** @type {Element} */ (there.firstChild);
    const lines = element("div", {});
    const node = element("div", { className: place ? "example" : "example watched", children: [lines] });
    if (place && !io.component.away) {
      const watch = button("Watch this one", { className: "small-button" });
      watch.onclick = () => io.component.setTriggerValue("watched", place);
      node.append(watch);
    }
    written.append(node);
    return lines;
  }

  /**
   * The picture of an example, in pixels that are seen.
   *
   * @param {number} place
   */
  function pictureAt(place) {
    const pixels = data.tensors.pictures.matrix(place);
    const [width, height] = [pixels.columns * PIXEL, pixels.rows * PIXEL];
    const canvas = element("canvas", {
      role: "img",
      "aria-label": `A picture of ${pixels.rows} by ${pixels.columns} pixels, in ${data.side ** 2} patches`,
    });
    const context = fit(canvas, width, height);
    context.imageSmoothingEnabled = false;
    context.drawImage(pictureOf(coloured(pixels), 255), 0, 0, width, height);
    return canvas;
  }

  /** @param {string} word a space is seen */
  const shown = (word) => (word === " " ? "\u00a0" : word);
  /** @param {number} share */
  const percent = (share) => `${Math.round(100 * share)}%`;

  /**
   * The moments that can be looked at, where the gradient is, and the weights of the open heads.
   *
   * @returns {Readable[]}
   */
  function read() {
    const { names, moments } = data;
    const columns = names.flatMap((name) => [`${name}: loss`, `${name}: tokens right`, `${name}: examples right`]);
    /** @type {Readable[]} */
    const found = [
      {
        title: "While it learns",
        rows: moments.map(({ update }) => `update ${update}`),
        columns,
        cell: (row, column) => {
          const run = Math.floor(column / 3);
          const moment = moments[row];
          if (column % 3 === 0) return moment.loss[run] === null ? "" : number(Number(moment.loss[run]), 3);
          return percent(column % 3 === 1 ? moment.right[run] : moment.exact[run]);
        },
      },
    ];
    names.forEach((name, run) => {
      found.push({
        title: `${name}: length of the gradient`,
        rows: data.parts[run],
        columns: ["now"],
        cell: (row) => number(moments[looked.at].gradients[run][row] ?? 0, 5),
      });
      found.push(...maps[run].read(name));
    });
    return found;
  }

  looked.follow(curves, (x, width) => updateAt(x, width, data.of));

  return { update, resize };
}

/** @param {Component} component */
export default (component) => mount(component, createTraining, [new URL("training.css", import.meta.url)]);
