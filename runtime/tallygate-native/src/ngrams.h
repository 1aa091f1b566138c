/* Words and n-grams beside the LSTM: which rows of codes stand in a text, and the sum of each of them once.
 *
 * docs/ngrams.md says what a row is. Presence is kept in a table of rows that was taken when the worker was opened; it is
 * emptied by counting texts, so a text costs what its own n-grams cost. */
#ifndef TG_NGRAMS_H
#define TG_NGRAMS_H

#include "image.h"

enum { TG_HASH_BITS = 24, TG_EDGE = 0 };
/* What is done once for each row: a text's own, or a stream's. */
typedef struct tg_seen {
    uint64_t *slots; /* text in the upper half, row in the lower: open addressing, never more than half full */
    uint32_t mask, text;
} tg_seen;

/* Slots of a table for texts of so many tokens, a power of two. */
size_t tg_seen_slots(const tg_image *image, size_t tokens);
/* A new text. */
void tg_seen_begin(tg_seen *seen);
/* Whether the row is new in this text; row 0, what is not known, never is. */
int tg_seen_add(tg_seen *seen, uint32_t row);

/* Row of an n-gram in its columns' order; the third one is not read where n-grams are of two words. 0: not known. */
uint32_t tg_ngram_row(const tg_ngrams *ngrams, uint32_t first, uint32_t second, uint32_t third);
/* sums: [outputs], the codes of all that stands in a text of ids. */
void tg_ngram_sums(const tg_image *image, tg_seen *seen, const int32_t *ids, size_t count, int32_t *sums);
void tg_ngram_add(const tg_image *image, uint32_t row, int32_t *sums);
/* What the sums are worth, onto the LSTM's logits. */
void tg_ngram_logits(const tg_image *image, const int32_t *sums, double *logits);

#endif
