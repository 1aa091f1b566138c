/* equal IMAGE CASES KERNEL [MOST]: asks rows of ids, and ends with 0 where every logit has the bits that CASES expects.
 *
 * CASES: rows and outputs, 32 bits each; rows + 1 offsets, 64 bits; logits, doubles, [rows][outputs]; ids, 32 bits. The
 * rows are asked together, the first 1, 2, ... MOST of them, and by two threads that share the model. For processors
 * that are emulated: it needs nothing but the C library. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tallygate.h"

typedef struct {
    uint32_t rows, outputs;
    const int64_t *offsets;
    const double *logits;
    const int32_t *ids;
} cases;

typedef struct {
    tg_model *model;
    const cases *all;
    size_t first, count;
    int differs;
} part;

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) exit(2);
    *size = (size_t)ftell(file);
    uint8_t *data = malloc(*size);
    rewind(file);
    if (!data || fread(data, 1, *size, file) != *size) exit(2);
    fclose(file);
    return data;
}

/* Whether rows from first on have other logits than expected. */
static int differ(tg_worker *worker, const cases *c, size_t first, size_t count) {
    const size_t numbers = count * c->outputs;
    double *logits = malloc(sizeof *logits * numbers);
    const tg_status status = tg_run_ids(worker, c->ids, c->offsets + first, count, logits);
    const int differs = status || memcmp(logits, c->logits + first * c->outputs, sizeof *logits * numbers);
    if (status) fprintf(stderr, "equal: %s\n", tg_message(status));
    else if (differs) fprintf(stderr, "equal: rows %zu to %zu differ\n", first, first + count);
    free(logits);
    return differs;
}

static void *ask(void *given) {
    part *p = given;
    tg_worker *worker;
    p->differs = tg_worker_open(p->model, &worker) || differ(worker, p->all, p->first, p->count);
    tg_worker_close(worker);
    return NULL;
}

static int threads_differ(tg_model *model, const cases *c) {
    pthread_t other;
    part parts[2] = {{model, c, 0, c->rows / 2, 0}, {model, c, c->rows / 2, c->rows - c->rows / 2, 0}};
    if (pthread_create(&other, NULL, ask, &parts[0])) return 1;
    ask(&parts[1]);
    pthread_join(other, NULL);
    return parts[0].differs || parts[1].differs;
}

int main(int count, char **arguments) {
    size_t image_size, size;
    tg_model *model;
    tg_worker *worker;
    if (count < 4) return fprintf(stderr, "usage: equal IMAGE CASES KERNEL [MOST]\n"), 2;
    uint8_t *image = read_file(arguments[1], &image_size), *data = read_file(arguments[2], &size);
    cases c;
    memcpy(&c.rows, data, 4), memcpy(&c.outputs, data + 4, 4);
    c.offsets = (const int64_t *)(const void *)(data + 8);
    c.logits = (const double *)(const void *)(c.offsets + c.rows + 1);
    c.ids = (const int32_t *)(const void *)(c.logits + (size_t)c.rows * c.outputs);
    tg_status status = tg_open(image, image_size, arguments[3], &model);
    if (!status) status = tg_worker_open(model, &worker);
    if (!status) status = tg_check(worker, &size);
    if (status) return fprintf(stderr, "equal: %s\n", tg_message(status)), 1;
    int differs = threads_differ(model, &c) || differ(worker, &c, 0, c.rows);
    const size_t most = count > 4 ? strtoull(arguments[4], NULL, 10) : 0;
    for (size_t n = 1; !differs && n <= most && n <= c.rows; n++) differs = differ(worker, &c, 0, n);
    tg_worker_close(worker), tg_close(model);
    free(image), free(data);
    if (!differs) printf("equal\n");
    return differs;
}
