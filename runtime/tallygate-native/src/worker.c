/* A worker: the memory of one thread, and the windows that texts go through. */
#include <stdlib.h>
#include <string.h>

#include "model.h"

static size_t lines(size_t size) { return (size + TG_LINE - 1) / TG_LINE * TG_LINE; }

/* An odd number of lines: neighbouring slots then lie in different sets of the cache. */
static size_t odd_lines(size_t size) { return lines(size) / TG_LINE % 2 ? lines(size) : lines(size) + TG_LINE; }

static tg_strides strides_of(const tg_model *model) {
    const tg_sizes *s = &model->image.sizes;
    const tg_kernel *kernel = model->kernel;
    const size_t units = (size_t)s->hidden + kernel->lanes, below = s->layers > 1 ? s->hidden * s->directions : 0;
    /* A tile reads codes up to a multiple of 64. */
    return (tg_strides){.codes = odd_lines((lines(below + units) + TG_LINE) * kernel->code_bytes),
                        .cells = odd_lines(2 * units) / 2,
                        .pools = odd_lines(4 * units) / 4};
}

typedef struct {
    uint8_t *memory;
    uint64_t used; /* 64 bits: where addresses have 32, sizes of a legal image may not fit them */
} layout;

/* The next array; memory is NULL where sizes are only added up. */
static void *next(layout *l, uint64_t size) {
    void *place = l->memory ? l->memory + l->used : NULL;
    l->used += (size + TG_LINE - 1) / TG_LINE * TG_LINE;
    return place;
}

static uint64_t lay_out(tg_worker *w, uint8_t *memory) {
    const tg_model *model = w->model;
    const tg_sizes *s = &model->image.sizes;
    const tg_strides strides = strides_of(model);
    const size_t slots = TG_MAX_SLOTS, width = (size_t)s->hidden * s->directions, sums = 4 * ((size_t)s->hidden + model->kernel->lanes) + 32;
    layout l = {memory, 0};
    w->slots.strides = strides;
    for (int i = 0; i < 2; i++) w->slots.codes[i] = next(&l, slots * strides.codes + TG_SPARE_BYTES);
    w->slots.cells = next(&l, slots * (strides.cells * 2) + TG_SPARE_BYTES);
    w->slots.pools = next(&l, slots * (strides.pools * 4) + TG_SPARE_BYTES);
    w->slots.sums = next(&l, slots * odd_lines(4 * sums) + TG_SUMS_BYTES);
    w->ids = next(&l, 4 * (w->window_ids + s->max_length));
    w->offsets = next(&l, 8 * (TG_WINDOW + 1));
    w->order = next(&l, 4 * TG_WINDOW);
    w->counts = next(&l, 4 * ((size_t)(s->max_length > TG_STREAM_IDS ? s->max_length : TG_STREAM_IDS) + 2));
    w->logits = next(&l, 8 * (size_t)s->outputs * TG_GOLDENS);
    w->pooled = next(&l, 8 * TG_WINDOW * width);
    w->seen.slots = next(&l, 8 * tg_seen_slots(&model->image, s->max_length));
    w->ngram_sums = next(&l, 4 * (size_t)s->outputs);
    for (int i = 0; i < 2 && s->layers > 1; i++) w->codes[i] = next(&l, w->window_ids * width);
    w->word = next(&l, model->longest_word + 16);
    w->segment = next(&l, 4 * 4 * (uint64_t)w->segment_room);
    w->scratch = next(&l, 4 * 4 * (uint64_t)w->segment_room);
    return l.used;
}

tg_status tg_worker_open(tg_model *model, tg_worker **opened) {
    if (!model || !opened) return TG_BAD_ARGUMENT;
    *opened = NULL;
    tg_worker *w = calloc(1, sizeof *w);
    if (!w) return TG_NO_MEMORY;
    w->model = model;
    w->window_ids = model->image.sizes.layers > 1 ? TG_WINDOW_CODES : TG_WINDOW_IDS;
    if (w->window_ids < model->image.sizes.max_length) w->window_ids = model->image.sizes.max_length;
    w->segment_room = tg_segment_room(model);
    const uint64_t bytes = lay_out(w, NULL);
    w->memory = bytes > SIZE_MAX / 2 ? NULL : tg_lines((size_t)bytes);
    if (!w->memory) return free(w), TG_NO_MEMORY;
    lay_out(w, w->memory);
    w->seen.mask = (uint32_t)tg_seen_slots(&model->image, model->image.sizes.max_length) - 1;
    *opened = w;
    return TG_OK;
}

void tg_worker_close(tg_worker *worker) {
    if (!worker) return;
    tg_lines_free(worker->memory);
    free(worker);
}

static tg_status check_ids(const tg_model *model, const int32_t *ids, const int64_t *offsets, size_t texts) {
    const tg_sizes *s = &model->image.sizes;
    if (offsets[0] < 0) return TG_BAD_ARGUMENT;
    for (size_t i = 0; i < texts; i++)
        if (offsets[i + 1] <= offsets[i] || offsets[i + 1] - offsets[i] > s->max_length) return TG_BAD_LENGTH;
    for (int64_t i = offsets[0]; i < offsets[texts]; i++)
        if (ids[i] < 0 || (uint32_t)ids[i] >= s->rows) return TG_BAD_ID;
    return TG_OK;
}

