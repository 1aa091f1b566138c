/* Steps of a kernel, looked at one by one: tallygate_trace.h. The way of texts (run.c) knows nothing of it. */
#include <string.h>

#include "model.h"
#include "tallygate_trace.h"

enum { MOST_ADDENDS = 4 * (TG_MAX_HIDDEN + 64), NONE = 0xffff };

typedef struct {
    const tg_packed *packed;
    tg_slots *slots;
    tg_trace *trace;
    const int16_t *rows;
    int16_t given[MOST_ADDENDS]; /* in the kernel's order */
} tracer;

static void put_codes(const tracer *t, size_t slot, size_t at, const int8_t *codes, size_t count) {
    const tg_kernel *kernel = t->packed->kernel;
    uint8_t *to = t->slots->codes[0] + slot * t->slots->strides.codes + at * kernel->code_bytes;
    for (size_t i = 0; i < count; i++) {
        if (kernel->code_bytes == 2) ((int16_t *)(void *)to)[i] = codes[i];
        else to[i] = (uint8_t)(codes[i] + kernel->code_offset);
    }
}

static void get_codes(const tracer *t, size_t slot, int8_t *codes) {
    const tg_packed *p = t->packed;
    const uint8_t *from = t->slots->codes[1] + slot * t->slots->strides.codes + (size_t)(p->width - p->hidden) * p->kernel->code_bytes;
    for (size_t i = 0; i < p->hidden; i++)
        codes[i] = p->kernel->code_bytes == 2 ? (int8_t)((const int16_t *)(const void *)from)[i]
                                              : (int8_t)(from[i] - p->kernel->code_offset);
}

/* Cells of a slot in the order of the units, out or in. */
static void move_cells(const tracer *t, size_t slot, int16_t *cells, int out) {
    const tg_packed *p = t->packed;
    const size_t full = (size_t)p->blocks * p->kernel->lanes;
    const size_t first = p->kernel->tail_cells && full < p->hidden ? full : p->hidden, rest = p->hidden - first;
    int16_t *own = t->slots->cells + slot * t->slots->strides.cells;
    int16_t *tail = rest ? p->kernel->tail_cells(t->slots, slot) : own;
    if (out) memcpy(cells, own, 2 * first), memcpy(cells + first, tail, 2 * rest);
    else memcpy(own, cells, 2 * first), memcpy(tail, cells + first, 2 * rest);
}

static void begin(const tracer *t) {
    const tg_packed *p = t->packed;
    tg_slots *s = t->slots;
    for (size_t slot = 0; slot < TG_MAX_SLOTS; slot++) {
        memset(s->codes[0] + slot * s->strides.codes, p->kernel->code_offset, s->strides.codes);
        memset(s->cells + slot * s->strides.cells, 0, s->strides.cells * sizeof *s->cells);
        memset(s->pools + slot * s->strides.pools, 0, s->strides.pools * sizeof *s->pools);
    }
    if (p->kernel->begin) p->kernel->begin(p, s);
    for (size_t slot = 0; slot < t->trace->slots; slot++) {
        int16_t cells[TG_MAX_HIDDEN];
        if (p->kernel->clear) p->kernel->clear(p, s, slot);
        if (t->trace->first_codes) put_codes(t, slot, p->width - p->hidden, t->trace->first_codes, p->hidden);
        if (!t->trace->first_cells) continue;
        memcpy(cells, t->trace->first_cells, p->hidden * sizeof *cells);
        move_cells(t, slot, cells, 0);
    }
    /* What a kernel multiplied ahead is not for these codes. */
    if (t->trace->first_codes) s->ahead = 0;
}

static const int16_t *addends_of(tracer *t, size_t step) {
    const tg_packed *p = t->packed;
    const int16_t *given = t->trace->addends;
    if (!given) return t->rows ? t->rows + (size_t)t->trace->ids[step] * p->addends : p->bias;
    given += step * 4 * p->hidden;
    for (size_t i = 0; i < p->addends; i++) t->given[i] = p->places[i] == NONE ? 0 : given[p->places[i]];
    return t->given;
}

static void run(tracer *t) {
    const tg_packed *p = t->packed;
    const int16_t *addends[TG_MAX_SLOTS + 8];
    const size_t below = p->width - p->hidden, slots = t->trace->slots;
    for (size_t step = 0; step < t->trace->steps; step++) {
        const int16_t *row = addends_of(t, step);
        for (size_t i = 0; i < TG_MAX_SLOTS + 8; i++) addends[i] = t->slots->addends_ahead[i] = row;
        for (size_t slot = 0; below && slot < slots; slot++)
            put_codes(t, slot, 0, t->trace->below + step * below, below);
        p->kernel->step(p, t->slots, slots, addends);
        for (size_t slot = 0; slot < slots; slot++) {
            const size_t place = (step * slots + slot) * p->hidden;
            get_codes(t, slot, t->trace->codes + place);
            move_cells(t, slot, t->trace->cells + place, 1);
        }
        uint8_t *const read = t->slots->codes[0];
        t->slots->codes[0] = t->slots->codes[1], t->slots->codes[1] = read;
    }
    if (p->kernel->end) p->kernel->end();
}

static tg_status check(const tg_worker *worker, const tg_trace *trace) {
    if (!worker || !trace || !trace->codes || !trace->cells || !trace->slots) return TG_BAD_ARGUMENT;
    const tg_sizes *s = &worker->model->image.sizes;
    if (trace->layer >= s->layers || trace->direction >= s->directions) return TG_BAD_ARGUMENT;
    if (trace->layer ? !trace->below : !trace->ids && !trace->addends) return TG_BAD_ARGUMENT;
    if (trace->steps > s->max_length) return TG_BAD_LENGTH;
    for (size_t i = 0; trace->ids && i < trace->steps; i++)
        if (trace->ids[i] < 0 || (uint32_t)trace->ids[i] >= s->rows) return TG_BAD_ID;
    return TG_OK;
}

tg_status tg_trace_steps(tg_worker *worker, tg_trace *trace) {
    const tg_status status = check(worker, trace);
    if (status) return status;
    tg_model *model = worker->model;
    tracer t = {.packed = &model->packed[trace->layer][trace->direction], .slots = &worker->slots, .trace = trace};
    if (trace->slots > model->kernel->slots) trace->slots = model->kernel->slots;
    if (!trace->layer && !trace->addends) {
        tg_make_rows(model, trace->ids, trace->steps);
        t.rows = model->rows[trace->direction];
    }
    begin(&t);
    run(&t);
    return TG_OK;
}
