/* A stream's memory, and its state as bytes that any copy of the model resumes from: docs/streams.md. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"
#include "unicode.h"
#include "utf8.h"

enum { STATE_MAX = 32639, LAST_TAG = 6 };
static const uint8_t MAGIC[8] = {'T', 'G', 'S', 'T', 'A', 'T', 'E', 0};
static const uint64_t MOST_TOKENS = (uint64_t)1 << 31;

/* Where the arrays lie behind the head, and where the hash begins. */
typedef struct {
    size_t pools, cells, place, codes, word, hash;
} places;

static size_t eights(size_t size) { return (size + 7) / 8 * 8; }

static places places_of(const tg_model *model) {
    const size_t hidden = model->image.sizes.hidden, states = hidden * model->image.sizes.layers;
    places p = {.pools = sizeof(tg_stream_head)};
    p.cells = p.pools + 8 * hidden;
    p.place = p.cells + eights(2 * states);
    p.codes = p.place + 4 * tg_segment_room(model);
    p.word = p.codes + eights(states);
    p.hash = p.word + eights(model->longest_word);
    return p;
}

/* Tokens up to which the head's sum stays below 2^62. */
static uint64_t longest_answer(const tg_image *image) {
    uint64_t largest = 0;
    for (uint32_t o = 0; o < image->sizes.outputs; o++) {
        uint64_t sum = 0;
        for (uint32_t i = 0; i < image->sizes.hidden; i++) {
            const int64_t weight = image->head_weights[(size_t)o * image->sizes.hidden + i];
            sum += (uint64_t)(weight < 0 ? -weight : weight);
        }
        if (sum > largest) largest = sum;
    }
    if (image->sizes.pooling != TG_POOL_MEAN || !largest) return MOST_TOKENS;
    const uint64_t longest = ((uint64_t)1 << 62) / (32768 * largest);
    return longest < MOST_TOKENS ? longest : MOST_TOKENS;
}

static void place_arrays(tg_stream *stream, uint8_t *memory) {
    const places p = places_of(stream->model);
    stream->head = (tg_stream_head *)(void *)memory;
    stream->pools = (int64_t *)(void *)(memory + p.pools);
    stream->cells = (int16_t *)(void *)(memory + p.cells);
    stream->place = (uint32_t *)(void *)(memory + p.place);
    stream->codes = (int8_t *)(memory + p.codes);
    stream->word = memory + p.word;
}

tg_status tg_stream_open(const tg_model *model, tg_stream **opened) {
    if (!model || !opened) return TG_BAD_ARGUMENT;
    *opened = NULL;
    if (model->image.sizes.directions != 1) return TG_NO_STREAM;
    if (model->image.ngrams.longest) return TG_NO_STREAM_NGRAMS;
    const places p = places_of(model);
    tg_stream *stream = calloc(1, eights(sizeof *stream) + p.hash);
    if (!stream) return TG_NO_MEMORY;
    stream->model = model;
    stream->longest = longest_answer(&model->image);
    place_arrays(stream, (uint8_t *)stream + eights(sizeof *stream));
    memcpy(stream->head->magic, MAGIC, sizeof MAGIC);
    stream->head->version = TG_STATE_VERSION_HERE;
    stream->head->size = (uint32_t)(p.hash + TG_STATE_HASH);
    memcpy(stream->head->model, model->image.digest, sizeof stream->head->model);
    *opened = stream;
    return TG_OK;
}

void tg_stream_close(tg_stream *stream) { free(stream); }

size_t tg_stream_state_size(const tg_stream *stream) { return stream ? stream->head->size : 0; }

/* Bytes of a state that say nothing. They are zero: the same text gives the same state, however it was cut. */
enum { UNUSED = 5 };
typedef struct {
    size_t start, end;
} span;

static void find_unused(const tg_stream *stream, span spans[UNUSED]) {
    const places p = places_of(stream->model);
    const tg_stream_head *head = stream->head;
    const size_t states = (size_t)stream->model->image.sizes.layers * stream->model->image.sizes.hidden;
    const size_t word = head->word_size > stream->model->longest_word ? 0 : head->word_size;
    spans[0] = (span){offsetof(tg_stream_head, bytes) + head->bytes_count, sizeof *head};
    spans[1] = (span){p.cells + 2 * states, p.place};
    spans[2] = (span){p.place + 4 * (size_t)head->place_count, p.codes};
    spans[3] = (span){p.codes + states, p.word};
    spans[4] = (span){p.word + word, p.hash};
}

