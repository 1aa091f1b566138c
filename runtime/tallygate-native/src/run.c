/* A window of texts through the layers: sorted by length, slots refilled as texts end, so that nothing is padded. */
#include <string.h>

#include "model.h"
#include "stream.h"

enum { EMPTY = 0xffffffff };

/* One direction of one layer over a window. */
typedef struct {
    tg_worker *worker;
    const tg_packed *packed;
    tg_stream *const *streams; /* whose states texts begin with; NULL: with none */
    int keep;                  /* streams move on */
    const int32_t *ids;
    const int64_t *offsets;
    uint32_t texts, layer, direction, next;
    uint32_t text[TG_MAX_SLOTS];
    int64_t position[TG_MAX_SLOTS], length[TG_MAX_SLOTS];
    const int16_t *addends[TG_MAX_SLOTS + 8];
} pass;

/* Counting sort, longest first. */
static void sort_by_length(tg_worker *w, const int64_t *offsets, uint32_t texts) {
    int64_t longest = 0;
    for (uint32_t i = 0; i < texts; i++)
        if (offsets[i + 1] - offsets[i] > longest) longest = offsets[i + 1] - offsets[i];
    memset(w->counts, 0, ((size_t)longest + 2) * sizeof *w->counts);
    for (uint32_t i = 0; i < texts; i++) w->counts[longest - (offsets[i + 1] - offsets[i]) + 1]++;
    for (int64_t k = 0; k <= longest; k++) w->counts[k + 1] += w->counts[k];
    for (uint32_t i = 0; i < texts; i++) w->order[w->counts[longest - (offsets[i + 1] - offsets[i])]++] = i;
}

static void empty_slot(const pass *p, size_t slot) {
    tg_slots *s = &p->worker->slots;
    const size_t bytes = s->strides.codes;
    memset(s->codes[0] + slot * bytes, p->packed->kernel->code_offset, bytes);
    memset(s->cells + slot * s->strides.cells, 0, s->strides.cells * sizeof *s->cells);
    int16_t *values = (int16_t *)(s->pools + slot * s->strides.pools);
    memset(values, 0, s->strides.pools * sizeof *s->pools);
    if (p->packed->kernel->clear) p->packed->kernel->clear(p->packed, s, slot);
    if (p->packed->pooling != TG_POOL_MAX) return;
    for (size_t i = 0; i < 2 * s->strides.pools; i++) values[i] = -32768;
}

static void put_codes(uint8_t *to, const int8_t *codes, size_t count, const tg_kernel *kernel) {
    if (kernel->code_bytes == 2)
        for (size_t i = 0; i < count; i++) ((int16_t *)to)[i] = codes[i];
    else
        for (size_t i = 0; i < count; i++) to[i] = (uint8_t)(codes[i] + kernel->code_offset);
}

static void get_codes(int8_t *to, const uint8_t *codes, size_t count, const tg_kernel *kernel) {
    if (kernel->code_bytes == 2)
        for (size_t i = 0; i < count; i++) to[i] = (int8_t)((const int16_t *)codes)[i];
    else
        for (size_t i = 0; i < count; i++) to[i] = (int8_t)(codes[i] - kernel->code_offset);
}

/* Cells of a slot from or to a stream, in the order of the units. */
static void move_cells(const pass *p, size_t slot, int16_t *cells, int to_stream) {
    const tg_slots *s = &p->worker->slots;
    const tg_packed *k = p->packed;
    const size_t full = (size_t)k->blocks * k->kernel->lanes;
    const size_t first = k->kernel->tail_cells && full < k->hidden ? full : k->hidden, rest = k->hidden - first;
    int16_t *own = s->cells + slot * s->strides.cells, *tail = rest ? k->kernel->tail_cells(s, slot) : own;
    if (to_stream) memcpy(cells, own, first * sizeof *own), memcpy(cells + first, tail, rest * sizeof *own);
    else memcpy(own, cells, first * sizeof *own), memcpy(tail, cells + first, rest * sizeof *own);
}

/* Own codes of a slot, behind those of the layer below, of the step that comes next. */
static uint8_t *own_codes(const pass *p, size_t slot) {
    const tg_slots *s = &p->worker->slots;
    return s->codes[0] + slot * s->strides.codes + (size_t)(p->packed->width - p->packed->hidden) * p->packed->kernel->code_bytes;
}

/* What was multiplied ahead for the slot is not for these codes. Pools begin anew: streams add them up in 64 bits. */
static void begin_with_state(const pass *p, size_t slot) {
    const uint32_t hidden = p->packed->hidden;
    tg_stream *stream = p->streams[p->text[slot]];
    put_codes(own_codes(p, slot), stream->codes + (size_t)p->layer * hidden, hidden, p->packed->kernel);
    move_cells(p, slot, stream->cells + (size_t)p->layer * hidden, 0);
    p->worker->slots.ahead = 0;
}

static void keep_state(const pass *p, size_t slot) {
    const uint32_t hidden = p->packed->hidden;
    tg_stream *stream = p->streams[p->text[slot]];
    get_codes(stream->codes + (size_t)p->layer * hidden, own_codes(p, slot), hidden, p->packed->kernel);
    move_cells(p, slot, stream->cells + (size_t)p->layer * hidden, 1);
}

/* The next text goes into a slot; without one, the slot stays empty. */
static int refill(pass *p, size_t slot) {
    if (p->next == p->texts) return p->text[slot] = EMPTY, 0;
    const uint32_t text = p->worker->order[p->next++];
    p->text[slot] = text;
    p->position[slot] = 0;
    p->length[slot] = p->offsets[text + 1] - p->offsets[text];
    empty_slot(p, slot);
    if (p->streams) begin_with_state(p, slot);
    return 1;
}

