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
enum { BLOCK_VECTORS = 8, BLOCK_SUMS = 4 * LANES, HALF = LANES / 2, TABLE = 384, COEFFICIENT = 128 };

/* rows slots times vectors sums; weights and start at the first vector, sums of a slot BLOCK_SUMS apart. */
#define PRODUCT(NAME, ROWS, VECTORS)                                                                                   \
    static void NAME(const tg_packed *p, const uint8_t *weights, const int32_t *start, const uint8_t *codes,           \
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
            for (int v = 0; v < VECTORS; v++) SUMS_STORE(sums + r * BLOCK_SUMS + v * HALF, acc[r][v]);                 \
    }
PRODUCT(product_of_one, 1, 8)
PRODUCT(product_of_two, 2, 4)

INLINE V argument(const int32_t *sums, const int32_t *shifts, const int16_t *multipliers, const int16_t *addends,
                  const tg_packed *p) {
    V x = NARROW(sums, shifts, p->largest_shift);
    x = ADDS(MULHRS(x, LOAD(multipliers)), LOAD(addends));
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

INLINE void keep(const tg_packed *p, tg_slots *s, size_t slot, uint32_t block, V state) {
    int32_t *sums = s->pools + slot * s->strides.pools;
    int16_t *last = (int16_t *)sums + block * LANES;
    if (p->pooling == TG_POOL_MEAN) POOL_ADD(sums + block * LANES, state);
    else STORE(last, p->pooling == TG_POOL_MAX ? MAX16(state, LOAD(last)) : state);
    STORE_CODES(s->codes[1] + slot * s->strides.codes + (p->width - p->hidden + block * LANES) * CODE_BYTES, state);
}

/* The gates of one block for two slots; sums of the second one stand behind those of the first. */
static void gates(const tg_packed *p, tg_slots *s, size_t slot, uint32_t block, const int16_t *const *addends) {
    const int32_t *sums = s->sums, *shifts = p->shifts + block * BLOCK_SUMS;
    const int16_t *multipliers = p->multipliers + block * BLOCK_SUMS;
    const int16_t *a = addends[slot] + block * BLOCK_SUMS, *b = addends[slot + 1] + block * BLOCK_SUMS;
    int16_t *cells = s->cells + slot * s->strides.cells + block * LANES, *others = cells + s->strides.cells;
    pair gate[4];
    for (int q = 0; q < 4; q++) {
        const int at = q * LANES;
        const pair x = {argument(sums + at, shifts + at, multipliers + at, a + at, p),
                        argument(sums + BLOCK_SUMS + at, shifts + at, multipliers + at, b + at, p)};
        gate[q] = values(p->tables + (q == 2 ? TABLE : 0), x);
    }
    const V first = ADDS(MULHRS(gate[1].a, LOAD(cells)), MULHRS(gate[0].a, gate[2].a));
    const V second = ADDS(MULHRS(gate[1].b, LOAD(others)), MULHRS(gate[0].b, gate[2].b));
    STORE(cells, first);
    STORE(others, second);
    const pair u = {cell_argument(first, p), cell_argument(second, p)};
    const pair tanh = values(p->tables + 2 * TABLE, u);
    keep(p, s, slot, block, MULHRS(gate[3].a, tanh.a));
    keep(p, s, slot + 1, block, MULHRS(gate[3].b, tanh.b));
}

/* An odd slot at the end goes with a slot that nobody uses: there is always one more. */
static void step(const tg_packed *p, tg_slots *s, size_t count, const int16_t *const *addends) {
    const size_t stride = s->strides.codes;
    for (uint32_t block = 0; block < p->blocks; block++) {
        const uint8_t *weights = (const uint8_t *)p->weights + (size_t)block * BLOCK_VECTORS * GROUP_BYTES;
        const int32_t *start = p->start + block * BLOCK_SUMS;
        for (size_t slot = 0; slot < count; slot += 2) {
            const uint8_t *codes = s->codes[0] + slot * stride;
            if (slot + 1 == count) {
                product_of_one(p, weights, start, codes, stride, s->sums);
            } else {
                product_of_two(p, weights, start, codes, stride, s->sums);
                product_of_two(p, weights + 4 * GROUP_BYTES, start + 4 * HALF, codes, stride, s->sums + 4 * HALF);
            }
            gates(p, s, slot, block, addends);
        }
    }
}
