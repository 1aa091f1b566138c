/* Packing: weights by group of codes, then vector, then lane, so that a kernel reads them from front to back.
 *
 * A block holds `lanes` units; its vectors are the gates i, f, g, o, two vectors of 32-bit sums for each, whose lanes are
 * ordered so that narrowing two vectors to int16 (packs, which works inside lanes of 128 bits) gives the units in order. */
#include "pack.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = 0xffff, GATES = 4, VECTORS = 8, TAIL_UNITS = 4, PAIR_BOUND = 129 };
/* Gates i, f, g, o among rows i, o, f, c. */
static const uint32_t ROW_OF_GATE[GATES] = {0, 2, 3, 1};

typedef struct {
    tg_packed *packed;
    const tg_plan *plan;
    uint32_t lanes, sums, tail;
} packer;

/* The row of a lane of a sum vector; NONE where it has none. */
static uint32_t row_of_sum(const packer *p, uint32_t vector, uint32_t lane) {
    const tg_packed *k = p->packed;
    uint32_t gate, unit;
    if (vector < VECTORS * k->blocks) {
        gate = vector % VECTORS / 2;
        unit = p->lanes * (vector / VECTORS) + 8 * (lane / 4) + 4 * (vector % 2) + lane % 4;
    } else {
        /* Two vectors of 8 lanes: i g, f o. One of 16: i f g o. */
        gate = vector % VECTORS + GATES * TAIL_UNITS / p->sums * (lane / TAIL_UNITS);
        unit = p->lanes * k->blocks + lane % TAIL_UNITS;
    }
    return unit < k->hidden ? ROW_OF_GATE[gate] * k->hidden + unit : NONE;
}

static uint32_t row_of_addend(const packer *p, uint32_t place) {
    const tg_packed *k = p->packed;
    const uint32_t in_blocks = GATES * p->lanes * k->blocks;
    uint32_t gate, unit;
    if (place < in_blocks) {
        gate = place % (GATES * p->lanes) / p->lanes;
        unit = place / (GATES * p->lanes) * p->lanes + place % p->lanes;
    } else {
        gate = (place - in_blocks) / TAIL_UNITS;
        unit = p->lanes * k->blocks + (place - in_blocks) % TAIL_UNITS;
    }
    return gate < GATES && unit < k->hidden ? ROW_OF_GATE[gate] * k->hidden + unit : NONE;
}

static void put_weight(const packer *p, uint32_t vector, uint32_t lane, uint32_t k, int8_t weight) {
    const tg_packed *to = p->packed;
    const uint32_t group = p->plan->group, inside = k % group;
    const size_t line = ((size_t)(k / group) * to->vectors + vector) * p->sums * group;
    const size_t place = p->plan->pairs ? inside / 2 * (p->sums * 2) + lane * 2 + inside % 2 : lane * group + inside;
    if (p->plan->element == 2) ((int16_t *)to->weights)[line + place] = weight;
    else to->weights[line + place] = weight;
}

static void pack_sums(const packer *p) {
    const tg_packed *k = p->packed;
    for (uint32_t v = 0; v < k->vectors; v++)
        for (uint32_t n = 0; n < p->sums; n++) {
            const uint32_t row = row_of_sum(p, v, n), at = v * p->sums + n;
            int32_t total = 0;
            if (row == NONE) continue;
            for (uint32_t i = 0; i < k->width; i++) {
                const int8_t weight = k->direction->weights[(size_t)row * k->width + i];
                put_weight(p, v, n, i, weight);
                total += weight;
            }
            k->start[at] = -(p->plan->start_offset ? p->plan->start_offset : k->kernel->code_offset) * total;
            k->shifts[at] = p->plan->shifts_alike ? 1 << (k->largest_shift - k->direction->shifts[row])
                                                  : k->direction->shifts[row];
        }
}

static void pack_addends(const packer *p) {
    const tg_packed *k = p->packed;
    for (uint32_t i = 0; i < k->addends; i++) {
        const uint32_t row = row_of_addend(p, i);
        k->places[i] = (uint16_t)row;
        if (row == NONE) continue;
        k->multipliers[i] = k->direction->multipliers[row];
        k->bias[i] = k->direction->bias[row];
    }
}

/* Table as byte planes: for each coefficient the lower bytes of pieces 0..15 and 16..31, then the upper ones, each stored
 * twice for processors whose shuffles work inside 128 bits. */
