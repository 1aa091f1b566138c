/* SSE4.1: every x86-64 processor since 2008. Codes and weights as int16, pmaddwd.
 *
 * There is no shift that differs from lane to lane: sums are multiplied to the largest shift of all rows first, which is
 * exact as long as they stay in int32; where they would not, the scalar kernel runs. */
#include "kernels.h"
#include "pack.h"
#include "x86_cpu.h"

#include <smmintrin.h>

typedef __m128i V;
typedef __m128i S;
typedef __m128i X;
typedef struct {
    __m128i lower, upper;
} INDEX;

#define LANES 8
#define GROUP_BYTES 16
#define CODE_BYTES 2
#define LOAD(p) _mm_loadu_si128((const __m128i *)(p))
#define STORE(p, v) _mm_storeu_si128((__m128i *)(p), v)
#define SUMS_LOAD LOAD
#define SUMS_STORE STORE
#define ADD _mm_add_epi16
#define ADDS _mm_adds_epi16
#define MULHRS _mm_mulhrs_epi16
#define SRL11(x) _mm_srli_epi16(x, 11)
#define SLL5(x) _mm_slli_epi16(x, 5)
#define XOR _mm_xor_si128
#define SET1 _mm_set1_epi16
#define MAX16 _mm_max_epi16
#define CODES(p) _mm_set1_epi32(*(const int32_t *)(const void *)(p))
#define DOT(sum, x, w) _mm_add_epi32(sum, _mm_madd_epi16(x, LOAD(w)))
#define LOW _mm_unpacklo_epi8
#define HIGH _mm_unpackhi_epi8

static inline V NARROW(const int32_t *sums, const int32_t *factors, int shift) {
    const __m128i by = _mm_cvtsi32_si128(shift);
    return _mm_packs_epi32(_mm_sra_epi32(_mm_mullo_epi32(LOAD(sums), LOAD(factors)), by),
                           _mm_sra_epi32(_mm_mullo_epi32(LOAD(sums + 4), LOAD(factors + 4)), by));
}

/* As in avx2.h. */
static inline INDEX PIECES(V a, V b) {
    const V pieces = _mm_packus_epi16(a, b);
    return (INDEX){pieces, _mm_add_epi8(XOR(pieces, _mm_set1_epi8(16)), _mm_set1_epi8(0x70))};
}

static inline V LOOK(const uint8_t *planes, INDEX index) {
    return XOR(_mm_shuffle_epi8(LOAD(planes), index.lower), _mm_shuffle_epi8(LOAD(planes + 32), index.upper));
}

static inline void POOL_ADD(int32_t *sums, V h) {
    STORE(sums, _mm_add_epi32(LOAD(sums), _mm_cvtepi16_epi32(h)));
    STORE(sums + 4, _mm_add_epi32(LOAD(sums + 4), _mm_cvtepi16_epi32(_mm_srli_si128(h, 8))));
}

static inline void STORE_CODES(uint8_t *p, V h) { STORE(p, _mm_srai_epi16(ADDS(h, SET1(128)), 8)); }

#include "block.h"

static const tg_plan plan = {.group = 2, .element = 2, .shifts_alike = 1, .halves_differ = 1};

static tg_status pack(tg_packed *packed) { return tg_pack(packed, &plan); }

const tg_kernel tg_kernel_sse41 = {
    .name = "sse4.1", .lanes = LANES, .slots = 8, .code_bytes = CODE_BYTES, .code_offset = 0,
    .available = tg_has_sse41, .fits = tg_shifts_are_near, .pack = pack, .step = step, .pooled = tg_pooled_in_order,
};
