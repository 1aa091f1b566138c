/* NEON with dot products (ARMv8.2 and most processors since 2018): sdot adds four products of int8 to each lane.
 *
 * Saves, beside NEON: two of three instructions of the product. */
#include "kernels.h"
#include "pack.h"

#include "neon.h"

#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <windows.h>
#endif

typedef int8x16_t X;

static inline X CODES(const uint8_t *p) {
    int32_t four;
    __builtin_memcpy(&four, p, 4);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

static inline S DOT(S sum, X x, const uint8_t *weights) { return vdotq_s32(sum, vld1q_s8((const int8_t *)weights), x); }

#include "block.h"

static int available(void) {
#if defined(__linux__)
    return getauxval(AT_HWCAP) >> 20 & 1; /* HWCAP_ASIMDDP */
#elif defined(__APPLE__)
    int found = 0;
    size_t size = sizeof found;
    return !sysctlbyname("hw.optional.arm.FEAT_DotProd", &found, &size, NULL, 0) && found;
#elif defined(_WIN32)
    return IsProcessorFeaturePresent(43); /* PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE */
#else
    return 0;
#endif
}

static const tg_plan plan = {.group = 4, .element = 1};

static tg_status pack(tg_packed *packed) { return tg_pack(packed, &plan); }

const tg_kernel tg_kernel_neondot = {
    .name = "neondot", .lanes = LANES, .slots = 8, .code_bytes = CODE_BYTES, .code_offset = 0,
    .available = available, .pack = pack, .step = step, .pooled = tg_pooled_in_order,
};
