/* AVX-VNNI: vpdpbusd multiplies 32 unsigned codes with signed weights and adds four products to a lane, without
 * saturation. Codes are stored plus 128; each sum begins at -128 times its row's total, which makes that good exactly.
 *
 * Saves, beside AVX2: half the bytes of weights and codes, and three of four instructions of the product. */
#include "kernels.h"
#include "pack.h"
#include "x86_cpu.h"

#include "avx2.h"

#define CODE_BYTES 1
#define DOT(sum, x, w) _mm256_dpbusd_avx_epi32(sum, x, LOAD(w))

static inline void STORE_CODES(uint8_t *p, V h) {
    const V codes = CODE16(h);
    const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(codes), _mm256_extracti128_si256(codes, 1));
    _mm_storeu_si128((__m128i *)p, _mm_xor_si128(bytes, _mm_set1_epi8(-128)));
}

#include "block.h"

static const tg_plan plan = {.group = 4, .element = 1};

static tg_status pack(tg_packed *packed) { return tg_pack(packed, &plan); }

const tg_kernel tg_kernel_avxvnni = {
    .name = "avxvnni", .lanes = LANES, .slots = 8, .code_bytes = CODE_BYTES, .code_offset = 128,
    .available = tg_has_avxvnni, .pack = pack, .step = step, .pooled = tg_pooled_in_order,
};
