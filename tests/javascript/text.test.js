import assert from "node:assert/strict";
import { test } from "node:test";
import { indexed } from "../../assets/components/kit/text.js";

test("a single letter behind an underscore stands below the line", () => {
  assert.deepEqual(indexed("XW_x + PW_p"), ["XW", "x", " + PW", "p", ""]);
  assert.deepEqual(indexed("‖∂h_T/∂x_t‖"), ["‖∂h", "T", "/∂x", "t", "‖"]);
});

test("the name of a tensor or an argument keeps its underscore", () => {
  for (const name of ["is_causal", "d_model", "w_", "_x", "2_x", "x_2"]) assert.deepEqual(indexed(name), [name]);
});
