/* AMX: a tile multiplies the codes of 16 slots with 16 rows of weights, 64 codes deep, in one instruction.
 *
 * 64 slots in two groups of 32. Tiles and vectors are separate units, so products are spread between gates: while a block
 * goes through its gates, the next block's tiles are multiplied; beside the last block of the first group the second
 * group's first block, and beside the last block of the second group the first block of the next step (`ahead`; a slot
 * that is emptied meanwhile has zero codes, so its sums are set to zero).
 *
 * Saves, beside AVX-512 VNNI: nearly all of the product's time. With few slots tiles stay empty: then it multiplies by
 * vectors as that kernel does, from a copy of the codes that is made unsigned.
 *
 * The system grants tiles to a process that asks for them (Linux: arch_prctl), and only then may one be touched. */
#define _GNU_SOURCE /* syscall */
#include "kernels.h"
#include "pack.h"
#include "x86_cpu.h"

#include "avx512.h"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum { GROUP = 32, TILE_ROWS = 16, FEW = 8, GROUP_SUMS = GROUP * SLOT_SUMS, TILE_CODES = 64, CODE_OFFSET = 128 };

static int permitted(void) {
#if defined(__linux__) && defined(SYS_arch_prctl)
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    return tg_has_amx() && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
    return 0;
#endif
}

