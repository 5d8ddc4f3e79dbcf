// What Python sends: one safetensors file. Its metadata holds the words, its tensors the numbers.

const LITTLE = { F32: [Float32Array, 4], F16: [Uint16Array, 2], U16: [Uint16Array, 2], U8: [Uint8Array, 1] };

function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A tensor on the screen's side: `values` row after row, and doors to single cells. */
export class Tensor {
  constructor(values, shape) {
    this.values = values;
    this.shape = shape;
    this.columns = shape[shape.length - 1];
    this.rows = shape[shape.length - 2] ?? 1;
  }

  at(row, column) {
    return this.values[row * this.columns + column];
  }

  row(row) {
    return this.values.subarray(row * this.columns, (row + 1) * this.columns);
  }

  /** One matrix of a stack of matrices. */
  matrix(index) {
    const size = this.rows * this.columns;
    return new Tensor(this.values.subarray(index * size, (index + 1) * size), [this.rows, this.columns]);
  }
}

/** bytes -> { ...words, tensors: { name: Tensor } }. Weights come as 16-bit fixed point: 65535 stands for 1. */
export function decode(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerSize = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerSize)));
  const words = JSON.parse(header.__metadata__.words);
  const tensors = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [Numbers, size] = LITTLE[entry.dtype];
    const [start, end] = entry.data_offsets.map((offset) => offset + 8 + headerSize);
    // the message is not aligned for typed arrays: copy
    const raw = new Numbers(bytes.slice(start, end).buffer, 0, (end - start) / size);
    const values =
      entry.dtype === "F16" ? Float32Array.from(raw, fromHalf)
      : entry.dtype === "U16" ? Float32Array.from(raw, (fixed) => fixed / 65535)
      : raw;
    tensors[name] = new Tensor(values, entry.shape);
  }
  return { ...words, tensors };
}
