/* Answers each line of the standard input with a label, a tab and its score. See docs/c.md. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <tallygate.h>

static void must(const char *thing, tg_status status) {
    if (status) fprintf(stderr, "%s: %s\n", thing, tg_message(status)), exit(2);
}

int main(int count, char **arguments) {
    FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;
    if (!file || fseek(file, 0, SEEK_END)) return fputs("usage: classify IMAGE < lines\n", stderr), 2;
    const size_t size = (size_t)ftell(file);
    void *image = calloc(size + 1, 1); /* it lives as long as the model */
    rewind(file);
    if (!image || fread(image, 1, size, file) != size) return perror(arguments[1]), 2;
    tg_model *model = NULL;
    tg_worker *worker = NULL;
    tg_facts facts;
    size_t at = 0, room = 0, label_size;
    must(arguments[1], tg_open(image, size, NULL, &model));
    must(arguments[1], tg_worker_open(model, &worker));
    must(arguments[1], tg_check(worker, &at)); /* its golden texts, to the bit */
    tg_model_facts(model, &facts);
    double *logits = calloc(facts.outputs, sizeof *logits);
    char *line = NULL;
    for (ssize_t length; logits && (length = getline(&line, &room, stdin)) >= 0;) {
        while (length && (line[length - 1] == '\n' || line[length - 1] == '\r')) length--;
        int32_t tokens = 0;
        must("a line", tg_run_texts(worker, line, (int64_t[]){0, length}, 1, logits, &tokens));
        const double scale = tg_temperature(model, (size_t)tokens);
        for (size_t i = 0; i < facts.outputs; i++) logits[i] = (float)logits[i]; /* scores are those of float32 */
        size_t best = facts.outputs == 1 && logits[0] > 0; /* two labels share one logit */
        double total = facts.outputs == 1 ? 1 + exp(-fabs(logits[0]) / scale) : 0;
        for (size_t i = 1; i < facts.outputs; i++) if (logits[i] > logits[best]) best = i;
        for (size_t i = 0; facts.outputs > 1 && i < facts.outputs; i++) total += exp((logits[i] - logits[best]) / scale);
        const char *label = tg_label(model, best, &label_size);
        printf("%.*s\t%.17g\n", (int)label_size, label, 1 / total);
    }
    free(line), free(logits), tg_worker_close(worker), tg_close(model), free(image), fclose(file);
}
