/* Reading a device image: header, section table, sizes, then every array by its place. docs/device-image.md. */
#include "image.h"

#include <math.h>
#include <string.h>

#include "unicode.h"
#include "utf8.h"

enum { HEADER = 64, HASHED = 32, ENTRY = 32, ALIGNMENT = 64, MAX_SECTIONS = 64, REQUIRED = 1 };
enum { SIZE, LABL, MARK, WORD, EMBD, INPT, LSTM, FUNC, HEAD, CALB, GOLD, NGRM, SECTIONS };
static const char TAGS[SECTIONS][5] = {"SIZE", "LABL", "MARK", "WORD", "EMBD", "INPT",
                                       "LSTM", "FUNC", "HEAD", "CALB", "GOLD", "NGRM"};
enum { MAX_ROWS = 1 << 22, MAX_WORDS = 1 << 23, MAX_SLOTS = 1 << 24, MAX_OUTPUTS = 4096, MAX_LENGTH = 65536 };
enum { MAX_NGRAMS = 1 << 21, MAX_NGRAM_IDS = (1 << 18) + 2 };
enum { MAX_BYTES = 1 << 28, MAX_MARKS = 256, MAX_RUN = 256, STATE_MAX = 32639 };

typedef struct {
    const uint8_t *data;
    uint64_t left;
} section;

static uint32_t u32(const uint8_t *p) {
    uint32_t x;
    memcpy(&x, p, 4);
    return x;
}

static uint64_t u64(const uint8_t *p) {
    uint64_t x;
    memcpy(&x, p, 8);
    return x;
}

static tg_status check_header(const uint8_t *data, size_t size) {
    const uint16_t one = 1;
    uint8_t digest[32];
    if (*(const uint8_t *)&one != 1) return TG_BIG_ENDIAN;
    if ((uintptr_t)data % 8) return TG_UNALIGNED;
    if (size < HEADER) return TG_IMAGE_SHORT;
    if (memcmp(data, "TGIMAGE\0", 8)) return TG_IMAGE_MAGIC;
    if (u32(data + 8) != 1) return TG_IMAGE_VERSION;
    if (u64(data + 16) != size || u64(data + 24)) return TG_IMAGE_SHORT;
    if (u32(data + 12) < 1 || u32(data + 12) > MAX_SECTIONS) return TG_IMAGE_SHORT;
    tg_sha256(data, HASHED, data + HEADER, size - HEADER, digest);
    return memcmp(digest, data + HASHED, 32) ? TG_IMAGE_HASH : TG_OK;
}

static int known(const uint8_t *tag) {
    for (int i = 0; i < SECTIONS; i++)
        if (!memcmp(tag, TAGS[i], 4)) return i;
    return -1;
}

static tg_status find_sections(const uint8_t *data, uint64_t size, section found[SECTIONS]) {
    const uint32_t count = u32(data + 12);
    uint64_t end = HEADER + (uint64_t)count * ENTRY;
    memset(found, 0, SECTIONS * sizeof *found);
    if (end > size) return TG_IMAGE_SHORT;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = data + HEADER + (size_t)i * ENTRY;
        const uint64_t offset = u64(entry + 8), length = u64(entry + 16);
        const int place = known(entry);
        if (u64(entry + 24) || offset % ALIGNMENT || offset < end || offset > size || length > size - offset)
            return TG_IMAGE_SHORT;
        end = offset + length;
        if (place < 0 && u32(entry + 4) & REQUIRED) return TG_IMAGE_VERSION;
        if (place < 0) continue;
        if (found[place].data) return TG_IMAGE_SHORT;
        found[place] = (section){data + offset, length};
    }
    for (int i = 0; i < NGRM; i++)
        if (!found[i].data) return TG_IMAGE_SHORT;
    return TG_OK;
}

