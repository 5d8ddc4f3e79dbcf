// A drawn scene to edit: drag a thing, give it another colour or shape, add one, take one away.

import { mount } from "./kit/mount.js";
import { clamp } from "./kit/numbers.js";
import { button, element, focusedIn } from "./kit/text.js";

/** @import { App, Component, Io, SceneData, Thing } from "./kit/types.js" */

const NS = "http://www.w3.org/2000/svg";
const STEP = 1; // pixels of the picture that an arrow key moves a thing
const OFTEN = 150; // milliseconds between two messages while something is dragged

/** @param {HTMLElement} root @param {Io} io @returns {App<SceneData>} */
function createScene(root, io) {
  root.className = "lab scene";
  const picture = document.createElementNS(NS, "svg");
  const ground = document.createElementNS(NS, "rect");
  picture.append(ground);
  picture.setAttribute("role", "group");
  picture.setAttribute("aria-label", "The scene. Tab to a thing, arrow keys move it, Delete takes it away.");
  const tools = element("div", { className: "tools" });
  const says = element("p", { className: "says", role: "status" });
  root.append(picture, element("div", { className: "side", children: [tools, says] }));
  /** @type {SceneData} */
  let data;
  /** @type {Thing[]} */
  let things = [];
  let chosen = 0;
  /** @type {SVGElement[]} */
  let nodes = []; // one per thing
  /** @type {[node: HTMLButtonElement, stands: (node: HTMLButtonElement, now: Thing | undefined) => void][]} */
  const marks = []; // [button, how it stands now]
  let sent = 0; // how many scenes were sent, and when the last one was
  let when = 0;
  let told = ""; // the scene that Python knows
  /** @type {{ pointer: number, index: number, dx: number, dy: number } | null} */
  let drag = null; // { pointer, index, dx, dy } while a thing is dragged

  /** @param {SceneData} payload */
  function update(payload) {
    const first = data === undefined;
    data = payload;
    if (first) build();
    // an answer to an earlier scene than the one drawn here is out of date
    if (!drag && (payload.turn ?? 0) >= sent) {
      things = payload.things.map((thing) => ({ ...thing }));
      told = JSON.stringify(things);
    }
    draw();
  }

  function tell() {
    const now = JSON.stringify(things);
    if (now === told) return;
    told = now;
    sent = Math.max(sent, data.turn ?? 0) + 1;
    when = performance.now();
    io.component.setTriggerValue("drawn", { turn: sent, things });
  }

  function change() {
    draw();
    tell();
  }

  // Drawing --------------------------------------------------------------------------------------------------------

  /** @param {Element} node @param {Record<string, string | number>} values */
  const set = (node, values) => {
    for (const [name, value] of Object.entries(values)) node.setAttribute(name, String(value));
  };

  /** @param {Thing} thing @returns {[tag: string, place: Record<string, string | number>]} */
  function shape({ shape: kind, x, y }) {
    const r = data.radius;
    if (kind === "circle") return ["circle", { cx: x, cy: y, r }];
    if (kind === "square") return ["rect", { x: x - 0.9 * r, y: y - 0.9 * r, width: 1.8 * r, height: 1.8 * r }];
    return ["polygon", { points: `${x},${y - r} ${x - 0.9 * r},${y + 0.8 * r} ${x + 0.9 * r},${y + 0.8 * r}` }];
  }

  /** A node stays as long as its thing keeps its shape, so that it keeps the focus. */
  function draw() {
    chosen = clamp(chosen, 0, Math.max(0, things.length - 1));
    const held = nodes.indexOf(/** @type {SVGElement} */ (focusedIn(root)));
    for (const node of nodes.slice(things.length)) node.remove();
    nodes = things.map((thing, index) => {
      const [tag, place] = shape(thing);
      let node = nodes[index];
      if (node?.tagName !== tag) {
        const fresh = thingNode(tag, index);
        node ? node.replaceWith(fresh) : picture.append(fresh);
        node = fresh;
        if (held === index) node.focus();
      }
      set(node, { ...place, fill: data.colours[thing.colour], "aria-pressed": String(index === chosen) });
      node.setAttribute(
        "aria-label",
        `${thing.colour} ${thing.shape}, ${Math.round(thing.x)} from the left, ${Math.round(thing.y)} from the top`,
      );
      node.classList.toggle("chosen", index === chosen);
      return node;
    });
    for (const [node, stands] of marks) stands(node, things[chosen]);
    const now = things[chosen];
    says.textContent = now
      ? `Chosen: the ${now.colour} ${now.shape}. Drag it, or move it with the arrow keys.`
      : "The scene is empty. Add a thing.";
  }

  /** @param {string} tag @param {number} index */
  function thingNode(tag, index) {
    const node = document.createElementNS(NS, tag);
    set(node, { tabindex: 0, role: "button", "data-thing": index });
    node.onfocus = () => {
      chosen = index;
      draw();
    };
    node.onpointerdown = (event) => begin(event, index);
    node.onkeydown = (event) => key(event, index);
    return node;
  }

  // Dragging and keys ----------------------------------------------------------------------------------------------

  /** @param {number} place */
  const inside = (place) => clamp(place, 0.5, data.side - 0.5);

  /** @param {MouseEvent} event */
  function at({ clientX, clientY }) {
    const box = picture.getBoundingClientRect();
    return [((clientX - box.left) * data.side) / box.width, ((clientY - box.top) * data.side) / box.height];
  }

  /** @param {PointerEvent} event @param {number} index */
  function begin(event, index) {
    if (event.button !== 0 || drag) return;
    event.preventDefault();
    const [x, y] = at(event);
    drag = { pointer: event.pointerId, index, dx: things[index].x - x, dy: things[index].y - y };
    picture.setPointerCapture(event.pointerId);
    nodes[index].focus();
  }

  picture.onpointermove = (event) => {
    if (drag?.pointer !== event.pointerId) return;
    const [x, y] = at(event);
    things[drag.index].x = inside(x + drag.dx);
    things[drag.index].y = inside(y + drag.dy);
    draw();
    if (performance.now() - when > OFTEN) tell();
  };
  picture.onpointerup = picture.onpointercancel = (event) => {
    if (drag?.pointer !== event.pointerId) return;
    drag = null;
    tell();
  };

  /** @param {KeyboardEvent} event @param {number} index */
  function key(event, index) {
    event.stopPropagation(); // r and c are Streamlit's
    if (drag) return;
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [
      0, 0,
    ];
    if (dx || dy) {
      things[index].x = inside(things[index].x + dx * STEP);
      things[index].y = inside(things[index].y + dy * STEP);
      change();
    } else if (event.key === "Delete" || event.key === "Backspace") remove(index);
    else return;
    event.preventDefault();
  }

  /** @param {number} index */
  function remove(index) {
    things.splice(index, 1);
    change();
    (nodes[Math.min(index, nodes.length - 1)] ?? tools.querySelector(".add")).focus();
  }

  // Tools ----------------------------------------------------------------------------------------------------------

  /** The middle of a cell where a new thing touches no other, the corners first. */
  function free() {
    const cell = data.side / data.cells;
    const places = [
      [0, 0],
      [3, 3],
      [3, 0],
      [0, 3],
      [1, 1],
      [2, 2],
      [2, 1],
      [1, 2],
    ].map((place) => place.map((step) => (step + 0.5) * cell));
    return (
      places.find(([x, y]) => things.every((thing) => Math.hypot(thing.x - x, thing.y - y) > 1.5 * cell)) ?? places[0]
    );
  }

  function build() {
    set(picture, { viewBox: `0 0 ${data.side} ${data.side}` });
    set(ground, { width: data.side, height: data.side, fill: data.ground });
    /** @param {HTMLButtonElement} node @param {"colour" | "shape"} name @param {string} value */
    const choice = (node, name, value) => {
      node.onclick = () => {
        things[chosen][name] = value;
        change();
      };
      marks.push([
        node,
        (it, now) => {
          it.disabled = !now;
          it.setAttribute("aria-pressed", String(now?.[name] === value));
        },
      ]);
      return node;
    };
    const colours = Object.keys(data.colours).map((colour) => {
      const node = button("", { className: "swatch", "aria-label": colour, title: colour });
      node.style.background = data.colours[colour];
      return choice(node, "colour", colour);
    });
    const shapes = data.shapes.map((name) => choice(button(name, { className: "small-button" }), "shape", name));
    const add = button("Add", { className: "small-button add" });
    add.onclick = () => {
      const [x, y] = free();
      const names = Object.keys(data.colours);
      chosen = things.length;
      things.push({ colour: names[chosen % names.length], shape: data.shapes[chosen % data.shapes.length], x, y });
      change();
      if (add.disabled) nodes[chosen].focus();
    };
    marks.push([add, (it) => (it.disabled = things.length >= data.most)]);
    const away = button("Delete", { className: "small-button" });
    away.onclick = () => remove(chosen);
    marks.push([away, (it, now) => (it.disabled = !now)]);
    /** @param {HTMLElement[]} children */
    const row = (...children) => element("div", { className: "row", children });
    tools.replaceChildren(row(...colours), row(...shapes), row(add, away));
  }

  return { update };
}

/** @param {Component} component */
export default (component) => mount(component, createScene, [new URL("scene.css", import.meta.url)]);
