/* libFuzzer on tokenizer and streams (docs/fuzzing.md): whatever bytes come, in whatever pieces.
 *
 * The image that TALLYGATE_FUZZ_IMAGE names reads the text. A sanitizer stops at the first fault; besides, answers must
 * agree: spans and ids, ids and logits, a text at once and in pieces, a state saved and resumed after each piece. The
 * first three bytes of an input say kernel and cuts, the fourth what is changed in a state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

enum { CHOICES = 4, KERNELS = 8, OUTPUTS = 64 };

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static tg_model *models[KERNELS];
static tg_worker *workers[KERNELS];
static tg_facts facts;
static size_t kernels;
static int32_t *ids, *spanned, *starts, *ends;

static void must(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "fuzz_text: %s\n", what);
    abort();
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count, (void)arguments;
    const char *path = getenv("TALLYGATE_FUZZ_IMAGE");
    FILE *file = path ? fopen(path, "rb") : NULL;
    must(file && !fseek(file, 0, SEEK_END), "TALLYGATE_FUZZ_IMAGE names no file");
    const size_t size = (size_t)ftell(file);
    uint8_t *image = malloc(size);
    rewind(file);
    must(image && fread(image, 1, size, file) == size, "the image cannot be read");
    fclose(file);
    for (size_t i = 0; tg_kernel_name(i); i++) {
        if (tg_open(image, size, tg_kernel_name(i), &models[kernels])) continue;
        must(!tg_worker_open(models[kernels], &workers[kernels]), "a worker does not open");
        kernels++;
    }
    must(kernels > 0, "no kernel opens the image");
    tg_model_facts(models[0], &facts);
    must(facts.outputs <= OUTPUTS, "the image has too many labels");
    ids = malloc(4 * facts.max_length), spanned = malloc(4 * facts.max_length);
    starts = malloc(4 * facts.max_length), ends = malloc(4 * facts.max_length);
    return 0;
}

/* A text at once; -> whether it is valid. */
static int read_whole(size_t kernel, const char *text, size_t size, double *logits, int32_t *tokens) {
    const int64_t offsets[2] = {0, (int64_t)size};
    double again[OUTPUTS];
    size_t count = 0, spans = 0;
    const tg_status status = tg_encode(workers[kernel], text, size, ids, &count);
    must(tg_spans(workers[kernel], text, size, spanned, starts, ends, &spans) == status, "spans end otherwise than ids");
    must(tg_run_texts(workers[kernel], text, offsets, 1, logits, tokens) == status, "texts end otherwise than ids");
    must(status == TG_OK || status == TG_BAD_UTF8, "a text ends in another error");
    if (status) return 0;
    const int64_t rows[2] = {0, (int64_t)count};
    must(count && count <= facts.max_length && spans == count && *tokens == (int32_t)count, "counts differ");
    must(!memcmp(ids, spanned, 4 * count), "ids differ");
    for (size_t i = 0; i < count; i++)
        must(starts[i] >= 0 && starts[i] <= ends[i] && ends[i] <= (int32_t)size && (!i || starts[i] >= starts[i - 1]), "a span lies outside");
    must(!tg_run_ids(workers[kernel], ids, rows, 1, again), "ids are refused");
    must(!memcmp(again, logits, sizeof *logits * facts.outputs), "logits of ids and of texts differ");
    return 1;
}

/* A state with one byte changed and a hash that fits is read or refused. */
static void resume_changed(size_t kernel, uint8_t *state, size_t size, uint8_t change) {
    const int64_t offsets[2] = {0, 4};
    tg_stream *stream;
    double logits[OUTPUTS];
    uint64_t tokens;
    state[48 + change * (size_t)131 % (size - 80)] ^= change;
    tg_sha256(state, size - 32, NULL, 0, state + size - 32);
    if (tg_stream_resume(models[kernel], state, size, &stream)) return;
    tg_stream_push(workers[kernel], &stream, "e\xcc\x81 ", offsets, 1);
    tg_stream_logits(workers[kernel], &stream, 1, 1, logits, &tokens);
    tg_stream_close(stream);
}

/* The stream goes on as another one, on the next kernel. */
static void move(tg_stream **stream, size_t *kernel, uint8_t change) {
    const size_t size = tg_stream_state_size(*stream);
    uint8_t *state = malloc(size);
    tg_stream *other;
    *kernel = (*kernel + 1) % kernels;
    must(state && !tg_stream_state(*stream, state, size), "a state is not saved");
    must(!tg_stream_resume(models[*kernel], state, size, &other), "a state is not resumed");
    tg_stream_close(*stream);
    *stream = other;
    if (change) resume_changed(*kernel, state, size, change);
    free(state);
}

/* In pieces of the sizes that the choices say; -> whether all of them are valid. */
static int read_pieces(size_t kernel, const char *text, size_t size, const uint8_t *choices, double *logits, uint64_t *tokens) {
    tg_stream *stream;
    int valid = 1;
    size_t piece = 1 + choices[1] % 61, at = 0;
    must(!tg_stream_open(models[kernel], &stream), "a stream does not open");
    while (valid && at < size) {
        const size_t more = piece < size - at ? piece : size - at;
        char *exact = malloc(more);
        const int64_t offsets[2] = {0, (int64_t)more};
        must(exact != NULL, "no memory");
        memcpy(exact, text + at, more);
        valid = !tg_stream_push(workers[kernel], &stream, exact, offsets, 1);
        free(exact);
        at += more, piece = (piece + choices[2]) % 61 + 1;
        if (valid && choices[2] % 2) move(&stream, &kernel, choices[3]);
    }
    must(!tg_stream_logits(workers[kernel], &stream, 1, 1, logits, tokens), "a stream has no answer");
    tg_stream_close(stream);
    return valid;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    double whole[OUTPUTS], pieces[OUTPUTS];
    int32_t tokens = 0;
    uint64_t streamed = 0;
    if (size < CHOICES) return 0;
    const size_t kernel = data[0] % kernels, length = size - CHOICES;
    char *text = malloc(length ? length : 1); /* so that a byte too far is seen */
    must(text != NULL, "no memory");
    memcpy(text, data + CHOICES, length);
    const int valid = read_whole(kernel, text, length, whole, &tokens);
    const int valid_pieces = read_pieces(kernel, text, length, data, pieces, &streamed);
    must(!valid || valid_pieces, "a valid text is refused in pieces");
    if (valid) {
        must(streamed < facts.max_length ? streamed == (uint64_t)tokens : tokens == (int32_t)facts.max_length, "a text in pieces has other tokens");
        if (streamed <= facts.max_length) must(!memcmp(whole, pieces, sizeof *whole * facts.outputs), "a text in pieces is answered otherwise");
    }
    free(text);
    return 0;
}