static tg_status check_sizes(const tg_sizes *s) {
    const uint32_t slots = s->hash_slots;
    const int good =
        s->task == 1 && s->rows >= TG_FIRST_ROW && s->rows <= MAX_ROWS && s->inputs >= 1 && s->inputs <= 512 &&
        s->hidden >= 1 && s->hidden <= TG_MAX_HIDDEN && s->layers >= 1 && s->layers <= TG_MAX_LAYERS &&
        s->directions >= 1 && s->directions <= TG_MAX_DIRECTIONS && s->labels >= 2 && s->labels <= MAX_OUTPUTS &&
        s->outputs == (s->labels == 2 ? 1 : s->labels) && s->pooling <= TG_POOL_MAX && s->floor >= 1 &&
        s->floor <= MAX_LENGTH && s->activation <= TG_HEAD_TABLE && s->gate_bits >= 8 && s->gate_bits <= 10 &&
        s->cell_bits >= 10 && s->cell_bits <= 12 && s->text_version == 2 && s->max_length >= 1 &&
        s->max_length <= MAX_LENGTH && s->keep <= 1 && s->marks <= MAX_MARKS && s->words <= MAX_WORDS &&
        slots > s->words && slots <= MAX_SLOTS && !(slots & (slots - 1)) && s->temperatures >= 1 &&
        s->temperatures <= s->max_length && s->goldens <= MAX_LENGTH && s->word_bytes <= MAX_BYTES &&
        s->label_bytes <= MAX_BYTES && s->golden_bytes <= MAX_BYTES;
    if (!good) return TG_IMAGE_SIZES;
    return s->unicode_version == tg_unicode_version() ? TG_OK : TG_IMAGE_UNICODE;
}

/* The next array of a section: its place, then on to the next multiple of 64. NULL where the section is too short. */
static const void *take(section *from, uint64_t count, uint64_t size) {
    const uint64_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    const void *place = from->data;
    if (!place || bytes > from->left) return from->data = NULL, NULL;
    from->data += bytes;
    from->left -= bytes;
    return place;
}

static void take_texts(section *f, tg_image *image) {
    const tg_sizes *s = &image->sizes;
    image->label_offsets = take(&f[LABL], s->labels + 1, 4);
    image->label_bytes = take(&f[LABL], s->label_bytes, 1);
    image->marks = take(&f[MARK], s->marks, 4);
    image->word_offsets = take(&f[WORD], s->words + 1, 4);
    image->word_rows = take(&f[WORD], s->words, 4);
    image->hash_slots = take(&f[WORD], s->hash_slots, 4);
    image->word_bytes = take(&f[WORD], s->word_bytes, 1);
    image->temperatures = take(&f[CALB], s->temperatures, 8);
    image->golden_offsets = take(&f[GOLD], s->goldens + 1, 4);
    image->golden_logits = take(&f[GOLD], (uint64_t)s->goldens * s->outputs, 8);
    image->golden_bytes = take(&f[GOLD], s->golden_bytes, 1);
}

static void take_direction(section *from, tg_direction *d, uint32_t gates, uint32_t width) {
    d->width = width;
    d->weights = take(from, (uint64_t)gates * width, 1);
    d->multipliers = take(from, gates, 2);
    d->bias = take(from, gates, 2);
    d->shifts = take(from, gates, 1);
}

static void take_numbers(section *f, tg_image *image) {
    const tg_sizes *s = &image->sizes;
    const uint32_t gates = 4 * s->hidden, width = s->hidden * s->directions;
    image->embedding = take(&f[EMBD], (uint64_t)s->rows * s->inputs, 2);
    for (uint32_t d = 0; d < s->directions; d++) {
        image->inputs[d].weights = take(&f[INPT], (uint64_t)gates * s->inputs, 2);
        image->inputs[d].multipliers = take(&f[INPT], gates, 4);
        image->inputs[d].offsets = take(&f[INPT], gates, 8);
        image->inputs[d].shifts = take(&f[INPT], gates, 1);
    }
    for (uint32_t l = 0; l < s->layers; l++)
        for (uint32_t d = 0; d < s->directions; d++)
            take_direction(&f[LSTM], &image->lstm[l][d], gates, s->hidden + (l ? width : 0));
    image->sigmoid = take(&f[FUNC], 3 * TG_SEGMENTS, 2);
    image->candidate = take(&f[FUNC], 3 * TG_SEGMENTS, 2);
    image->cell = take(&f[FUNC], 3 * TG_SEGMENTS, 2);
    image->head_table = s->activation == TG_HEAD_TABLE ? take(&f[FUNC], 3 * TG_SEGMENTS, 2) : NULL;
    image->head_weights = take(&f[HEAD], (uint64_t)s->outputs * width, 4);
    image->head_bias = take(&f[HEAD], s->outputs, 8);
    image->head_scale = take(&f[HEAD], 1, 8);
}

