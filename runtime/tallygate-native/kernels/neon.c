/* NEON without dot products: every 64-bit ARM processor.
 *
 * The plain way multiplies int16 by a lane, four products an instruction. Codes never reach -128, so two products of int8
 * fit int16 together (2 * 127 * 127 < 2^15): smull, smlal and one pairwise add take 16 products in three instructions, and
 * weights stay int8. */
#include "kernels.h"
#include "pack.h"

#include "neon.h"

typedef struct {
    int8x8_t first, second;
} X;

static inline X CODES(const uint8_t *p) {
    int16_t halves[2];
    __builtin_memcpy(halves, p, 4);
    return (X){vreinterpret_s8_s16(vdup_n_s16(halves[0])), vreinterpret_s8_s16(vdup_n_s16(halves[1]))};
}

static inline S DOT(S sum, X x, const uint8_t *weights) {
    const int8x16_t w = vld1q_s8((const int8_t *)weights);
    return vpadalq_s16(sum, vmlal_s8(vmull_s8(vget_low_s8(w), x.first), vget_high_s8(w), x.second));
}

#include "block.h"

static const tg_plan plan = {.group = 4, .element = 1, .pairs = 1};

static tg_status pack(tg_packed *packed) { return tg_pack(packed, &plan); }

static int available(void) { return 1; }

const tg_kernel tg_kernel_neon = {
    .name = "neon", .lanes = LANES, .slots = 8, .code_bytes = CODE_BYTES, .code_offset = 0,
    .available = available, .pack = pack, .step = step, .pooled = tg_pooled_in_order,
};
