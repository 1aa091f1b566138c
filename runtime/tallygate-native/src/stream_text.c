/* The text contract for a text that comes in pieces: what a piece's end cuts is waited for.
 *
 * Three things may be cut: a character's bytes, a line break (<br />), and a place: a character with the marks that join
 * it, which is composed when the first character comes that does not. Nothing joins white space, so a word ends with the
 * space behind it. What is waited for depends on the text alone, never on where it was cut. */
#include <string.h>

#include "stream.h"
#include "unicode.h"
#include "utf8.h"

enum { LONG_SOLIDUS = 0x338, DOT_ABOVE = 0x307, DOTTED_CAPITAL_I = 0x130, SPACE = 0x20 };
enum { NO_TAG, TAGS = 7, TAG_ENDS = 255 };
/* What may become <br>, <br/> or <br />. */
static const char BEGINNINGS[TAGS][6] = {"", "<", "<b", "<br", "<br ", "<br /", "<br/"};

static uint8_t next_tag(uint8_t tag, uint32_t c) {
    static const char steps[TAGS][6] = {"", "b\2", "r\3", " \4/\6", "/\5", "", ""};
    if (c == '>') return tag == 3 || tag >= 5 ? TAG_ENDS : NO_TAG;
    if (tag <= 2 && (c == 'B' || c == 'R')) c |= 0x20;
    for (const char *step = steps[tag]; *step; step += 2)
        if (c == (uint8_t)*step) return (uint8_t)step[1];
    return NO_TAG;
}

/* The word characters of ASCII. */
static int is_letter(uint32_t c) { return (c | 0x20) - 'a' < 26 || c - '0' < 10; }

static void close_place(tg_reader *r, tg_stream_head *head, const uint32_t *place) {
    uint32_t *segment = r->worker->segment;
    size_t count = head->place_count;
    if (!count) return;
    if (count == 1 && is_letter(place[0]) && !r->apostrophe && r->size < r->worker->model->longest_word) {
        r->worker->word[r->size++] = (uint8_t)place[0]; /* what most characters are, without a look at the tables */
        head->place_count = 0;
        return;
    }
    memcpy(segment, place, count * sizeof *segment);
    if (count > 1 || tg_unicode_class(segment[0]) & (TG_DECOMPOSES | TG_JOINS))
        count = tg_unicode_compose(segment, count, r->worker->scratch);
    for (size_t i = 0; i < count; i++) tg_read_character(r, segment[i]);
    if (head->overflow) r->size = r->worker->model->longest_word + 1;
    head->place_count = 0, head->overflow = 0;
}

static void join(const tg_reader *r, tg_stream_head *head, uint32_t *place, uint32_t c) {
    const size_t room = tg_segment_room(r->worker->model);
    if (head->place_count < room) place[head->place_count++] = c;
    else if (head->overflow = 1, c == LONG_SOLIDUS) place[room - 1] = c; /* as in tokenizer.c */
}

/* A character that is in no line break. */
static void read_plain(tg_reader *r, tg_stream_head *head, uint32_t *place, uint32_t c) {
    const uint32_t folded = c >= 0x80 ? tg_unicode_fold(c) : c - 'A' < 26 ? c | 0x20 : c;
    if (head->place_count && c >= 0x80 && tg_unicode_class(folded) & TG_JOINS) {
        join(r, head, place, folded);
        return;
    }
    close_place(r, head, place);
    if (c <= SPACE) {
        tg_read_character(r, c);
        return;
    }
    place[head->place_count++] = folded;
    if (c == DOTTED_CAPITAL_I) place[head->place_count++] = DOT_ABOVE;
}

void tg_stream_read(tg_reader *r, tg_stream_head *head, uint32_t *place, uint32_t c) {
    if (head->tag) {
        const char *beginning = BEGINNINGS[head->tag];
        head->tag = next_tag(head->tag, c);
        if (head->tag == TAG_ENDS) {
            head->tag = NO_TAG;
            close_place(r, head, place);
            tg_end_word(r);
            return;
        }
        if (head->tag) return;
        while (*beginning) read_plain(r, head, place, (uint8_t)*beginning++);
    }
    if (c == '<') head->tag = 1;
    else read_plain(r, head, place, c);
}

void tg_stream_end(tg_reader *r, tg_stream_head *head, const uint32_t *place) {
    const char *beginning = BEGINNINGS[head->tag];
    close_place(r, head, place);
    while (*beginning) tg_read_character(r, (uint8_t)*beginning++);
    tg_end_word(r);
}

tg_reader tg_stream_reader(tg_worker *worker, const tg_stream *stream, int32_t *ids, size_t capacity) {
    const tg_stream_head *head = stream->head;
    if (head->word_size <= worker->model->longest_word) memcpy(worker->word, stream->word, head->word_size);
    return (tg_reader){.worker = worker, .image = &worker->model->image, .ids = ids, .capacity = capacity,
                       .size = head->word_size, .apostrophe = head->apostrophe};
}

static size_t bytes_of(uint8_t first) { return first < 0xc2 || first > 0xf4 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4; }

/* Whether bytes may come behind these that make a character. */
static int may_become_one(const uint8_t *bytes, size_t count, size_t needed) {
    for (int filled = 0x80; filled < 0xc0; filled += 0x3f) {
        uint8_t whole[4];
        const uint8_t *at = whole;
        memset(whole, filled, sizeof whole);
        memcpy(whole, bytes, count);
        if (tg_utf8_decode(&at, whole + needed) != TG_NO_CHARACTER) return 1;
    }
    return 0;
}

uint32_t tg_stream_character(uint8_t bytes[4], uint8_t *count, const uint8_t **text, const uint8_t *end) {
    if (!*count && **text < 0x80) return *(*text)++;
    const uint8_t *at = bytes;
    const size_t needed = bytes_of(*count ? bytes[0] : **text);
    while (*count < needed && *text < end) bytes[(*count)++] = *(*text)++;
    if (*count < needed) return may_become_one(bytes, *count, needed) ? TG_WAITS : TG_NO_CHARACTER;
    *count = 0;
    return tg_utf8_decode(&at, bytes + needed);
}
