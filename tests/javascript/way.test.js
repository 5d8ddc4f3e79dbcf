// The way from a product to its weight: who computes the numbers that are said gets the weight.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deliveredOf, saidOf, softmaxOf, termOf, termsOf, wayOf } from "../../assets/components/kit/way.js";

const PLAIN = { scale: 1, softcap: null, sink: null };
const near = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-9, `${found} is not ${expected}`);
const text = (...asked) =>
  saidOf(...asked)
    .map(([part]) => part)
    .join("");

test("two keys without a scale share as 1 and e do", () => {
  near(wayOf(PLAIN, { products: [0, 1] }, 1).weight, Math.E / (1 + Math.E));
});

test("scale, cap, bias, mask and sink act in the order of the model", () => {
  const way = { scale: 0.5, softcap: 2, sink: 0.25 };
  const asked = { products: [4, -2, 50], bias: [0.5, -0.5, 1], allowed: [1, 1, 0] };
  const scores = [2 * Math.tanh(1) + 0.5, 2 * Math.tanh(-0.5) - 0.5];
  const whole = Math.exp(scores[0]) + Math.exp(scores[1]) + Math.exp(0.25);
  near(wayOf(way, asked, 0).weight, Math.exp(scores[0]) / whole);
  near(wayOf(way, asked, 1).weight, Math.exp(scores[1]) / whole);
  assert.equal(wayOf(way, asked, 2).weight, 0);
});

test("large scores do not overflow", () => {
  near(wayOf(PLAIN, { products: [2000, 2000] }, 0).weight, 0.5);
});

test("only the steps that a layer takes are named", () => {
  const plain = text(PLAIN, { products: [0, 1] }, 1, 0.7311);
  assert.equal(
    plain,
    "sum of q × k 1.000, not scaled → softmax: e^(1.000 − 1.000) = 1.000 of 1.368 in the row → 0.7311",
  );
  const all = text(
    { scale: 0.125, softcap: 50, sink: -1 },
    { products: [8, 8], bias: [-0.5, 0], allowed: [1, 1] },
    0,
    0.4,
  );
  for (const step of [
    "÷ 8.000 = 1.000",
    "soft cap 50.0",
    "− position bias 0.500 = 0.500",
    "may be seen",
    "the sink's",
  ]) {
    assert.ok(all.includes(step), `${step} is not in: ${all}`);
  }
  assert.ok(text(PLAIN, { products: [1, 2], allowed: [1, 0] }, 1, 0).endsWith("mask: may not be seen, so exactly 0"));
});

test("a learner who computes with the numbers that are said gets the weight", () => {
  const asked = { products: [3.1234, -1.9876, 0.5432] };
  const [, part, whole] = text({ ...PLAIN, scale: 0.5 }, asked, 2, 0).match(/= ([\d.]+) of ([\d.]+) in the row/);
  assert.ok(Math.abs(part / whole - wayOf({ ...PLAIN, scale: 0.5 }, asked, 2).weight) < 0.001);
});

test("a weight times the length of its value is a share of what arrives", () => {
  const said = deliveredOf([0.5, 0.5], [5, 15], 1, 0.75)
    .map(([part]) => part)
    .join("");
  assert.equal(said, " × ‖v‖ 15.000 = 7.500 of 10.000 in the row → 0.7500");
});

const words = (spans) => spans.map(([part]) => part).join("");

test("a short product is written term by term, and a long one is not", () => {
  assert.equal(words(termsOf([2, -1], [0.5, -3])), "2.00 × 0.50 + (−1.00) × (−3.00)");
  assert.deepEqual(termsOf(new Array(7).fill(1), new Array(7).fill(1)), []);
  assert.equal(termOf(4, [2, -3, -6]), "number 4: 2.00 × (−3.00) = −6.00");
});

test("a weight is its exponential over the sum of those of its row", () => {
  const said = words(softmaxOf([0, 1, -1], 1, Math.E / (1 + Math.E + 1 / Math.E)));
  assert.equal(said, " → e^1.00 = 2.72 ÷ (1.00 + 2.72 + 0.37) = 0.665");
});

test("where scores are large or many, the largest is taken off before", () => {
  assert.equal(words(softmaxOf([100, 99], 99, 0.269)), " → e^(99.00 − 100.00) = 0.37 ÷ (1.00 + 0.37) = 0.269");
  assert.equal(words(softmaxOf(new Array(7).fill(2), 2, 1 / 7)), " → e^(2.00 − 2.00) = 1.00 ÷ 7.00 = 0.143");
});
