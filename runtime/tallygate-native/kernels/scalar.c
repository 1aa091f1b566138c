/* The specification in plain C, for every processor: reference of all other kernels, and fallback.
 *
 * It reads the weights where they lie in the image; rows stay in the image's order i, o, f, c. */
#include <string.h>

#include "kernels.h"
#include "pack.h"

enum { MAX_GATES = 4 * TG_MAX_HIDDEN };

static int available(void) { return 1; }

static tg_status pack(tg_packed *packed) {
    const tg_direction *d = packed->direction;
    packed->groups = packed->width;
    packed->vectors = packed->addends = 4 * packed->hidden;
    packed->memory = tg_lines(packed->addends * sizeof *packed->places);
    packed->places = packed->memory;
    if (!packed->memory) return TG_NO_MEMORY;
    for (uint32_t i = 0; i < packed->addends; i++) packed->places[i] = (uint16_t)i;
    packed->multipliers = (int16_t *)d->multipliers;
    packed->bias = (int16_t *)d->bias;
    return TG_OK;
}

static int32_t doubled(int32_t x, int times) {
    while (times-- > 0) x = tg_saturate(x + x);
    return x;
}

/* z in the Q12 of a table's argument. */
static int32_t gate(const tg_packed *p, const int8_t *codes, uint32_t row, const int16_t *addends) {
    const tg_direction *d = p->direction;
    const int8_t *weights = d->weights + (size_t)row * p->width;
    int32_t sum = 0;
    for (uint32_t i = 0; i < p->width; i++) sum += codes[i] * weights[i];
    const int32_t remembered = tg_mulhrs(tg_saturate(sum >> d->shifts[row]), d->multipliers[row]);
    return doubled(tg_saturate(remembered + addends[row]), p->argument_shift);
}

static void pool(const tg_packed *p, int32_t *sums, uint32_t unit, int32_t state) {
    int16_t *values = (int16_t *)sums;
    if (p->pooling == TG_POOL_MEAN) sums[unit] += state;
    else if (p->pooling == TG_POOL_LAST || state > values[unit]) values[unit] = (int16_t)state;
}

static void step_of_slot(const tg_packed *p, tg_slots *s, size_t slot, const int16_t *addends) {
    const tg_image *image = p->image;
    const uint32_t hidden = p->hidden;
    const int8_t *codes = (const int8_t *)s->codes[0] + slot * s->strides.codes;
    int8_t *next = (int8_t *)s->codes[1] + slot * s->strides.codes + (p->width - hidden);
    int16_t *cells = s->cells + slot * s->strides.cells;
    for (uint32_t u = 0; u < hidden; u++) {
        const int32_t i = tg_table_value(image->sigmoid, gate(p, codes, u, addends));
        const int32_t o = tg_table_value(image->sigmoid, gate(p, codes, hidden + u, addends));
        const int32_t f = tg_table_value(image->sigmoid, gate(p, codes, 2 * hidden + u, addends));
        const int32_t g = tg_table_value(image->candidate, gate(p, codes, 3 * hidden + u, addends));
        const int32_t cell = tg_saturate(tg_mulhrs(f, cells[u]) + tg_mulhrs(i, g));
        const int32_t state = tg_mulhrs(o, tg_table_value(image->cell, doubled(cell, p->cell_shift)));
        cells[u] = (int16_t)cell;
        next[u] = (int8_t)(tg_saturate(state + 128) >> 8);
        pool(p, s->pools + slot * s->strides.pools, u, state);
    }
}

static void step(const tg_packed *packed, tg_slots *slots, size_t count, const int16_t *const *addends) {
    for (size_t slot = 0; slot < count; slot++) step_of_slot(packed, slots, slot, addends[slot]);
}

const tg_kernel tg_kernel_scalar = {
    .name = "scalar", .lanes = 1, .slots = 1, .code_bytes = 1, .code_offset = 0,
    .available = available, .pack = pack, .step = step, .pooled = tg_pooled_in_order,
};
