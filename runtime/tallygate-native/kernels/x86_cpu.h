/* What an x86 processor can do and what its operating system lets it do: CPUID alone is not enough.
 *
 * A system that does not save the wide registers at a switch of threads leaves their bits in XCR0 clear; using them then
 * ends with an illegal instruction. */
#ifndef TG_X86_CPU_H
#define TG_X86_CPU_H

#include <cpuid.h>
#include <stdint.h>

typedef struct {
    uint32_t eax, ebx, ecx, edx;
} tg_cpuid;

static inline tg_cpuid tg_cpuid_of(uint32_t leaf, uint32_t part) {
    tg_cpuid r = {0, 0, 0, 0};
    if (!__get_cpuid_count(leaf, part, &r.eax, &r.ebx, &r.ecx, &r.edx)) return (tg_cpuid){0, 0, 0, 0};
    return r;
}

/* XCR0; 0 where the system does not use XSAVE. */
static inline uint64_t tg_xcr0(void) {
    uint32_t low, high;
    if (!(tg_cpuid_of(1, 0).ecx & 1u << 27)) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

enum { TG_XCR0_YMM = 0x6, TG_XCR0_ZMM = 0xe6, TG_XCR0_TILES = 0x60000 };

static inline int tg_has_state(uint64_t bits) { return (tg_xcr0() & bits) == bits; }

static inline int tg_has_sse41(void) { return tg_cpuid_of(1, 0).ecx >> 19 & tg_cpuid_of(1, 0).ecx >> 9 & 1; }

static inline int tg_has_avx2(void) { return tg_has_state(TG_XCR0_YMM) && tg_cpuid_of(7, 0).ebx >> 5 & 1; }

static inline int tg_has_avxvnni(void) { return tg_has_avx2() && tg_cpuid_of(7, 1).eax >> 4 & 1; }

/* F, DQ, BW, VL and VNNI, all together. */
static inline int tg_has_avx512vnni(void) {
    const tg_cpuid r = tg_cpuid_of(7, 0);
    const uint32_t wanted = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
    return tg_has_state(TG_XCR0_ZMM) && (r.ebx & wanted) == wanted && r.ecx >> 11 & 1;
}

static inline int tg_has_amx(void) {
    const uint32_t edx = tg_cpuid_of(7, 0).edx;
    return tg_has_avx512vnni() && tg_has_state(TG_XCR0_TILES) && edx >> 24 & edx >> 25 & 1;
}

#endif
