import assert from "node:assert/strict";
import { test } from "node:test";
import { clamp, mix, nth, number, short, signed, total, typed } from "../../assets/components/kit/numbers.js";

test("a negative number has a true minus sign", () => {
  assert.equal(number(-1.5), "−1.50");
  assert.equal(number(1.5), "1.50");
});

test("what rounds to nothing has no sign", () => {
  assert.equal(number(-0.004), "0.00");
  assert.equal(number(-0), "0.00");
});

test("infinities and what is no number are signs", () => {
  assert.deepEqual(
    [Infinity, -Infinity, NaN].map((value) => number(value)),
    ["∞", "−∞", "–"],
  );
});

test("a plus sign stands before what is above zero alone", () => {
  assert.deepEqual(
    [1, 0, -1].map((value) => signed(value, 1)),
    ["+1.0", "0.0", "−1.0"],
  );
});

test("a weight in a cell has no leading zero, and one has one decimal", () => {
  assert.deepEqual(
    [0.654, 1, 0, 0.0049].map((value) => short(value, true)),
    [".65", "1.0", ".00", ".00"],
  );
});

test("a score in a cell has a decimal below ten", () => {
  assert.deepEqual(
    [9.94, 10.4, -1.25, -12].map((value) => short(value, false)),
    ["9.9", "10", "−1.3", "−12"],
  );
});

test("a value is kept between two ends", () => {
  assert.deepEqual(
    [-1, 0.5, 2].map((value) => clamp(value, 0, 1)),
    [0, 0.5, 1],
  );
});

test("a mixture begins at the first and ends at the second", () => {
  assert.deepEqual(
    [0, 0.25, 1].map((share) => mix(10, 30, share)),
    [10, 15, 30],
  );
});

test("a total is that of any numbers in a row", () => {
  assert.equal(total(new Float32Array([1, 2, 3.5])), 6.5);
  assert.equal(total([]), 0);
});

test("a number is read with a comma and a true minus sign, and not where it is none or too far from 0", () => {
  assert.deepEqual(
    ["−1,5", " 0.25 ", "99", "99.5", "", "two", "1e999"].map((text) => typed(text, 99)),
    [-1.5, 0.25, 99, null, null, null, null],
  );
});

test("places in a row are counted as one says them", () => {
  assert.deepEqual([1, 2, 3, 4, 11, 12, 21].map(nth), ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st"]);
});
