import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, Tensor } from "../../assets/components/kit/payload.js";

/** A safetensors file, `shift` bytes into its buffer: { name: [dtype, shape, typed array] }. */
function file(words, tensors, shift = 0) {
  const header = { __metadata__: { words: JSON.stringify(words) } };
  const parts = [];
  let at = 0;
  for (const [name, [dtype, shape, values]] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [at, at + values.byteLength] };
    parts.push(new Uint8Array(values.buffer));
    at += values.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(shift + 8 + text.length + at);
  new DataView(bytes.buffer).setBigUint64(shift, BigInt(text.length), true);
  bytes.set(text, shift + 8);
  let place = shift + 8 + text.length;
  for (const part of parts) {
    bytes.set(part, place);
    place += part.length;
  }
  return bytes.subarray(shift);
}

test("words come as they were said, of any script", () => {
  const { tensors, ...words } = decode(file({ lesson: "masks", tokens: ["日本", "<b>", "👩‍🚀"] }, {}));
  assert.deepEqual(words, { lesson: "masks", tokens: ["日本", "<b>", "👩‍🚀"] });
  assert.deepEqual(tensors, {});
});

test("numbers of every kind come as what they stand for", () => {
  const { tensors } = decode(
    file(
      {},
      {
        exact: ["F32", [2], new Float32Array([1.5, -2.25])],
        weights: ["U16", [3], new Uint16Array([0, 65535, 32768])],
        bytes: ["U8", [2], new Uint8Array([0, 255])],
        half: ["F16", [6], new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7c00, 0xfc00, 0x7e00])],
      },
    ),
  );
  assert.deepEqual([...tensors.exact.values], [1.5, -2.25]);
  assert.deepEqual(
    [...tensors.weights.values].map((value) => Number(value.toFixed(4))),
    [0, 1, 0.5],
  );
  assert.deepEqual([...tensors.bytes.values], [0, 255]);
  assert.deepEqual([...tensors.half.values], [1, -2, 2 ** -24, Infinity, -Infinity, NaN]);
});

test("a message that begins anywhere in its buffer is read alike", () => {
  for (const shift of [0, 1, 3, 8]) {
    const { tensors } = decode(
      file({}, { odd: ["U8", [1], new Uint8Array([7])], x: ["F32", [1], new Float32Array([0.5])] }, shift),
    );
    assert.equal(tensors.x.at(0, 0), 0.5);
  }
});

test("a cell, a row and a matrix of a stack are where they belong", () => {
  const stack = new Tensor(
    Float32Array.from({ length: 30 }, (_, i) => i),
    [2, 3, 5],
  );
  assert.equal(stack.matrix(1).at(2, 4), 29);
  assert.deepEqual([...stack.matrix(1).row(0)], [15, 16, 17, 18, 19]);
  assert.deepEqual([stack.rows, stack.columns], [3, 5]);
});
