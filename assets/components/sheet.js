// Tables of a few numbers to edit. A cell that is no number keeps its old value and says so.

import { mount } from "./kit/mount.js";
import { element } from "./kit/text.js";

function createSheet(root, io) {
  root.className = "lab sheets";
  const message = element("p", { className: "message", role: "status" });
  const place = element("div", { className: "place" });
  root.append(message, place);
  let largest = 99;

  function accept(input, sheet, row, column) {
    const text = input.value.trim().replace(",", ".").replace("\u2212", "-");
    const value = Number(text);
    if (text === "" || !Number.isFinite(value) || Math.abs(value) > largest) {
      message.textContent = `“${input.value}” was not taken: a number from −${largest} to ${largest} fits here. The old one stays.`;
      input.value = String(sheet.values[row][column]);
      return;
    }
    message.textContent = "";
    if (value === sheet.values[row][column]) return;
    sheet.values[row][column] = value;
    io.component.setTriggerValue("edited", { name: sheet.name, row, column, value });
  }

  function cell(sheet, row, column) {
    const name = `${sheet.label}, row ${sheet.names[row] ?? row}, column ${column}`;
    const input = element("input", { type: "text", inputmode: "decimal", size: 4, "aria-label": name });
    input.value = String(sheet.values[row][column]);
    input.onchange = () => accept(input, sheet, row, column);
    input.onfocus = () => input.select();
    input.onkeydown = (event) => {
      event.stopPropagation(); // r and c are Streamlit's
      const [dy, dx] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0] }[event.key] ?? [0, 0];
      if (!dy && !dx) return;
      const next = input.closest("table").rows[row + dy]?.cells[column + 1]?.querySelector("input");
      input.blur();
      next?.focus();
      event.preventDefault();
    };
    return element("td", { children: [input] });
  }

  function table(sheet) {
    const rows = sheet.values.map((values, row) =>
      element("tr", {
        children: [
          element("th", { scope: "row", children: [sheet.names[row] ?? ""] }),
          ...values.map((_, column) => cell(sheet, row, column)),
        ],
      }),
    );
    return element("div", {
      className: "sheet",
      children: [element("div", { className: `name ${sheet.role}`, children: [sheet.label] }), element("table", { children: rows })],
    });
  }

  function update(data) {
    largest = data.largest;
    const held = root.getRootNode().activeElement?.getAttribute?.("aria-label");
    place.replaceChildren(...data.sheets.map(table));
    if (held) [...place.querySelectorAll("input")].find((input) => input.getAttribute("aria-label") === held)?.focus();
  }

  return { update };
}

export default (component) => mount(component, createSheet, [new URL("sheet.css", import.meta.url)]);
