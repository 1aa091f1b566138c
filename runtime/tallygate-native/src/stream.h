/* A stream: where a text that comes in pieces has got to. What it remembers lies in one block, which is its state as it
 * is saved but for the hash at the end (docs/streams.md); so saving is copying. */
#ifndef TG_STREAM_H
#define TG_STREAM_H

#include "model.h"

enum { TG_STATE_VERSION_HERE = 1, TG_STATE_HASH = 32 };

typedef struct tg_stream_head {
    uint8_t magic[8];
    uint32_t version, size; /* bytes of the whole state */
    uint8_t model[32];      /* SHA-256 of the image */
    uint64_t tokens;
    uint32_t word_size;   /* bytes of the word that is being read; longest_word + 1 where it is longer than all */
    uint32_t place_count; /* folded characters that the next one may still join */
    uint8_t tag;          /* characters of a line break that may be one: place in the list of its beginnings */
    uint8_t apostrophe;   /* one stands behind the word */
    uint8_t overflow;     /* more characters joined than the place holds */
    uint8_t bytes_count;  /* of a character whose other bytes have not come */
    uint8_t bytes[4];
} tg_stream_head;
_Static_assert(sizeof(tg_stream_head) == 72, "the head of a state has no gaps");

struct tg_stream {
    const tg_model *model;
    uint64_t longest; /* tokens up to which the head's sums are exact */
    int busy;         /* in the push that runs: no stream stands in it twice */
    tg_stream_head *head;
    int64_t *pools;  /* [hidden] of the last layer; zero before the first token */
    int16_t *cells;  /* [layers][hidden] Qc */
    uint32_t *place; /* [tg_segment_room] */
    int8_t *codes;   /* [layers][hidden] */
    uint8_t *word;   /* [longest_word] */
};

/* What a stream reads with: the reader has the ids, the head says what is waited for. */
tg_reader tg_stream_reader(tg_worker *worker, const tg_stream *stream, int32_t *ids, size_t capacity);
void tg_stream_read(tg_reader *reader, tg_stream_head *head, uint32_t *place, uint32_t character);
/* As if the text ended here. */
void tg_stream_end(tg_reader *reader, tg_stream_head *head, const uint32_t *place);

/* The next character of pieces of UTF-8 whose cuts may lie inside one. */
#define TG_WAITS 0xfffffffeu
uint32_t tg_stream_character(uint8_t bytes[4], uint8_t *count, const uint8_t **text, const uint8_t *end);

#endif
