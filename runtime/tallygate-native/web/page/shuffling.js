// The order in which random.Random(seed).sample(items, len(items)) of Python puts all items: goldens name every word in it.
//
// The Mersenne Twister (Matsumoto and Nishimura, 1998) with its seeding by an array, which here holds the seed alone.

const SIZE = 624;

/**
 * @template T
 * @param {readonly T[]} items
 * @param {number} seed below 2^32
 */
export function shuffled(items, seed) {
  const random = new Twister(seed);
  const pool = [...items];
  return items.map((_, at) => {
    const last = pool.length - 1 - at;
    const chosen = random.below(last + 1);
    const item = pool[chosen];
    pool[chosen] = pool[last];
    return item;
  });
}

class Twister {
  #words = new Uint32Array(SIZE);
  #at = SIZE;

  /** @param {number} seed */
  constructor(seed) {
    const words = this.#words;
    words[0] = 19650218;
    for (let i = 1; i < SIZE; i++) words[i] = Math.imul(1812433253, folded(words[i - 1])) + i;
    let place = 1;
    /** @param {number} factor @param {number} count @param {(place: number) => number} more */
    const mix = (factor, count, more) => {
      for (; count; count--) {
        words[place] = (words[place] ^ Math.imul(folded(words[place - 1]), factor)) + more(place);
        if (++place === SIZE) [words[0], place] = [words[SIZE - 1], 1];
      }
    };
    mix(1664525, SIZE, () => seed);
    mix(1566083941, SIZE - 1, (at) => -at);
    words[0] = 0x80000000;
  }

  /**
   * A number from 0 to one below `limit`: as many bits as it takes, drawn until they are small enough.
   *
   * @param {number} limit at least 1
   */
  below(limit) {
    const unused = Math.clz32(limit);
    for (;;) {
      const drawn = this.#next() >>> unused;
      if (drawn < limit) return drawn;
    }
  }

  #next() {
    if (this.#at === SIZE) this.#twist();
    let word = this.#words[this.#at++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #twist() {
    const words = this.#words;
    for (let i = 0; i < SIZE; i++) {
      const joined = (words[i] & 0x80000000) | (words[(i + 1) % SIZE] & 0x7fffffff);
      words[i] = words[(i + 397) % SIZE] ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.#at = 0;
  }
}

/** @param {number} word */
function folded(word) {
  return word ^ (word >>> 30);
}
