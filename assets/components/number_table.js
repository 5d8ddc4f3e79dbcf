// Tables of a few numbers to edit. A cell that is no number keeps its old value and says so.

import { mount } from "./kit/mount.js";
import { typed } from "./kit/numbers.js";
import { element, focusedIn, lettered, spoken } from "./kit/text.js";

/** @import { App, Component, Io, NumberTable, NumberTablesData } from "./kit/types.js" */

/** @param {HTMLElement} root @param {Io} io @returns {App<NumberTablesData>} */
function createNumberTable(root, io) {
  root.className = "lab number-tables";
  const message = element("p", { className: "message", role: "status" });
  const place = element("div", { className: "place" });
  root.append(message, place);
  let largest = 99;

  /** @param {HTMLInputElement} input @param {NumberTable} numberTable @param {number} row @param {number} column */
  function accept(input, numberTable, row, column) {
    const value = typed(input.value, largest);
    if (value === null) {
      message.textContent = `“${input.value}” was not taken: a number from −${largest} to ${largest} fits here. The old one stays.`;
      input.value = String(numberTable.values[row][column]);
      return;
    }
    message.textContent = "";
    if (value === numberTable.values[row][column]) return;
    numberTable.values[row][column] = value;
    io.component.setTriggerValue("edited", { name: numberTable.name, row, column, value });
  }

  /** @param {NumberTable} numberTable @param {number} row @param {number} column */
  function cell(numberTable, row, column) {
    const name = `${spoken(numberTable.label)}, row ${numberTable.names[row] ?? row}, column ${column}`;
    const input = element("input", { type: "text", inputmode: "decimal", size: 4, "aria-label": name });
    input.value = String(numberTable.values[row][column]);
    input.onchange = () => accept(input, numberTable, row, column);
    input.onfocus = () => input.select();
    input.onkeydown = (event) => {
      event.stopPropagation(); // r and c are Streamlit's
      const [dy, dx] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0] }[event.key] ?? [0, 0];
      if (!dy && !dx) return;
      const next = input.closest("table")?.rows[row + dy]?.cells[column + 1]?.querySelector("input");
      input.blur();
      next?.focus();
      event.preventDefault();
    };
    return element("td", { children: [input] });
  }

  /** @param {NumberTable} numberTable */
  function table(numberTable) {
    const rows = numberTable.values.map((values, row) =>
      element("tr", {
        children: [
          element("th", { scope: "row", dir: "auto", children: [numberTable.names[row] ?? ""] }),
          ...values.map((_, column) => cell(numberTable, row, column)),
        ],
      }),
    );
    return element("div", {
      className: "number-table",
      children: [
        element("div", { className: `name ${numberTable.role}`, children: lettered(numberTable.label) }),
        element("table", { children: rows }),
      ],
    });
  }

  /** @param {NumberTablesData} data */
  function update(data) {
    largest = data.largest;
    const held = focusedIn(root)?.getAttribute("aria-label");
    place.replaceChildren(...data.numberTables.map(table));
    if (held) [...place.querySelectorAll("input")].find((input) => input.getAttribute("aria-label") === held)?.focus();
  }

  return { update };
}

/** @param {Component} component */
export default (component) => mount(component, createNumberTable, [new URL("number_table.css", import.meta.url)]);
