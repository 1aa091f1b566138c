/* AVX-512 VNNI: vpdpbusd on 512 bits; three slots share each load of weights (24 accumulators of 32 registers).
 *
 * Saves, beside AVX-VNNI: half the instructions of the product and, by vpermw, nearly all of the lookups. */
#include "kernels.h"
#include "pack.h"
#include "x86_cpu.h"

#include "avx512.h"

static void step(const tg_packed *p, tg_slots *s, size_t count, const int16_t *const *addends) {
    step_by_vectors(p, s, count, s->codes[0], addends);
}

static const tg_plan plan = {.group = 4, .element = 1, .dense_tail = 1};

static tg_status pack(tg_packed *packed) { return tg_pack(packed, &plan); }

const tg_kernel tg_kernel_avx512vnni = {
    .name = "avx512vnni", .lanes = LANES, .slots = 24, .code_bytes = 1, .code_offset = 128,
    .available = tg_has_avx512vnni, .pack = pack, .step = step, .clear = clear_tail,
    .tail_cells = cells_of_tail, .pooled = pooled,
};
