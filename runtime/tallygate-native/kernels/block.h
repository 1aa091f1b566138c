/* One step by blocks of units, for every processor whose vectors have 128 or 256 bits.
 *
 * Included by a kernel file that says what its instruction set calls things:
 *   LANES                 int16 lanes of a vector V; a vector of sums S has half as many int32 lanes
 *   LOAD STORE ADD ADDS MULHRS SRL11 SLL5 XOR SET1 MAX16      on int16 lanes, loads and stores at any address
 *   SUMS_LOAD SUMS_STORE  on int32 lanes
 *   NARROW(sums, shifts, shift)  two vectors of sums, each lane shifted down, saturated to int16
 *   X, CODES(p), DOT(sum, x, weights), CODE_BYTES             the product: one group of codes for all lanes
 *   INDEX, PIECES(x0, x1), LOOK(planes, index), LOW(a, b), HIGH(a, b)   bytes of a table for two vectors of arguments
 *   STORE_CODES(p, h)     hidden states to codes
 *   POOL_ADD(p, h)        hidden states onto 32-bit sums
 *
 * The old way looks a coefficient up for one vector of arguments: two byte planes of two halves, so four shuffles. Here
 * two slots go through the gates together, so that one shuffle serves a byte of both: half the shuffles. Sums of a block
 * stay in L1 between product and gates; the weights of a block serve all slots before the next block's are read. */
#include <stddef.h>

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
enum { BLOCK_VECTORS = 8, BLOCK_SUMS = 4 * LANES, HALF = LANES / 2, TABLE = 384, COEFFICIENT = 128 };

/* rows slots times vectors sums; weights and start at the first vector, sums of a slot APART each. */
#define PRODUCT(NAME, ROWS, VECTORS, APART)                                                                            \
    NOINLINE void NAME(const tg_packed *p, const uint8_t *weights, const int32_t *start, const uint8_t *codes,           \
                     size_t stride, int32_t *sums) {                                                                   \
        const size_t line = (size_t)p->vectors * GROUP_BYTES;                                                          \
        S acc[ROWS][VECTORS];                                                                                          \
        for (int r = 0; r < ROWS; r++)                                                                                 \
            for (int v = 0; v < VECTORS; v++) acc[r][v] = SUMS_LOAD(start + v * HALF);                                 \
        for (uint32_t k = 0; k < p->groups; k++, weights += line) {                                                    \
            X x[ROWS];                                                                                                 \
            for (int r = 0; r < ROWS; r++) x[r] = CODES(codes + r * stride + 4 * k);                                   \
            for (int v = 0; v < VECTORS; v++)                                                                          \
                for (int r = 0; r < ROWS; r++) acc[r][v] = DOT(acc[r][v], x[r], weights + v * GROUP_BYTES);            \
        }                                                                                                              \
        for (int r = 0; r < ROWS; r++)                                                                                 \
            for (int v = 0; v < VECTORS; v++) SUMS_STORE(sums + r * (APART) + v * HALF, acc[r][v]);                    \
    }
PRODUCT(product_of_one, 1, 8, 0)
PRODUCT(product_of_two, 2, 4, BLOCK_SUMS)

INLINE V argument(V sums, V multipliers, V addends, const tg_packed *p) {
    V x = ADDS(MULHRS(sums, multipliers), addends);
    x = ADDS(x, x);
    x = ADDS(x, x);
    if (p->argument_shift > 2) x = ADDS(x, x);
    if (p->argument_shift > 3) x = ADDS(x, x);
    return x;
}

typedef struct {
    V a, b;
} pair;

INLINE pair coefficients(const uint8_t *planes, INDEX index) {
    const V low = LOOK(planes, index), high = LOOK(planes + COEFFICIENT / 2, index);
    return (pair){LOW(low, high), HIGH(low, high)};
}

INLINE V piece(V x) { return XOR(SLL5(x), SET1(-32768)); }

INLINE pair values(const uint8_t *table, pair x) {
    const INDEX index = PIECES(SRL11(x.a), SRL11(x.b));
    const V ta = piece(x.a), tb = piece(x.b);
    const pair c = coefficients(table + 2 * COEFFICIENT, index), b = coefficients(table + COEFFICIENT, index);
    const V ia = ADD(b.a, MULHRS(ta, c.a)), ib = ADD(b.b, MULHRS(tb, c.b));
    const pair a = coefficients(table, index);
    return (pair){ADD(a.a, MULHRS(ta, ia)), ADD(a.b, MULHRS(tb, ib))};
}

INLINE V cell_argument(V cell, const tg_packed *p) {
    cell = ADDS(cell, cell);
    if (p->cell_shift > 1) cell = ADDS(cell, cell);
    if (p->cell_shift > 2) cell = ADDS(cell, cell);
    return cell;
}

INLINE uint8_t *own_codes(const tg_packed *p, const tg_slots *s, size_t slot) {
    return s->codes[1] + slot * s->strides.codes + (size_t)(p->width - p->hidden) * CODE_BYTES;
}