/* Texts from the first one on that fit a window. */
static size_t window_of(const tg_worker *w, const int64_t *offsets, size_t texts) {
    size_t count = 0;
    while (count < texts && count < TG_WINDOW && offsets[count + 1] - offsets[0] <= (int64_t)w->window_ids) count++;
    return count;
}

tg_status tg_run_ids(tg_worker *w, const int32_t *ids, const int64_t *offsets, size_t texts, double *logits) {
    if (!w || (texts && (!ids || !offsets || !logits))) return TG_BAD_ARGUMENT;
    const tg_status status = texts ? check_ids(w->model, ids, offsets, texts) : TG_OK;
    if (status) return status;
    for (size_t count; texts; texts -= count, offsets += count, logits += count * w->model->image.sizes.outputs) {
        count = window_of(w, offsets, texts);
        tg_run_window(w, ids, offsets, count, logits);
    }
    return TG_OK;
}

tg_status tg_encode(tg_worker *w, const char *text, size_t size, int32_t *ids, size_t *count) {
    if (!w || (size && !text) || !ids || !count) return TG_BAD_ARGUMENT;
    return tg_tokenize(w, (const uint8_t *)text, size, ids, (tg_spans_out){NULL, NULL}, count);
}

tg_status tg_spans(tg_worker *w, const char *text, size_t size, int32_t *ids, int32_t *starts, int32_t *ends,
                   size_t *count) {
    if (!w || (size && !text) || size > INT32_MAX || !ids || !starts || !ends || !count) return TG_BAD_ARGUMENT;
    return tg_tokenize(w, (const uint8_t *)text, size, ids, (tg_spans_out){starts, ends}, count);
}

/* Texts into the worker's window, as many as fit; -> how many. */
static tg_status encode_window(tg_worker *w, const char *bytes, const int64_t *offsets, size_t texts, size_t *done) {
    size_t count = 0;
    w->offsets[0] = 0;
    while (count < texts && count < TG_WINDOW &&
           (!count || w->offsets[count] + w->model->image.sizes.max_length <= (int64_t)w->window_ids)) {
        size_t found = 0;
        if (offsets[count] < 0 || offsets[count + 1] < offsets[count]) return TG_BAD_ARGUMENT;
        const tg_status status = tg_tokenize(w, (const uint8_t *)bytes + offsets[count],
                                             (size_t)(offsets[count + 1] - offsets[count]), w->ids + w->offsets[count],
                                             (tg_spans_out){NULL, NULL}, &found);
        if (status) return status;
        w->offsets[count + 1] = w->offsets[count] + (int64_t)found;
        count++;
    }
    *done = count;
    return TG_OK;
}

tg_status tg_run_texts(tg_worker *w, const char *bytes, const int64_t *offsets, size_t texts, double *logits,
                       int32_t *tokens) {
    if (!w || (texts && (!bytes || !offsets || !logits))) return TG_BAD_ARGUMENT;
    const size_t outputs = w ? w->model->image.sizes.outputs : 0;
    for (size_t done = 0, count = 0; done < texts; done += count) {
        const tg_status status = encode_window(w, bytes, offsets + done, texts - done, &count);
        if (status) return status;
        for (size_t i = 0; tokens && i < count; i++) tokens[done + i] = (int32_t)(w->offsets[i + 1] - w->offsets[i]);
        tg_run_window(w, w->ids, w->offsets, count, logits + done * outputs);
    }
    return TG_OK;
}

/* count golden texts from one on, all in one call; at: the first that differs. */
static tg_status check_goldens(tg_worker *w, uint32_t start, uint32_t count, size_t *at) {
    const tg_image *image = &w->model->image;
    const size_t outputs = image->sizes.outputs;
    int64_t offsets[TG_GOLDENS + 1];
    for (uint32_t i = 0; i <= count; i++) offsets[i] = image->golden_offsets[start + i];
    const tg_status status = tg_run_texts(w, (const char *)image->golden_bytes, offsets, count, w->logits, NULL);
    for (uint32_t i = 0; !status && i < count; i++) {
        const double *expected = image->golden_logits + (start + i) * outputs;
        *at = start + i;
        if (memcmp(w->logits + i * outputs, expected, outputs * sizeof *expected)) return TG_GOLDEN_DIFFERS;
    }
    return status;
}

tg_status tg_check(tg_worker *w, size_t *at) {
    tg_status status = TG_OK;
    if (!w || !at) return TG_BAD_ARGUMENT;
    const uint32_t goldens = w->model->image.sizes.goldens;
    for (uint32_t i = 0; !status && i < goldens; i++) status = check_goldens(w, i, 1, at);
    for (uint32_t i = 0; !status && i < goldens; i += TG_GOLDENS)
        status = check_goldens(w, i, goldens - i < TG_GOLDENS ? goldens - i : TG_GOLDENS, at);
    return status;
}
