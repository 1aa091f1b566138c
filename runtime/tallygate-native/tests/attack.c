/* attack IMAGE SECONDS [SEED]: changed images, random texts and random ids, for builds with sanitizers.
 *
 * Every change gets a hash that fits, so that what reads the numbers is reached. Prints how many inputs were tried and how
 * many were accepted; a sanitizer ends the program at the first fault. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "image.h"
#include "tallygate_trace.h"

enum { HEADER = 64, HASHED = 32, TEXT = 3000, IDS = 64 };

static uint64_t state;

/* xorshift64* (Vigna 2016). */
static uint32_t next(void) {
    state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
    return (uint32_t)(state * 0x2545f4914f6cdd1du >> 32);
}

static void sign(uint8_t *image, size_t size) { tg_sha256(image, HASHED, image + HEADER, size - HEADER, image + HASHED); }

/* One to four numbers of one to eight bytes: random, or ones that overflow. */
static void change(uint8_t *image, size_t size) {
    static const uint64_t edges[] = {0, 1, 2, 63, 64, 127, 128, 255, 32767, 32768, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff, ~(uint64_t)0};
    for (uint32_t i = next() % 4 + 1; i; i--) {
        const uint64_t value = next() % 2 ? edges[next() % 16] : (uint64_t)next() << 32 | next();
        const size_t bytes = (size_t)1 << next() % 4;
        /* Half of the changes go to the header, the table and the sizes. */
        const size_t end = next() % 2 ? size : size < 600 ? size : 600;
        memcpy(image + next() % (end - bytes), &value, bytes);
    }
}

static size_t make_text(char *text) {
    static const char *const pieces[] = {"<br />", "<br", "'", "\xe2\x80\x99", "good", "\xcc\x81", "\xcc\xb8", "=", "<", "\xc4\xb0", "\xea\xb0\x80", "\xe1\x86\xa8", "\xf0\x9d\x85\x9e", " ", "\xff", "\xc0\x80", "\xed\xa0\x80", "Z"};
    size_t size = 0;
    const uint32_t count = next() % 60;
    for (uint32_t i = 0; i < count; i++) {
        const char *piece = pieces[next() % (sizeof pieces / sizeof *pieces)];
        for (uint32_t again = next() % 8 ? 1 : next() % 100; again && size + 16 < TEXT; again--) {
            memcpy(text + size, piece, strlen(piece));
            size += strlen(piece);
        }
        if (next() % 16 == 0 && size + 16 < TEXT) text[size++] = (char)next();
    }
    return size;
}

static void ask(tg_model *model, double *logits) {
    tg_worker *worker;
    int32_t *ids = malloc(IDS * sizeof *ids), tokens;
    char *text = malloc(TEXT);
    if (tg_worker_open(model, &worker)) exit(1);
    for (int i = 0; i < 4; i++) {
        const size_t size = make_text(text);
        char *exact = malloc(size ? size : 1); /* so that a byte too far is seen */
        memcpy(exact, text, size);
        const int64_t offsets[2] = {0, (int64_t)size};
        tg_run_texts(worker, exact, offsets, 1, logits, &tokens);
        free(exact);
    }
    tg_facts facts;
    tg_model_facts(model, &facts);
    for (size_t i = 0; i < IDS; i++) ids[i] = (int32_t)(next() % (facts.rows + 2)) - 1;
    const int64_t offsets[4] = {0, 1 + next() % 20, 21 + next() % 20, next() % 8 ? 41 + next() % 20 : 3};
    tg_run_ids(worker, ids, offsets, 3, logits);
    tg_worker_close(worker);
    free(text), free(ids);
}

/* A state with changes and a hash that fits: where it is taken, it is read with. */
static void resume_changed(tg_model *model, tg_stream **stream) {
    const size_t size = tg_stream_state_size(*stream);
    uint8_t *state = malloc(size);
    tg_stream *other;
    if (tg_stream_state(*stream, state, size)) exit(1);
    for (uint32_t i = next() % 3; i; i--) state[48 + next() % (size - 48)] = (uint8_t)next();
    tg_sha256(state, size - 32, NULL, 0, state + size - 32);
    if (!tg_stream_resume(model, state, next() % 8 ? size : next() % size, &other)) {
        tg_stream_close(*stream);
        *stream = other;
    }
    free(state);
}

