/* Streams: texts that come in pieces, any number of them through the kernel's slots at once.
 *
 * A push checks its bytes before it reads the first one, so on an error every stream is as it was. Pools are added up in
 * 64 bits after each window, in which the kernel's own begin at zero. */
#include "stream.h"
#include "utf8.h"

#include <string.h>

/* One character gives at most a line break's beginning back, each of whose characters ends a place of three ids. */
enum { IDS_OF_A_CHARACTER = 32 };
static const uint64_t MOST_TOKENS = (uint64_t)1 << 31;

/* Streams whose next ids are in the worker, in the same order. */
typedef struct {
    tg_worker *worker;
    tg_stream *streams[TG_WINDOW];
    size_t count;
} window;

static void add_pools(const tg_stream *stream, const int64_t *steps, int64_t *pools) {
    const tg_sizes *s = &stream->model->image.sizes;
    const int first = !stream->head->tokens;
    for (uint32_t u = 0; u < s->hidden; u++) {
        const int64_t before = stream->pools[u];
        if (s->pooling == TG_POOL_MEAN) pools[u] = before + steps[u];
        else pools[u] = s->pooling == TG_POOL_MAX && !first && before > steps[u] ? before : steps[u];
    }
}

static void run(window *n) {
    tg_worker *w = n->worker;
    if (!n->count) return;
    tg_advance(w, w->ids, w->offsets, n->count, n->streams, 1);
    for (size_t i = 0; i < n->count; i++) {
        tg_stream *stream = n->streams[i];
        add_pools(stream, w->pooled + i * w->model->image.sizes.hidden, stream->pools);
        stream->head->tokens += (uint64_t)(w->offsets[i + 1] - w->offsets[i]);
    }
    n->count = 0;
}

/* Reads on until the text ends or the stream's ids of this window are full; -> where. */
static const uint8_t *read_on(window *n, tg_stream *stream, const uint8_t *text, const uint8_t *end) {
    tg_worker *w = n->worker;
    tg_stream_head *head = stream->head;
    w->offsets[0] = 0;
    tg_reader r = tg_stream_reader(w, stream, w->ids + w->offsets[n->count], TG_STREAM_IDS);
    while (text < end && r.count + IDS_OF_A_CHARACTER <= TG_STREAM_IDS) {
        const uint32_t c = !head->bytes_count && *text < 0x80
                               ? *text++
                               : tg_stream_character(head->bytes, &head->bytes_count, &text, end);
        if (c != TG_WAITS) tg_stream_read(&r, head, stream->place, c);
    }
    head->word_size = (uint32_t)r.size, head->apostrophe = (uint8_t)r.apostrophe;
    if (r.size <= w->model->longest_word) memcpy(stream->word, w->word, r.size);
    if (!r.count) return text;
    w->offsets[n->count + 1] = w->offsets[n->count] + (int64_t)r.count;
    n->streams[n->count++] = stream;
    return text;
}

static void read_piece(window *n, tg_stream *stream, const uint8_t *text, const uint8_t *end) {
    while (text < end) {
        if (n->count == TG_WINDOW || (n->count && n->worker->offsets[n->count] + TG_STREAM_IDS > (int64_t)n->worker->window_ids))
            run(n);
        text = read_on(n, stream, text, end);
        if (text < end) run(n); /* a stream stands in a window once */
    }
}

static tg_status check_piece(const tg_stream *stream, const uint8_t *text, const uint8_t *end) {
    uint8_t bytes[4], count = stream->head->bytes_count;
    if (stream->head->tokens + (uint64_t)(end - text) + IDS_OF_A_CHARACTER > MOST_TOKENS) return TG_STREAM_LONG;
    memcpy(bytes, stream->head->bytes, sizeof bytes);
    while (text < end)
        if (!count && *text < 0x80) text++;
        else if (tg_stream_character(bytes, &count, &text, end) == TG_NO_CHARACTER) return TG_BAD_UTF8;
    return TG_OK;
}

