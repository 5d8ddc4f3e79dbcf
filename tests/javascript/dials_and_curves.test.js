// Dials and curves: what lies under a point is what was drawn there, and angles are told as they are meant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FigureNumbers } from "../../assets/components/figure_numbers.js";
import { Tensor } from "../../assets/components/kit/payload.js";
import { Selection } from "../../assets/components/kit/selection.js";
import { lined } from "../../assets/components/views/curves_view.js";
import { polar } from "../../assets/components/views/dials_view.js";
import { VIEWS } from "../../assets/components/views/kinds.js";

const [PLACES, PAIRS, POINTS] = [5, 3, 11];
const NOW = { query: 0, key: 0, dimension: 0, head: 0, places: 2 };

// every place a fifth of a turn further, each pair twice as fast as the one before
const hands = Float32Array.from({ length: PLACES * PAIRS * 2 }, (_, i) => {
  const [place, number] = [Math.floor(i / (2 * PAIRS)), i % (2 * PAIRS)];
  const angle = (place * 2 ** (number >> 1) * 2 * Math.PI) / 5;
  return number % 2 ? Math.sin(angle) : Math.cos(angle);
});
const lines = Float32Array.from({ length: 2 * POINTS }, (_, i) => (i === 4 ? Number.NaN : i - 7));

/** A figure without a canvas: every letter is seven pixels wide. */
class Measured extends FigureNumbers {
  textWidth({ text }) {
    return 7 * text.length;
  }
}

function figure() {
  const found = new Measured(new Selection());
  const tensors = { hands: new Tensor(hands, [PLACES, 2 * PAIRS]), lines: new Tensor(lines, [2, POINTS]) };
  const tokens = {
    queries: [{ text: "q" }],
    keys: [{ text: "k" }],
    places: Array.from({ length: PLACES }, (_, i) => ({ text: `p${i}` })),
    schemes: [{ text: "one" }, { text: "two" }],
  };
  const theme = { name: "light", colours: {}, ramps: { weights: [], signed: [] } };
  found.update({ tokens, focus: { places: 2 }, tensors, limits: {}, divisor: 1, dotProduct: true }, theme);
  found.selection.now = NOW;
  return found;
}

const dials = {
  kind: "dials",
  tensor: "hands",
  tables: [{ tensor: "hands", label: "at", role: "query", rows: "places" }],
  clock: false,
};
const curves = {
  kind: "curves",
  tensor: "lines",
  rows: "schemes",
  across: "distance",
  up: "cosine",
  start: -4,
  every: 2,
};

for (const width of [200, 360, 620, 900]) {
  test(`the end of every hand lies under itself, ${width} pixels wide`, () => {
    const view = new VIEWS.dials(figure());
    const height = view.layout(dials, width);
    for (let place = 0; place < PLACES; place++) {
      for (let pair = 0; pair < PAIRS; pair++) {
        const { x, y } = view.middles[pair];
        const [across, up] = [0, 1].map((end) => hands[place * 2 * PAIRS + 2 * pair + end]);
        const [ex, ey] = [x + across * view.radius, y - up * view.radius];
        assert.ok(ex >= 0 && ex <= width && ey >= 0 && ey <= height);
        assert.deepEqual(view.at(ex, ey, dials), { dimension: 2 * pair, places: place });
        assert.deepEqual(view.at(x, y, dials), { dimension: 2 * pair });
      }
    }
  });

  test(`every place of a curve lies under itself, ${width} pixels wide`, () => {
    const view = new VIEWS.curves(figure());
    const height = view.layout(curves, width);
    for (let column = 0; column < POINTS; column++) {
      const x = 52 + (column / (POINTS - 1)) * view.width;
      assert.deepEqual(view.at(x, height / 2, curves), { dimension: column });
    }
    assert.deepEqual([view.low, view.high], [-7, 14]);
  });
}

test("names of lines take as many rows as they need, and none is cut or runs into another", () => {
  const found = figure();
  found.payload.tokens.schemes = [{ text: "attention" }, { text: "convolution" }];
  const chart = new VIEWS.curves(found);
  for (const [width, rows] of [
    [360, 1],
    [240, 2],
  ]) {
    chart.layout(curves, width);
    const [one, two] = chart.names;
    assert.equal(new Set(chart.names.map(({ y }) => y)).size, rows);
    assert.ok(rows === 2 || two.x > one.x + 27 + 7 * "attention".length);
    assert.ok(chart.names.every(({ x, text }) => x + 27 + 7 * text.length <= width));
    assert.equal(chart.top, 30 + 20 * (rows - 1));
  }
});

test("what lies within one power of ten is read off lines between the powers", () => {
  const found = figure();
  found.payload.tensors.losses = new Tensor(Float32Array.from([6.9, 2.1, 1.94]), [1, 3]);
  const chart = new VIEWS.curves(found);
  chart.layout({ ...curves, tensor: "losses", places: [1, 10, 100] }, 620);
  assert.deepEqual(chart.lines(), [
    [2, "2"],
    [5, "5"],
  ]);
});

