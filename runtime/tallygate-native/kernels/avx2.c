/* AVX2: codes and weights as int16, so that vpmaddwd is exact whatever the weights are.
 *
 * Saves, beside the scalar kernel: 16 products an instruction, and 16 units through the gates at once. vpmaddubsw would
 * take 32 products, and saturates where two neighbours of one sign exceed 129 together. */
#include "kernels.h"
#include "pack.h"
#include "x86_cpu.h"

#include "avx2.h"

#define CODE_BYTES 2
#define DOT(sum, x, w) _mm256_add_epi32(sum, _mm256_madd_epi16(x, LOAD(w)))

static inline void STORE_CODES(uint8_t *p, V h) { STORE(p, CODE16(h)); }

#include "block.h"

static const tg_plan plan = {.group = 2, .element = 2};

static tg_status pack(tg_packed *packed) { return tg_pack(packed, &plan); }

const tg_kernel tg_kernel_avx2 = {
    .name = "avx2", .lanes = LANES, .slots = 8, .code_bytes = CODE_BYTES, .code_offset = 0,
    .available = tg_has_avx2, .pack = pack, .step = step, .pooled = tg_pooled_in_order,
};
