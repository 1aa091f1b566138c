/* 128-bit vectors of 64-bit ARM, all but the product: for neon.c and neondot.c. */
#include <arm_neon.h>

typedef int16x8_t V;
typedef int32x4_t S;
typedef uint8x16_t INDEX;

#define LANES 8
#define GROUP_BYTES 16
#define CODE_BYTES 1
#define LOAD(p) vld1q_s16((const int16_t *)(p))
#define STORE(p, v) vst1q_s16((int16_t *)(p), v)
#define SUMS_LOAD vld1q_s32
#define SUMS_STORE vst1q_s32
#define ADD vaddq_s16
#define ADDS vqaddq_s16
#define MULHRS vqrdmulhq_s16
#define SRL11(x) vreinterpretq_s16_u16(vshrq_n_u16(vreinterpretq_u16_s16(x), 11))
#define SLL5(x) vshlq_n_s16(x, 5)
#define XOR veorq_s16
#define SET1 vdupq_n_s16
#define MAX16 vmaxq_s16
#define LOW(a, b) vreinterpretq_s16_u8(vzip1q_u8(vreinterpretq_u8_s16(a), vreinterpretq_u8_s16(b)))
#define HIGH(a, b) vreinterpretq_s16_u8(vzip2q_u8(vreinterpretq_u8_s16(a), vreinterpretq_u8_s16(b)))

static inline V NARROW(const int32_t *sums, const int32_t *shifts, int shift) {
    (void)shift;
    return vcombine_s16(vqmovn_s32(vshlq_s32(vld1q_s32(sums), vnegq_s32(vld1q_s32(shifts)))),
                        vqmovn_s32(vshlq_s32(vld1q_s32(sums + 4), vnegq_s32(vld1q_s32(shifts + 4)))));
}

static inline INDEX PIECES(V a, V b) {
    return vcombine_u8(vmovn_u16(vreinterpretq_u16_s16(a)), vmovn_u16(vreinterpretq_u16_s16(b)));
}

/* One instruction looks in all 32 bytes; each half is stored twice, for processors that need that. */
static inline V LOOK(const uint8_t *planes, INDEX index) {
    const uint8x16x2_t table = {{vld1q_u8(planes), vld1q_u8(planes + 32)}};
    return vreinterpretq_s16_u8(vqtbl2q_u8(table, index));
}

static inline void POOL_ADD(int32_t *sums, V h) {
    vst1q_s32(sums, vaddw_s16(vld1q_s32(sums), vget_low_s16(h)));
    vst1q_s32(sums + 4, vaddw_high_s16(vld1q_s32(sums + 4), h));
}

static inline void STORE_CODES(uint8_t *p, V h) { vst1_s8((int8_t *)p, vshrn_n_s16(ADDS(h, SET1(128)), 8)); }
