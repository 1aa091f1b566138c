/* Opening, asking and closing: all memory is taken here, by tg_open and tg_worker_open. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

void *tg_lines(size_t size) {
    uint8_t *memory = size < SIZE_MAX - 128 ? calloc(1, size + 128) : NULL, *lines;
    if (!memory) return NULL;
    lines = memory + TG_LINE - (uintptr_t)memory % TG_LINE;
    memcpy(lines - sizeof memory, &memory, sizeof memory);
    return lines;
}

void tg_lines_free(void *lines) {
    uint8_t *memory;
    if (!lines) return;
    memcpy(&memory, (uint8_t *)lines - sizeof memory, sizeof memory);
    free(memory);
}

static int fits(const tg_kernel *kernel, const tg_image *image) {
    for (uint32_t l = 0; kernel->fits && l < image->sizes.layers; l++)
        for (uint32_t d = 0; d < image->sizes.directions; d++)
            if (!kernel->fits(&image->lstm[l][d], image)) return 0;
    return kernel->available();
}

static tg_status choose(const char *name, const tg_image *image, const tg_kernel **chosen) {
    int known = 0;
    for (size_t i = 0; tg_kernels[i]; i++) {
        if (name && strcmp(name, tg_kernels[i]->name)) continue;
        known = 1;
        if (fits(tg_kernels[i], image)) return *chosen = tg_kernels[i], TG_OK;
    }
    return known ? TG_KERNEL_UNAVAILABLE : TG_KERNEL_UNKNOWN;
}

static tg_status pack(tg_model *model, uint32_t layer, uint32_t direction) {
    const tg_sizes *s = &model->image.sizes;
    tg_packed *packed = &model->packed[layer][direction];
    packed->kernel = model->kernel;
    packed->direction = &model->image.lstm[layer][direction];
    packed->image = &model->image;
    packed->hidden = s->hidden;
    packed->width = packed->direction->width;
    packed->pooling = s->pooling;
    packed->argument_shift = 12 - (int)s->gate_bits;
    packed->cell_shift = 13 - (int)s->cell_bits;
    return model->kernel->pack(packed);
}

static tg_status take_rows(tg_model *model) {
    const tg_sizes *s = &model->image.sizes;
    for (uint32_t d = 0; d < s->directions; d++) {
        const uint64_t bytes = (uint64_t)s->rows * model->packed[0][d].addends * 2;
        model->rows[d] = bytes > SIZE_MAX / 2 ? NULL : tg_lines((size_t)bytes);
        if (!model->rows[d]) return TG_NO_MEMORY;
    }
    model->made = calloc(s->rows, sizeof *model->made);
    return model->made ? TG_OK : TG_NO_MEMORY;
}

static tg_status prepare(tg_model *model, const void *data, size_t size, const char *kernel) {
    static const int32_t padding = 0;
    tg_status status = tg_image_read(data, size, &model->image);
    if (!status) status = choose(kernel, &model->image, &model->kernel);
    for (uint32_t l = 0; !status && l < model->image.sizes.layers; l++)
        for (uint32_t d = 0; !status && d < model->image.sizes.directions; d++) status = pack(model, l, d);
    if (!status) status = take_rows(model);
    if (status) return status;
    tg_tokenizer_prepare(model);
    tg_make_rows(model, &padding, 1); /* what an empty slot reads */
    return TG_OK;
}

tg_status tg_open(const void *image, size_t size, const char *kernel, tg_model **opened) {
    if (!image || !opened) return TG_BAD_ARGUMENT;
    *opened = NULL;
    tg_model *model = calloc(1, sizeof *model);
    if (!model) return TG_NO_MEMORY;
    const tg_status status = prepare(model, image, size, kernel);
    if (status) tg_close(model);
    else *opened = model;
    return status;
}

void tg_close(tg_model *model) {
    if (!model) return;
    for (int l = 0; l < TG_MAX_LAYERS; l++)
        for (int d = 0; d < TG_MAX_DIRECTIONS; d++) tg_lines_free(model->packed[l][d].memory);
    for (int d = 0; d < TG_MAX_DIRECTIONS; d++) tg_lines_free(model->rows[d]);
    free((void *)model->made);
    free(model);
}

void tg_model_facts(const tg_model *model, tg_facts *facts) {
    const tg_sizes *s = &model->image.sizes;
    *facts = (tg_facts){s->rows,   s->outputs,    s->labels,  s->max_length,      s->hidden,
                        s->layers, s->directions, s->goldens, model->kernel->name};
}

const char *tg_label(const tg_model *model, size_t place, size_t *size) {
    const tg_image *image = &model->image;
    if (place >= image->sizes.labels) return NULL;
    *size = image->label_offsets[place + 1] - image->label_offsets[place];
    return (const char *)image->label_bytes + image->label_offsets[place];
}

const char *tg_golden(const tg_model *model, size_t place, size_t *size) {
    const tg_image *image = &model->image;
    if (place >= image->sizes.goldens) return NULL;
    *size = image->golden_offsets[place + 1] - image->golden_offsets[place];
    return (const char *)image->golden_bytes + image->golden_offsets[place];
}

double tg_temperature(const tg_model *model, size_t tokens) {
    const size_t last = model->image.sizes.temperatures;
    return model->image.temperatures[(tokens < 1 ? 1 : tokens > last ? last : tokens) - 1];
}

uint32_t tg_abi_version(void) { return TG_ABI_VERSION; }

const char *tg_message(tg_status status) {
    static const char *const messages[] = {
        [TG_OK] = "no error",
        [TG_BAD_ARGUMENT] = "an argument is missing, or offsets fall",
        [TG_NO_MEMORY] = "there is no memory left",
        [TG_BIG_ENDIAN] = "this processor is big-endian, and images are little-endian",
        [TG_UNALIGNED] = "the image does not begin at a multiple of 8 bytes",
        [TG_IMAGE_SHORT] = "the image is cut off, or a section lies outside it",
        [TG_IMAGE_MAGIC] = "this is not a device image",
        [TG_IMAGE_VERSION] = "the image needs a newer library",
        [TG_IMAGE_HASH] = "the image is damaged or altered",
        [TG_IMAGE_SIZES] = "the image has impossible sizes",
        [TG_IMAGE_NUMBERS] = "the image has impossible numbers",
        [TG_IMAGE_UNICODE] = "the image reads by another version of Unicode",
        [TG_KERNEL_UNKNOWN] = "there is no kernel of this name",
        [TG_KERNEL_UNAVAILABLE] = "this kernel cannot run here, or cannot run this model",
        [TG_BAD_UTF8] = "the text is not valid UTF-8",
        [TG_BAD_ID] = "an id is no row of the embedding",
        [TG_BAD_LENGTH] = "a row of ids is empty, or longer than the model reads",
        [TG_GOLDEN_DIFFERS] = "a golden text is answered otherwise than at export",
        [TG_NO_STREAM] = "this model reads texts from both ends, so it cannot read one as it comes",
        [TG_STREAM_LONG] = "has read more tokens than its sums hold",
        [TG_STATE_DAMAGED] = "is no state of a stream, or is damaged",
        [TG_STATE_VERSION] = "was saved by another version",
        [TG_STATE_MODEL] = "is of another model",
        [TG_NO_STREAM_NGRAMS] = "has n-grams, of which a stream does not remember which it has seen",
    };
    return (size_t)status < sizeof messages / sizeof *messages ? messages[status] : "unknown status";
}