static tg_status check_pieces(const tg_worker *w, tg_stream *const *streams, const uint8_t *bytes,
                              const int64_t *offsets, size_t count) {
    tg_status status = TG_OK;
    size_t seen = 0;
    for (; !status && seen < count; seen++) {
        tg_stream *stream = streams[seen];
        if (!stream || stream->model != w->model || stream->busy || offsets[seen] < 0 || offsets[seen + 1] < offsets[seen]) {
            status = TG_BAD_ARGUMENT;
            break;
        }
        stream->busy = 1;
        status = check_piece(stream, bytes + offsets[seen], bytes + offsets[seen + 1]);
    }
    for (size_t i = 0; i < seen; i++) streams[i]->busy = 0;
    return status;
}

tg_status tg_stream_push(tg_worker *w, tg_stream *const *streams, const char *bytes, const int64_t *offsets, size_t count) {
    if (!w || (count && (!streams || !bytes || !offsets))) return TG_BAD_ARGUMENT;
    const uint8_t *text = (const uint8_t *)bytes;
    const tg_status status = check_pieces(w, streams, text, offsets, count);
    window n;
    n.worker = w, n.count = 0;
    for (size_t i = 0; !status && i < count; i++) read_piece(&n, streams[i], text + offsets[i], text + offsets[i + 1]);
    if (!status) run(&n);
    return status;
}

/* What is waited for, as if the text ended here; a text without a token has the unknown one. */
static size_t ids_waited_for(tg_worker *w, const tg_stream *stream, int waiting, int32_t *ids) {
    tg_stream_head head = *stream->head;
    tg_reader r = tg_stream_reader(w, stream, ids, TG_STREAM_IDS);
    if (waiting) tg_stream_end(&r, &head, stream->place);
    if (!head.tokens && !r.count) ids[r.count++] = TG_UNKNOWN_ROW;
    return r.count;
}

static tg_status answer(window *n, tg_stream *const *streams, size_t count, int waiting, double *logits, uint64_t *tokens) {
    tg_worker *w = n->worker;
    const tg_image *image = &w->model->image;
    w->offsets[0] = 0;
    n->count = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t more = ids_waited_for(w, streams[i], waiting, w->ids + w->offsets[n->count]);
        tokens[i] = streams[i]->head->tokens + more;
        if (tokens[i] > streams[i]->longest) return TG_STREAM_LONG;
        if (!more) continue;
        n->streams[n->count] = streams[i];
        w->offsets[n->count + 1] = w->offsets[n->count] + (int64_t)more;
        n->count++;
    }
    if (n->count) tg_advance(w, w->ids, w->offsets, n->count, n->streams, 0);
    for (size_t i = 0, row = 0; i < count; i++) {
        int64_t *pools = w->pooled + row * image->sizes.hidden;
        const int moved = tokens[i] > streams[i]->head->tokens;
        if (moved) add_pools(streams[i], pools, pools), row++;
        tg_head(image, moved ? pools : streams[i]->pools, (size_t)tokens[i], logits + i * image->sizes.outputs);
    }
    return TG_OK;
}

tg_status tg_stream_logits(tg_worker *w, tg_stream *const *streams, size_t count, int waiting, double *logits,
                           uint64_t *tokens) {
    if (!w || (count && (!streams || !logits || !tokens))) return TG_BAD_ARGUMENT;
    window n;
    n.worker = w;
    /* So many that what they wait for, a few ids each, fits the window. */
    const size_t most = w->window_ids / IDS_OF_A_CHARACTER < TG_WINDOW ? w->window_ids / IDS_OF_A_CHARACTER : TG_WINDOW;
    for (size_t i = 0; i < count; i++)
        if (!streams[i] || streams[i]->model != w->model) return TG_BAD_ARGUMENT;
    for (size_t done = 0, part; done < count; done += part) {
        part = count - done < most ? count - done : most;
        const tg_status status = answer(&n, streams + done, part, waiting, logits + done * w->model->image.sizes.outputs, tokens + done);
        if (status) return status;
    }
    return TG_OK;
}
