/* Putting a direction's numbers in the order in which a vector kernel reads them. */
#ifndef TG_PACK_H
#define TG_PACK_H

#include "kernel.h"

/* How a kernel lays its weights out. */
typedef struct tg_plan {
    uint32_t group;      /* codes that one lane multiplies at once: 4 of int8, or 2 of int16 */
    uint32_t element;    /* bytes of a weight: 1 or 2 */
    int pairs;           /* a group of four stands as two halves of two, first all lanes' first halves */
    int dense_tail;      /* up to four units behind the full blocks share 16 lanes, as kernels/tail.h has it */
    int shifts_alike;    /* the processor shifts all lanes alike: rows are multiplied to the largest shift first */
    int start_offset;    /* what sums begin at is for codes with this added, where that is not the kernel's own offset */
} tg_plan;

tg_status tg_pack(tg_packed *packed, const tg_plan *plan);
/* Shifts that a kernel with shifts_alike can bring to the largest one without leaving int32. */
int tg_shifts_are_near(const tg_direction *direction, const tg_image *image);
/* No two weights that a pair of codes meets exceed 129 together, so that two products with codes up to 254 fit int16. */
int tg_pairs_are_bounded(const tg_direction *direction, const tg_image *image);
/* tg_kernel.pooled of a kernel whose pools lie in the order of the units. */
void tg_pooled_in_order(const tg_packed *packed, const tg_slots *slots, size_t slot, int64_t *states);

#endif
