/* tallygate: an integer LSTM text classifier from one flat file, the same bits on every processor.
 *
 * A model reads a device image (docs/device-image.md) where it lies: the memory belongs to the caller, is aligned to 8
 * bytes and outlives the model. A model is shared by any number of threads; each thread answers through a worker of its
 * own. Memory is taken by tg_open and tg_worker_open only. No function prints, exits or keeps global state.
 */
#ifndef TALLYGATE_H
#define TALLYGATE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define TG_API __declspec(dllexport)
#else
#define TG_API __attribute__((visibility("default")))
#endif

#define TG_ABI_VERSION 1

typedef enum tg_status {
    TG_OK = 0,
    TG_BAD_ARGUMENT,       /* a null pointer, or offsets that fall */
    TG_NO_MEMORY,          /* the system has no memory left */
    TG_BIG_ENDIAN,         /* this processor counts bytes from the other end */
    TG_UNALIGNED,          /* the image does not begin at a multiple of 8 bytes */
    TG_IMAGE_SHORT,        /* no header, or a section lies outside */
    TG_IMAGE_MAGIC,        /* not a device image */
    TG_IMAGE_VERSION,      /* a newer image, or a required section that is unknown */
    TG_IMAGE_HASH,         /* damaged or altered */
    TG_IMAGE_SIZES,        /* a size out of its range, or a section of another size */
    TG_IMAGE_NUMBERS,      /* a number out of its format */
    TG_IMAGE_UNICODE,      /* Unicode tables of another version */
    TG_KERNEL_UNKNOWN,     /* no kernel has this name */
    TG_KERNEL_UNAVAILABLE, /* this processor or system cannot run it, or it cannot run this model */
    TG_BAD_UTF8,           /* a text is not valid UTF-8 */
    TG_BAD_ID,             /* an id is no row of the embedding */
    TG_BAD_LENGTH,         /* a row of ids is empty or longer than the model reads */
    TG_GOLDEN_DIFFERS,     /* a golden text is answered otherwise than at export */
    TG_NO_STREAM,          /* the model reads texts from both ends */
    TG_STREAM_LONG,        /* more tokens than a stream answers for: 2^31, or fewer where the head's weights are large */
    TG_STATE_DAMAGED,      /* no state of a stream, or cut off, or altered */
    TG_STATE_VERSION,      /* a state that another version saved */
    TG_STATE_MODEL,        /* a state of another model */
    TG_NO_STREAM_NGRAMS    /* the model has n-grams, and a stream does not remember which it has seen */
} tg_status;

typedef struct tg_model tg_model;
typedef struct tg_worker tg_worker;
typedef struct tg_stream tg_stream;

/* One line in English for each status. */
TG_API const char *tg_message(tg_status status);
TG_API uint32_t tg_abi_version(void);

/* Kernels, the one that is tried first at the front; NULL beyond the last one. */
TG_API const char *tg_kernel_name(size_t place);
/* Whether this processor and operating system can run it. */
TG_API int tg_kernel_available(size_t place);

/* Opens an image of size bytes. kernel is a name, or NULL for the best one that is available. */
TG_API tg_status tg_open(const void *image, size_t size, const char *kernel, tg_model **model);
TG_API void tg_close(tg_model *model);

typedef struct tg_facts {
    uint32_t rows, outputs, labels, max_length, hidden, layers, directions, goldens;
    const char *kernel;
} tg_facts;
TG_API void tg_model_facts(const tg_model *model, tg_facts *facts);
/* UTF-8 of one label, not ended by a zero. */
TG_API const char *tg_label(const tg_model *model, size_t place, size_t *size);
/* What logits of a text of that many tokens are divided by before they become probabilities. */
TG_API double tg_temperature(const tg_model *model, size_t tokens);
/* UTF-8 of one golden text, not ended by a zero. */
TG_API const char *tg_golden(const tg_model *model, size_t place, size_t *size);

TG_API tg_status tg_worker_open(tg_model *model, tg_worker **worker);
TG_API void tg_worker_close(tg_worker *worker);

/* Answers every golden text, alone and with others. at: the first one that differs, where one does. */
TG_API tg_status tg_check(tg_worker *worker, size_t *at);
/* UTF-8 -> ids; room for max_length of them. */
TG_API tg_status tg_encode(tg_worker *worker, const char *text, size_t size, int32_t *ids, size_t *count);
/* As tg_encode, and where each token stands in the text: bytes starts[i] to ends[i]. */
TG_API tg_status tg_spans(tg_worker *worker, const char *text, size_t size, int32_t *ids, int32_t *starts,
                          int32_t *ends, size_t *count);
/* Text i has the ids offsets[i] to offsets[i + 1]; logits has room for texts * outputs. */
TG_API tg_status tg_run_ids(tg_worker *worker, const int32_t *ids, const int64_t *offsets, size_t texts, double *logits);
/* Text i has the bytes offsets[i] to offsets[i + 1]. tokens, unless NULL, gets the number of ids of each text. */
TG_API tg_status tg_run_texts(tg_worker *worker, const char *bytes, const int64_t *offsets, size_t texts,
                              double *logits, int32_t *tokens);

/* A text that comes in pieces. A stream belongs to one thread at a time and lives no longer than its model; its memory
 * is taken by tg_stream_open and tg_stream_resume only. */
TG_API tg_status tg_stream_open(const tg_model *model, tg_stream **stream);
TG_API void tg_stream_close(tg_stream *stream);
/* Stream i reads the bytes offsets[i] to offsets[i + 1]; no stream stands there twice. A piece may end anywhere, inside a
 * character too: what it cuts is waited for. On an error no stream has read anything. */
TG_API tg_status tg_stream_push(tg_worker *worker, tg_stream *const *streams, const char *bytes, const int64_t *offsets,
                                size_t count);
/* Answers to what was read so far; logits has room for count * outputs, tokens for count. waiting is not 0: as if the
 * text ended here, so with the word that may not have ended; 0: to the words that have ended alone. */
TG_API tg_status tg_stream_logits(tg_worker *worker, tg_stream *const *streams, size_t count, int waiting, double *logits,
                                  uint64_t *tokens);
/* The state as bytes, and a stream from such bytes, on whatever machine, kernel or language they were saved. */
TG_API size_t tg_stream_state_size(const tg_stream *stream);
TG_API tg_status tg_stream_state(const tg_stream *stream, void *state, size_t size);
TG_API tg_status tg_stream_resume(const tg_model *model, const void *state, size_t size, tg_stream **stream);

#ifdef __cplusplus
}
#endif
#endif
