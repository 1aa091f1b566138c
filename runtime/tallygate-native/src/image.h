/* The device image as C sees it: pointers into the caller's memory, every bound checked before. */
#ifndef TG_IMAGE_H
#define TG_IMAGE_H

#include "tallygate.h"

enum { TG_POOL_LAST = 0, TG_POOL_MEAN = 1, TG_POOL_MAX = 2 };
enum { TG_HEAD_LINEAR = 0, TG_HEAD_RELU = 1, TG_HEAD_TABLE = 2 };
enum { TG_MAX_LAYERS = 4, TG_MAX_DIRECTIONS = 2, TG_MAX_HIDDEN = 512, TG_SEGMENTS = 32 };

/* Section SIZE, number by number. */
typedef struct tg_sizes {
    uint32_t task, rows, inputs, hidden, layers, directions, outputs, pooling, floor, activation, gate_bits, cell_bits,
        text_version, unicode_version, max_length, keep, marks, words, word_bytes, hash_slots, labels, label_bytes,
        temperatures, goldens, golden_bytes;
} tg_sizes;

/* Coefficients a, b, c of 32 quadratic pieces. */
typedef int16_t tg_table[3][TG_SEGMENTS];

/* Factors of the input table of one direction; rows hold gates i, o, f, c. */
typedef struct tg_input_table {
    const int16_t *weights; /* [4 * hidden][inputs] */
    const int32_t *multipliers;
    const int64_t *offsets;
    const uint8_t *shifts;
} tg_input_table;

/* Recurrent product of one direction of one layer; rows hold gates i, o, f, c. */
typedef struct tg_direction {
    const int8_t *weights; /* [4 * hidden][width] codes in [-127, 127] */
    const int16_t *multipliers; /* Q15 */
    const int16_t *bias; /* Qz */
    const uint8_t *shifts;
    uint32_t width; /* hidden, after the codes of the layer below if there is one */
} tg_direction;

/* Words and n-grams beside the LSTM; longest is 0 where there are none. */
typedef struct tg_ngrams {
    uint32_t longest, slots, buckets, ids; /* ids: rows of the embedding */
    const uint64_t *factors;               /* [3][longest] odd, below 2^42 */
    const double *scales;                  /* [outputs] */
    const uint16_t *displacements, *fingerprints; /* [buckets], [slots] */
    const int8_t *codes;                   /* [ids + slots][outputs]; those of row 0 are 0 */
} tg_ngrams;

typedef struct tg_image {
    const uint8_t *digest; /* SHA-256 of all other bytes of the image: its name */
    tg_sizes sizes;
    const uint32_t *label_offsets, *marks, *word_offsets, *word_rows, *hash_slots, *golden_offsets;
    const uint8_t *label_bytes, *word_bytes, *golden_bytes;
    const int16_t *embedding; /* [rows][inputs] codes */
    tg_input_table inputs[TG_MAX_DIRECTIONS];
    tg_direction lstm[TG_MAX_LAYERS][TG_MAX_DIRECTIONS];
    tg_ngrams ngrams;
    const int16_t *sigmoid, *candidate, *cell, *head_table; /* tg_table each */
    const int32_t *head_weights; /* [outputs][hidden * directions], 20 bits behind the point */
    const double *head_bias, *head_scale, *temperatures, *golden_logits;
} tg_image;

/* Reads and checks all of it: the MUST lines of docs/device-image.md. */
tg_status tg_image_read(const uint8_t *data, size_t size, tg_image *image);

/* Number of the row of a word in the image's vocabulary; TG_UNKNOWN_ROW where it is not there. */
enum { TG_UNKNOWN_ROW = 1, TG_FIRST_ROW = 2 };
#define TG_WORD_SEED 0x9e3779b97f4a7c15u
uint32_t tg_word_hash(const uint8_t *word, size_t size);
/* head: the word's first eight bytes, zeros behind a shorter one, whose word may be NULL. */
int32_t tg_word_row(const tg_image *image, const uint8_t *word, size_t size, uint64_t head, uint32_t hash);
/* count is at most 8. */
static inline uint64_t tg_lowest_bytes(uint64_t bytes, size_t count) {
    return count < 8 ? bytes & (((uint64_t)1 << 8 * count) - 1) : bytes;
}

void tg_sha256(const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size, uint8_t digest[32]);

/* Value of a table for a Q12 argument. */
static inline int32_t tg_mulhrs(int32_t a, int32_t b) { return (a * b + 0x4000) >> 15; }
static inline int32_t tg_saturate(int32_t x) { return x > 32767 ? 32767 : x < -32768 ? -32768 : x; }
static inline int32_t tg_table_value(const int16_t *table, int32_t argument) {
    const uint32_t bits = (uint32_t)argument & 0xffff, piece = bits >> 11;
    const int32_t t = (int16_t)((bits << 5) ^ 0x8000);
    const int32_t inner = (int16_t)(table[TG_SEGMENTS + piece] + tg_mulhrs(t, table[2 * TG_SEGMENTS + piece]));
    return (int16_t)(table[piece] + tg_mulhrs(t, inner));
}

#endif
