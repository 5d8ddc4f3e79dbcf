// The course drawn as an attention matrix: a row per lesson, a square for each lesson it builds on, the way down the
// diagonal, and beside each lesson how far its reader came.

import { css, gradient, inkOn, shade } from "./kit/colour.js";
import { FigureTable } from "./kit/figure_table.js";
import { leadingTo } from "./kit/leaving.js";
import { mount } from "./kit/mount.js";
import { element } from "./kit/text.js";

/** @import { App, Component, Io, LessonRow, MapData, Readable, Theme } from "./kit/types.js" */

const SVG = "http://www.w3.org/2000/svg";
const WIDE = { row: 44, section: 27, square: 25, gap: 2, radius: 11, left: 4 };
const NARROW = { row: 58, section: 26, square: 9, gap: 1, radius: 4.5, left: 1 };

/** @param {string} name @param {Record<string, string | number>} attributes @param {string} [text] */
const shape = (name, attributes, text = "") => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.textContent = text;
  return node;
};

/** @param {HTMLElement} root @param {Io} io @returns {App<MapData>} */
function createMap(root, io) {
  root.className = "lab map";
  const rows = element("div", { className: "rows" });
  const matrix = shape("svg", { role: "img" });
  const legend = element("div", { className: "legend" });
  const table = new FigureTable(() => read());
  root.append(
    element("h2", { children: ["The course"] }),
    element("p", {
      className: "lead",
      children: [
        "Every lesson attends to the ones it builds on; the staircase is your way down. Minutes and strengths are our estimate.",
      ],
    }),
    element("div", { className: "plan", children: [rows, matrix] }),
    legend,
    table.button,
    table.node,
  );
  /** @type {LessonRow[]} */
  let lessons = [];
  /** @type {Theme} */
  let theme;
  /** @type {number | null} */
  let looked = null;

  /** @param {LessonRow} lesson @param {number} index */
  function state(lesson, index) {
    if (lesson.built && lesson.progress === "done") return "done";
    return index === lessons.findIndex((other) => other.built && other.progress !== "done")
      ? "next"
      : lesson.built
        ? "open"
        : "ahead";
  }

  /** @param {LessonRow} lesson @param {number} index */
  function row(lesson, index) {
    const kind = state(lesson, index);
    const words = { done: "done", next: `next, ${lesson.progress}`, open: lesson.progress, ahead: "being built" }[kind];
    const came = lesson.built && lesson.progress !== "not begun";
    const beside = came ? lesson.progress : lesson.built ? `${lesson.minutes} min` : "ahead";
    const inner = [
      element("span", { className: "title", children: [`${lesson.number} · ${lesson.title}`] }),
      element("span", { className: "question", children: [lesson.question] }),
      element("span", { className: came ? "minutes came" : "minutes", children: [beside] }),
      element("span", { className: "unseen", children: [words] }),
    ];
    const node = lesson.built
      ? element("a", { className: "row", ...leadingTo(lesson.slug, io), children: inner })
      : element("div", { className: "row ahead", children: inner });
    node.onpointerenter = node.onfocus = () => look(index);
    node.onpointerleave = node.onblur = () => look(null);
    return node;
  }

  /** @param {LessonRow} lesson */
  const named = ({ number, title }) => `${number} · ${title}`;

  /**
   * How much every lesson builds on the earlier ones.
   *
   * @returns {Readable[]}
   */
  function read() {
    return [
      {
        title: "What a lesson builds on, from 0 to 1, by our estimate",
        rows: lessons.map(named),
        columns: lessons.map(({ number }) => number),
        cell: (row, column) => lessons[row].buildsOn[column] ?? "",
      },
    ];
  }

  /** The drawing in words. */
  function told() {
    const each = lessons.map((lesson) => {
      const on = lesson.buildsOn.flatMap((strength, earlier) => (strength ? [lessons[earlier].number] : []));
      return `${lesson.number} builds on ${on.length ? on.join(", ") : "none"}`;
    });
    return `A staircase of ${lessons.length} lessons, with a square for each earlier lesson that one builds on: ${each.join("; ")}.`;
  }

  /** @param {number | null} index */
  function look(index) {
    looked = index;
    draw();
  }

  function layout() {
    const size = root.clientWidth <= 720 ? NARROW : WIDE;
    rows.replaceChildren();
    let [y, section] = [0, ""];
    const tops = lessons.map((lesson, index) => {
      if (lesson.section !== section) {
        section = lesson.section;
        rows.append(element("div", { className: "section", children: [section] }));
        y += size.section;
      }
      rows.append(row(lesson, index));
      const top = y;
      y += size.row;
      return top;
    });
    root.classList.toggle("narrow", size === NARROW);
    return { size, tops, height: y };
  }

  /** @type {ReturnType<typeof layout>} */
  let plan;

  function draw() {
    const { size, tops, height } = plan;
    const { colours, ramps } = theme;
    const step = size.square + size.gap;
    const width = size.left * 2 + lessons.length * step;
    matrix.setAttribute("aria-label", told());
    matrix.setAttribute("width", String(width));
    matrix.setAttribute("height", String(height + 2));
    /** @param {number} index */
    const centre = (index) => [size.left + index * step + size.square / 2, tops[index] + size.row / 2];
    const parts = [];
    lessons.forEach((lesson, index) => {
      const top = tops[index] + (size.row - size.square) / 2;
      const alpha = looked === null || looked === index ? 1 : 0.35;
      parts.push(
        shape("line", { x1: 0, x2: width, y1: tops[index] + 0.5, y2: tops[index] + 0.5, stroke: colours.line }),
      );
      lesson.buildsOn.forEach((strength, earlier) => {
        const colour = shade(ramps.weights, strength, 0, 1);
        const x = size.left + earlier * step;
        parts.push(
          shape("rect", {
            x,
            y: top,
            width: size.square,
            height: size.square,
            rx: 2,
            fill: css(colour),
            opacity: alpha,
          }),
        );
        if (looked === index && strength && size === WIDE) {
          parts.push(
            shape(
              "text",
              { x: x + 6, y: top + size.square - 6, fill: inkOn(colour), class: "digit" },
              String(earlier + 1),
            ),
          );
        }
      });
    });
    for (let index = 0; index + 1 < lessons.length; index++) {
      const [[x, from], [to, below]] = [centre(index), centre(index + 1)];
      const bend = Math.min(8, step / 2);
      const d = `M${x} ${from} V${below - bend} Q${x} ${below} ${x + bend} ${below} H${to}`;
      const walked = state(lessons[index], index) === "done";
      parts.push(shape("path", { d, fill: "none", stroke: colours.page, "stroke-width": size === WIDE ? 6 : 3 }));
      parts.push(
        shape("path", {
          d,
          fill: "none",
          stroke: walked ? colours.ink : colours["control-line"],
          "stroke-width": size === WIDE ? 2 : 1.2,
        }),
      );
    }
    lessons.forEach((lesson, index) => {
      const [x, y] = centre(index);
      const kind = state(lesson, index);
      const fill = { done: colours.ink, next: colours.spot, open: colours.surface, ahead: colours.page }[kind];
      const dash = kind === "ahead" ? "2 2.5" : "none";
      parts.push(
        shape("circle", {
          cx: x,
          cy: y,
          r: size.radius,
          fill,
          stroke: kind === "done" || kind === "next" ? colours.ink : colours.edge,
          "stroke-width": 1.6,
          "stroke-dasharray": dash,
        }),
      );
      if (size === NARROW) return;
      if (kind === "done") {
        parts.push(
          shape("path", {
            d: `M${x - 5} ${y + 0.5} l3.6 3.8 l6.6 -7.6`,
            fill: "none",
            stroke: colours.page,
            "stroke-width": 2.2,
            "stroke-linecap": "round",
          }),
        );
      } else {
        parts.push(
          shape(
            "text",
            {
              x,
              y: y + 4.5,
              "text-anchor": "middle",
              fill: kind === "next" ? colours["spot-ink"] : colours["ink-2"],
              class: "number-in-circle",
            },
            String(lesson.number),
          ),
        );
      }
    });
    matrix.replaceChildren(...parts);
  }

  function drawLegend() {
    const { colours, ramps } = theme;
    /** @param {string} fill @param {string} stroke @param {string} label @param {string} [dash] */
    const mark = (fill, stroke, label, dash = "") => {
      const icon = shape("svg", { width: 16, height: 16, "aria-hidden": "true" });
      icon.append(
        shape("circle", { cx: 8, cy: 8, r: 6.5, fill, stroke, "stroke-width": 1.5, "stroke-dasharray": dash }),
      );
      return element("span", { className: "mark-of-state", children: [icon, label] });
    };
    const bar = element("span", { className: "bar" });
    bar.style.background = gradient(ramps.weights);
    legend.replaceChildren(
      mark(colours.ink, colours.ink, "done: played to the end and answered"),
      mark(colours.spot, colours.ink, "next"),
      mark(colours.page, colours.edge, "ahead", "2 2.5"),
      element("span", { className: "scale", children: ["builds on: a little", bar, "a lot"] }),
    );
  }

  function resize() {
    plan = layout();
    draw();
  }

  return {
    update(data, newTheme) {
      [lessons, theme] = [data.lessons, newTheme];
      resize();
      drawLegend();
    },
    resize,
  };
}

/** @param {Component} component */
export default (component) => mount(component, createMap, [new URL("map.css", import.meta.url)]);
