/* The gates on 512-bit vectors: for avx512vnni.c and amx.c.
 *
 * A block is 32 units. vpermw looks a coefficient up in all 32 pieces at once, where narrower vectors need four shuffles;
 * vpdpwssd with the constants (1, 0) and (0, 1) adds even and odd lanes to 32-bit pools without widening them first.
 *
 * In a dense tail one vector of sums holds i4 f4 g4 o4 of a slot, and eight slots together fill one vector per gate. */
#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
#define LANES 32
#define LOAD(p) _mm512_loadu_si512((const void *)(p))
#define STORE(p, v) _mm512_storeu_si512((void *)(p), v)
#define SHUFFLE _mm512_shuffle_i64x2

typedef __m512i V;
enum { BLOCK_SUMS = 128, SLOT_SUMS = 144, TAIL_SUMS = 16, UNITS = 32 };

/* Where a lane of a pool with 32 lanes stands: even lanes first where it is a sum. */
INLINE size_t pool_place(int mean, size_t lane) { return mean ? lane % 2 * 16 + lane / 2 : lane; }

#include "tail.h"

/* What every gate needs, kept in registers over a step. */
typedef struct {
    V table[3][3]; /* sigmoid, candidate, cell */
    V centre;
    __m256i offset; /* of codes, to be flipped in */
    const tg_packed *packed;
    tg_slots *slots;
    int argument_shift, cell_shift, mean;
} gate_constants;

INLINE gate_constants constants(const tg_packed *p, tg_slots *s) {
    gate_constants k;
    const int16_t *const tables[3] = {p->image->sigmoid, p->image->candidate, p->image->cell};
    for (int t = 0; t < 3; t++)
        for (int c = 0; c < 3; c++) k.table[t][c] = LOAD(tables[t] + c * TG_SEGMENTS);
    k.centre = _mm512_set1_epi16(-32768);
    k.offset = _mm256_set1_epi8((char)p->kernel->code_offset);
    k.packed = p, k.slots = s;
    k.argument_shift = p->argument_shift, k.cell_shift = p->cell_shift, k.mean = p->pooling == TG_POOL_MEAN;
    return k;
}

/* Shifts of 512 bits run on one port, products on two: so x >> 11 and x << 5 are products with 32. */
INLINE V value(V x, const V table[3], V centre) {
    const V by = _mm512_set1_epi16(32);
    const V piece = _mm512_mulhi_epu16(x, by), t = _mm512_xor_si512(_mm512_mullo_epi16(x, by), centre);
    const V inner = _mm512_add_epi16(_mm512_permutexvar_epi16(piece, table[1]),
                                     _mm512_mulhrs_epi16(t, _mm512_permutexvar_epi16(piece, table[2])));
    return _mm512_add_epi16(_mm512_permutexvar_epi16(piece, table[0]), _mm512_mulhrs_epi16(t, inner));
}

INLINE V argument(V a, V b, V by_a, V by_b, V multipliers, V addends, const gate_constants *k) {
    V x = _mm512_packs_epi32(_mm512_srav_epi32(a, by_a), _mm512_srav_epi32(b, by_b));
    x = _mm512_adds_epi16(_mm512_mulhrs_epi16(x, multipliers), addends);
    x = _mm512_adds_epi16(x, x);
    x = _mm512_adds_epi16(x, x);
    if (k->argument_shift > 2) x = _mm512_adds_epi16(x, x);
    if (k->argument_shift > 3) x = _mm512_adds_epi16(x, x);
    return x;
}

/* Cell, hidden state and pool of 32 units; -> hidden states. */
INLINE V cell_update(V i, V f, V g, V o, int16_t *cells, int32_t *pools, const gate_constants *k) {
    const V cell = _mm512_adds_epi16(_mm512_mulhrs_epi16(f, LOAD(cells)), _mm512_mulhrs_epi16(i, g));
    V twice = _mm512_adds_epi16(cell, cell);
    STORE(cells, cell);
    if (k->cell_shift > 1) twice = _mm512_adds_epi16(twice, twice);
    if (k->cell_shift > 2) twice = _mm512_adds_epi16(twice, twice);
    const V state = _mm512_mulhrs_epi16(o, value(twice, k->table[2], k->centre));
    if (k->mean) {
        STORE(pools, _mm512_dpwssd_epi32(LOAD(pools), state, _mm512_set1_epi32(1)));
        STORE(pools + 16, _mm512_dpwssd_epi32(LOAD(pools + 16), state, _mm512_set1_epi32(0x10000)));
    } else {
        STORE(pools, k->packed->pooling == TG_POOL_MAX ? _mm512_max_epi16(state, LOAD(pools)) : state);
    }
    return state;
}

/* (h + 128) >> 8 with saturation is a rounded product with 128, then a saturating narrowing. */
INLINE __m256i codes_of(V states, const gate_constants *k) {
    const V codes = _mm512_mulhrs_epi16(states, _mm512_set1_epi16(128));
    return _mm256_xor_si256(_mm512_cvtsepi16_epi8(codes), k->offset);
}

