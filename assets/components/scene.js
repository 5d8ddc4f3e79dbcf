// A drawn scene to edit: drag a thing, give it another colour or shape, add one, take one away.

import { mount } from "./kit/mount.js";
import { clamp } from "./kit/numbers.js";
import { button, element } from "./kit/text.js";

const NS = "http://www.w3.org/2000/svg";
const STEP = 1; // pixels of the picture that an arrow key moves a thing
const OFTEN = 150; // milliseconds between two messages while something is dragged

function createScene(root, io) {
  root.className = "lab scene";
  const picture = document.createElementNS(NS, "svg");
  const tools = element("div", { className: "tools" });
  const says = element("p", { className: "says", role: "status" });
  root.append(picture, element("div", { className: "side", children: [tools, says] }));
  let [data, things, chosen, sent, told] = [null, [], 0, 0, ""];

  function update(payload) {
    data = payload;
    const held = root.getRootNode().activeElement?.dataset?.thing;
    // while something is dragged, what comes back is older than what is drawn
    if (!picture.dataset.dragged) things = data.things.map((thing) => ({ ...thing }));
    chosen = clamp(chosen, 0, Math.max(0, things.length - 1));
    draw();
    if (held !== undefined) picture.querySelector(`[data-thing="${held}"]`)?.focus();
  }

  const tell = () => {
    const now = JSON.stringify(things);
    if (now === told) return;
    [told, sent] = [now, performance.now()];
    io.component.setTriggerValue("drawn", things);
  };

  function shape({ shape: kind, colour, x, y }) {
    const r = data.radius;
    const node = document.createElementNS(NS, kind === "circle" ? "circle" : kind === "square" ? "rect" : "polygon");
    const set = (values) => Object.entries(values).forEach(([name, value]) => node.setAttribute(name, value));
    if (kind === "circle") set({ cx: x, cy: y, r });
    else if (kind === "square") set({ x: x - 0.9 * r, y: y - 0.9 * r, width: 1.8 * r, height: 1.8 * r });
    else set({ points: `${x},${y - r} ${x - 0.9 * r},${y + 0.8 * r} ${x + 0.9 * r},${y + 0.8 * r}` });
    node.setAttribute("fill", data.colours[colour]);
    return node;
  }

  function draw() {
    picture.setAttribute("viewBox", `0 0 ${data.side} ${data.side}`);
    picture.setAttribute("aria-label", "The scene. Tab to a thing, arrow keys move it, Delete takes it away.");
    picture.setAttribute("role", "group");
    const ground = document.createElementNS(NS, "rect");
    Object.entries({ width: data.side, height: data.side, fill: data.ground }).forEach(([name, value]) => ground.setAttribute(name, value));
    picture.replaceChildren(ground, ...things.map(thingNode));
    drawTools();
  }

  function thingNode(thing, index) {
    const node = shape(thing);
    node.setAttribute("tabindex", 0);
    node.setAttribute("role", "button");
    node.setAttribute("aria-label", `${thing.colour} ${thing.shape}, ${Math.round(thing.x)} from the left, ${Math.round(thing.y)} from the top`);
    node.setAttribute("aria-pressed", String(index === chosen));
    node.dataset.thing = index;
    node.classList.toggle("chosen", index === chosen);
    node.onfocus = () => index !== chosen && ((chosen = index), draw(), picture.querySelector(`[data-thing="${index}"]`)?.focus());
    node.onpointerdown = (event) => drag(event, index);
    node.onkeydown = (event) => key(event, index);
    return node;
  }

  const inside = (place) => clamp(place, 0.5, data.side - 0.5);

  function drag(event, index) {
    event.preventDefault();
    chosen = index;
    picture.dataset.dragged = "yes";
    const box = picture.getBoundingClientRect();
    const scale = data.side / box.width;
    const [dx, dy] = [things[index].x - (event.clientX - box.left) * scale, things[index].y - (event.clientY - box.top) * scale];
    const move = ({ clientX, clientY }) => {
      things[index].x = inside((clientX - box.left) * scale + dx);
      things[index].y = inside((clientY - box.top) * scale + dy);
      draw();
      if (performance.now() - sent > OFTEN) tell();
    };
    const end = () => {
      delete picture.dataset.dragged;
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      tell();
      picture.querySelector(`[data-thing="${index}"]`)?.focus();
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
    draw();
  }

  function key(event, index) {
    event.stopPropagation(); // r and c are Streamlit's
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (dx || dy) {
      things[index].x = inside(things[index].x + dx * STEP);
      things[index].y = inside(things[index].y + dy * STEP);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      things.splice(index, 1);
    } else return;
    event.preventDefault();
    change();
    picture.querySelector(`[data-thing="${Math.min(index, things.length - 1)}"]`)?.focus();
  }

  function change() {
    chosen = clamp(chosen, 0, Math.max(0, things.length - 1));
    draw();
    tell();
  }

  function drawTools() {
    const now = things[chosen];
    const swatch = (colour) => {
      const node = button("", { className: "swatch", "aria-label": colour, title: colour, "aria-pressed": String(now?.colour === colour), disabled: !now });
      node.style.background = data.colours[colour];
      node.onclick = () => ((now.colour = colour), change());
      return node;
    };
    const kind = (shape) => {
      const node = button(shape, { className: "small-button", "aria-pressed": String(now?.shape === shape), disabled: !now });
      node.onclick = () => ((now.shape = shape), change());
      return node;
    };
    const add = button("Add", { className: "small-button", disabled: things.length >= data.most });
    add.onclick = () => {
      const free = [[0.25, 0.25], [0.75, 0.75], [0.75, 0.25], [0.25, 0.75]].find(([x, y]) => things.every((thing) => Math.hypot(thing.x - x * data.side, thing.y - y * data.side) > data.side / 5));
      const [x, y] = (free ?? [0.5, 0.5]).map((share) => share * data.side + 0.5);
      const names = Object.keys(data.colours);
      things.push({ colour: names[things.length % names.length], shape: data.shapes[things.length % data.shapes.length], x, y });
      chosen = things.length - 1;
      change();
    };
    const remove = button("Delete", { className: "small-button", disabled: !now });
    remove.onclick = () => (things.splice(chosen, 1), change());
    const row = (...children) => element("div", { className: "row", children });
    tools.replaceChildren(row(...Object.keys(data.colours).map(swatch)), row(...data.shapes.map(kind)), row(add, remove));
    says.textContent = now ? `Chosen: the ${now.colour} ${now.shape}. Drag it, or move it with the arrow keys.` : "The scene is empty. Add a thing.";
  }

  return { update };
}

export default (component) => mount(component, createScene, [new URL("scene.css", import.meta.url)]);
