/* tallygate-run IMAGE: reads lines of text, answers one line each. No Python, no library beside this file.
 *
 * The image's golden texts are answered first, to the bit, or nothing is served. A line is a text; its answer is a label
 * and a score behind a tab, or with --json an object with the probability of every label. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tallygate.h"

enum { FAILED = 1, USAGE = 2 };

static const char HELP[] =
    "usage: tallygate-run [--json] [--kernel K] [--kernels] IMAGE < texts\n\n"
    "Answers each line of the standard input with a label and its score.\n\n"
    "  --json      an object per line, with the probability of every label\n"
    "  --kernel K  compute by this kernel (default: TALLYGATE_KERNEL, else the best one here)\n"
    "  --kernels   list the kernels that this machine can run\n";

typedef struct {
    const char *image, *kernel;
    int json, kernels;
} options;

typedef struct {
    tg_model *model;
    tg_worker *worker;
    tg_facts facts;
    double *logits, *probabilities;
    int json;
} program;

static int fail(const char *thing, const char *reason, int code) {
    fprintf(stderr, "tallygate-run: %s: %s\n", thing, reason);
    return code;
}

static int parse(int count, char **arguments, options *o) {
    for (int i = 1; i < count; i++) {
        if (!strcmp(arguments[i], "--json")) o->json = 1;
        else if (!strcmp(arguments[i], "--kernels")) o->kernels = 1;
        else if (!strcmp(arguments[i], "--kernel") && i + 1 < count) o->kernel = arguments[++i];
        else if (arguments[i][0] == '-' || o->image) return 0;
        else o->image = arguments[i];
    }
    if (!o->kernel) o->kernel = getenv("TALLYGATE_KERNEL");
    if (o->kernel && !*o->kernel) o->kernel = NULL;
    return o->image || o->kernels;
}

/* The whole file, for malloc's alignment at the least. */
static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long end;
    if (!file) return NULL;
    if (!fseek(file, 0, SEEK_END) && (end = ftell(file)) > 0 && !fseek(file, 0, SEEK_SET)) {
        *size = (size_t)end;
        data = malloc(*size);
        if (data && fread(data, 1, *size, file) != *size) free(data), data = NULL;
    }
    fclose(file);
    return data;
}

/* One line without its end, however long, zeros and all; NULL at the end of the input. The buffer grows. */
static char *read_line(char **buffer, size_t *room, size_t *size) {
    int c = EOF;
    *size = 0;
    while ((c = getchar()) != EOF && c != '\n') {
        if (*size == *room) {
            char *more = realloc(*buffer, *room * 2);
            if (!more) exit(fail("a line", "there is no memory left", FAILED));
            *buffer = more, *room *= 2;
        }
        (*buffer)[(*size)++] = (char)c;
    }
    if (!*size && c == EOF) return NULL;
    if (*size && (*buffer)[*size - 1] == '\r') --*size;
    return *buffer;
}

/* Softmax, or for two labels the logistic function of their one logit, after the temperature. Scores are defined on logits
 * in float32, as every variant has them. */
static void probabilities(program *p, int32_t tokens) {
    const double temperature = tg_temperature(p->model, (size_t)tokens);
    for (uint32_t i = 0; i < p->facts.outputs; i++) p->logits[i] = (float)p->logits[i];
    double total = 0, largest = p->logits[0] / temperature;
    if (p->facts.outputs == 1) {
        p->probabilities[1] = 1 / (1 + exp(-largest));
        p->probabilities[0] = 1 / (1 + exp(largest));
        return;
    }
    for (uint32_t i = 0; i < p->facts.outputs; i++) largest = fmax(largest, p->logits[i] / temperature);
    for (uint32_t i = 0; i < p->facts.outputs; i++) total += p->probabilities[i] = exp(p->logits[i] / temperature - largest);
    for (uint32_t i = 0; i < p->facts.outputs; i++) p->probabilities[i] /= total;
}

static void print_json_string(const char *text, size_t size) {
    putchar('"');
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') printf("\\%c", c);
        else if (c < 0x20) printf("\\u%04x", c);
        else putchar(c);
    }
    putchar('"');
}

static void print_answer(const program *p) {
    size_t best = 0, size;
    for (size_t i = 1; i < p->facts.labels; i++)
        if (p->probabilities[i] > p->probabilities[best]) best = i;
    const char *label = tg_label(p->model, best, &size);
    if (!p->json) {
        printf("%.*s\t%.6f\n", (int)size, label, p->probabilities[best]);
        return;
    }
    printf("{\"label\":");
    print_json_string(label, size);
    printf(",\"score\":%.17g,\"probabilities\":{", p->probabilities[best]);
    for (size_t i = 0; i < p->facts.labels; i++) {
        label = tg_label(p->model, i, &size);
        if (i) putchar(',');
        print_json_string(label, size);
        printf(":%.17g", p->probabilities[i]);
    }
    printf("}}\n");
}

static int answer_lines(program *p) {
    size_t room = 1 << 16, size, number = 0;
    char *buffer = malloc(room), *line;
    if (!buffer) return fail("a line", "there is no memory left", FAILED);
    while ((line = read_line(&buffer, &room, &size))) {
        const int64_t offsets[2] = {0, (int64_t)size};
        int32_t tokens = 0;
        char name[32];
        const tg_status status = tg_run_texts(p->worker, line, offsets, 1, p->logits, &tokens);
        number++;
        if (status) {
            snprintf(name, sizeof name, "line %zu", number);
            return free(buffer), fail(name, tg_message(status), USAGE);
        }
        probabilities(p, tokens);
        print_answer(p);
    }
    free(buffer);
    return 0;
}

static int list_kernels(void) {
    for (size_t i = 0; tg_kernel_name(i); i++)
        if (tg_kernel_available(i)) puts(tg_kernel_name(i));
    return 0;
}

static int serve(program *p, const options *o, const uint8_t *image, size_t size) {
    size_t at = 0;
    tg_status status = tg_open(image, size, o->kernel, &p->model);
    if (!status) status = tg_worker_open(p->model, &p->worker);
    if (!status) status = tg_check(p->worker, &at);
    if (status) return fail(o->image, tg_message(status), status == TG_GOLDEN_DIFFERS ? FAILED : USAGE);
    tg_model_facts(p->model, &p->facts);
    p->json = o->json;
    p->logits = calloc(p->facts.labels, sizeof *p->logits);
    p->probabilities = calloc(p->facts.labels, sizeof *p->probabilities);
    if (!p->logits || !p->probabilities) return fail(o->image, "there is no memory left", FAILED);
    return answer_lines(p);
}

int main(int count, char **arguments) {
    options o = {NULL, NULL, 0, 0};
    program p = {NULL, NULL, {0}, NULL, NULL, 0};
    size_t size = 0;
    if (count > 1 && (!strcmp(arguments[1], "--help") || !strcmp(arguments[1], "-h"))) return fputs(HELP, stdout), 0;
    if (!parse(count, arguments, &o)) return fputs(HELP, stderr), USAGE;
    if (o.kernels) return list_kernels();
    uint8_t *image = read_file(o.image, &size);
    if (!image) return fail(o.image, errno ? strerror(errno) : "is empty", USAGE);
    const int code = serve(&p, &o, image, size);
    free(p.logits), free(p.probabilities);
    tg_worker_close(p.worker), tg_close(p.model);
    free(image);
    return code;
}
