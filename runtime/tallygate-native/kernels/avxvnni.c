/* AVX-VNNI: vpdpbusd multiplies 32 unsigned codes with signed weights and adds four products to a lane, without
 * saturation. Codes are stored plus 128; each sum begins at -128 times its row's total, which makes that good exactly.
 *
 * Saves, beside AVX2: two of three instructions of the product. */
#include "kernels.h"
#include "pack.h"
#include "x86_cpu.h"

#include "avx2.h"

enum { OFFSET = 128 };
#define CODE_BYTES 1
#define DOT(sum, x, w) _mm256_dpbusd_avx_epi32(sum, x, LOAD(w))
#define STORE_CODES(p, h) store_codes(p, h, (char)OFFSET)

#include "block.h"

#include "avx2_tail.h"

static const tg_plan plan = {.group = 4, .element = 1, .dense_tail = 1};

static tg_status pack(tg_packed *packed) { return tg_pack(packed, &plan); }

const tg_kernel tg_kernel_avxvnni = {
    .name = "avxvnni", .lanes = LANES, .slots = 8, .code_bytes = CODE_BYTES, .code_offset = OFFSET,
    .available = tg_has_avxvnni, .pack = pack, .step = step_with_tail, .clear = clear_tail,
    .tail_cells = cells_of_tail, .pooled = pooled,
};