INLINE uint8_t *own_codes(const gate_constants *k, size_t slot) {
    return k->slots->codes[1] + slot * k->slots->strides.codes + (k->packed->width - k->packed->hidden);
}

INLINE V gate(const int32_t *sums, uint32_t at, const int16_t *addends, int table, const gate_constants *k) {
    const int32_t *by = k->packed->shifts + at;
    const V x = argument(LOAD(sums), LOAD(sums + 16), LOAD(by), LOAD(by + 16), LOAD(k->packed->multipliers + at),
                         LOAD(addends + at), k);
    return value(x, k->table[table], k->centre);
}

/* One block of one slot. */
INLINE void gates_of_block(const int32_t *sums, size_t slot, uint32_t block, const int16_t *addends,
                           const gate_constants *k) {
    const tg_slots *s = k->slots;
    const uint32_t at = block * BLOCK_SUMS;
    tg_fetch(s->addends_ahead[slot] + at, BLOCK_SUMS);
    const V i = gate(sums, at, addends, 0, k), f = gate(sums + 32, at + 32, addends, 0, k);
    const V g = gate(sums + 64, at + 64, addends, 1, k), o = gate(sums + 96, at + 96, addends, 0, k);
    int16_t *cells = s->cells + slot * s->strides.cells + block * UNITS;
    int32_t *pools = s->pools + slot * s->strides.pools;
    pools = k->mean ? pools + block * UNITS : (int32_t *)((int16_t *)pools + block * UNITS);
    const V states = cell_update(i, f, g, o, cells, pools, k);
    _mm256_storeu_si256((__m256i *)(own_codes(k, slot) + block * UNITS), codes_of(states, k));
}

INLINE V two_rows(const int16_t *a, const int16_t *b) {
    const V order = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0);
    const __m256i first = _mm256_loadu_si256((const __m256i *)a), second = _mm256_loadu_si256((const __m256i *)b);
    return _mm512_permutex2var_epi64(_mm512_castsi256_si512(first), order, _mm512_castsi256_si512(second));
}

/* Arguments of the tails of two slots: 8 of i, of f, of g, of o. */
INLINE V tail_arguments(const int32_t *sums, const int16_t *a, const int16_t *b, uint32_t vector, const gate_constants *k) {
    const uint32_t at = k->packed->blocks * BLOCK_SUMS;
    const V by = LOAD(k->packed->shifts + vector * 16);
    const int16_t *multipliers = k->packed->multipliers + at;
    return argument(LOAD(sums), LOAD(sums + TAIL_SUMS), by, by, two_rows(multipliers, multipliers), two_rows(a + at, b + at), k);
}

/* The tails of eight slots from one divisible by eight on. */
INLINE void gates_of_tails(const int32_t *sums, size_t slot, const int16_t *const *addends, const gate_constants *k) {
    const uint32_t v = 8 * k->packed->blocks;
    const V x0 = tail_arguments(sums, addends[0], addends[1], v, k), x1 = tail_arguments(sums + 32, addends[2], addends[3], v, k);
    const V x2 = tail_arguments(sums + 64, addends[4], addends[5], v, k), x3 = tail_arguments(sums + 96, addends[6], addends[7], v, k);
    const V ig0 = SHUFFLE(x0, x1, 0x88), fo0 = SHUFFLE(x0, x1, 0xdd), ig1 = SHUFFLE(x2, x3, 0x88), fo1 = SHUFFLE(x2, x3, 0xdd);
    const V i = value(SHUFFLE(ig0, ig1, 0x88), k->table[0], k->centre), g = value(SHUFFLE(ig0, ig1, 0xdd), k->table[1], k->centre);
    const V f = value(SHUFFLE(fo0, fo1, 0x88), k->table[0], k->centre), o = value(SHUFFLE(fo0, fo1, 0xdd), k->table[0], k->centre);
    const V states = cell_update(i, f, g, o, tail_cells(k->slots, slot), tail_pools(k->slots, slot), k);
    uint32_t codes[8];
    _mm256_storeu_si256((__m256i *)codes, codes_of(states, k));
    for (size_t n = 0; n < 8; n++) memcpy(own_codes(k, slot + n) + k->packed->blocks * UNITS, codes + n, 4);
}

/* The tail of one slot alone: each gate's four units in the lowest lanes. */
INLINE void gates_of_tail(const int32_t *sums, const int16_t *addends, const gate_constants *k) {
    const V x = tail_arguments(sums, addends, addends, 8 * k->packed->blocks, k);
    const V i = value(x, k->table[0], k->centre), f = value(SHUFFLE(x, x, 0x55), k->table[0], k->centre);
    const V g = value(SHUFFLE(x, x, 0xaa), k->table[1], k->centre), o = value(SHUFFLE(x, x, 0xff), k->table[0], k->centre);
    const V states = cell_update(i, f, g, o, tail_cells(k->slots, 0), tail_pools(k->slots, 0), k);
    const int codes = _mm_cvtsi128_si32(_mm256_castsi256_si128(codes_of(states, k)));
    memcpy(own_codes(k, 0) + k->packed->blocks * UNITS, &codes, 4);
}

