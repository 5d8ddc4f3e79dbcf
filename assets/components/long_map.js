// A map of one head on a long text: squares from far away, cells from near. What is looked at closely is asked for.

import { hatching, penOf } from "./kit/canvas.js";
import { gradient, shade, UNREAD } from "./kit/colour.js";
import { mount } from "./kit/mount.js";
import { clamp, ofAnySize } from "./kit/numbers.js";
import { button, element, focusedIn } from "./kit/text.js";

/** @import { App, Component, Io, Tensor, Theme } from "./kit/types.js" */

const SIDE = 720; // pixels of the canvas
const NEAREST = 12; // tokens that are seen at least
const NEAR = 128; // tokens, of which no more are seen where arrows go from cell to cell
const PATIENCE = 250; // milliseconds without a move, after which the part that is looked at is asked for
const FASTER = 1.25; // by how much a key or a notch of a wheel zooms
/** A place in a long text, as it is written. @param {number} place */
const counted = (place) => place.toLocaleString("en");

/**
 * A square part of the map: its first query, its first key, how many of both, and how many tokens one of its cells has.
 *
 * @typedef {{ top: number, left: number, side: number, rows: string[], columns: string[] }} Part
 */
/**
 * Causal: whether no query sees a later key. Names: of all tokens, where the overview shows each cell. At: the top, the left
 * and the span with which it begins, if any.
 *
 * @typedef {{ number: number, n: number, causal: boolean, at: number[], side: number, names: string[], part: Part | null, tensors: Record<string, Tensor> }} MapData
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
  const says = element("p", { className: "says" });
  const spoken = element("p", { className: "unseen", role: "status" }); // once the map rests, not on the way
  const bar = element("span", { className: "bar" });
  const end = element("span");
  const legend = element("div", { className: "legend", children: ["0", bar, end] });
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
  /** Where the keys have come to. */
  let cursor = { query: 0, key: 0 };
  /** @type {{ x: number, y: number } | null} */
  let pointer = null;
  /** @type {Map<number, { x: number, y: number }>} */
  const fingers = new Map();
  /** @type {Record<string, OffscreenCanvas>} */
  let pictures = {};

  /** @param {MapData} payload @param {Theme} now */
  function update(payload, now) {
    if (data?.number !== payload.number) {
      clearTimeout(waiting); // what was to be asked for is of the map before
      const [top, left, asked] = payload.at.length ? payload.at : [0, 0, payload.n];
      const span = clamp(asked, Math.min(NEAREST, payload.n), payload.n);
      place = { span, top: clamp(top, 0, payload.n - span), left: clamp(left, 0, payload.n - span) };
      cursor = { query: Math.floor(place.top + span / 2), key: Math.floor(place.left + span / 2) };
    }
    [data, theme, pictures] = [payload, now, {}];
    draw();
    speak();
  }

  /** One for the overview and all parts: up to what is largest in the overview. */
  const top = () => (data ? largest(data.tensors[`all_${measure}`]) : 1);

  /** @param {string} name */
  function picture(name) {
    const tensor = data?.tensors[name];
    if (!tensor) return null;
    if (pictures[name]) return pictures[name];
    const made = new OffscreenCanvas(tensor.columns, tensor.rows);
    pictures[name] = made;
    const image = new ImageData(tensor.columns, tensor.rows);
    const most = top();
    tensor.values.forEach((value, at) => {
      const [red, green, blue] = shade(theme.ramps.weights, Math.sqrt(value / most), 0, 1);
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
    if (data.causal) hatchLater(scale);
    const cell = Math.max(scale, 8);
    pen.strokeStyle = theme.colours.spot;
    pen.lineWidth = 2;
    const [across, down] = [(cursor.key + 0.5 - place.left) * scale, (cursor.query + 0.5 - place.top) * scale];
    if (focusedIn(root) === canvas) pen.strokeRect(across - cell / 2, down - cell / 2, cell, cell);
    bar.style.background = gradient(theme.ramps.weights);
    end.textContent = `${ofAnySize(top())}${measure === "mean" ? " and more" : ""}`;
    told();
  }

  /** What comes after each query: steps down the diagonal, of one cell where a cell has a pixel. @param {number} scale */
  function hatchLater(scale) {
    const step = Math.max(1, Math.ceil(1 / scale));
    pen.fillStyle = hatching(pen, theme.colours);
    pen.beginPath();
    for (let query = Math.floor(place.top); query < place.top + place.span; query += step) {
      const [x, y] = [(query + 1 - place.left) * scale, (query - place.top) * scale];
      if (x < SIDE) pen.rect(Math.max(0, x), y, SIDE - Math.max(0, x), step * scale);
    }
    pen.fill();
  }

  /** What is seen, and what lies under the pointer, or in the middle for who has none. */
  function told() {
    if (!data) return;
    const [seen, first, last] = [place.span, place.top, place.left].map((each) => counted(Math.round(each)));
    const { query, key } = pointer ? cellAt(pointer) : cursor;
    const whole = `${seen} × ${seen} tokens, queries from ${first} down, keys from ${last} across.`;
    const words = `${whole} ${pointer ? "" : "At the mark: "}${cell(query, key)}`;
    says.textContent = words;
  }

  function speak() {
    spoken.textContent = says.textContent;
    canvas.setAttribute("aria-label", says.textContent ?? "");
  }

  /** @param {{ x: number, y: number }} at */
  const cellAt = (at) => ({
    query: Math.floor(place.top + at.y * place.span),
    key: Math.floor(place.left + at.x * place.span),
  });

  /** @param {number} query @param {number} key */
  function cell(query, key) {
    if (!data) return "";
    const { part, tensors, side, names, causal } = data;
    if (causal && key > query) return `Query ${counted(query)} cannot see key ${counted(key)}: it comes later.`;
    const told = part && at(part, tensors[`part_${measure}`]);
    return told || at({ top: 0, left: 0, side, rows: names, columns: names }, tensors[`all_${measure}`]);

    /** @param {Part} sheet @param {Tensor} values */
    function at(sheet, values) {
      const row = Math.floor((query - sheet.top) / sheet.side);
      const column = Math.floor((key - sheet.left) / sheet.side);
      if (row < 0 || column < 0 || row >= values.rows || column >= values.columns) return "";
      const value = values.at(row, column);
      if (sheet.side > 1) return squares(query, key, sheet.side, value);
      const [asks, gives] = [
        `Query ${counted(query)} “${sheet.rows[row]}”`,
        `key ${counted(key)} “${sheet.columns[column]}”`,
      ];
      return `${asks} gives ${gives} ${ofAnySize(value)}.`;
    }
  }

  /** @param {number} query @param {number} key @param {number} side @param {number} value */
  function squares(query, key, side, value) {
    const [q, k] = [query, key].map((each) => counted(each - (each % side)));
    const nearer = io.component.away ? "" : " Zoom in for the cells.";
    return `Queries from ${q}, keys from ${k}, ${side} of each: the ${measure} weight is ${ofAnySize(value)}.${nearer}`;
  }

  /** @param {Place} to */
  function go(to) {
    if (!data) return;
    const span = clamp(to.span, Math.min(NEAREST, data.n), data.n);
    place = { span, top: clamp(to.top, 0, data.n - span), left: clamp(to.left, 0, data.n - span) };
    cursor = {
      query: clamp(cursor.query, Math.ceil(place.top), Math.floor(place.top + span) - 1),
      key: clamp(cursor.key, Math.ceil(place.left), Math.floor(place.left + span) - 1),
    };
    draw();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      speak();
      const asked = [place.top, place.left, place.span].map(Math.round);
      io.component.setTriggerValue("looked", asked);
    }, PATIENCE);
  }

  /** By how much, and what stays where it is, or else the mark. @param {number} by @param {number} [atX] @param {number} [atY] */
  function zoom(by, atX, atY) {
    if (!data) return;
    const x = atX ?? (cursor.key + 0.5 - place.left) / place.span;
    const y = atY ?? (cursor.query + 0.5 - place.top) / place.span;
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
    cursor = cellAt(under(event));
    draw();
    speak();
  };
  canvas.onfocus = canvas.onblur = draw;
  canvas.addEventListener(
    "touchmove",
    (event) => {
      if (event.touches.length > 1) event.preventDefault();
    },
    { passive: false },
  );
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
      place.left -= ((now.x - before.x) / 2) * place.span;
      place.top -= ((now.y - before.y) / 2) * place.span;
      if (were > 0) zoom(apart / were, (now.x + other.x) / 2, (now.y + other.y) / 2);
      return;
    }
    if (event.pointerType === "touch") return; // one finger scrolls the page
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
    if (step) moved(step[0], step[1]);
    else if (event.key === "+" || event.key === "=") zoom(FASTER);
    else if (event.key === "-") zoom(1 / FASTER);
    else if (event.key === "Home") whole();
    else return;
    event.preventDefault();
  };

  /** The mark goes on, from near by one cell, and the map follows. @param {number} down @param {number} across */
  function moved(down, across) {
    if (!data) return;
    const by = place.span <= NEAR ? 1 : Math.floor(place.span / 16);
    const { n } = data;
    cursor = { query: clamp(cursor.query + by * down, 0, n - 1), key: clamp(cursor.key + by * across, 0, n - 1) };
    pointer = null;
    const half = Math.floor(place.span / 2);
    go({ ...place, top: cursor.query - half, left: cursor.key - half });
  }

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
      pictures = {};
      for (const other of measures) other.setAttribute("aria-pressed", String(other === node));
      draw();
    });
    node.setAttribute("aria-pressed", String(name === measure));
    return node;
  });
  const near = [small("Zoom in", () => zoom(2)), small("Zoom out", () => zoom(0.5)), small("The whole", whole)];
  root.append(canvas, element("div", { className: "row", children: [...measures, ...near] }), legend, says, spoken);
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
