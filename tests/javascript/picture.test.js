import assert from "node:assert/strict";
import { test } from "node:test";
import { UNREAD } from "../../assets/components/kit/colour.js";
import { Tensor } from "../../assets/components/kit/payload.js";
import { veilOf } from "../../assets/components/kit/picture.js";

/** @param {"light" | "dark"} name @param {number} value */
function veiled(name, value) {
  const theme = { ...UNREAD, name, colours: { ink: "ink", surface: "surface" } };
  return veilOf(new Tensor(new Float32Array(12).fill(value), [3, 2, 2]), theme, 255);
}

test("a veil is seen on a white picture by day and on a black one by night", () => {
  assert.equal(veiled("light", 255), "ink");
  assert.equal(veiled("light", 100), "surface");
  assert.equal(veiled("dark", 0), "ink");
  assert.equal(veiled("dark", 255), "surface");
});