/* Sums by vpdpbusd, 16 lanes of 4 products. As assembly, since compilers otherwise keep copies of accumulators in memory
 * inside the loop; noinline for the same reason. */
#define DOT(acc, x, w) __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(x), "v"(w))
#define DOT_MEMORY(acc, x, p) __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(x), "m"(*(const V *)(p)))
#define UNROLL _Pragma("GCC unroll 32")
#define PRODUCT(NAME, ROWS, VECTORS)                                                                                   \
    NOINLINE void NAME(const tg_packed *p, uint32_t vector, const uint8_t *codes, size_t stride, int32_t *sums,        \
                       size_t apart) {                                                                                 \
        const int8_t *w = p->weights + (size_t)vector * 64;                                                            \
        const size_t line = (size_t)p->vectors * 64;                                                                   \
        V acc[ROWS][VECTORS];                                                                                          \
        UNROLL for (int r = 0; r < ROWS; r++)                                                                          \
            UNROLL for (int v = 0; v < VECTORS; v++) acc[r][v] = LOAD(p->start + (vector + v) * 16);                   \
        for (uint32_t k = 0; k < p->groups; k++, w += line) {                                                          \
            V x[ROWS];                                                                                                 \
            UNROLL for (int r = 0; r < ROWS; r++)                                                                      \
                x[r] = _mm512_set1_epi32(*(const int *)(const void *)(codes + r * stride + 4 * k));                    \
            if (ROWS == 1) {                                                                                           \
                UNROLL for (int v = 0; v < VECTORS; v++) DOT_MEMORY(acc[0][v], x[0], w + v * 64);                      \
            } else {                                                                                                   \
                UNROLL for (int v = 0; v < VECTORS; v++) {                                                             \
                    const V weights = LOAD(w + v * 64);                                                                \
                    UNROLL for (int r = 0; r < ROWS; r++) DOT(acc[r][v], x[r], weights);                               \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        UNROLL for (int r = 0; r < ROWS; r++)                                                                          \
            UNROLL for (int v = 0; v < VECTORS; v++) STORE(sums + r * apart + v * 16, acc[r][v]);                      \
    }
PRODUCT(product_1_8, 1, 8)
PRODUCT(product_2_8, 2, 8)
PRODUCT(product_3_8, 3, 8)
PRODUCT(product_1_9, 1, 9)
PRODUCT(product_8_1, 8, 1)

INLINE void blocks_of_slots(size_t slot, size_t rows, const uint8_t *codes, const int16_t *const *addends,
                            const gate_constants *k) {
    const tg_packed *p = k->packed;
    int32_t *sums = k->slots->sums;
    for (uint32_t block = 0; block < p->blocks; block++) {
        if (rows == 3) product_3_8(p, 8 * block, codes, k->slots->strides.codes, sums, SLOT_SUMS);
        if (rows == 2) product_2_8(p, 8 * block, codes, k->slots->strides.codes, sums, SLOT_SUMS);
        if (rows == 1) product_1_8(p, 8 * block, codes, k->slots->strides.codes, sums, SLOT_SUMS);
        for (size_t r = 0; r < rows; r++) gates_of_block(sums + r * SLOT_SUMS, slot + r, block, addends[r], k);
    }
}

/* One text: the tail's vector goes with the last block, first of all, so that its gates run beside other products. */
INLINE void step_of_one(const uint8_t *codes, const int16_t *addends, const gate_constants *k) {
    const tg_packed *p = k->packed;
    int32_t *sums = k->slots->sums;
    uint32_t blocks = p->blocks;
    if (blocks && has_tail(p)) {
        product_1_9(p, 8 * --blocks, codes, 0, sums, 0);
        gates_of_tail(sums + BLOCK_SUMS, addends, k);
        gates_of_block(sums, 0, blocks, addends, k);
    }
    for (uint32_t block = 0; block < blocks; block++) {
        int32_t *own = sums + (block % 2 + 1) * SLOT_SUMS;
        product_1_8(p, 8 * block, codes, 0, own, 0);
        gates_of_block(own, 0, block, addends, k);
    }
}

/* codes: those of s->codes[0], plus 128. */
NOINLINE void step_by_vectors(const tg_packed *p, tg_slots *s, size_t count, const uint8_t *codes,
                              const int16_t *const *addends) {
    const gate_constants k = constants(p, s);
    const size_t stride = s->strides.codes;
    if (count == 1 && p->blocks) {
        step_of_one(codes, addends[0], &k);
        return;
    }
    for (size_t slot = 0; slot < count; slot += 3)
        blocks_of_slots(slot, count - slot < 3 ? count - slot : 3, codes + slot * stride, addends + slot, &k);
    for (size_t slot = 0; has_tail(p) && slot < count; slot += TAIL_SLOTS) {
        product_8_1(p, 8 * p->blocks, codes + slot * stride, stride, s->sums, TAIL_SUMS);
        gates_of_tails(s->sums, slot, addends + slot, &k);
    }
}