/* The section is there where a model has n-grams. Its first array says how long the others are. */
static tg_status take_ngrams(section *f, tg_image *image) {
    const tg_sizes *s = &image->sizes;
    tg_ngrams *n = &image->ngrams;
    const uint32_t *sizes;
    if (!f->data) return TG_OK;
    sizes = take(f, 3, 4);
    if (!sizes || sizes[0] < 2 || sizes[0] > 3 || sizes[1] < 1 || sizes[1] > MAX_NGRAMS || sizes[2] < 1 ||
        sizes[2] > MAX_NGRAMS || s->rows > MAX_NGRAM_IDS ||
        (uint64_t)sizes[0] * (s->max_length + (uint64_t)1) * 127 >= 1 << 24)
        return TG_IMAGE_SIZES;
    n->longest = sizes[0], n->slots = sizes[1], n->buckets = sizes[2], n->ids = s->rows;
    n->factors = take(f, 3 * (uint64_t)n->longest, 8);
    n->scales = take(f, s->outputs, 8);
    n->displacements = take(f, n->buckets, 2);
    n->fingerprints = take(f, n->slots, 2);
    n->codes = take(f, ((uint64_t)n->ids + n->slots) * s->outputs, 1);
    return f->data && !f->left ? TG_OK : TG_IMAGE_SIZES;
}

static int ngrams_are_good(const tg_image *image) {
    const tg_ngrams *n = &image->ngrams;
    const uint64_t codes = ((uint64_t)n->ids + n->slots) * image->sizes.outputs;
    int good = 1;
    if (!n->longest) return 1;
    for (uint32_t i = 0; i < 3 * n->longest; i++) good &= (n->factors[i] & 1) && !(n->factors[i] >> 42);
    for (uint32_t o = 0; o < image->sizes.outputs; o++)
        good &= n->scales[o] >= 0x1p-126 && n->scales[o] < 0x1p96 && !n->codes[o];
    for (uint64_t i = 0; i < codes; i++) good &= n->codes[i] != -128;
    return good;
}

static int rises(const uint32_t *offsets, uint32_t count, uint32_t end) {
    for (uint32_t i = 0; i < count; i++)
        if (offsets[i] > offsets[i + 1]) return 0;
    return offsets[0] == 0 && offsets[count] == end;
}

static int strings_are_good(const uint8_t *bytes, const uint32_t *offsets, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *at = bytes + offsets[i], *end = bytes + offsets[i + 1];
        while (at < end)
            if (tg_utf8_decode(&at, end) == TG_NO_CHARACTER) return 0;
    }
    return 1;
}

static int texts_are_good(const tg_image *image) {
    const tg_sizes *s = &image->sizes;
    if (!rises(image->label_offsets, s->labels, s->label_bytes) ||
        !rises(image->word_offsets, s->words, s->word_bytes) ||
        !rises(image->golden_offsets, s->goldens, s->golden_bytes) ||
        !strings_are_good(image->label_bytes, image->label_offsets, s->labels) ||
        !strings_are_good(image->word_bytes, image->word_offsets, s->words) ||
        !strings_are_good(image->golden_bytes, image->golden_offsets, s->goldens))
        return 0;
    for (uint32_t i = 0; i < s->words; i++)
        if (image->word_rows[i] < TG_FIRST_ROW || image->word_rows[i] >= s->rows) return 0;
    for (uint32_t i = 0; i < s->marks; i++)
        if (!image->marks[i] || image->marks[i] > 0x10ffff || image->marks[i] == 0x27 ||
            tg_unicode_class(image->marks[i]) & TG_WORD ||
            (i && image->marks[i] <= image->marks[i - 1]))
            return 0;
    for (uint32_t i = 0; i < s->temperatures; i++)
        if (!(image->temperatures[i] >= 0x1p-126 && image->temperatures[i] <= 0x1p126)) return 0;
    return 1;
}

/* Every slot is empty or names a word, one is empty, and every word is found: so looking up always ends. It ends soon,
 * since few full slots stand in a row, whatever words somebody chose for their hashes. */
static int hash_is_good(const tg_image *image) {
    const tg_sizes *s = &image->sizes;
    uint32_t used = 0, run = 0;
    for (uint32_t i = 0; i < s->hash_slots; i++) {
        const uint32_t number = image->hash_slots[i] & 0xffffff;
        run = number ? run + 1 : 0;
        if (number > s->words || (!number && image->hash_slots[i]) || run > MAX_RUN) return 0;
        used += number != 0;
    }
    if (used != s->words) return 0;
    for (uint32_t i = 0; i < s->words; i++) {
        const uint8_t *word = image->word_bytes + image->word_offsets[i];
        const size_t size = image->word_offsets[i + 1] - image->word_offsets[i];
        uint64_t head = 0;
        memcpy(&head, word, size < sizeof head ? size : sizeof head);
        if (tg_word_row(image, word, size, head, tg_word_hash(word, size)) != (int32_t)image->word_rows[i]) return 0;
    }
    return 1;
}

