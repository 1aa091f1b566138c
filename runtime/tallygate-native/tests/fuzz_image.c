/* libFuzzer on the reader of device images, and on what an accepted one then answers (docs/fuzzing.md).
 *
 * A changed byte breaks the hash of the whole, so the mutator below writes a new one: what reads numbers is reached. What
 * is accepted is asked: goldens, texts, ids, spans, streams, states, single steps; a sanitizer stops at the first fault. */
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "tallygate_trace.h"

enum { HEADER = 64, HASHED = 32, ENTRY = 32, SIZES = 25, STEPS = 3, SLOTS = 16, MOST = 512 };
static const char TEXT[] = "good bad, don't! Caf\xc3\xa9 cafe\xcc\x81 <br />S\xcc\xa3\xcc\x87 \xea\xb0\x80\xe1\x86\xa8 =\xcc\xb8 x";

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t get64(const uint8_t *at) {
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return x;
}

static uint32_t next(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (uint32_t)(*state >> 33);
}

/* One number at a place that the table of sections names: random, or one where formats end. */
static void change_number(uint8_t *data, size_t size, uint64_t *state) {
    static const uint64_t edges[] = {0,      1,      2,      12,         24,         25,         62,        63,
                                     64,     127,    128,    255,        256,        257,        512,       513,
                                     32767,  32768,  65535,  65536,      65537,      0x7fffffff, 0x80000000, 0xffffffff,
                                     1 << 22, 1 << 24, 1 << 28, ~(uint64_t)0, (uint64_t)1 << 62, 0x7ff0000000000000, 0xdfffff, 0x27};
    const uint64_t value = next(state) % 2 ? edges[next(state) % (sizeof edges / sizeof *edges)]
                                           : (uint64_t)next(state) << 32 | next(state);
    const size_t bytes = (size_t)1 << next(state) % 4, sections = data[12] % 65;
    size_t start = 0, length = size;
    if (next(state) % 8 && HEADER + sections * ENTRY <= size) { /* inside a section, the sizes more often than others */
        const uint8_t *entry = data + HEADER + (next(state) % 2 && sections ? next(state) % sections : 0) * ENTRY;
        if (get64(entry + 8) < size && get64(entry + 16) <= size - get64(entry + 8)) start = get64(entry + 8), length = get64(entry + 16);
    }
    if (length < bytes) return;
    start += next(state) % (length - bytes + 1) / bytes * bytes;
    if (start + bytes <= size) memcpy(data + start, &value, bytes);
}

static void sign(uint8_t *data, size_t size) {
    const uint64_t whole = size;
    if (size < HEADER) return;
    memcpy(data + 16, &whole, sizeof whole);
    tg_sha256(data, HASHED, data + HEADER, size - HEADER, data + HASHED);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    uint64_t state = seed;
    if (size < 2 * HEADER || next(&state) % 4 == 0) size = LLVMFuzzerMutate(data, size, most);
    else
        for (uint32_t i = next(&state) % 4 + 1; i; i--) change_number(data, size, &state);
    if (next(&state) % 64) sign(data, size);
    return size;
}

static void ask_steps(tg_worker *worker, const tg_facts *facts) {
    static int8_t below[STEPS * 2 * MOST], codes[STEPS * SLOTS * MOST];
    static int16_t cells[STEPS * SLOTS * MOST];
    const int32_t ids[STEPS] = {0, 1, (int32_t)facts->rows - 1};
    for (uint32_t layer = 0; layer < facts->layers; layer++) {
        tg_trace asked = {.layer = layer, .direction = facts->directions - 1, .slots = layer % 2 ? SLOTS : 1, .steps = STEPS,
                          .ids = ids, .below = below, .codes = codes, .cells = cells};
        tg_trace_steps(worker, &asked);
    }
}

static void ask_stream(tg_model *model, tg_worker *worker, double *logits) {
    const int64_t offsets[2] = {0, sizeof TEXT - 1};
    uint64_t tokens;
    tg_stream *stream, *again;
    if (tg_stream_open(model, &stream)) return;
    tg_stream_push(worker, &stream, TEXT, offsets, 1);
    tg_stream_logits(worker, &stream, 1, 1, logits, &tokens);
    const size_t size = tg_stream_state_size(stream);
    uint8_t *state = malloc(size);
    if (!state || tg_stream_state(stream, state, size) || tg_stream_resume(model, state, size, &again)) abort();
    tg_stream_push(worker, &again, TEXT, offsets, 1);
    tg_stream_logits(worker, &again, 1, 0, logits, &tokens);
    tg_stream_close(stream), tg_stream_close(again);
    free(state);
}

static void ask(tg_model *model) {
    const int64_t texts[3] = {0, 0, sizeof TEXT - 1}, rows[2] = {0, 2};
    int32_t tokens[2], starts[sizeof TEXT], ends[sizeof TEXT];
    tg_worker *worker;
    tg_facts facts;
    size_t count, at, size;
    tg_model_facts(model, &facts);
    if (tg_worker_open(model, &worker)) return;
    int32_t *ids = malloc(sizeof *ids * (facts.max_length > 2 ? facts.max_length : 2));
    double *logits = malloc(2 * sizeof *logits * facts.outputs);
    if (!ids || !logits) abort();
    tg_check(worker, &at);
    if (tg_run_texts(worker, TEXT, texts, 2, logits, tokens)) abort();
    if (facts.max_length < sizeof TEXT ? tg_encode(worker, TEXT, sizeof TEXT - 1, ids, &count)
                                       : tg_spans(worker, TEXT, sizeof TEXT - 1, ids, starts, ends, &count)) abort();
    ids[0] = 0, ids[1] = (int32_t)facts.rows - 1;
    tg_run_ids(worker, ids, rows, 1, logits);
    for (size_t i = 0; i <= facts.labels; i++) tg_label(model, i, &size);
    for (size_t i = 0; i <= facts.goldens; i++) tg_golden(model, i, &size);
    tg_temperature(model, 0), tg_temperature(model, ~(size_t)0);
    ask_stream(model, worker, logits);
    ask_steps(worker, &facts);
    tg_worker_close(worker);
    free(ids), free(logits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *image = malloc(size ? size : 1); /* so that a byte too far is seen */
    size_t kernels = 0;
    tg_model *model;
    if (!image) abort();
    if (size) memcpy(image, data, size);
    while (tg_kernel_name(kernels)) kernels++;
    const char *kernel = tg_kernel_name(size > HASHED ? image[HASHED] % kernels : 0);
    if (!tg_open(image, size, kernel, &model)) {
        ask(model);
        tg_close(model);
    }
    free(image);
    return 0;
}
