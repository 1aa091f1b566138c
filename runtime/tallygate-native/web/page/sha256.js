// SHA-256 (FIPS 180-4). The browser's own is there only on pages that it calls secure, and a file need not be one.

const ROOTS = constants();

/**
 * @param {Uint8Array} bytes
 * @returns {string} 64 hexadecimal digits
 */
export function sha256(bytes) {
  const state = ROOTS.start.slice();
  const words = new Int32Array(64);
  const whole = bytes.length - (bytes.length % 64);
  digestBlocks(state, words, bytes.subarray(0, whole));
  digestBlocks(state, words, lastBlocks(bytes, whole));
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** The first 32 bits behind the point of square roots and cube roots of the first primes. */
function constants() {
  /** @type {number[]} */
  const primes = [];
  for (let number = 2; primes.length < 64; number++) if (primes.every((prime) => number % prime)) primes.push(number);
  /** @param {number} root */
  const bits = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
  return {
    start: Int32Array.from(primes.slice(0, 8), (prime) => bits(Math.sqrt(prime))),
    rounds: Int32Array.from(primes, (prime) => bits(Math.cbrt(prime))),
  };
}

/**
 * The rest, a one bit, zeros, and the length in bits.
 *
 * @param {Uint8Array} bytes
 * @param {number} whole
 */
function lastBlocks(bytes, whole) {
  const rest = bytes.length - whole;
  const last = new Uint8Array(rest < 56 ? 64 : 128);
  last.set(bytes.subarray(whole));
  last[rest] = 0x80;
  new DataView(last.buffer).setBigUint64(last.length - 8, BigInt(bytes.length) * 8n);
  return last;
}

/**
 * @param {Int32Array} state
 * @param {Int32Array} words
 * @param {Uint8Array} blocks
 */
function digestBlocks(state, words, blocks) {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  for (let at = 0; at < blocks.length; at += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(at + 4 * i);
    digestBlock(state, words);
  }
}

/**
 * @param {number} word
 * @param {number} by
 */
function turned(word, by) {
  return (word >>> by) | (word << (32 - by));
}

/**
 * @param {Int32Array} state
 * @param {Int32Array} w the block, and room for its schedule
 */
function digestBlock(state, w) {
  for (let i = 16; i < 64; i++) {
    const early = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ (w[i - 15] >>> 3);
    const late = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ (w[i - 2] >>> 10);
    w[i] = (w[i - 16] + early + w[i - 7] + late) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const choice = (e & f) ^ (~e & g);
    const first = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + choice + ROOTS.rounds[i] + w[i]) | 0;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + majority) | 0;
    h = g; g = f; f = e; e = (d + first) | 0; d = c; c = b; b = a; a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, at) => (state[at] += value));
}
