// Where figures place their cells: what lies under a point is what was drawn there, at any size.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FigureNumbers, partsOf } from "../../assets/components/figure_numbers.js";
import { BLANK, HIDDEN } from "../../assets/components/kit/canvas.js";
import { Tensor } from "../../assets/components/kit/payload.js";
import { withMap } from "../../assets/components/kit/picture.js";
import { Selection } from "../../assets/components/kit/selection.js";
import { VIEWS } from "../../assets/components/views/kinds.js";

const [QUERIES, KEYS, DIMS, HEADS, SIDE] = [3, 7, 5, 11, 4];
const WIDTHS = [240, 360, 620, 900];

const named = (word, count) => Array.from({ length: count }, (_, i) => ({ text: `${word}${i}`, special: i === 0 }));
const counted = (...shape) =>
  new Tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i / 100),
    shape,
  );

/** A figure without a canvas: every letter is seven pixels wide. */
class Measured extends FigureNumbers {
  textWidth({ text }) {
    return 7 * text.length;
  }
}

function figure(more = {}) {
  const found = new Measured(new Selection());
  const theme = { name: "light", colours: {}, ramps: { weights: [], signed: [] } };
  const tensors = {
    weights: counted(QUERIES, KEYS),
    queries: counted(QUERIES, DIMS),
    keys: counted(KEYS, DIMS),
    values: counted(KEYS, DIMS),
    plane: counted(KEYS, 2),
    outputs: counted(QUERIES, 2),
    heads: counted(HEADS, QUERIES, QUERIES),
    cube: counted(HEADS, QUERIES, DIMS),
    picture: counted(3, 8, 8),
    cells: counted(QUERIES, SIDE ** 2),
    ...more,
  };
  const tokens = { queries: named("q", QUERIES), keys: named("k", KEYS) };
  found.update({ tokens, focus: {}, tensors, limits: {}, divisor: 1, dotProduct: true }, theme);
  return found;
}

/** What draws, and leaves no trace. */
const penFor = (found) => ({
  measureText: (text) => ({ width: found.textWidth({ text }) }),
  ...Object.fromEntries(
    ["save", "restore", "translate", "rotate", "strokeRect", "fillText", "drawImage"].map((name) => [name, () => {}]),
  ),
});

const matrix = (more = {}) => ({
  kind: "matrix",
  tensor: "weights",
  scale: "weights",
  rows: "queries",
  columns: "keys",
  ...more,
});

const planned = () => ({
  kind: "plans",
  tensor: "weights",
  titles: ["2017", "today"],
  boxes: [0, 1, 2, 3].map((at) => ({
    plan: at % 2,
    row: at >> 1,
    word: `part ${at}`,
    told: "",
    differs: at === 3,
    skips: null,
  })),
  note: "",
});

for (const width of WIDTHS) {
  test(`every part of a plan lies under its own middle, ${width} pixels wide`, () => {
    const view = new VIEWS.plans(figure());
    const drawn = planned();
    const height = view.layout(drawn, width);
    for (const [box, { plan, row }] of drawn.boxes.entries()) {
      const [x, y] = [plan * view.column + view.box / 2, 46 + (row + 0.4) * view.row];
      assert.ok(x < width && y < height);
      assert.deepEqual(view.at(x, y, drawn), { box });
    }
    assert.match(view.describe(drawn, { query: 0, key: 0, dimension: 0, head: 0, box: 3 }), /today: part 3, differs/);
  });
}

test("a matrix with fewer rows than there are tokens tells of its last row when a later token is looked at", () => {
  const view = new VIEWS.matrix(figure());
  const looked = (query) => view.describe(matrix(), { query, key: 1, dimension: 0, head: 0 });
  assert.equal(looked(QUERIES + 5), looked(QUERIES - 1));
  assert.doesNotMatch(looked(QUERIES + 5), /undefined/);
});

