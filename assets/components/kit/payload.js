// What Python sends: one safetensors file. Its metadata holds the words, its tensors the numbers.

/** @param {number} bits */
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** @type {Float32Array | undefined} */
let halves; // what each of the 65,536 halves stands for: no answer of a page finds it out anew

/**
 * A loop, since Float32Array.from takes twenty times as long and a page waits for it.
 *
 * @param {Uint16Array} raw
 * @param {(bits: number) => number} meaning
 */
function decoded(raw, meaning) {
  const numbers = new Float32Array(raw.length);
  for (let i = 0; i < raw.length; i++) numbers[i] = meaning(raw[i]);
  return numbers;
}

/**
 * How numbers of each kind are read. Weights come as 16-bit fixed point: 65535 stands for 1.
 *
 * @type {Record<string, (raw: ArrayBuffer) => Float32Array | Uint8Array>}
 */
const READ = {
  F32: (raw) => new Float32Array(raw),
  F16: (raw) => {
    halves ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => fromHalf(bits));
    const known = halves;
    return decoded(new Uint16Array(raw), (bits) => known[bits]);
  },
  U16: (raw) => decoded(new Uint16Array(raw), (fixed) => fixed / 65535),
  U8: (raw) => new Uint8Array(raw),
};

/** A tensor on the screen's side: `values` row after row, and doors to single cells. */
export class Tensor {
  /** @param {Float32Array | Uint8Array} values @param {number[]} shape */
  constructor(values, shape) {
    this.values = values;
    this.shape = shape;
    this.columns = shape[shape.length - 1];
    this.rows = shape[shape.length - 2] ?? 1;
  }

  /** @param {number} row @param {number} column @returns {number} */
  at(row, column) {
    return this.values[row * this.columns + column];
  }

  /** @param {number} row */
  row(row) {
    return this.values.subarray(row * this.columns, (row + 1) * this.columns);
  }

  /**
   * One matrix of a stack of matrices.
   *
   * @param {number} index
   */
  matrix(index) {
    const size = this.rows * this.columns;
    return new Tensor(this.values.subarray(index * size, (index + 1) * size), [this.rows, this.columns]);
  }
}

/** @typedef {{ dtype: string, shape: number[], data_offsets: [number, number] }} Entry of a safetensors header */

/**
 * bytes -> { ...words, tensors: { name: Tensor } }.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export function decode(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerSize = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerSize)));
  const { __metadata__: metadata, ...entries } = header;
  /** @type {Record<string, Tensor>} */
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets }] of /** @type {[string, Entry][]} */ (Object.entries(entries))) {
    const [start, end] = data_offsets.map((offset) => offset + 8 + headerSize);
    // the message is not aligned for typed arrays: copy
    tensors[name] = new Tensor(READ[dtype](bytes.slice(start, end).buffer), shape);
  }
  return { ...JSON.parse(metadata.words), tensors };
}
