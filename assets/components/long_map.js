// A map of one head on a long text: squares from far away, cells from near. What is looked at closely is asked for.

import { penOf } from "./kit/canvas.js";
import { shade, UNREAD } from "./kit/colour.js";
import { mount } from "./kit/mount.js";
import { clamp, ofAnySize } from "./kit/numbers.js";
import { button, element, focusedIn } from "./kit/text.js";

/** @import { App, Component, Io, Tensor, Theme } from "./kit/types.js" */

const SIDE = 720; // pixels of the canvas
const NEAREST = 12; // tokens that are seen at least
const PATIENCE = 250; // milliseconds without a move, after which the part that is looked at is asked for
const FASTER = 1.25; // by how much a key or a notch of a wheel zooms

/**
 * A square part of the map: its first query, its first key, how many of both, and how many tokens one of its cells has.
 *
 * @typedef {{ top: number, left: number, side: number, rows: string[], columns: string[] }} Part
 */
/**
 * Names: of all tokens, where the overview shows each cell.
 *
 * @typedef {{ n: number, side: number, names: string[], part: Part | null, tensors: Record<string, Tensor> }} MapData
 */
/** @typedef {{ top: number, left: number, span: number }} Place */
/** @typedef {"largest" | "mean"} Measure */

/** @param {HTMLElement} root @param {Io} io @returns {App<MapData>} */
function createMap(root, io) {
  root.className = "lab long-map";
  const canvas = element("canvas", {
    width: SIDE,
    height: SIDE,
    tabindex: 0,
    role: "application",
    "aria-roledescription": "map, arrow keys move in it, plus and minus zoom",
  });
  const says = element("p", { className: "says", role: "status" });
  const pen = penOf(canvas);
  /** @type {MapData | null} */
  let data = null;
  /** @type {Theme} */
  let theme = UNREAD;
  /** @type {Place} */
  let place = { top: 0, left: 0, span: 1 };
  /** @type {Measure} */
  let measure = "largest";
  let waiting = 0;
  /** @type {{ x: number, y: number } | null} */
  let pointer = null;
  /** @type {Map<number, { x: number, y: number }>} */
  const fingers = new Map();
  /** @type {Record<string, OffscreenCanvas>} */
  let pictures = {};

  /** @param {MapData} payload @param {Theme} now */
  function update(payload, now) {
    if (data?.n !== payload.n) place = { top: 0, left: 0, span: payload.n };
    [data, theme, pictures] = [payload, now, {}];
    draw();
  }

  /** @param {string} name */
  function picture(name) {
    const tensor = data?.tensors[name];
    if (!tensor) return null;
    if (pictures[name]) return pictures[name];
    const made = new OffscreenCanvas(tensor.columns, tensor.rows);
    pictures[name] = made;
    const image = new ImageData(tensor.columns, tensor.rows);
    const end = largest(tensor);
    tensor.values.forEach((value, at) => {
      const [red, green, blue] = shade(theme.ramps.weights, Math.sqrt(value / end), 0, 1);
      image.data.set([red, green, blue, 255], 4 * at);
    });
    penOf(made).putImageData(image, 0, 0);
    return made;
  }

  function draw() {
    if (!data) return;
    pen.imageSmoothingEnabled = false;
    pen.fillStyle = theme.colours.sunken;
    pen.fillRect(0, 0, SIDE, SIDE);
    const scale = SIDE / place.span;
    const lay = (
      /** @type {OffscreenCanvas | null} */ made,
      /** @type {{ top: number, left: number, side: number }} */ at,
    ) => {
      if (!made) return;
      const [x, y] = [(at.left - place.left) * scale, (at.top - place.top) * scale];
      pen.drawImage(made, x, y, made.width * at.side * scale, made.height * at.side * scale);
    };
    lay(picture(`all_${measure}`), { top: 0, left: 0, side: data.side });
    if (data.part) lay(picture(`part_${measure}`), data.part);
    told();
  }

  /** What is seen, and what lies under the pointer, or in the middle for who has none. */
  function told() {
    if (!data) return;
    const seen = Math.round(place.span).toLocaleString("en");
    const [first, last] = [place.top, place.left].map((each) => Math.round(each).toLocaleString("en"));
    const at = pointer ?? { x: 0.5, y: 0.5 };
    const [query, key] = [place.top + at.y * place.span, place.left + at.x * place.span].map(Math.floor);
    const whole = `${seen} × ${seen} tokens, queries from ${first} down, keys from ${last} across.`;
    const words = `${whole} ${pointer ? "" : "In the middle: "}${cell(query, key)}`;
    says.textContent = words;
    canvas.setAttribute("aria-label", words);
  }

  /** @param {number} query @param {number} key */
  function cell(query, key) {
    if (!data) return "";
    const { part, tensors, side, names } = data;
    const told = part && at(part, tensors[`part_${measure}`]);
    return told || at({ top: 0, left: 0, side, rows: names, columns: names }, tensors[`all_${measure}`]);

    /** @param {Part} sheet @param {Tensor} values */
    function at(sheet, values) {
      const row = Math.floor((query - sheet.top) / sheet.side);
      const column = Math.floor((key - sheet.left) / sheet.side);
      if (row < 0 || column < 0 || row >= values.rows || column >= values.columns) return "";
      const value = values.at(row, column);
      if (sheet.side > 1) return squares(query, key, sheet.side, value);
      return `Query ${query} “${sheet.rows[row]}” gives key ${key} “${sheet.columns[column]}” ${ofAnySize(value)}.`;
    }
  }

  /** @param {number} query @param {number} key @param {number} side @param {number} value */
  function squares(query, key, side, value) {
    const [q, k] = [query, key].map((each) => each - (each % side));
    return `Queries from ${q}, keys from ${k}, ${side} of each: the ${measure} weight is ${ofAnySize(value)}. Zoom in for the cells.`;
  }

  /** @param {Place} to */
  function go(to) {
    if (!data) return;
    const span = clamp(to.span, Math.min(NEAREST, data.n), data.n);
    place = { span, top: clamp(to.top, 0, data.n - span), left: clamp(to.left, 0, data.n - span) };
    draw();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const asked = [place.top, place.left, place.span].map(Math.round);
      io.component.setTriggerValue("looked", asked);
    }, PATIENCE);
  }

  /** By how much, and what stays where it is. @param {number} by @param {number} x @param {number} y */
  function zoom(by, x = 0.5, y = 0.5) {
    if (!data) return;
    const span = clamp(place.span / by, Math.min(NEAREST, data.n), data.n);
    go({ span, top: place.top + y * (place.span - span), left: place.left + x * (place.span - span) });
  }

  /** @param {MouseEvent} event */
  function under(event) {
    const box = canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  canvas.onwheel = (event) => {
    if (focusedIn(root) !== canvas) return; // the page scrolls until the map was clicked
    event.preventDefault();
    const { x, y } = under(event);
    zoom(event.deltaY < 0 ? FASTER : 1 / FASTER, x, y);
  };
  canvas.onpointerdown = (event) => {
    canvas.focus();
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, under(event));
  };
  canvas.onpointermove = (event) => {
    const [now, before] = [under(event), fingers.get(event.pointerId)];
    pointer = now;
    if (!before) {
      told();
      return;
    }
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, now);
    if (other) {
      const [apart, were] = [now, before].map((each) => Math.hypot(each.x - other.x, each.y - other.y));
      if (were > 0) zoom(apart / were, (now.x + other.x) / 2, (now.y + other.y) / 2);
      return;
    }
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    go({ ...place, top: place.top - dy * place.span, left: place.left - dx * place.span });
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    fingers.delete(event.pointerId);
  };
  canvas.onpointerleave = () => {
    pointer = null;
    told();
  };
  canvas.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // some letters are Streamlit's
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (step)
      go({ ...place, top: place.top + (step[0] * place.span) / 8, left: place.left + (step[1] * place.span) / 8 });
    else if (event.key === "+" || event.key === "=") zoom(FASTER);
    else if (event.key === "-") zoom(1 / FASTER);
    else if (event.key === "Home") whole();
    else return;
    event.preventDefault();
  };

  function whole() {
    if (data) go({ top: 0, left: 0, span: data.n });
  }

  /** @param {string} words @param {() => void} act */
  const small = (words, act) => {
    const node = button(words, { className: "small-button" });
    node.onclick = act;
    return node;
  };
  const measures = /** @type {Measure[]} */ (["largest", "mean"]).map((name) => {
    const node = small(`${name} weight`, () => {
      measure = name;
      for (const other of measures) other.setAttribute("aria-pressed", String(other === node));
      draw();
    });
    node.setAttribute("aria-pressed", String(name === measure));
    return node;
  });
  const near = [small("Zoom in", () => zoom(2)), small("Zoom out", () => zoom(0.5)), small("The whole", whole)];
  root.append(canvas, element("div", { className: "row", children: [...measures, ...near] }), says);
  return { update, destroy: () => clearTimeout(waiting) };
}

/** @param {Tensor} tensor */
function largest(tensor) {
  let found = 0;
  for (const value of tensor.values) found = Math.max(found, value);
  return found || 1;
}

/** @param {Component} component */
export default (component) => mount(component, createMap, [new URL("long_map.css", import.meta.url)]);
