/* What a kernel leaves behind after every step, for whoever looks for the place where it parts from the specification.
 *
 * Apart from tallygate.h, since no program that answers texts needs it. */
#ifndef TALLYGATE_TRACE_H
#define TALLYGATE_TRACE_H

#include "tallygate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One direction of one layer over one text, in the order of its steps. Rows hold the gates i, o, f, c. */
typedef struct tg_trace {
    uint32_t layer, direction;
    uint32_t slots;         /* that hold this text, from 1 on; afterwards: as many of them as the kernel has */
    uint32_t steps;
    const int32_t *ids;     /* [steps]; NULL: addends are given, or the layer is not the first */
    const int16_t *addends; /* [steps][4 * hidden] Qz in place of the input table or the bias, or NULL */
    const int8_t *below;    /* [steps][hidden * directions] codes of the layer below; NULL in the first layer */
    const int8_t *first_codes;  /* [hidden] before the first step; NULL: zero */
    const int16_t *first_cells; /* [hidden] Qc; NULL: zero */
    int8_t *codes;          /* [steps][slots][hidden], written */
    int16_t *cells;         /* the same, Qc */
} tg_trace;

TG_API tg_status tg_trace_steps(tg_worker *worker, tg_trace *trace);

#ifdef __cplusplus
}
#endif
#endif