for (const width of WIDTHS) {
  test(`every cell of a matrix lies under its own middle, ${width} pixels wide`, () => {
    const view = new VIEWS.matrix(figure());
    const drawn = matrix();
    const height = view.layout(drawn, width);
    for (let query = 0; query < QUERIES; query++) {
      for (let key = 0; key < KEYS; key++) {
        const x = view.left + (key + 0.5) * view.columns.size;
        const y = view.top + (query + 0.5) * view.cell;
        assert.ok(x < width && y < height);
        assert.deepEqual(view.at(x, y, drawn), { query, key, cell: true });
      }
    }
    assert.equal(view.at(width - 1, height - 1, drawn), null);
  });

  test(`every number of every table lies under its own middle, ${width} pixels wide`, () => {
    const view = new VIEWS.tables(figure());
    const table = (tensor, rows) => ({ tensor, label: tensor, role: "", rows, columns: "numbers" });
    const drawn = {
      kind: "tables",
      tables: [table("queries", "queries"), table("keys", "keys")],
      readout: "vector",
      note: "",
    };
    view.layout(drawn, width);
    for (const { name, rows, x, width: wide } of view.tables) {
      for (let dimension = 0; dimension < DIMS; dimension++) {
        const place = view.at(x + ((dimension + 0.5) * wide) / DIMS, 26 + 1.5 * view.cell, drawn);
        assert.deepEqual(place, { table: name, [rows === "keys" ? "key" : "query"]: 1, dimension, cell: true });
      }
    }
  });

  test(`in a table of tokens as they were typed, a token lies where it was typed, ${width} pixels wide`, () => {
    const found = figure({ weights: counted(QUERIES, QUERIES) });
    const view = new VIEWS.tables(found);
    const order = [2, 0, 1];
    const typed = { tensor: "queries", label: "", role: "", rows: "queries", columns: "numbers", order };
    const pairs = { ...typed, tensor: "weights", columns: "keys" };
    view.layout({ kind: "tables", tables: [typed, pairs], readout: "vector", note: "" }, width);
    const middle = (row) => view.heading + (row + 0.5) * view.cell;
    for (const [query, row] of order.entries()) {
      found.selection.now = { ...found.selection.now, query };
      assert.equal(found.standing(typed), row);
      assert.equal(view.at(view.tables[0].x + 1, middle(row)).query, query);
      for (const [key, column] of order.entries()) {
        const x = view.tables[1].x + ((column + 0.5) * view.tables[1].width) / QUERIES;
        const { query: of, key: on } = view.at(x, middle(row));
        assert.deepEqual([of, on], [query, key]);
      }
    }
    view.tables[0].order = [2, 0]; // where no token stands, what is looked at stays
    found.selection.now = { ...found.selection.now, query: 1 };
    assert.equal(view.at(view.tables[0].x + 1, middle(1)).query, 1);
  });

  test(`the label of a table is broken between its words rather than run into the next one, ${width} pixels wide`, () => {
    const view = new VIEWS.tables(figure());
    const table = { tensor: "queries", label: "the sentence off", role: "", rows: "queries", columns: "numbers" };
    const height = view.layout({ kind: "tables", tables: Array(5).fill(table), readout: "vector", note: "" }, width);
    const longest = (lines) => Math.max(...lines.map((line) => 7 * line.length));
    for (const { lines, width: wide } of view.tables) {
      assert.equal(lines.join(" "), "the sentence off");
      assert.ok(longest(lines) <= wide + 8 || lines.every((line) => !line.includes(" ")));
    }
    assert.equal(view.heading, 26 + 15 * (view.tables[0].lines.length - 1));
    assert.equal(height, Math.ceil(view.heading + QUERIES * view.cell + 24));
  });

  test(`every head has its own square, ${width} pixels wide`, () => {
    const view = new VIEWS.heads(figure());
    const drawn = { kind: "heads", tensor: "heads", scale: "weights", ablated: [], columns: "keys" };
    const height = view.layout(drawn, width);
    const seen = new Set();
    for (let y = 0; y < height; y += 3) {
      for (let x = 0; x < width; x += 3) {
        const place = view.at(x, y, drawn);
        if (!place) continue;
        seen.add(place.head);
        assert.ok(place.query < QUERIES && place.key < QUERIES);
      }
    }
    assert.deepEqual(seen, new Set(Array(HEADS).keys()));
  });

  test(`patches stand in their picture, then in rows that have room, ${width} pixels wide`, () => {
    const view = new VIEWS.patches(figure());
    const drawn = { kind: "patches", tensor: "picture", picture: "picture", side: SIDE, scale: "signed", plain: true };
    const height = view.layout(drawn, width);
    assert.equal(height, view.side + 6);
    for (const share of [0, 0.5, 1]) {
      view.share = share;
      const seen = new Set();
      for (let y = 0; y < height; y += 2) for (let x = 0; x < width; x += 2) seen.add(view.at(x, y, drawn)?.key);
      for (let place = 0; place < SIDE ** 2; place++) assert.ok(seen.has(place), `patch ${place} at ${share}`);
    }
  });

  test(`a cell of a picture lies under its own middle, ${width} pixels wide`, () => {
    const view = new VIEWS.overlay(figure());
    const drawn = {
      kind: "overlay",
      tensor: "cells",
      picture: "picture",
      side: SIDE,
      scale: "share",
      columns: "keys",
      rows: "queries",
    };
    view.layout(drawn, width);
    const cell = view.side / SIDE;
    for (let key = 0; key < SIDE ** 2; key++) {
      const [row, column] = [Math.floor(key / SIDE), key % SIDE];
      assert.equal(view.at(22 + (column + 0.5) * cell, 22 + (row + 0.5) * cell, drawn).key, key);
    }
  });
}

