import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Playhead } from "../../assets/components/kit/playhead.js";
import { advance, clock, still } from "./clock.js";

const GLIDE = 340; // ms: as long as a glide and a frame

function playhead({ last = 5, again, words } = {}) {
  const head = new Playhead(() => {}, again, words);
  head.last = last;
  return head;
}

beforeEach(() => clock());

test("a glide ends at the next whole step", () => {
  const head = playhead();
  head.next();
  advance(GLIDE / 2);
  assert.ok(head.time > 0 && head.time < 1);
  advance(GLIDE);
  assert.equal(head.time, 1);
});

test("two keys within one glide move two steps", () => {
  const head = playhead();
  head.next();
  advance(60);
  head.next();
  advance(2 * GLIDE);
  assert.equal(head.time, 2);
});

test("a key back within a glide leads to where it began", () => {
  const head = playhead();
  head.next();
  advance(60);
  head.previous();
  advance(2 * GLIDE);
  assert.equal(head.time, 0);
});

test("a key that is held moves a step with every repeat, and is followed while it is held", () => {
  const head = playhead({ last: 20 });
  for (let repeat = 1; repeat <= 10; repeat++) {
    head.next();
    advance(33);
  }
  assert.ok(head.time > 3, `only at ${head.time}`);
  advance(2 * GLIDE);
  assert.equal(head.time, 10);
});

test("a key that is held at the end still arrives there", () => {
  const head = playhead({ last: 2 });
  for (let repeat = 0; repeat < 20; repeat++) {
    head.next();
    advance(33);
  }
  assert.equal(head.time, 2);
});

test("it never leaves its steps", () => {
  const head = playhead({ last: 3 });
  head.previous();
  advance(GLIDE);
  assert.equal(head.time, 0);
  head.go(99);
  advance(GLIDE);
  assert.equal(head.time, 3);
  head.set(-1);
  assert.equal(head.time, 0);
});

test("a key after a scrub counts from where the head was let go", () => {
  const head = playhead();
  head.set(2.4);
  head.next();
  advance(GLIDE);
  assert.equal(head.time, 3);
  head.set(2.4);
  head.previous();
  advance(GLIDE);
  assert.equal(head.time, 2);
});

test("playing goes through every step and stops at the end", () => {
  const head = playhead({ last: 2 });
  head.toggle();
  assert.ok(head.playing);
  advance(20_000);
  assert.equal(head.time, 2);
  assert.ok(!head.playing);
});

test("playing waits until the words of a step can have been read, once", () => {
  const left = [0];
  const head = playhead({ last: 1, again: () => left.pop() ?? null, words: () => 50 });
  head.toggle();
  advance(11_900); // 50 words at 250 a minute are 12 seconds
  assert.equal(head.time, 0);
  advance(12_100 - 11_900 + 1500);
  assert.equal(head.time, 1);
  advance(12_100);
  assert.equal(head.time, 0); // once more, to be looked at
  advance(3400);
  assert.equal(head.time, 1);
  assert.ok(head.playing);
  advance(1800);
  assert.ok(!head.playing);
});

test("at twice the speed it takes half the time", () => {
  const times = [1, 2].map((speed) => {
    const head = playhead({ last: 3, words: () => 20 });
    head.speed = speed;
    head.toggle();
    let time = 0;
    for (; head.playing; time += 50) advance(50);
    return time;
  });
  assert.ok(Math.abs(times[0] / times[1] - 2) < 0.02, String(times));
});

test("playing begins again where it is told to", () => {
  const left = [1, 1];
  const head = playhead({ last: 2, again: () => left.pop() ?? null });
  head.toggle();
  advance(60_000);
  assert.deepEqual(left, []);
  assert.ok(!head.playing);
});

test("a pause keeps the place, and a key ends the playing", () => {
  const head = playhead();
  head.toggle();
  advance(2500);
  const at = head.time;
  assert.ok(at > 0 && at < 1);
  head.toggle();
  advance(5000);
  assert.equal(head.time, at);
  head.toggle();
  head.next();
  advance(5000);
  assert.equal(head.time, 1);
  assert.ok(!head.playing);
});

test("whoever plays again after a pause has the whole time to look", () => {
  const head = playhead();
  head.toggle();
  advance(1000);
  head.toggle();
  head.toggle();
  advance(1000);
  assert.equal(head.time, 0);
});

test("who prefers stillness sees steps alone", () => {
  still(true);
  const seen = [];
  const head = new Playhead(() => seen.push(head.time));
  head.last = 2;
  head.next();
  head.toggle();
  advance(20_000);
  assert.ok(seen.every(Number.isInteger));
  assert.equal(head.time, 2);
});
