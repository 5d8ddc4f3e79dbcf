import assert from "node:assert/strict";
import { test } from "node:test";
import { Moments } from "../../assets/components/kit/moments.js";

/** @param {number[]} updates */
function looking(updates) {
  let painted = 0;
  const moments = new Moments(() => painted++);
  moments.hold(updates, true);
  return { moments, painted: () => painted };
}

test("the latest is looked at, and stays so when more come", () => {
  const { moments } = looking([0, 5, 10]);
  assert.deepEqual([moments.at, moments.latest], [2, true]);
  moments.hold([0, 5, 10, 15], false);
  assert.deepEqual([moments.at, moments.latest], [3, true]);
});

test("keys go to the one before, the next, the first, the last, and no further; each paints", () => {
  const { moments, painted } = looking([0, 5, 10]);
  const found = ["ArrowLeft", "Home", "ArrowLeft", "ArrowRight", "End", "ArrowRight"].map((key) => {
    assert.ok(moments.step(key));
    return moments.at;
  });
  assert.deepEqual(found, [1, 0, 0, 1, 2, 2]);
  assert.equal(painted(), 6);
  assert.equal(moments.step("a"), false);
});

test("a moment of the past stays while more come, and is left when another training begins", () => {
  const { moments } = looking([0, 5, 10]);
  moments.step("Home");
  moments.hold([0, 5, 10, 15], false);
  assert.deepEqual([moments.at, moments.latest], [0, false]);
  moments.hold([0, 5], true);
  assert.deepEqual([moments.at, moments.latest], [1, true]);
});

test("the pointer looks at the nearest moment, and leaving it goes back to the latest, a finger lifted does not", () => {
  const { moments } = looking([0, 5, 10, 15]);
  const curves = /** @type {any} */ ({ getBoundingClientRect: () => ({ left: 100, width: 300 }) });
  moments.follow(curves, (x, width) => (x / width) * 15);
  curves.onpointermove({ clientX: 100 + 120 });
  assert.equal(moments.at, 1);
  curves.onpointerleave({ pointerType: "touch" });
  assert.equal(moments.at, 1);
  curves.onpointerleave({ pointerType: "mouse" });
  assert.deepEqual([moments.at, moments.latest], [3, true]);
});
