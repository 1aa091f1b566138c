/* 256-bit vectors, all but the product: for avx2.c and avxvnni.c. */
#include <immintrin.h>

typedef __m256i V;
typedef __m256i S;
typedef __m256i X;
typedef struct {
    __m256i lower, upper; /* pieces 0..15; 16..31, with the top bit set where the other half answers */
} INDEX;

#define LANES 16
#define GROUP_BYTES 32
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define SUMS_LOAD LOAD
#define SUMS_STORE STORE
#define ADD _mm256_add_epi16
#define ADDS _mm256_adds_epi16
#define MULHRS _mm256_mulhrs_epi16
#define SRL11(x) _mm256_srli_epi16(x, 11)
#define SLL5(x) _mm256_slli_epi16(x, 5)
#define XOR _mm256_xor_si256
#define SET1 _mm256_set1_epi16
#define MAX16 _mm256_max_epi16
#define CODES(p) _mm256_set1_epi32(*(const int32_t *)(const void *)(p))
#define LOW _mm256_unpacklo_epi8
#define HIGH _mm256_unpackhi_epi8

static inline V NARROWED(S a, S b, V by_a, V by_b) {
    return _mm256_packs_epi32(_mm256_srav_epi32(a, by_a), _mm256_srav_epi32(b, by_b));
}

static inline V NARROW(const int32_t *sums, const int32_t *shifts, int shift) {
    (void)shift;
    return NARROWED(LOAD(sums), LOAD(sums + 8), LOAD(shifts), LOAD(shifts + 8));
}

/* A shuffle gives 0 where the top bit is set: xor 16 and plus 0x70 set it for pieces below 16, and keep the lower four. */
static inline INDEX PIECES(V a, V b) {
    const V pieces = _mm256_packus_epi16(a, b);
    return (INDEX){pieces, _mm256_add_epi8(XOR(pieces, _mm256_set1_epi8(16)), _mm256_set1_epi8(0x70))};
}

/* Pieces below 16 look in the first half; a shuffle by 16..31 would look there too, so what it finds is taken away. */
static inline V LOOK(const uint8_t *planes, INDEX index) {
    const V first = LOAD(planes), second = LOAD(planes + 32);
    return XOR(_mm256_shuffle_epi8(first, index.lower), _mm256_shuffle_epi8(XOR(first, second), index.upper));
}

static inline void POOL_ADD(int32_t *sums, V h) {
    STORE(sums, _mm256_add_epi32(LOAD(sums), _mm256_cvtepi16_epi32(_mm256_castsi256_si128(h))));
    STORE(sums + 8, _mm256_add_epi32(LOAD(sums + 8), _mm256_cvtepi16_epi32(_mm256_extracti128_si256(h, 1))));
}

/* Hidden states to codes, each plus the kernel's offset modulo 256. */
static inline void store_codes(uint8_t *p, V h, char offset) {
    const V codes = _mm256_srai_epi16(ADDS(h, SET1(128)), 8);
    const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(codes), _mm256_extracti128_si256(codes, 1));
    _mm_storeu_si128((__m128i *)p, _mm_add_epi8(bytes, _mm_set1_epi8(offset)));
}
