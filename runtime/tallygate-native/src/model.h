/* A model and its workers, as the library sees them. */
#ifndef TG_MODEL_H
#define TG_MODEL_H

#include <stdatomic.h>

#include "kernel.h"
#include "ngrams.h"

enum { TG_WINDOW = 1024, TG_WINDOW_IDS = 65536, TG_WINDOW_CODES = 16384, TG_GOLDENS = 64 };
enum { TG_STREAM_IDS = 1024 }; /* most ids of one stream in a window */

struct tg_model {
    tg_image image;
    const tg_kernel *kernel;
    tg_packed packed[TG_MAX_LAYERS][TG_MAX_DIRECTIONS];
    int16_t *rows[TG_MAX_DIRECTIONS]; /* input table, [rows][addends] Qz; a row is made when a text first asks for it */
    _Atomic unsigned char *made;      /* [rows] 0: not, 1: by some thread just now, 2: done */
    size_t longest_word;              /* bytes */
    int32_t mark_rows[256];           /* of image.marks */
    uint8_t classes[256];             /* of bytes, for the tokenizer */
    int32_t ascii_marks[128];         /* rows of the marks among them */
};

struct tg_worker {
    tg_model *model;
    tg_slots slots;
    size_t window_ids;
    int32_t *ids;             /* [window_ids + max_length] of one window of texts */
    int64_t *offsets;         /* [TG_WINDOW + 1] */
    uint32_t *order, *counts; /* sorting by length */
    double *logits;           /* [TG_GOLDENS][outputs] of golden texts */
    int64_t *pooled;          /* [TG_WINDOW][width] */
    tg_seen seen;             /* n-grams of the text that is read */
    int32_t *ngram_sums;      /* [outputs] */
    int8_t *codes[2];         /* [window_ids][width] of a layer, where another one reads them */
    uint8_t *word;            /* the tokenizer's word and segment */
    uint32_t *segment, *scratch;
    size_t segment_room;
    void *memory;
};

/* Characters of a place that is composed at once: longer ones are unknown however they are composed, since composing at
 * most halves their number. */
enum { TG_PLACE_BEYOND = 16 };
static inline size_t tg_segment_room(const tg_model *model) { return 2 * (model->longest_word + TG_PLACE_BEYOND); }

/* Where tokens stand in a text, in bytes; both NULL where nobody asks. */
typedef struct tg_spans_out {
    int32_t *starts, *ends;
} tg_spans_out;

/* Reads characters and makes ids of words. */
typedef struct tg_reader {
    tg_worker *worker;
    const tg_image *image;
    const uint8_t *text, *end;
    const uint8_t *begin, *place;           /* of the text, of the character that is being read */
    const uint8_t *token_start, *token_end; /* of the word that is being read */
    int32_t *ids;
    tg_spans_out spans;
    size_t count, capacity;
    size_t size;    /* bytes of the word that is being read; longest_word + 1 where it is longer than all */
    int apostrophe; /* one stands behind the word */
    int full;       /* the first max_length tokens are read, and only those are kept */
} tg_reader;

/* One character in NFC. */
void tg_read_character(tg_reader *reader, uint32_t character);
void tg_end_word(tg_reader *reader);

tg_status tg_tokenize(tg_worker *worker, const uint8_t *text, size_t size, int32_t *ids, tg_spans_out spans,
                      size_t *count);
void tg_tokenizer_prepare(tg_model *model);
void tg_make_rows(tg_model *model, const int32_t *ids, size_t count);
/* Pooled states of texts -> logits. */
void tg_head(const tg_image *image, const int64_t *pooled, size_t tokens, double *logits);
/* Runs the next ids of each stream; pooled states of these steps alone are in the worker. keep: the states move on. */
void tg_advance(tg_worker *worker, const int32_t *ids, const int64_t *offsets, size_t texts,
                tg_stream *const *streams, int keep);
void tg_run_window(tg_worker *worker, const int32_t *ids, const int64_t *offsets, size_t texts, double *logits);

#endif