static void stream(tg_model *model, double *logits) {
    enum { STREAMS = 3 };
    tg_worker *worker;
    tg_stream *streams[STREAMS];
    uint64_t tokens[STREAMS];
    char *text = malloc(TEXT);
    for (int i = 0; i < STREAMS; i++)
        if (tg_stream_open(model, &streams[i])) {
            free(text); /* it reads both ways */
            return;
        }
    if (tg_worker_open(model, &worker)) exit(1);
    for (int round = 0; round < 6; round++) {
        const size_t size = make_text(text);
        char *exact = malloc(size ? size : 1);
        memcpy(exact, text, size);
        const int64_t cut = size ? next() % size : 0, end = size ? cut + next() % (size - (size_t)cut) : 0;
        const int64_t offsets[STREAMS + 1] = {0, cut, end, (int64_t)size};
        tg_stream_push(worker, streams, exact, offsets, STREAMS);
        tg_stream_logits(worker, streams, STREAMS, (int)(next() % 2), logits, tokens);
        resume_changed(model, &streams[next() % STREAMS]);
        free(exact);
    }
    for (int i = 0; i < STREAMS; i++) tg_stream_close(streams[i]);
    tg_worker_close(worker);
    free(text);
}

/* Steps looked at one by one, from states and addends that no text leads to. */
static void trace(tg_model *model) {
    enum { STEPS = 3, SLOTS = 80, MOST = 512 };
    tg_worker *worker;
    tg_facts facts;
    int32_t ids[STEPS];
    const size_t size = STEPS * SLOTS * MOST;
    int8_t *bytes = malloc(2 * size);
    int16_t *cells = malloc(size * sizeof *cells), *addends = malloc(STEPS * 4 * MOST * sizeof *addends);
    if (!bytes || !cells || !addends || tg_worker_open(model, &worker)) exit(1);
    tg_model_facts(model, &facts);
    for (size_t i = 0; i < 2 * size; i++) bytes[i] = (int8_t)(next() % 255 - 127);
    for (size_t i = 0; i < STEPS * 4 * MOST; i++) addends[i] = (int16_t)next();
    for (size_t i = 0; i < STEPS; i++) ids[i] = (int32_t)(next() % (facts.rows + 1));
    tg_trace asked = {.layer = next() % facts.layers, .direction = next() % 2, .slots = next() % SLOTS, .steps = STEPS,
                      .ids = next() % 2 ? ids : NULL, .addends = next() % 2 ? addends : NULL, .below = bytes,
                      .first_codes = next() % 2 ? bytes : NULL, .first_cells = next() % 2 ? addends : NULL,
                      .codes = bytes + size, .cells = cells};
    tg_trace_steps(worker, &asked);
    tg_worker_close(worker);
    free(bytes), free(cells), free(addends);
}

int main(int count, char **arguments) {
    FILE *file = count > 2 ? fopen(arguments[1], "rb") : NULL;
    if (!file || fseek(file, 0, SEEK_END)) return fprintf(stderr, "usage: attack IMAGE SECONDS [SEED]\n"), 2;
    const size_t size = (size_t)ftell(file);
    uint8_t *image = malloc(size), *changed = malloc(size);
    rewind(file);
    if (fread(image, 1, size, file) != size) return 2;
    fclose(file);
    state = count > 3 ? strtoull(arguments[3], NULL, 10) * 2 + 1 : 88172645463325252u;
    double *logits = malloc(3 * 4096 * sizeof *logits);
    const time_t end = time(NULL) + atoi(arguments[2]);
    size_t tried = 0, accepted = 0;
    while (time(NULL) < end) {
        tg_model *model;
        memcpy(changed, image, size);
        if (tried % 4) change(changed, size);
        sign(changed, size);
        const char *kernel = NULL;
        size_t kernels = 0;
        while (tg_kernel_name(kernels)) kernels++;
        kernel = tg_kernel_name(next() % kernels);
        if (!tg_open(changed, next() % 8 ? size : next() % size, kernel, &model)) {
            accepted++;
            ask(model, logits);
            stream(model, logits);
            trace(model);
            tg_close(model);
        }
        tried++;
    }
    printf("%zu tried, %zu accepted\n", tried, accepted);
    free(image), free(changed), free(logits);
    return accepted ? 0 : 1;
}
