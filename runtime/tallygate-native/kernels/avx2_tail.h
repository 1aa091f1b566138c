/* Dense tails on 256-bit vectors, for avx2.c and avxvnni.c: one vector of sums holds i4 g4 of a slot, another f4 o4, so
 * that narrowing those of two slots gives i4 i4 g4 g4 and f4 f4 o4 o4. */
INLINE size_t pool_place(int mean, size_t lane) {
    (void)mean;
    return lane;
}

#include "tail.h"

enum { TAIL_SUMS = 16 };
PRODUCT(product_of_tails, 4, 2, TAIL_SUMS)

typedef struct {
    V i, f, g, o;
} four_gates;

/* Arguments of the tails of four slots. */
NOINLINE four_gates tail_arguments(const tg_packed *p, const int32_t *sums, const int16_t *const *addends) {
    const uint32_t at = p->blocks * BLOCK_SUMS;
    const V by = LOAD(p->shifts + at), other = LOAD(p->shifts + at + HALF), m = LOAD(p->multipliers + at);
    V ig[2], fo[2];
    for (int two = 0; two < 2; two++, sums += 2 * TAIL_SUMS) {
        const V a = LOAD(addends[2 * two] + at), b = LOAD(addends[2 * two + 1] + at);
        ig[two] = argument(NARROWED(LOAD(sums), LOAD(sums + TAIL_SUMS), by, by), _mm256_unpacklo_epi64(m, m),
                           _mm256_unpacklo_epi64(a, b), p);
        fo[two] = argument(NARROWED(LOAD(sums + HALF), LOAD(sums + TAIL_SUMS + HALF), other, other),
                           _mm256_unpackhi_epi64(m, m), _mm256_unpackhi_epi64(a, b), p);
    }
    return (four_gates){_mm256_permute2x128_si256(ig[0], ig[1], 0x20), _mm256_permute2x128_si256(fo[0], fo[1], 0x20),
                        _mm256_permute2x128_si256(ig[0], ig[1], 0x31), _mm256_permute2x128_si256(fo[0], fo[1], 0x31)};
}

/* The tails of eight slots from one divisible by eight on. */
static void gates_of_tails(const tg_packed *p, tg_slots *s, size_t slot, const int16_t *const *addends) {
    const uint32_t units = p->blocks * LANES;
    const four_gates a = tail_arguments(p, s->sums, addends), b = tail_arguments(p, s->sums + 4 * TAIL_SUMS, addends + 4);
    const pair arguments[4] = {{a.i, b.i}, {a.f, b.f}, {a.g, b.g}, {a.o, b.o}};
    int16_t *cells = tail_cells(s, slot);
    int32_t *sums = tail_pools(s, slot);
    const pair states = cell_update(p, arguments, cells, cells + LANES);
    uint8_t codes[2 * LANES];
    pool(p, sums, states.a);
    pool(p, p->pooling == TG_POOL_MEAN ? sums + LANES : sums + LANES / 2, states.b);
    STORE_CODES(codes, states.a);
    STORE_CODES(codes + LANES, states.b);
    for (size_t n = 0; n < TAIL_SLOTS; n++) memcpy(own_codes(p, s, slot + n) + units, codes + n * TAIL_UNITS, TAIL_UNITS);
}

static void step_with_tail(const tg_packed *p, tg_slots *s, size_t count, const int16_t *const *addends) {
    const size_t stride = s->strides.codes;
    const uint32_t vector = BLOCK_VECTORS * p->blocks;
    step(p, s, count, addends);
    for (size_t slot = 0; has_tail(p) && slot < count; slot += TAIL_SLOTS) {
        for (size_t n = 0; n < TAIL_SLOTS && slot + n < count; n += 4)
            product_of_tails(p, weights_of(p, vector), p->start + vector * HALF, s->codes[0] + (slot + n) * stride, stride,
                             s->sums + n * TAIL_SUMS);
        gates_of_tails(p, s, slot, addends + slot);
    }
}
