/* WebAssembly SIMD128, without the relaxed instructions, whose answers may differ from engine to engine.
 *
 * As SSE4.1: int16 products in pairs, sums multiplied to the largest shift. swizzle gives 0 beyond 15, so both halves of a
 * table are looked up and joined. */
#include "kernels.h"
#include "pack.h"

#include <wasm_simd128.h>

typedef v128_t V;
typedef v128_t S;
typedef v128_t X;
typedef struct {
    v128_t lower, upper;
} INDEX;

#define LANES 8
#define GROUP_BYTES 16
#define CODE_BYTES 2
#define LOAD(p) wasm_v128_load(p)
#define STORE(p, v) wasm_v128_store(p, v)
#define SUMS_LOAD LOAD
#define SUMS_STORE STORE
#define ADD wasm_i16x8_add
#define ADDS wasm_i16x8_add_sat
#define MULHRS wasm_i16x8_q15mulr_sat
#define SRL11(x) wasm_u16x8_shr(x, 11)
#define SLL5(x) wasm_i16x8_shl(x, 5)
#define XOR wasm_v128_xor
#define SET1(x) wasm_i16x8_splat(x)
#define MAX16 wasm_i16x8_max
#define CODES(p) wasm_v128_load32_splat(p)
#define DOT(sum, x, w) wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(x, LOAD(w)))
#define LOW(a, b) wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH(a, b) wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

static inline V NARROW(const int32_t *sums, const int32_t *factors, int shift) {
    return wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(wasm_i32x4_mul(LOAD(sums), LOAD(factors)), shift),
                                   wasm_i32x4_shr(wasm_i32x4_mul(LOAD(sums + 4), LOAD(factors + 4)), shift));
}

static inline INDEX PIECES(V a, V b) {
    const V pieces = wasm_u8x16_narrow_i16x8(a, b);
    return (INDEX){pieces, wasm_i8x16_sub(pieces, wasm_i8x16_splat(16))};
}

static inline V LOOK(const uint8_t *planes, INDEX index) {
    return wasm_v128_or(wasm_i8x16_swizzle(LOAD(planes), index.lower), wasm_i8x16_swizzle(LOAD(planes + 32), index.upper));
}

static inline void POOL_ADD(int32_t *sums, V h) {
    STORE(sums, wasm_i32x4_add(LOAD(sums), wasm_i32x4_extend_low_i16x8(h)));
    STORE(sums + 4, wasm_i32x4_add(LOAD(sums + 4), wasm_i32x4_extend_high_i16x8(h)));
}

static inline void STORE_CODES(uint8_t *p, V h) { STORE(p, wasm_i16x8_shr(ADDS(h, SET1(128)), 8)); }

#include "block.h"

static const tg_plan plan = {.group = 2, .element = 2, .shifts_alike = 1};

static tg_status pack(tg_packed *packed) { return tg_pack(packed, &plan); }

static int available(void) { return 1; }

const tg_kernel tg_kernel_simd128 = {
    .name = "simd128", .lanes = LANES, .slots = 8, .code_bytes = CODE_BYTES, .code_offset = 0,
    .available = available, .fits = tg_shifts_are_near, .pack = pack, .step = step, .pooled = tg_pooled_in_order,
};
