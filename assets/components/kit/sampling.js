// From scores for the next token to one of them: as core/analysis/sampling.py does it, so that a slider moves the bars at once.

/** @typedef {{ temperature: number, topK: number, topP: number }} Sampling topK: 0 = all */

/**
 * The probability of each token; 0 for those that do not stay.
 *
 * @param {Float32Array | Uint8Array} scores the likeliest first
 * @param {Sampling} sampling
 */
export function probabilities(scores, { temperature, topK, topP }) {
  const shares = new Float64Array(scores.length);
  if (temperature === 0) {
    shares[0] = 1;
    return shares;
  }
  const most = topK > 0 ? Math.min(topK, scores.length) : scores.length;
  let sum = 0;
  for (let rank = 0; rank < most; rank++) sum += shares[rank] = Math.exp((scores[rank] - scores[0]) / temperature);
  let before = 0;
  let kept = 0;
  for (let rank = 0; rank < most; rank++) {
    const share = shares[rank] / sum;
    const stays = topP >= 1 || rank === 0 || before < topP;
    shares[rank] = stays ? share : 0;
    before += share;
    kept += shares[rank];
  }
  for (let rank = 0; rank < most; rank++) shares[rank] /= kept;
  return shares;
}

/**
 * The rank of the token at a share of 0 to 1 of all probability, counted from the likeliest on.
 *
 * @param {Float64Array} shares
 * @param {number} at
 */
export function drawn(shares, at) {
  let sum = 0;
  let last = 0;
  for (let rank = 0; rank < shares.length && shares[rank] > 0; rank++) {
    sum += shares[rank];
    if (sum > at) return rank;
    last = rank;
  }
  return last;
}

/**
 * How many tokens stay, and how much choice there is among them, in bits.
 *
 * @param {Float64Array} shares
 */
export function choice(shares) {
  let [stay, bits] = [0, 0];
  for (let rank = 0; rank < shares.length; rank++) {
    if (!shares[rank]) continue;
    stay += 1;
    bits -= shares[rank] * Math.log2(shares[rank]);
  }
  return { stay, bits };
}
