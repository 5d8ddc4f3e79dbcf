// The weights of one matrix: a cell is pointed at or gone to by keys, and set in the box below.

import { FONT, fit, heat, outline, write } from "./kit/canvas.js";
import { FigureTable } from "./kit/figure_table.js";
import { mount } from "./kit/mount.js";
import { clamp, number, typed } from "./kit/numbers.js";
import { button, element, focusedIn } from "./kit/text.js";
import { arrows, byTouch } from "./kit/touch.js";

/** @import { App, Component, Io, Pressed, Theme, WeightsData } from "./kit/types.js" */

const MARGIN = { left: 30, top: 16, end: 3 };
const CELL = { smallest: 5, finger: 12, largest: 24 };
const EVERY = 24; // pixels from one number of a row or a column to the next

/** @param {HTMLElement} root @param {Io} io @returns {App<WeightsData>} */
function createWeights(root, io) {
  root.className = "lab weights";
  const canvas = element("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "figure, arrow keys move in it, Enter goes to the number",
  });
  const scroll = element("div", { className: "scroll", children: [canvas] });
  const where = element("span", { className: "where" });
  const input = element("input", { type: "text", inputmode: "decimal", size: 8 });
  const set = button("Set this number", { className: "small-button" });
  const message = element("p", { className: "message", role: "status" });
  const table = new FigureTable(() => [
    {
      title: data.name,
      rows: Array.from({ length: data.tensors.matrix.rows }, (_, row) => `row ${row}`),
      columns: Array.from({ length: data.tensors.matrix.columns }, (_, column) => `column ${column}`),
      cell: (row, column) => number(data.tensors.matrix.at(row, column), 4),
    },
  ]);
  root.append(
    scroll,
    element("div", { className: "one", children: [where, input, set] }),
    message,
    element("div", { className: "tools", children: [arrows((event) => go(event)), table.button] }),
    table.node,
  );
  /** @type {WeightsData} */
  let data;
  /** @type {Theme} */
  let theme;
  let [row, column, cell, most] = [0, 0, CELL.smallest, 1];

  /** @param {WeightsData} payload @param {Theme} newTheme */
  function update(payload, newTheme) {
    const other = payload.of !== data?.of;
    [data, theme] = [payload, newTheme];
    if (other) [row, column] = [0, 0];
    most = 1e-6;
    for (const value of data.tensors.matrix.values) most = Math.max(most, Math.abs(value));
    paint();
    if (other || focusedIn(root) !== input) show();
    table.refresh();
  }

  function paint() {
    const { rows, columns } = data.tensors.matrix;
    const room = root.clientWidth - MARGIN.left - MARGIN.end;
    cell = clamp(Math.floor(room / columns), byTouch() ? CELL.finger : CELL.smallest, CELL.largest);
    const [width, height] = [columns * cell, rows * cell];
    const context = fit(canvas, MARGIN.left + width + MARGIN.end, MARGIN.top + height + MARGIN.end);
    heat(context, {
      ...{ x: MARGIN.left, y: MARGIN.top, width, height, rows, columns, low: -most, high: most, theme },
      value: (r, c) => data.tensors.matrix.at(r, c),
      colours: theme.ramps.signed,
    });
    const every = Math.ceil(EVERY / cell);
    const style = { font: `500 11px ${FONT.mono}`, colour: theme.colours["ink-2"] };
    for (let r = 0; r < rows; r += every)
      write(context, String(r), MARGIN.left - 5, MARGIN.top + (r + 0.5) * cell, { ...style, align: "right" });
    for (let c = 0; c < columns; c += every)
      write(context, String(c), MARGIN.left + (c + 0.5) * cell, 7, { ...style, align: "center" });
    outline(context, MARGIN.left + column * cell, MARGIN.top + row * cell, cell, cell, theme.colours.ink, 2.5);
    const { matrix } = data.tensors;
    canvas.setAttribute(
      "aria-label",
      `${data.name}: ${rows} rows of ${columns} weights, the largest ${number(most, 3)} from 0. Row ${row}, column ${column}: ${number(matrix.at(row, column), 4)}.`,
    );
  }

  /** The chosen number, in words and in the box. */
  function show() {
    where.textContent = `Row ${row}, column ${column}`;
    input.value = number(data.tensors.matrix.at(row, column), 4);
    input.setAttribute("aria-label", `Weight in row ${row}, column ${column}`);
    message.textContent = "";
  }

  /** @param {number} newRow @param {number} newColumn */
  function choose(newRow, newColumn) {
    const { rows, columns } = data.tensors.matrix;
    [row, column] = [clamp(newRow, 0, rows - 1), clamp(newColumn, 0, columns - 1)];
    paint();
    show();
    // what is gone to by keys stays in sight
    const [x, y] = [MARGIN.left + column * cell, MARGIN.top + row * cell];
    scroll.scrollLeft = clamp(scroll.scrollLeft, x + 2 * cell - scroll.clientWidth, x - MARGIN.left);
    scroll.scrollTop = clamp(scroll.scrollTop, y + 2 * cell - scroll.clientHeight, y - MARGIN.top);
  }

  /** @param {Pressed} event */
  function go({ key }) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
    const end = { Home: 0, End: Infinity }[key];
    if (step) choose(row + step[0], column + step[1]);
    else if (end !== undefined) choose(row, end);
    else return false;
    return true;
  }

  function accept() {
    const value = typed(input.value, data.largest);
    if (value === null) {
      message.textContent = `“${input.value}” was not taken: a number from −${data.largest} to ${data.largest} fits here. The old one stays.`;
      input.value = number(data.tensors.matrix.at(row, column), 4);
      return;
    }
    message.textContent = "";
    io.component.setTriggerValue("set", { of: data.of, row, column, value });
    canvas.focus();
  }

  canvas.onclick = (event) => {
    const box = canvas.getBoundingClientRect();
    choose(
      Math.floor((event.clientY - box.top - MARGIN.top) / cell),
      Math.floor((event.clientX - box.left - MARGIN.left) / cell),
    );
    input.focus();
    input.select();
  };
  canvas.onkeydown = (event) => {
    event.stopPropagation(); // r and c are Streamlit's
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") {
      input.focus();
      input.select();
    } else if (/^[-\u2212.,\d]$/.test(event.key)) {
      input.value = event.key;
      input.focus();
    } else if (!go(event)) return;
    event.preventDefault();
  };
  input.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === "Enter") accept();
    else if (event.key === "Escape") {
      show();
      canvas.focus();
    } else return;
    event.preventDefault();
  };
  set.onclick = accept;

  return { update, resize: () => data && paint() };
}

/** @param {Component} component */
export default (component) => mount(component, createWeights, [new URL("weights.css", import.meta.url)]);