test("no two of 25 lines are drawn alike, nor two neighbours in one colour", () => {
  const drawn = Array.from({ length: 25 }, (_, row) => lined(row));
  assert.equal(new Set(drawn.map(({ colour, dash }) => `${colour} ${dash}`)).size, 25);
  for (let row = 1; row < 25; row++) assert.notEqual(drawn[row].colour, drawn[row - 1].colour);
});

test("an angle is told as in mathematics, or as on a clock", () => {
  const rounded = ([across, up], clock) => Math.round(polar({ across, up }, clock).angle);
  const [right, top, left, foot] = [[1, 0], [0, 2], [-1, 0], [0, -1]]; // biome-ignore format: four directions
  assert.deepEqual(
    [right, top, left, foot].map((hand) => rounded(hand, false)),
    [0, 90, 180, 270],
  );
  assert.deepEqual(
    [right, top, left, foot].map((hand) => rounded(hand, true)),
    [90, 0, 270, 180],
  );
  assert.equal(polar({ across: 3, up: 4 }).length, 5);
});

test("arrows stop at the last dial, the last place and the last point", () => {
  const [clocks, chart] = [new VIEWS.dials(figure()), new VIEWS.curves(figure())];
  clocks.layout(dials, 620);
  chart.layout(curves, 620);
  assert.deepEqual(clocks.move(1e6, 1e6, dials, NOW), { dimension: 2 * (PAIRS - 1), places: PLACES - 1 });
  assert.deepEqual(clocks.move(-1e6, -1e6, dials, NOW), { dimension: 0, places: 0 });
  assert.deepEqual(clocks.move(1, 1, dials, NOW), { dimension: 2, places: 3 });
  assert.deepEqual(chart.move(1e6, 0, curves, NOW), { dimension: POINTS - 1 });
  assert.deepEqual(chart.move(-1e6, 0, curves, NOW), { dimension: 0 });
});

test("both are told in words and as tables", () => {
  const [clocks, chart] = [new VIEWS.dials(figure()), new VIEWS.curves(figure())];
  clocks.layout(dials, 620);
  chart.layout(curves, 620);
  assert.equal(clocks.describe(dials, NOW), "dial 0: at p2 at 144.0°, 1.00 long");
  assert.equal(clocks.summary(dials), "3 dials of two numbers each, for at p2");
  const [angles] = clocks.read(dials, "Places");
  assert.deepEqual([angles.rows.length, angles.columns.length], [PLACES, 2 * PAIRS]);
  assert.deepEqual([angles.cell(1, 0), angles.cell(1, 1)], ["72.0°", "1.000"]);
  assert.equal(chart.describe(curves, { ...NOW, dimension: 3 }), "distance 2: one −4.000, two 7.000");
  const [table] = chart.read(curves, "Lines");
  assert.deepEqual(table.rows.slice(0, 3), ["−4", "−2", "0"]);
  assert.equal(table.cell(4, 0), "–");
});

test("a curve whose columns are an axis of their own is looked at there", () => {
  const chart = new VIEWS.curves(figure());
  const own = { ...curves, axis: "apart" };
  chart.layout(own, 620);
  assert.deepEqual(chart.at(52, 100, own), { apart: 0 });
  assert.deepEqual(chart.move(1, 0, own, { ...NOW, dimension: 9, apart: 2 }), { apart: 3 });
  assert.equal(chart.describe(own, { ...NOW, apart: 3 }), "distance 2: one −4.000, two 7.000");
});

test("with places of their own both axes are logarithmic, and marks are told", () => {
  const found = figure();
  const chart = new VIEWS.curves(found);
  const values = Float32Array.from([1, 100, 1e4, 10, 1e3, 1e5]);
  found.payload.tensors.powers = new Tensor(values, [2, 3]);
  const marks = [{ name: "GPT-2", across: 10, up: 1e6 }];
  const view = { ...curves, tensor: "powers", places: [1, 10, 100], marks };
  chart.layout(view, 52 + 14 + 200);
  assert.deepEqual([chart.low, chart.high], [1, 1e6]);
  assert.deepEqual(chart.at(52 + 100, 100, view), { dimension: 1 }); // 10 is half of the way from 1 to 100
  assert.deepEqual(chart.at(52 + 149, 100, view), { dimension: 1 });
  assert.deepEqual(chart.at(52 + 151, 100, view), { dimension: 2 });
  assert.equal(chart.describe(view, { ...NOW, dimension: 2 }), "distance 100: one 10000, two 100000");
  assert.deepEqual(
    chart.lines(),
    Array.from("⁰¹²³⁴⁵⁶", (raised, at) => [10 ** at, `10${raised}`]),
  );
  const [, told] = chart.read(view, "Powers");
  assert.deepEqual([told.rows[0], told.cell(0, 0), told.cell(0, 1)], ["GPT-2", "10", "10⁶"]);
});
