/* What a kernel is: one step of one direction of one layer, over some slots, each of which holds a text of its own.
 *
 * The addends of a step are a row of the input table for each slot (or the bias, above the first layer), in the kernel's
 * own order; a step reads the codes of a slot, multiplies, adds, passes the gates and leaves the next codes behind. Slots
 * never meet, so no answer depends on a neighbour. */
#ifndef TG_KERNEL_H
#define TG_KERNEL_H

#include "image.h"

enum { TG_MAX_SLOTS = 64, TG_LINE = 64, TG_SUMS_BYTES = 65536, TG_SPARE_BYTES = 4096 };

/* Strides in elements; each array begins at a multiple of 64 bytes. */
typedef struct tg_strides {
    size_t codes; /* bytes */
    size_t cells; /* int16 */
    size_t pools; /* int32; int16 where the pooling is last or max, over the same bytes */
} tg_strides;

typedef struct tg_slots {
    uint8_t *codes[2]; /* what a step reads, what it writes: [slots][codes], the layer below first */
    int16_t *cells;    /* Qc; TG_SPARE_BYTES behind the last slot's */
    int32_t *pools;    /* the same */
    int32_t *sums;     /* scratch of the kernel, TG_SUMS_BYTES more than a sum of every gate and slot */
    const int16_t *addends_ahead[TG_MAX_SLOTS + 8]; /* of the next step: worth fetching beside this one's work */
    size_t ahead;      /* slots whose first sums of the next step are there already; the kernel's own business */
    tg_strides strides;
} tg_slots;

/* Fetching ahead is spread over a step: rows of all slots at once would fill the queues to memory, and wait there. */
static inline void tg_fetch(const int16_t *addends, size_t count) {
#if defined(__GNUC__)
    for (size_t i = 0; i < count; i += TG_LINE / 2) __builtin_prefetch(addends + i, 0, 3);
#else
    (void)addends, (void)count;
#endif
}

struct tg_kernel;

/* One direction of one layer as a kernel reads it. */
typedef struct tg_packed {
    const struct tg_kernel *kernel;
    const tg_direction *direction;
    const tg_image *image;
    uint32_t hidden, width;
    uint32_t blocks;     /* of kernel->lanes units, the dense tail of a 512-bit kernel not counted */
    uint32_t groups;     /* of four codes, or of two where codes are int16 */
    uint32_t vectors;    /* accumulators of the product */
    uint32_t addends;    /* int16 per row of addends */
    int argument_shift;  /* doublings from Qz to the Q12 of a table's argument */
    int cell_shift;      /* doublings from Qc to the Q12 of twice the cell */
    int largest_shift;   /* of the rows' shifts, for processors that shift all lanes alike */
    uint32_t pooling;
    int8_t *weights;     /* the kernel's order */
    int32_t *start;      /* [vectors * lanes of 32 bits]: what the sums begin at */
    int32_t *shifts;     /* [the same]: by how much, or what a sum is multiplied with before all are shifted alike */
    int16_t *multipliers; /* [addends] Q15 */
    int16_t *bias;       /* [addends] Qz */
    uint8_t *tables;     /* sigmoid, candidate, cell as byte planes */
    uint16_t *places;    /* [addends] row i, o, f, c of each addend; 0xffff where there is none */
    void *memory;
} tg_packed;

typedef struct tg_kernel {
    const char *name;
    uint32_t lanes;      /* units of a block */
    uint32_t slots;      /* texts at once */
    uint32_t code_bytes; /* 1 or 2 */
    int code_offset;     /* what is added to a code: 128 where the processor multiplies unsigned with signed */
    int (*available)(void);
    /* Whether it can run this direction; NULL: every one. */
    int (*fits)(const tg_direction *direction, const tg_image *image);
    /* Fills addends' places, weights, start, shifts. memory is NULL: only say how much is needed. */
    tg_status (*pack)(tg_packed *packed);
    void (*step)(const tg_packed *packed, tg_slots *slots, size_t count, const int16_t *const *addends);
    /* Before and after a run of steps, and when a slot is emptied; NULL where there is nothing to do. */
    void (*begin)(const tg_packed *packed, tg_slots *slots);
    void (*end)(void);
    void (*clear)(const tg_packed *packed, tg_slots *slots, size_t slot);
    /* Where a slot's cells behind the full blocks lie; NULL: with the others, in the order of the units. */
    int16_t *(*tail_cells)(const tg_slots *slots, size_t slot);
    /* Reads the pooled states of one slot, in the order of the units. */
    void (*pooled)(const tg_packed *packed, const tg_slots *slots, size_t slot, int64_t *states);
} tg_kernel;

extern const tg_kernel *const tg_kernels[]; /* ended by NULL, the best first */

/* Memory in lines of 64 bytes, zeroed. */
void *tg_lines(size_t size);
void tg_lines_free(void *memory);

#endif