static void pack_tables(const packer *p) {
    const tg_image *image = p->packed->image;
    const int16_t *const tables[3] = {image->sigmoid, image->candidate, image->cell};
    uint8_t *to = p->packed->tables;
    for (int t = 0; t < 3; t++)
        for (int c = 0; c < 3; c++)
            for (int upper = 0; upper < 2; upper++)
                for (int half = 0; half < 2; half++)
                    for (int i = 0; i < 32; i++)
                        *to++ = (uint8_t)((uint16_t)tables[t][c * TG_SEGMENTS + half * 16 + i % 16] >> 8 * upper);
}

static size_t lines(size_t size) { return (size + TG_LINE - 1) / TG_LINE * TG_LINE; }

static void *next(uint8_t **memory, size_t size) {
    uint8_t *place = *memory;
    *memory += lines(size);
    return place;
}

static tg_status take_memory(const packer *p) {
    tg_packed *k = p->packed;
    const size_t sums = (size_t)k->vectors * p->sums;
    /* A tile of a matrix unit reads 16 groups at a time. */
    const size_t weights = (size_t)(k->groups + 16) * sums * p->plan->group * p->plan->element;
    uint8_t *memory = tg_lines(lines(weights) + 2 * lines(4 * sums) + 3 * lines(2 * (size_t)k->addends) + 1152);
    if (!memory) return TG_NO_MEMORY;
    k->memory = memory;
    k->weights = next(&memory, weights);
    k->start = next(&memory, 4 * sums);
    k->shifts = next(&memory, 4 * sums);
    k->multipliers = next(&memory, 2 * (size_t)k->addends);
    k->bias = next(&memory, 2 * (size_t)k->addends);
    k->places = next(&memory, 2 * (size_t)k->addends);
    k->tables = next(&memory, 1152);
    return TG_OK;
}

tg_status tg_pack(tg_packed *packed, const tg_plan *plan) {
    const uint32_t lanes = packed->kernel->lanes, rest = packed->hidden % lanes;
    packer p = {packed, plan, lanes, lanes / 2, 0};
    tg_status status;
    p.tail = plan->dense_tail && rest && rest <= TAIL_UNITS;
    packed->blocks = packed->hidden / lanes + (rest && !p.tail);
    packed->groups = (packed->width + plan->group - 1) / plan->group;
    packed->vectors = VECTORS * packed->blocks + p.tail * (GATES * TAIL_UNITS / p.sums);
    packed->addends = GATES * lanes * packed->blocks + 32 * p.tail;
    for (uint32_t i = 0; i < 4 * packed->hidden; i++)
        if (packed->direction->shifts[i] > packed->largest_shift) packed->largest_shift = packed->direction->shifts[i];
    if ((status = take_memory(&p))) return status;
    pack_sums(&p);
    pack_addends(&p);
    pack_tables(&p);
    return TG_OK;
}

int tg_shifts_are_near(const tg_direction *direction, const tg_image *image) {
    const uint32_t gates = 4 * image->sizes.hidden;
    uint32_t least = 24, most = 0;
    for (uint32_t i = 0; i < gates; i++) {
        if (direction->shifts[i] < least) least = direction->shifts[i];
        if (direction->shifts[i] > most) most = direction->shifts[i];
    }
    return ((int64_t)direction->width * 127 * 127) << (most - least) < 2147483647;
}

int tg_pairs_are_bounded(const tg_direction *direction, const tg_image *image) {
    const uint32_t width = direction->width;
    for (uint32_t row = 0; row < 4 * image->sizes.hidden; row++) {
        const int8_t *weights = direction->weights + (size_t)row * width;
        for (uint32_t i = 0; i + 1 < width; i += 2) {
            const int a = weights[i], b = weights[i + 1];
            if ((a ^ b) >= 0 && abs(a + b) > PAIR_BOUND) return 0;
        }
    }
    return 1;
}

void tg_pooled_in_order(const tg_packed *packed, const tg_slots *slots, size_t slot, int64_t *states) {
    const int32_t *sums = slots->pools + slot * slots->strides.pools;
    const int16_t *values = (const int16_t *)sums;
    for (uint32_t i = 0; i < packed->hidden; i++) states[i] = packed->pooling == TG_POOL_MEAN ? sums[i] : values[i];
}