static int unused_are_zero(const tg_stream *stream) {
    const uint8_t *state = (const uint8_t *)stream->head;
    span spans[UNUSED];
    find_unused(stream, spans);
    for (size_t s = 0; s < UNUSED; s++)
        for (size_t i = spans[s].start; i < spans[s].end; i++)
            if (state[i]) return 0;
    return 1;
}

tg_status tg_stream_state(const tg_stream *stream, void *state, size_t size) {
    if (!stream || !state || size != stream->head->size) return TG_BAD_ARGUMENT;
    const size_t hash = size - TG_STATE_HASH;
    span spans[UNUSED];
    memcpy(state, stream->head, hash);
    find_unused(stream, spans);
    for (size_t i = 0; i < UNUSED; i++) memset((uint8_t *)state + spans[i].start, 0, spans[i].end - spans[i].start);
    tg_sha256(state, hash, NULL, 0, (uint8_t *)state + hash);
    return TG_OK;
}

static int text_is_good(const tg_stream *s) {
    const tg_stream_head *head = s->head;
    uint8_t bytes[4], count = 0;
    const uint8_t *at = head->bytes;
    if (head->tag > LAST_TAG || head->apostrophe > 1 || head->overflow > 1 || head->bytes_count > 3 ||
        head->word_size > s->model->longest_word + 1 || head->place_count > tg_segment_room(s->model))
        return 0;
    while (at < head->bytes + head->bytes_count)
        if (tg_stream_character(bytes, &count, &at, head->bytes + head->bytes_count) != TG_WAITS) return 0;
    for (uint32_t i = 0; i < head->place_count; i++)
        if (s->place[i] > 0x10ffff || (i && !(tg_unicode_class(s->place[i]) & TG_JOINS))) return 0;
    return 1;
}

static int numbers_are_good(const tg_stream *s) {
    const tg_sizes *sizes = &s->model->image.sizes;
    if (s->head->tokens > MOST_TOKENS) return 0;
    const int64_t tokens = (int64_t)s->head->tokens;
    const int64_t largest = STATE_MAX * (sizes->pooling == TG_POOL_MEAN ? tokens : tokens > 0);
    for (uint32_t i = 0; i < sizes->hidden; i++)
        if (s->pools[i] < -largest || s->pools[i] > largest) return 0;
    for (size_t i = 0; i < (size_t)sizes->layers * sizes->hidden; i++)
        if (s->codes[i] == -128) return 0;
    return 1;
}

static tg_status check_state(const tg_stream *stream, const uint8_t *state, size_t size) {
    uint8_t digest[TG_STATE_HASH];
    tg_stream_head head;
    if (size < sizeof head + TG_STATE_HASH) return TG_STATE_DAMAGED;
    memcpy(&head, state, sizeof head);
    if (memcmp(head.magic, MAGIC, sizeof MAGIC) || head.size != size) return TG_STATE_DAMAGED;
    tg_sha256(state, size - TG_STATE_HASH, NULL, 0, digest);
    if (memcmp(digest, state + size - TG_STATE_HASH, TG_STATE_HASH)) return TG_STATE_DAMAGED;
    if (head.version != TG_STATE_VERSION_HERE) return TG_STATE_VERSION;
    if (memcmp(head.model, stream->head->model, sizeof head.model)) return TG_STATE_MODEL;
    return size == stream->head->size ? TG_OK : TG_STATE_DAMAGED;
}

tg_status tg_stream_resume(const tg_model *model, const void *state, size_t size, tg_stream **opened) {
    if (!model || (size && !state) || !opened) return TG_BAD_ARGUMENT;
    tg_status status = tg_stream_open(model, opened);
    if (status) return status;
    status = check_state(*opened, state, size);
    if (!status) {
        memcpy((*opened)->head, state, size - TG_STATE_HASH);
        if (!text_is_good(*opened) || !numbers_are_good(*opened) || !unused_are_zero(*opened)) status = TG_STATE_DAMAGED;
    }
    if (status) tg_stream_close(*opened), *opened = NULL;
    return status;
}