test("small cells are as wide as there is room, up to half as wide again, and large ones are square", () => {
  const long = figure({ weights: counted(28, 28) });
  long.payload.tokens = { queries: named("q", 28), keys: named("k", 28) };
  const view = new VIEWS.matrix(long);
  view.layout(matrix(), 620);
  assert.ok(view.cell < 19 && view.columns.size > view.cell && view.columns.size <= 1.5 * view.cell);
  assert.ok(view.left + 28 * view.columns.size <= 620);
  const short = figure({ weights: counted(7, 7) });
  short.payload.tokens = { queries: named("q", 7), keys: named("k", 7) };
  const large = new VIEWS.matrix(short);
  large.layout(matrix(), 620);
  assert.equal(large.columns.size, large.cell);
});

test("the meaning beside a row is cut where its own room ends, not where that of the words does", () => {
  const found = figure();
  const meanings = ["was gegangen", "a meaning without end"].map((text) => ({ text, special: false }));
  found.payload.tokens = { ...found.payload.tokens, meanings: [...meanings, ...named("m", 1)] };
  found.heat = () => {};
  const written = [];
  const context = { ...penFor(found), fillText: (text) => written.push(text) };
  const view = new VIEWS.matrix(found);
  view.layout(matrix(), 620);
  view.paint(context, matrix(), 0.5);
  assert.ok(written.includes("was gegangen"), written.join(", "));
  const [cut] = written.filter((text) => text.endsWith("…"));
  assert.ok(7 * cut.length <= view.meaning - 8 && 7 * (cut.length + 1) > view.meaning - 8, cut);
});

test("one unit of a plane is equally long across and up", () => {
  const view = new VIEWS.points(figure({ plane: new Tensor(new Float32Array([0, 0, 1, 0, 0, 1]), [3, 2]) }));
  view.layout({ kind: "points", tensor: "plane", values: "plane", outputs: "outputs", note: "" }, 620);
  const [origin, across, up] = view.values;
  assert.equal(across[0] - origin[0], origin[1] - up[1]);
});

test("arrows stop at the edges of every kind of figure", () => {
  const views = {
    matrix: matrix(),
    heads: { kind: "heads", tensor: "heads", scale: "weights", ablated: [], columns: "keys" },
    cube: { kind: "cube", tensor: "cube", from: "flat", to: "stacked", role: "query", scale: "signed" },
    overlay: {
      kind: "overlay",
      tensor: "cells",
      picture: "picture",
      side: SIDE,
      scale: "share",
      columns: "keys",
      rows: "queries",
    },
    curves: {
      kind: "curves",
      tensor: "weights",
      rows: "queries",
      across: "",
      up: "",
      start: 0,
      every: 1,
      scale: "signed",
    },
    dials: {
      kind: "dials",
      tables: [{ tensor: "queries", label: "", role: "query", rows: "queries" }],
      clock: false,
      note: "",
      scale: "weights",
    },
    points: { kind: "points", tensor: "plane", values: "plane", outputs: "outputs", note: "" },
    plans: planned(),
  };
  for (const [kind, drawn] of Object.entries(views)) {
    const view = new VIEWS[kind](figure());
    view.layout(drawn, 620);
    const now = { query: 0, key: 0, dimension: 0, head: 0 };
    for (const [name, place] of Object.entries(view.move(-1e6, -1e6, drawn, now)))
      assert.equal(place, 0, `${kind}, ${name}`);
    const end = view.move(1e6, 1e6, drawn, now);
    assert.deepEqual(view.move(1, 1, drawn, { ...now, ...end }), end, kind);
  }
});

test("a row that is not written yet is blank, and what may not be seen is hidden", () => {
  const allowed = new Tensor(
    Uint8Array.from({ length: QUERIES * KEYS }, (_, i) => (i % KEYS === 2 ? 0 : 1)),
    [QUERIES, KEYS],
  );
  const numbers = figure({ allowed });
  numbers.grown = 2;
  const drawn = matrix({ hidden: "allowed", grows: true });
  assert.equal(numbers.value(drawn, 1, 2), HIDDEN);
  assert.equal(numbers.value(drawn, 2, 0), BLANK);
  assert.equal(typeof numbers.value(drawn, 1, 1), "number");
  assert.deepEqual([numbers.visible(0, 2), numbers.visible(0, 1)], [false, true]);
});

test("a figure hides something where a cell may not be seen, not where a mask lets all be seen", () => {
  /** @param {number} last */
  const seen = (last) => new Tensor(Uint8Array.from([...Array(QUERIES * KEYS - 1).fill(1), last]), [QUERIES, KEYS]);
  const drawn = matrix({ hidden: "allowed" });
  assert.deepEqual(
    [seen(0), seen(1)].map((allowed) => figure({ allowed }).hides(drawn)),
    [true, false],
  );
  assert.equal(figure({}).hides(drawn), false);
  assert.equal(figure({ allowed: seen(0) }).hides(matrix()), false);
});

