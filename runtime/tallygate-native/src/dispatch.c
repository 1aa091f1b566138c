/* Which kernels this library was built with, the one that is tried first at the front. */
#include "kernel.h"
#include "kernels.h"


const tg_kernel *const tg_kernels[] = {
#if defined(TG_X86)
    &tg_kernel_amx, &tg_kernel_avx512vnni, &tg_kernel_avxvnni, &tg_kernel_avx2, &tg_kernel_sse41,
#elif defined(TG_NEON)
    &tg_kernel_neondot, &tg_kernel_neon,
#elif defined(TG_SIMD128)
    &tg_kernel_simd128,
#endif
    &tg_kernel_scalar, NULL};

static const tg_kernel *at(size_t place) {
    for (size_t i = 0; i <= place; i++)
        if (!tg_kernels[i]) return NULL;
    return tg_kernels[place];
}

const char *tg_kernel_name(size_t place) { return at(place) ? at(place)->name : NULL; }

int tg_kernel_available(size_t place) { return at(place) && at(place)->available(); }
