/* SHA-256 (FIPS 180-4), over two pieces of memory: an image without the hash that stands in it. */
#include <string.h>

#include "image.h"

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

typedef struct {
    uint32_t state[8];
    uint8_t block[64];
    size_t filled;
} hasher;

static uint32_t rotated(uint32_t x, int n) { return x >> n | x << (32 - n); }

static inline void step(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g, uint32_t *h,
                        uint32_t word) {
    const uint32_t sum = *h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + word;
    *d += sum;
    *h = sum + (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
}

static void mix(uint32_t state[8], const uint8_t *block) {
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
               block[4 * i + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + (rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] +
               (rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(s, state, sizeof s);
    /* The names turn instead of the numbers, which stay in registers. */
    for (int i = 0; i < 64; i += 8) {
        step(s[0], s[1], s[2], &s[3], s[4], s[5], s[6], &s[7], K[i] + w[i]);
        step(s[7], s[0], s[1], &s[2], s[3], s[4], s[5], &s[6], K[i + 1] + w[i + 1]);
        step(s[6], s[7], s[0], &s[1], s[2], s[3], s[4], &s[5], K[i + 2] + w[i + 2]);
        step(s[5], s[6], s[7], &s[0], s[1], s[2], s[3], &s[4], K[i + 3] + w[i + 3]);
        step(s[4], s[5], s[6], &s[7], s[0], s[1], s[2], &s[3], K[i + 4] + w[i + 4]);
        step(s[3], s[4], s[5], &s[6], s[7], s[0], s[1], &s[2], K[i + 5] + w[i + 5]);
        step(s[2], s[3], s[4], &s[5], s[6], s[7], s[0], &s[1], K[i + 6] + w[i + 6]);
        step(s[1], s[2], s[3], &s[4], s[5], s[6], s[7], &s[0], K[i + 7] + w[i + 7]);
    }
    for (int i = 0; i < 8; i++) state[i] += s[i];
}

static void add(hasher *h, const uint8_t *data, size_t size) {
    while (size) {
        if (!h->filled && size >= 64) {
            mix(h->state, data);
            data += 64, size -= 64;
            continue;
        }
        const size_t part = size < 64 - h->filled ? size : 64 - h->filled;
        memcpy(h->block + h->filled, data, part);
        data += part, size -= part, h->filled += part;
        if (h->filled == 64) mix(h->state, h->block), h->filled = 0;
    }
}

void tg_sha256(const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size, uint8_t digest[32]) {
    hasher h = {{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, {0}, 0};
    const uint64_t bits = 8 * ((uint64_t)first_size + second_size);
    static const uint8_t padding[64] = {0x80};
    uint8_t length[8];
    add(&h, first, first_size);
    add(&h, second, second_size);
    add(&h, padding, (h.filled < 56 ? 56 : 120) - h.filled);
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
    add(&h, length, 8);
    for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(h.state[i / 4] >> (24 - 8 * (i % 4)));
}
