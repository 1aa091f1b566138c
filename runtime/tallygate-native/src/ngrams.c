/* Compiled without contraction, as head.c is: logits are a product and a sum, each rounded for itself.
 *
 * Hashes of a window of n-grams are made first, and what they point to is fetched meanwhile: tables larger than a cache
 * would otherwise cost a wait per n-gram. */
#include "ngrams.h"

#include <string.h>

enum { WINDOW = 32, SUM_BITS = 42, FINGERPRINT_SHIFT = 8 };
static const uint64_t HASH_MASK = ((uint64_t)1 << TG_HASH_BITS) - 1;

#if defined(__GNUC__)
#define FETCH(place) __builtin_prefetch(place)
#else
#define FETCH(place) (void)(place)
#endif

typedef struct {
    uint64_t bucket, place, step; /* 24 bits each; then place is the slot */
    int is_text;
} hashed;

size_t tg_seen_slots(const tg_image *image, size_t tokens) {
    const size_t rows = (image->ngrams.longest + 1) * (tokens + 1);
    size_t slots = 64;
    if (!image->ngrams.longest) return 0;
    while (slots < 2 * rows) slots *= 2;
    return slots;
}

void tg_seen_begin(tg_seen *seen) {
    if (++seen->text) return;
    memset(seen->slots, 0, ((size_t)seen->mask + 1) * sizeof *seen->slots);
    seen->text = 1;
}

int tg_seen_add(tg_seen *seen, uint32_t row) {
    const uint64_t entry = (uint64_t)seen->text << 32 | row;
    uint32_t place = (row * 2654435769u >> 7) & seen->mask;
    if (!row) return 0;
    for (; seen->slots[place] >> 32 == seen->text; place = (place + 1) & seen->mask)
        if (seen->slots[place] == entry) return 0;
    seen->slots[place] = entry;
    return 1;
}

static uint64_t hash(const tg_ngrams *n, const uint64_t *factors, uint64_t first, uint64_t second, uint64_t third) {
    const uint64_t pair = factors[0] * first + factors[1] * second;
    const uint64_t sum = n->longest == 3 ? pair + factors[2] * third : pair;
    return sum >> (SUM_BITS - TG_HASH_BITS) & HASH_MASK;
}

static hashed hashes(const tg_ngrams *n, uint32_t first, uint32_t second, uint32_t third) {
    const uint32_t columns = n->longest;
    return (hashed){.bucket = hash(n, n->factors, first, second, third) * n->buckets >> TG_HASH_BITS,
                    .place = hash(n, n->factors + columns, first, second, third),
                    .step = hash(n, n->factors + 2 * columns, first, second, third),
                    .is_text = first + second > 0};
}

static uint64_t slot_of(const tg_ngrams *n, const hashed *h) {
    const uint64_t place = (h->place + n->displacements[h->bucket] * h->step) & HASH_MASK;
    return place * n->slots >> TG_HASH_BITS;
}

static uint32_t row_of(const tg_ngrams *n, const hashed *h, uint64_t slot) {
    const int known = n->fingerprints[slot] == h->step >> FINGERPRINT_SHIFT && h->is_text;
    return known ? n->ids + (uint32_t)slot : 0;
}

uint32_t tg_ngram_row(const tg_ngrams *n, uint32_t first, uint32_t second, uint32_t third) {
    const hashed h = hashes(n, first, second, third);
    return row_of(n, &h, slot_of(n, &h));
}

void tg_ngram_add(const tg_image *image, uint32_t row, int32_t *sums) {
    const int8_t *codes = image->ngrams.codes + (size_t)row * image->sizes.outputs;
    for (uint32_t o = 0; o < image->sizes.outputs; o++) sums[o] += codes[o];
}

/* count n-grams, of which h holds the hashes. */
static void add_window(const tg_image *image, tg_seen *seen, hashed *h, size_t count, int32_t *sums) {
    const tg_ngrams *n = &image->ngrams;
    uint32_t rows[WINDOW];
    for (size_t i = 0; i < count; i++) {
        h[i].place = slot_of(n, &h[i]);
        FETCH(n->fingerprints + h[i].place);
    }
    for (size_t i = 0; i < count; i++) {
        rows[i] = row_of(n, &h[i], h[i].place);
        FETCH(n->codes + (size_t)rows[i] * image->sizes.outputs);
    }
    for (size_t i = 0; i < count; i++)
        if (tg_seen_add(seen, rows[i])) tg_ngram_add(image, rows[i], sums);
}

void tg_ngram_sums(const tg_image *image, tg_seen *seen, const int32_t *ids, size_t count, int32_t *sums) {
    const tg_ngrams *n = &image->ngrams;
    hashed window[WINDOW];
    size_t filled = 0;
    memset(sums, 0, image->sizes.outputs * sizeof *sums);
    tg_seen_begin(seen);
    for (size_t i = 0; i <= count; i++) {
        const uint32_t before = i > 1 ? (uint32_t)ids[i - 2] : TG_EDGE, left = i ? (uint32_t)ids[i - 1] : TG_EDGE;
        const uint32_t right = i < count ? (uint32_t)ids[i] : TG_EDGE;
        window[filled] = hashes(n, left, right, n->ids);
        FETCH(n->displacements + window[filled++].bucket);
        if (n->longest == 3 && i) {
            window[filled] = hashes(n, left, right, before);
            FETCH(n->displacements + window[filled++].bucket);
        }
        if (tg_seen_add(seen, right)) tg_ngram_add(image, right, sums);
        if (filled + 2 > WINDOW) add_window(image, seen, window, filled, sums), filled = 0;
    }
    add_window(image, seen, window, filled, sums);
}

void tg_ngram_logits(const tg_image *image, const int32_t *sums, double *logits) {
    for (uint32_t o = 0; o < image->sizes.outputs; o++) {
        const double scaled = (double)sums[o] * image->ngrams.scales[o];
        logits[o] = logits[o] + scaled;
    }
}
