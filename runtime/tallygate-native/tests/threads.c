/* threads IMAGE: four threads share a model and ask the same texts at once, whole and in pieces; for a build with a thread
 * sanitizer. Each thread has a worker and streams of its own; a state goes from one stream to the next. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tallygate.h"

enum { THREADS = 4, TEXTS = 3, OUTPUTS = 4096 };

static tg_model *model;
static double answers[THREADS][TEXTS];

/* The text in pieces of five bytes, the state saved and resumed after each; whether the answer is that of the whole. */
static int stream_agrees(tg_worker *worker, const char *text, double whole, double *logits) {
    const size_t size = strlen(text), piece = 5;
    uint64_t tokens;
    tg_stream *stream, *next;
    if (tg_stream_open(model, &stream)) return 1; /* it reads both ways */
    uint8_t *state = malloc(tg_stream_state_size(stream));
    for (size_t at = 0; at < size; at += piece) {
        const int64_t offsets[2] = {(int64_t)at, (int64_t)(size - at < piece ? size : at + piece)};
        if (!state || tg_stream_push(worker, &stream, text, offsets, 1) ||
            tg_stream_state(stream, state, tg_stream_state_size(stream)) ||
            tg_stream_resume(model, state, tg_stream_state_size(stream), &next))
            return 0;
        tg_stream_close(stream);
        stream = next;
    }
    const int agrees = !tg_stream_logits(worker, &stream, 1, 1, logits, &tokens) && logits[0] == whole;
    tg_stream_close(stream);
    free(state);
    return agrees;
}

static void *ask(void *number) {
    static const char *const texts[TEXTS] = {"good bad, not good!", "ax by", "bad bad bad"};
    double *logits = malloc(OUTPUTS * sizeof *logits);
    tg_worker *worker;
    if (!logits || tg_worker_open(model, &worker)) return NULL;
    for (int i = 0; i < TEXTS; i++) {
        const int64_t offsets[2] = {0, (int64_t)strlen(texts[i])};
        if (!tg_run_texts(worker, texts[i], offsets, 1, logits, NULL)) answers[*(int *)number][i] = logits[0];
        if (!stream_agrees(worker, texts[i], logits[0], logits)) return NULL;
    }
    tg_worker_close(worker);
    free(logits);
    return number;
}

int main(int count, char **arguments) {
    FILE *file = count > 1 ? fopen(arguments[1], "rb") : NULL;
    if (!file || fseek(file, 0, SEEK_END)) return fprintf(stderr, "usage: threads IMAGE\n"), 2;
    const size_t size = (size_t)ftell(file);
    uint8_t *image = malloc(size);
    rewind(file);
    if (!image || fread(image, 1, size, file) != size || tg_open(image, size, NULL, &model)) return 2;
    fclose(file);
    pthread_t threads[THREADS];
    int numbers[THREADS], failed = 0;
    for (int i = 0; i < THREADS; i++) numbers[i] = i, failed |= pthread_create(&threads[i], NULL, ask, &numbers[i]);
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        failed |= pthread_join(threads[i], &result) || !result;
    }
    for (int i = 1; i < THREADS; i++) failed |= memcmp(answers[i], answers[0], sizeof answers[0]) != 0;
    tg_close(model);
    free(image);
    return failed;
}