static int input_table_is_good(const tg_input_table *t, uint32_t gates, uint32_t inputs, int32_t code) {
    const int64_t limit = (int64_t)1 << 62;
    int good = 1;
    for (uint32_t i = 0; i < gates * inputs; i++) good &= t->weights[i] >= -code && t->weights[i] <= code;
    for (uint32_t i = 0; i < gates; i++)
        good &= t->multipliers[i] >= 0 && t->shifts[i] >= 1 && t->shifts[i] <= 62 && t->offsets[i] > -limit &&
                t->offsets[i] < limit;
    return good;
}

static int direction_is_good(const tg_direction *d, uint32_t gates) {
    int good = 1;
    for (uint32_t i = 0; i < gates * d->width; i++) good &= d->weights[i] != -128;
    for (uint32_t i = 0; i < gates; i++) good &= d->multipliers[i] >= 0 && d->shifts[i] <= 24;
    return good;
}

/* No sum leaves 16 bits and no product is of -32768 twice, where processors answer differently. */
static int reaches(const int16_t *table, int32_t low, int32_t high) {
    int good = 1;
    for (uint32_t u = 0; u < 65536; u++) {
        const int32_t t = (int16_t)((u << 5) ^ 0x8000), c = table[2 * TG_SEGMENTS + (u >> 11)];
        const int32_t inner = table[TG_SEGMENTS + (u >> 11)] + tg_mulhrs(t, c);
        const int32_t value = table[u >> 11] + tg_mulhrs(t, tg_saturate(inner));
        good &= c > -32768 && inner > -32768 && inner < 32768 && value >= low && value <= high;
    }
    return good;
}

/* The head's sum stays below 2^62 for the longest text. */
static int head_is_good(const tg_image *image) {
    const tg_sizes *s = &image->sizes;
    const uint32_t width = s->hidden * s->directions;
    const double longest = s->pooling == TG_POOL_MEAN ? s->max_length : 1;
    for (uint32_t o = 0; o < s->outputs; o++) {
        double sum = 0;
        for (uint32_t i = 0; i < width; i++) sum += fabs((double)image->head_weights[o * width + i]);
        if (!(sum * 32768 * longest < 4611686018427387904.0) || !isfinite(image->head_bias[o])) return 0;
    }
    return isfinite(*image->head_scale) && *image->head_scale > 0;
}

static int numbers_are_good(const tg_image *image) {
    const tg_sizes *s = &image->sizes;
    const uint32_t gates = 4 * s->hidden;
    int32_t code = 32767;
    while ((int64_t)code * code * s->inputs > 2147483647) code--;
    for (uint64_t i = 0; i < (uint64_t)s->rows * s->inputs; i++)
        if (image->embedding[i] < -code || image->embedding[i] > code) return 0;
    for (uint32_t d = 0; d < s->directions; d++)
        if (!input_table_is_good(&image->inputs[d], gates, s->inputs, code)) return 0;
    for (uint32_t l = 0; l < s->layers; l++)
        for (uint32_t d = 0; d < s->directions; d++)
            if (!direction_is_good(&image->lstm[l][d], gates)) return 0;
    return reaches(image->sigmoid, 0, 32767) && reaches(image->candidate, -32767, 32767) &&
           reaches(image->cell, -STATE_MAX, STATE_MAX) && head_is_good(image);
}

tg_status tg_image_read(const uint8_t *data, size_t size, tg_image *image) {
    section found[SECTIONS];
    tg_status status = check_header(data, size);
    memset(image, 0, sizeof *image);
    image->digest = data + HASHED;
    if (!status) status = find_sections(data, size, found);
    if (status) return status;
    if (found[SIZE].left != sizeof image->sizes) return TG_IMAGE_SIZES;
    memcpy(&image->sizes, found[SIZE].data, sizeof image->sizes);
    if ((status = check_sizes(&image->sizes))) return status;
    take_texts(found, image);
    take_numbers(found, image);
    for (int i = LABL; i < NGRM; i++)
        if (!found[i].data || found[i].left) return TG_IMAGE_SIZES;
    if ((status = take_ngrams(&found[NGRM], image))) return status;
    return texts_are_good(image) && hash_is_good(image) && numbers_are_good(image) && ngrams_are_good(image)
               ? TG_OK
               : TG_IMAGE_NUMBERS;
}
