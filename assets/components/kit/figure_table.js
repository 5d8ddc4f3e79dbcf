// The numbers of a figure as a table, for eyes and for screen readers: made when it is asked for, in the browser, from
// the tensor that is drawn.

import { button, element, lettered } from "./text.js";

/** @import { Readable } from "./types.js" */

const LONGEST = 64; // rows and columns that are written out
const REST = 250; // ms without a change, then an open table follows

export class FigureTable {
  /**
   * read() -> [{ title, rows, columns, cell(row, column) }]: names of rows and columns, and the text of a cell.
   *
   * @param {() => Readable[]} read
   * @param {string} [name]
   */
  constructor(read, name = "Numbers") {
    this.read = read;
    this.timer = 0;
    this.button = button(name, { className: "small-button", "aria-pressed": "false" });
    this.node = element("div", {
      className: "figure-table",
      hidden: true,
      tabindex: 0,
      role: "group",
      "aria-label": "The numbers of the figure",
    });
    this.button.onclick = () => {
      this.node.hidden = !this.node.hidden;
      this.button.setAttribute("aria-pressed", String(!this.node.hidden));
      if (this.node.hidden) this.node.replaceChildren();
      else this.#fill();
    };
  }

  /** The figure shows something else. */
  refresh() {
    if (this.node.hidden) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.node.hidden || this.#fill(), REST);
  }

  #fill() {
    this.node.replaceChildren(...this.read().flatMap(written));
  }
}

/**
 * A table, and below it what of it is left out.
 *
 * @param {Readable} table
 */
function written({ title, rows, columns, cell }) {
  /** @param {string | number} text @param {string} scope */
  const heading = (text, scope) => element("th", { scope, children: [element("bdi", { children: [String(text)] })] });
  const [shownRows, shownColumns] = [rows.slice(0, LONGEST), columns.slice(0, LONGEST)];
  const body = shownRows.map((name, row) =>
    element("tr", {
      children: [
        heading(name, "row"),
        ...shownColumns.map((_, column) => element("td", { children: [String(cell(row, column))] })),
      ],
    }),
  );
  const table = element("table", {
    children: [
      element("caption", { children: lettered(title) }),
      element("thead", {
        children: [element("tr", { children: [element("td"), ...shownColumns.map((name) => heading(name, "col"))] })],
      }),
      element("tbody", { children: body }),
    ],
  });
  const left = Object.entries({ rows: rows.length, columns: columns.length }).filter(([, count]) => count > LONGEST);
  if (!left.length) return [table];
  const words = left.map(([what, count]) => `the first ${LONGEST} of ${count} ${what}`).join(" and ");
  return [
    table,
    element("p", {
      className: "left-out",
      children: [`Shown are ${words}. All of them are in the CSV of “Take it away”, where the page has one.`],
    }),
  ];
}
