/* Up to four units behind the full blocks, as 100 = 6 * 16 + 4 and 3 * 32 + 4 have them, would waste a block. They are
 * dense instead: a slot's four gates of four units lie side by side, and eight slots go through the gates together. Their
 * cells and pools stand behind the last slot's.
 *
 * For 256 and 512 bits. The includer says where a lane of a pool stands: pool_place(mean, lane). */
#include <string.h>

enum { TAIL_UNITS = 4, TAIL_SLOTS = 8 };

INLINE int16_t *tail_cells(const tg_slots *s, size_t slot) {
    return s->cells + TG_MAX_SLOTS * s->strides.cells + TAIL_UNITS * slot;
}
INLINE int32_t *tail_pools(const tg_slots *s, size_t slot) {
    return s->pools + TG_MAX_SLOTS * s->strides.pools + TAIL_UNITS * slot;
}

INLINE int has_tail(const tg_packed *p) { return p->vectors % 8 != 0; }

static __attribute__((cold)) void pooled(const tg_packed *p, const tg_slots *s, size_t slot, int64_t *states) {
    const int mean = p->pooling == TG_POOL_MEAN;
    const uint32_t in_blocks = p->blocks * LANES;
    const int32_t *own = s->pools + slot * s->strides.pools, *tail = tail_pools(s, slot / TAIL_SLOTS * TAIL_SLOTS);
    for (uint32_t u = 0; u < p->hidden; u++) {
        const int in_tail = u >= in_blocks;
        const size_t lane = u % LANES + (in_tail ? TAIL_UNITS * (slot % TAIL_SLOTS) : 0), place = pool_place(mean, lane);
        const int32_t *sums = in_tail ? tail : own + u / LANES * LANES / (mean ? 1 : 2);
        states[u] = mean ? sums[place] : ((const int16_t *)sums)[place];
    }
}

static __attribute__((cold)) void clear_tail(const tg_packed *p, tg_slots *s, size_t slot) {
    const int mean = p->pooling == TG_POOL_MEAN;
    int32_t *sums = tail_pools(s, slot / TAIL_SLOTS * TAIL_SLOTS);
    memset(tail_cells(s, slot), 0, TAIL_UNITS * sizeof(int16_t));
    for (size_t u = 0; u < TAIL_UNITS; u++) {
        const size_t place = pool_place(mean, TAIL_UNITS * (slot % TAIL_SLOTS) + u);
        if (mean) sums[place] = 0;
        else ((int16_t *)sums)[place] = p->pooling == TG_POOL_MAX ? -32768 : 0;
    }
}

static __attribute__((cold)) int16_t *cells_of_tail(const tg_slots *s, size_t slot) { return tail_cells(s, slot); }