test("the largest of a figure is looked for among what may be seen and is written", () => {
  const allowed = new Tensor(
    Uint8Array.from({ length: QUERIES * KEYS }, (_, i) => (i % KEYS === 6 ? 0 : 1)),
    [QUERIES, KEYS],
  );
  const numbers = figure({ allowed });
  assert.deepEqual(numbers.extremes(matrix()).high, { value: Math.fround(0.2), row: 2, column: 6 });
  assert.equal(numbers.extremes(matrix({ hidden: "allowed" })).high.column, 5);
  numbers.grown = 1;
  assert.equal(numbers.extremes(matrix({ grows: true })).high.row, 0);
});

test("weights are drawn from 0 to 1, signed numbers around 0", () => {
  const numbers = figure();
  assert.deepEqual(numbers.range({ scale: "weights", limit: 9 }), [0, 1]);
  assert.deepEqual(numbers.range({ scale: "signed", limit: 9 }), [-9, 9]);
  assert.deepEqual(numbers.range({ scale: "share", limit: 0.2 }), [0, 0.2]);
});

test("a zoom shows the part around what is looked at and never leaves the axis", () => {
  const numbers = figure();
  numbers.selection.pin({ query: 99, key: 0 });
  numbers.zoomBy(0.5);
  assert.deepEqual(numbers.window("queries", 100), { first: 50, count: 50 });
  assert.deepEqual(numbers.window("keys", 100), { first: 0, count: 50 });
  numbers.zoomBy(0.001);
  assert.equal(numbers.window("queries", 100).count, 24);
  numbers.zoomBy(1);
  assert.deepEqual(numbers.window("queries", 100), { first: 0, count: 100 });
});

test("a figure is what it is, or each of its tables", () => {
  const table = { tensor: "x", label: "X", role: "", rows: "queries", columns: "numbers" };
  assert.deepEqual(partsOf({ kind: "tables", tables: [table, table] }), [table, table]);
  assert.deepEqual(partsOf(matrix()), [matrix()]);
});

test("the small picture of all heads shows all of them, whichever is looked at", () => {
  for (const [kind, tensor] of [
    ["heads", "heads"],
    ["cube", "cube"],
  ]) {
    const found = figure();
    const drawn = [];
    found.small = (_, { head }, { x, y }) => drawn.push([head, x, y]);
    found.selection.pin({ head: 3 });
    new VIEWS[kind](found).thumbnail(null, { kind, tensor, scale: "signed", ablated: [3] }, 44);
    assert.deepEqual(new Set(drawn.map(([head]) => head)), new Set(Array(HEADS).keys()));
    assert.equal(new Set(drawn.map(([, x, y]) => `${x} ${y}`)).size, HEADS);
    assert.ok(drawn.every(([, x, y]) => x < 44 && y < 44));
  }
});

for (const width of WIDTHS) {
  test(`a row has its map beside the picture or below it, and a patch lies under its cell there, too, ${width} pixels`, () => {
    const share = { kind: "overlay", tensor: "cells", picture: "picture", side: SIDE, scale: "share" };
    const view = new VIEWS.overlay(figure());
    const height = view.layout(share, width);
    const { side, map } = withMap(width, 22, 420);
    assert.ok(map.x >= 22 + side || map.y >= 22 + side);
    assert.ok(map.x + map.side <= width && map.y + map.side <= height);
    const cell = map.side / SIDE;
    const { key } = view.at(map.x + 2.5 * cell, map.y + 1.5 * cell, share);
    assert.equal(key, SIDE + 2);
    assert.equal(view.at(22 + (side * 2.5) / SIDE, 22 + (side * 1.5) / SIDE, share).key, SIDE + 2);
  });
}

test("a picture that the browser cannot open leaves what the model sees in its place", async () => {
  const found = figure({ picture_file: counted(4) });
  found.grown = 0;
  const view = new VIEWS.overlay(found);
  const strip = { kind: "overlay", tensor: "cells", picture: "picture", side: SIDE, scale: "weights", strip: true };
  view.layout(strip, 620);
  Object.assign(view, { drawn: found.stack("picture"), canvas: { width: 8 } });
  const shown = [];
  globalThis.createImageBitmap = () => Promise.reject(new DOMException("no picture", "InvalidStateError"));
  view.paint({ ...penFor(found), drawImage: (pixels) => shown.push(pixels) }, strip);
  await new Promise(setImmediate); // what nobody catches is told by now
  assert.deepEqual(new Set(shown), new Set([view.canvas]));
});