typedef struct {
    uint8_t palette, start, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_shapes;

/* Codes to multiply in the second of two depths; whole tiles where there are more than two. */
static uint32_t second_depth(const tg_packed *p) { return p->groups > 32 ? 16 : p->groups > 16 ? p->groups - 16 : 0; }

/* Tiles 0 to 3: codes, 4 and 5: weights, 6 and 7: sums. */
static void begin(const tg_packed *p, tg_slots *s) {
    tile_shapes shapes = {.palette = 1};
    const uint32_t second = second_depth(p);
    for (int i = 0; i < 8; i++) shapes.row_bytes[i] = 64, shapes.rows[i] = TILE_ROWS;
    if (second) shapes.row_bytes[1] = shapes.row_bytes[3] = (uint16_t)(4 * second), shapes.rows[5] = (uint8_t)second;
    s->ahead = 0;
    /* As assembly with the whole structure as its operand: the intrinsic of some compilers reads eight bytes of it. */
    __asm__ volatile("ldtilecfg %0" ::"m"(shapes));
}

static void end(void) { _tile_release(); }

/* A group's codes, its shapes and where it stands. */
typedef struct {
    const uint8_t *codes;
    size_t stride, first, count;
} group;

INLINE void load_codes(const tg_packed *p, const group *g) {
    if (p->groups > 32) return;
    _tile_loadd(0, g->codes, g->stride);
    if (g->count > TILE_ROWS) _tile_loadd(2, g->codes + TILE_ROWS * g->stride, g->stride);
    if (p->groups <= 16) return;
    _tile_loadd(1, g->codes + TILE_CODES, g->stride);
    if (g->count > TILE_ROWS) _tile_loadd(3, g->codes + TILE_ROWS * g->stride + TILE_CODES, g->stride);
}

/* More than two tiles deep: codes are read again for every vector. */
NOINLINE void deep_sums(const tg_packed *p, const group *g, uint32_t vector) {
    const size_t line = (size_t)p->vectors * 64;
    const int8_t *w = p->weights + (size_t)vector * 64;
    for (uint32_t k = 0; k < p->groups; k += 16) {
        const uint8_t *codes = g->codes + 4 * k;
        _tile_loadd(4, w + k * line, line);
        _tile_loadd(0, codes, g->stride);
        _tile_dpbssd(6, 0, 4);
        if (g->count <= TILE_ROWS) continue;
        _tile_loadd(2, codes + TILE_ROWS * g->stride, g->stride);
        _tile_dpbssd(7, 2, 4);
    }
}

/* Sums of one vector of gates for all slots of a group, apart from each other. */
INLINE void tile_sums(const tg_packed *p, const group *g, uint32_t vector, int32_t *sums, size_t apart) {
    const size_t line = (size_t)p->vectors * 64;
    const int8_t *w = p->weights + (size_t)vector * 64;
    const int both = g->count > TILE_ROWS;
    _tile_zero(6);
    _tile_zero(7);
    if (p->groups > 32) {
        deep_sums(p, g, vector);
    } else {
        _tile_loadd(4, w, line);
        _tile_dpbssd(6, 0, 4);
        if (both) _tile_dpbssd(7, 2, 4);
        if (p->groups > 16) {
            _tile_loadd(5, w + 16 * line, line);
            _tile_dpbssd(6, 1, 5);
            if (both) _tile_dpbssd(7, 3, 5);
        }
    }
    _tile_stored(6, sums, apart * 4);
    if (both) _tile_stored(7, sums + TILE_ROWS * apart, apart * 4);
}

/* Scratch: sums of a block being read and of the next one, the first ones of either group, and the tails. */
typedef struct {
    int32_t *block[2], *first, *tails;
} scratch;

static scratch scratch_of(const tg_slots *s) {
    int32_t *at = s->sums;
    return (scratch){{at, at + GROUP_SUMS}, at + 2 * GROUP_SUMS, at + 3 * GROUP_SUMS};
}

/* Where the next vector's sums go while a block is worked on. */
typedef struct {
    const group *of;
    uint32_t vector, left, every, waited;
    int32_t *sums;
} pending;

/* Vector by vector, once in so many slots; the tail's vector has sums of its own. */
INLINE void multiply_some(const tg_packed *p, const scratch *z, pending *next) {
    if (!next->left || next->waited-- > 0) return;
    if (next->vector == 8 * p->blocks) tile_sums(p, next->of, next->vector, z->tails, TAIL_SUMS);
    else tile_sums(p, next->of, next->vector, next->sums + next->vector % 8 * 16, SLOT_SUMS);
    next->vector++, next->left--, next->waited = next->every - 1;
}

INLINE void work_on_block(const group *g, uint32_t block, const int32_t *sums, const int16_t *const *addends,
                          const scratch *z, pending next, const gate_constants *k) {
    next.every = next.left && g->count / next.left ? (uint32_t)g->count / next.left : 1;
    next.waited = 0;
    for (size_t r = 0; r < g->count; r++) {
        multiply_some(k->packed, z, &next);
        gates_of_block(sums + r * SLOT_SUMS, g->first + r, block, addends[g->first + r], k);
    }
    while (next.left) next.waited = 0, multiply_some(k->packed, z, &next);
}

/* All blocks of a group whose first sums are there; then the first sums of what comes after it. */
NOINLINE void work_on_group(const group *g, int32_t *first, const group *after, const int16_t *const *addends,
                            const gate_constants *k) {
    const tg_packed *p = k->packed;
    const scratch z = scratch_of(k->slots);
    const uint32_t tail = p->vectors % 8;
    const int32_t *sums = first;
    load_codes(p, g);
    for (uint32_t block = 0; block < p->blocks; block++) {
        const int last = block + 1 == p->blocks;
        pending next = {g, 8 * (block + 1), 8 + (block + 2 == p->blocks ? tail : 0), 1, 0, z.block[(block + 1) % 2]};
        if (last) {
            if (p->blocks == 1 && tail) tile_sums(p, g, 8, z.tails, TAIL_SUMS);
            next = (pending){after, 0, after ? 8 : 0, 1, 0, z.first};
            if (after) load_codes(p, after);
        }
        if (last && after && sums == z.first) {
            /* A single block: its sums must not be overwritten while they are read. */
            memcpy(z.block[0], z.first, GROUP_SUMS * sizeof *sums);
            sums = z.block[0];
        }
        work_on_block(g, block, sums, addends, &z, next, k);
        sums = z.block[(block + 1) % 2];
    }
    for (size_t slot = 0; tail && slot < g->count; slot += 8)
        gates_of_tails(z.tails + slot * TAIL_SUMS, g->first + slot, addends + g->first + slot, k);
}

static group group_of(const tg_slots *s, const uint8_t *codes, size_t first, size_t count) {
    const size_t left = count > first ? count - first : 0;
    return (group){codes + first * s->strides.codes, s->strides.codes, first, left < GROUP ? left : GROUP};
}

static void first_sums(const tg_packed *p, const group *g, int32_t *sums) {
    load_codes(p, g);
    if (p->blocks)
        for (uint32_t v = 0; v < 8; v++) tile_sums(p, g, v, sums + v * 16, SLOT_SUMS);
}

/* Few slots: in the scratch, behind what the products leave there. */
static void step_of_few(const tg_packed *p, tg_slots *s, size_t count, const int16_t *const *addends) {
    uint8_t *codes = (uint8_t *)(s->sums + GROUP_SUMS);
    for (size_t i = 0; i < count * s->strides.codes; i += 64)
        STORE(codes + i, _mm512_xor_si512(LOAD(s->codes[0] + i), _mm512_set1_epi8((char)CODE_OFFSET)));
    s->ahead = 0;
    step_by_vectors(p, s, count, codes, addends);
}

static void step(const tg_packed *p, tg_slots *s, size_t count, const int16_t *const *addends) {
    if (count < FEW || !p->blocks) {
        step_of_few(p, s, count, addends);
        return;
    }
    const gate_constants k = constants(p, s);
    const scratch z = scratch_of(s);
    const group one = group_of(s, s->codes[0], 0, count), two = group_of(s, s->codes[0], GROUP, count);
    /* Above the first layer the codes of the layer below change too, so nothing can be multiplied ahead. */
    const int alone = p->width == p->hidden && two.count;
    const group again = group_of(s, s->codes[1], 0, count);
    if (s->ahead < one.count) first_sums(p, &one, z.first);
    work_on_group(&one, z.first, two.count ? &two : NULL, addends, &k);
    if (two.count) work_on_group(&two, z.first, alone ? &again : NULL, addends, &k);
    s->ahead = alone ? one.count : 0;
}

/* An emptied slot has zero codes: what was multiplied ahead for it is zero. */
static void clear(const tg_packed *p, tg_slots *s, size_t slot) {
    clear_tail(p, s, slot);
    if (s->ahead && slot < GROUP) memset(scratch_of(s).first + slot * SLOT_SUMS, 0, SLOT_SUMS * sizeof(int32_t));
}

static const tg_plan plan = {.group = 4, .element = 1, .dense_tail = 1, .start_offset = CODE_OFFSET};

static tg_status pack(tg_packed *packed) { return tg_pack(packed, &plan); }

const tg_kernel tg_kernel_amx = {
    .name = "amx", .lanes = LANES, .slots = 64, .code_bytes = 1, .code_offset = 0,
    .available = permitted, .pack = pack, .step = step, .begin = begin, .end = end, .clear = clear,
    .tail_cells = cells_of_tail, .pooled = pooled,
};