/* Place of the token that a slot reads, among the window's. */
static int64_t token(const pass *p, size_t slot) {
    const int64_t at = p->position[slot];
    return p->offsets[p->text[slot]] + (p->direction ? p->length[slot] - 1 - at : at);
}

/* What a slot adds in this step and in the next one, which the kernel may fetch ahead. */
static void set_addends(pass *p, size_t slot) {
    const tg_packed *k = p->packed;
    const int16_t *rows = p->layer ? k->bias : p->worker->model->rows[p->direction];
    const int32_t *id = p->ids + (p->layer || p->text[slot] == EMPTY ? 0 : token(p, slot));
    const int16_t **ahead = p->worker->slots.addends_ahead + slot;
    p->addends[slot] = *ahead = rows;
    if (p->layer || p->text[slot] == EMPTY) return;
    p->addends[slot] += (size_t)*id * k->addends;
    if (p->position[slot] + 1 < p->length[slot]) *ahead += (size_t)id[p->direction ? -1 : 1] * k->addends;
}

/* Codes of the layer below, at the front of what a step reads. */
static void set_codes(const pass *p, size_t slot) {
    const tg_worker *w = p->worker;
    const size_t width = w->model->image.sizes.hidden * w->model->image.sizes.directions;
    const int8_t *below = w->codes[(p->layer + 1) % 2] + (size_t)(token(p, slot) - p->offsets[0]) * width;
    put_codes(w->slots.codes[0] + slot * w->slots.strides.codes, below, width, p->packed->kernel);
}

static void keep_codes(const pass *p, size_t slot) {
    const tg_worker *w = p->worker;
    const tg_packed *k = p->packed;
    const size_t width = w->model->image.sizes.hidden * w->model->image.sizes.directions;
    int8_t *to = w->codes[p->layer % 2] + (size_t)(token(p, slot) - p->offsets[0]) * width + p->direction * k->hidden;
    const uint8_t *from = w->slots.codes[1] + slot * w->slots.strides.codes;
    get_codes(to, from + (size_t)(k->width - k->hidden) * k->kernel->code_bytes, k->hidden, k->kernel);
}

static void finish(const pass *p, size_t slot) {
    const tg_worker *w = p->worker;
    const size_t hidden = p->packed->hidden, width = hidden * w->model->image.sizes.directions;
    p->packed->kernel->pooled(p->packed, &w->slots, slot, w->pooled + p->text[slot] * width + p->direction * hidden);
}

/* One step of the first count slots; -> how many are in use then. */
static size_t step(pass *p, size_t count) {
    tg_slots *s = &p->worker->slots;
    const int last = p->layer + 1 == p->worker->model->image.sizes.layers;
    for (size_t slot = 0; slot < count; slot++) {
        set_addends(p, slot);
        if (p->layer && p->text[slot] != EMPTY) set_codes(p, slot);
    }
    for (size_t slot = count; slot < count + 8; slot++) p->addends[slot] = s->addends_ahead[slot] = p->addends[0];
    p->packed->kernel->step(p->packed, s, count, p->addends);
    for (size_t slot = 0; !last && slot < count; slot++)
        if (p->text[slot] != EMPTY) keep_codes(p, slot);
    uint8_t *const read = s->codes[0];
    s->codes[0] = s->codes[1], s->codes[1] = read;
    for (size_t slot = 0; slot < count; slot++)
        if (p->text[slot] != EMPTY && ++p->position[slot] == p->length[slot]) {
            if (last) finish(p, slot);
            if (p->streams && p->keep) keep_state(p, slot);
            refill(p, slot);
        }
    while (count && p->text[count - 1] == EMPTY) count--;
    return count;
}

static void run_pass(pass *p) {
    const tg_kernel *kernel = p->packed->kernel;
    size_t count = 0;
    if (kernel->begin) kernel->begin(p->packed, &p->worker->slots);
    while (count < kernel->slots && refill(p, count)) count++;
    while (count) count = step(p, count);
    if (kernel->end) kernel->end();
}

void tg_advance(tg_worker *w, const int32_t *ids, const int64_t *offsets, size_t texts, tg_stream *const *streams,
                int keep) {
    tg_model *model = w->model;
    const tg_sizes *s = &model->image.sizes;
    sort_by_length(w, offsets, (uint32_t)texts);
    tg_make_rows(model, ids + offsets[0], (size_t)(offsets[texts] - offsets[0]));
    for (uint32_t layer = 0; layer < s->layers; layer++)
        for (uint32_t direction = 0; direction < s->directions; direction++) {
            pass p = {.worker = w, .packed = &model->packed[layer][direction], .streams = streams, .keep = keep,
                      .ids = ids, .offsets = offsets, .texts = (uint32_t)texts, .layer = layer, .direction = direction};
            run_pass(&p);
        }
}

void tg_run_window(tg_worker *w, const int32_t *ids, const int64_t *offsets, size_t texts, double *logits) {
    const tg_model *model = w->model;
    const tg_sizes *s = &model->image.sizes;
    tg_advance(w, ids, offsets, texts, NULL, 0);
    const size_t width = (size_t)s->hidden * s->directions;
    for (size_t i = 0; i < texts; i++, logits += s->outputs) {
        const size_t tokens = (size_t)(offsets[i + 1] - offsets[i]);
        tg_head(&model->image, w->pooled + i * width, tokens, logits);
        if (!model->image.ngrams.longest) continue;
        tg_ngram_sums(&model->image, &w->seen, ids + offsets[i], tokens, w->ngram_sums);
        tg_ngram_logits(&model->image, w->ngram_sums, logits);
    }
}
