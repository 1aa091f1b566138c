/* Every kernel by name; a build holds those of its processor. */
#ifndef TG_KERNELS_H
#define TG_KERNELS_H

#include "kernel.h"

extern const tg_kernel tg_kernel_scalar, tg_kernel_sse41, tg_kernel_avx2, tg_kernel_avxvnni, tg_kernel_avx512vnni,
    tg_kernel_amx, tg_kernel_neon, tg_kernel_neondot, tg_kernel_simd128;

#endif