INLINE void pool(const tg_packed *p, int32_t *sums, V state) {
    int16_t *last = (int16_t *)sums;
    if (p->pooling == TG_POOL_MEAN) POOL_ADD(sums, state);
    else STORE(last, p->pooling == TG_POOL_MAX ? MAX16(state, LOAD(last)) : state);
}

/* Arguments of i, f, g, o and cells of two vectors of units; -> their hidden states. */
NOINLINE pair cell_update(const tg_packed *p, const pair arguments[4], int16_t *a, int16_t *b) {
    pair gate[4];
    for (int q = 0; q < 4; q++) gate[q] = values(p->tables + (q == 2 ? TABLE : 0), arguments[q]);
    const V first = ADDS(MULHRS(gate[1].a, LOAD(a)), MULHRS(gate[0].a, gate[2].a));
    const V second = ADDS(MULHRS(gate[1].b, LOAD(b)), MULHRS(gate[0].b, gate[2].b));
    STORE(a, first);
    STORE(b, second);
    const pair tanh = values(p->tables + 2 * TABLE, (pair){cell_argument(first, p), cell_argument(second, p)});
    return (pair){MULHRS(gate[3].a, tanh.a), MULHRS(gate[3].b, tanh.b)};
}

/* One block of one slot. */
typedef struct {
    size_t slot;
    uint32_t block;
    const int32_t *sums;
    const int16_t *addends;
} place;

INLINE V argument_of(const tg_packed *p, const place *at, int gate) {
    const uint32_t lane = at->block * BLOCK_SUMS + gate * LANES;
    const V sums = NARROW(at->sums + gate * LANES, p->shifts + lane, p->largest_shift);
    return argument(sums, LOAD(p->multipliers + lane), LOAD(at->addends + lane), p);
}

INLINE int16_t *cells_of(const tg_slots *s, const place *at) {
    return s->cells + at->slot * s->strides.cells + at->block * LANES;
}

INLINE void keep(const tg_packed *p, const tg_slots *s, const place *at, V state) {
    int32_t *sums = s->pools + at->slot * s->strides.pools;
    const size_t units = at->block * LANES;
    pool(p, p->pooling == TG_POOL_MEAN ? sums + units : (int32_t *)((int16_t *)sums + units), state);
    STORE_CODES(own_codes(p, s, at->slot) + units * CODE_BYTES, state);
}

/* The gates of two blocks, of two slots or of one. */
NOINLINE void gates(const tg_packed *p, tg_slots *s, place a, place b) {
    pair arguments[4];
    tg_fetch(s->addends_ahead[a.slot] + a.block * BLOCK_SUMS, BLOCK_SUMS);
    tg_fetch(s->addends_ahead[b.slot] + b.block * BLOCK_SUMS, BLOCK_SUMS);
    for (int q = 0; q < 4; q++) arguments[q] = (pair){argument_of(p, &a, q), argument_of(p, &b, q)};
    const pair states = cell_update(p, arguments, cells_of(s, &a), cells_of(s, &b));
    keep(p, s, &a, states.a);
    keep(p, s, &b, states.b);
}

INLINE const uint8_t *weights_of(const tg_packed *p, uint32_t vector) {
    return (const uint8_t *)p->weights + (size_t)vector * GROUP_BYTES;
}

/* Two blocks at a time; a last one alone goes with that of a slot that nobody uses: there is always one more. */
static void step_of_one(const tg_packed *p, tg_slots *s, size_t slot, const int16_t *addends) {
    const uint8_t *codes = s->codes[0] + slot * s->strides.codes;
    for (uint32_t block = 0; block < p->blocks; block += 2) {
        const uint32_t more = block + 1 < p->blocks;
        for (uint32_t b = block; b <= block + more; b++)
            product_of_one(p, weights_of(p, b * BLOCK_VECTORS), p->start + b * BLOCK_SUMS, codes, 0,
                           s->sums + (b - block) * BLOCK_SUMS);
        gates(p, s, (place){slot, block, s->sums, addends},
              (place){slot + !more, block + more, s->sums + BLOCK_SUMS, addends});
    }
}

static void step(const tg_packed *p, tg_slots *s, size_t count, const int16_t *const *addends) {
    const size_t stride = s->strides.codes, even = count / 2 * 2;
    for (uint32_t block = 0; block < p->blocks; block++) {
        const uint8_t *weights = weights_of(p, block * BLOCK_VECTORS);
        const int32_t *start = p->start + block * BLOCK_SUMS;
        for (size_t slot = 0; slot < even; slot += 2) {
            const uint8_t *codes = s->codes[0] + slot * stride;
            product_of_two(p, weights, start, codes, stride, s->sums);
            product_of_two(p, weights + 4 * GROUP_BYTES, start + 4 * HALF, codes, stride, s->sums + 4 * HALF);
            gates(p, s, (place){slot, block, s->sums, addends[slot]},
                  (place){slot + 1, block, s->sums + BLOCK_SUMS, addends[slot + 1]});
        }
    }
    if (count > even) step_of_one(p, s, even, addends[even]);
}
