/* memory IMAGE: no function but those that open takes memory, and an image is read where it lies, at any multiple of 8.
 *
 * malloc, calloc and realloc are counted by names of their own (-Wl,--wrap). Every kernel that runs here answers from a
 * copy of the image at each of the eight addresses of a line; at the addresses between them it is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tallygate_trace.h"

enum { LINE = 64, OUTPUTS = 4096, MOST = 512, STEPS = 2 };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static size_t taken;
void *__wrap_malloc(size_t size) { return taken++, __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return taken++, __real_calloc(count, size); }
void *__wrap_realloc(void *memory, size_t size) { return taken++, __real_realloc(memory, size); }

static double logits[2 * OUTPUTS];
static int8_t codes[STEPS * MOST];
static int16_t cells[STEPS * MOST];

static int must(int holds, const char *what) {
    if (!holds) fprintf(stderr, "memory: %s\n", what);
    return !holds;
}

/* Everything that may be asked of a model that is open; -> how often memory was taken meanwhile. */
static size_t ask(tg_model *model, tg_worker *worker, tg_stream *stream, uint8_t *state, int32_t *ids) {
    static const char text[] = "good bad, don't! caf\xc3\xa9 cafe\xcc\x81 <br />x";
    const int64_t offsets[3] = {0, 4, sizeof text - 1}, rows[2] = {0, STEPS};
    const size_t before = taken, size = tg_stream_state_size(stream);
    size_t count, at;
    uint64_t tokens;
    int32_t read[2];
    tg_facts facts;
    tg_model_facts(model, &facts);
    tg_check(worker, &at);
    tg_encode(worker, text, sizeof text - 1, ids, &count);
    tg_run_texts(worker, text, offsets, 2, logits, read);
    ids[0] = 1, ids[1] = 2;
    tg_run_ids(worker, ids, rows, 1, logits);
    if (stream) {
        tg_stream_push(worker, &stream, text, offsets, 1);
        tg_stream_logits(worker, &stream, 1, 1, logits, &tokens);
        tg_stream_state(stream, state, size);
    }
    tg_trace asked = {.slots = 1, .steps = STEPS, .ids = ids, .codes = codes, .cells = cells};
    tg_trace_steps(worker, &asked);
    tg_label(model, 0, &count), tg_golden(model, 0, &count), tg_temperature(model, 1);
    return taken - before;
}

/* Whether a kernel fails that reads the image at this address: its goldens are checked to the bit. */
static int fails(const uint8_t *image, size_t size, const char *kernel) {
    tg_model *model;
    tg_worker *worker;
    tg_stream *stream = NULL;
    tg_facts facts;
    size_t at;
    if (must(!tg_open(image, size, kernel, &model), "a kernel does not open")) return 1;
    tg_model_facts(model, &facts);
    if (must(!tg_worker_open(model, &worker), "a worker does not open")) return 1;
    if (facts.directions == 1 && must(!tg_stream_open(model, &stream), "a stream does not open")) return 1;
    uint8_t *state = malloc(tg_stream_state_size(stream) + 1);
    int32_t *ids = malloc(sizeof *ids * (facts.max_length + STEPS));
    int failed = must(state && ids, "no memory") || must(!ask(model, worker, stream, state, ids), "memory is taken while texts are answered");
    failed |= must(!tg_check(worker, &at), "a golden text is answered otherwise");
    tg_stream_close(stream), tg_worker_close(worker), tg_close(model);
    free(state), free(ids);
    return failed;
}

int main(int count, char **arguments) {
    FILE *file = count > 1 ? fopen(arguments[1], "rb") : NULL;
    if (!file || fseek(file, 0, SEEK_END)) return fprintf(stderr, "usage: memory IMAGE\n"), 2;
    const size_t size = (size_t)ftell(file);
    uint8_t *room = malloc(size + 3 * LINE), *line = room + LINE - (uintptr_t)room % LINE;
    uint8_t *image = malloc(size);
    rewind(file);
    if (!room || !image || fread(image, 1, size, file) != size) return 2;
    fclose(file);
    int failed = 0;
    for (size_t i = 0; !failed && tg_kernel_name(i); i++)
        for (size_t at = 0; !failed && tg_kernel_available(i) && at < LINE; at++) {
            tg_model *model;
            memmove(line + at, image, size);
            if (at % 8) failed = must(tg_open(line + at, size, tg_kernel_name(i), &model) == TG_UNALIGNED, "an odd address is taken");
            else failed = fails(line + at, size, tg_kernel_name(i)) || must(!memcmp(line + at, image, size), "the image was written to");
        }
    free(room), free(image);
    if (!failed) printf("good\n");
    return failed;
}
