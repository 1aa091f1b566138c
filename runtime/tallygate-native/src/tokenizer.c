/* The text contract, version 2: UTF-8 -> ids in one pass, with memory that depends on the vocabulary's longest word only.
 *
 * ASCII runs through a table of byte classes. Elsewhere a character is folded (lower case, NFC of one character); where
 * the next one joins it, the whole place is composed as NFC has it. A place that is longer than any word of the vocabulary
 * could come from is an unknown word however it is composed, so it need not be kept. */
#include <string.h>

#include "model.h"
#include "unicode.h"
#include "utf8.h"

enum { SEPARATOR = 0, LETTER = 1, APOSTROPHE = 2, MARK = 3, OTHER = 4 };
enum { LONG_SOLIDUS = 0x338, DOT_ABOVE = 0x307, DOTTED_CAPITAL_I = 0x130 };

typedef tg_reader reader;

static void push(reader *r, int32_t id) {
    if (r->full) return;
    const size_t at = r->count < r->capacity ? r->count : r->count % r->capacity;
    r->count++;
    r->ids[at] = id;
    if (r->spans.starts) {
        r->spans.starts[at] = (int32_t)(r->token_start - r->begin);
        r->spans.ends[at] = (int32_t)(r->token_end - r->begin);
    }
    r->full = !r->image->sizes.keep && r->count == r->capacity;
}

enum { HEAD = 8 };

static uint64_t mixed(uint64_t value, uint64_t part) {
    value = (value ^ part) * 0xff51afd7ed558ccdu;
    return value ^ value >> 32;
}

/* The row of a word, hashed as tg_word_hash does; eight bytes behind it may be read. */
static int32_t row_of_word(const tg_image *image, const uint8_t *word, size_t size) {
    uint64_t value = TG_WORD_SEED ^ size, head, part;
    const uint8_t *at = word;
    size_t left = size;
    for (; left > HEAD; left -= HEAD, at += HEAD) {
        memcpy(&part, at, HEAD);
        value = mixed(value, part);
    }
    memcpy(&part, at, HEAD);
    memcpy(&head, word, HEAD);
    if (size < HEAD) head = tg_lowest_bytes(head, size);
    value = mixed(value, tg_lowest_bytes(part, left));
    return tg_word_row(image, word, size, head, (uint32_t)(value ^ value >> 16));
}

void tg_end_word(reader *r) {
    const size_t size = r->size;
    const uint8_t *word = r->worker->word;
    r->size = 0, r->apostrophe = 0;
    if (!size) return;
    if (size > r->worker->model->longest_word) push(r, TG_UNKNOWN_ROW);
    else push(r, row_of_word(r->image, word, size));
}

static void append(reader *r, const uint8_t *bytes, size_t count) {
    const size_t longest = r->worker->model->longest_word;
    if (!r->size) r->token_start = r->place;
    r->token_end = r->text;
    if (r->size + count > longest) {
        r->size = longest + 1;
        return;
    }
    memcpy(r->worker->word + r->size, bytes, count);
    r->size += count;
}

static size_t utf8_from(uint32_t c, uint8_t out[4]) {
    if (c < 0x80) return out[0] = (uint8_t)c, 1;
    if (c < 0x800) return out[0] = (uint8_t)(0xc0 | c >> 6), out[1] = (uint8_t)(0x80 | (c & 63)), 2;
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12), out[1] = (uint8_t)(0x80 | (c >> 6 & 63)), out[2] = (uint8_t)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18), out[1] = (uint8_t)(0x80 | (c >> 12 & 63));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 63)), out[3] = (uint8_t)(0x80 | (c & 63));
    return 4;
}

/* The row of a kept mark; 0 for any other character. */
static int32_t mark_row(const reader *r, uint32_t c) {
    size_t low = 0, count = r->image->sizes.marks;
    while (low < count) {
        const size_t middle = low + (count - low) / 2;
        if (r->image->marks[middle] == c) return r->worker->model->mark_rows[middle];
        if (r->image->marks[middle] < c) low = middle + 1;
        else count = middle;
    }
    return 0;
}

/* One character in NFC. */
void tg_read_character(reader *r, uint32_t c) {
    uint8_t bytes[4];
    const int32_t mark = mark_row(r, c);
    if (!mark && tg_unicode_class(c) & TG_WORD) {
        if (r->apostrophe) append(r, (const uint8_t *)"'", 1), r->apostrophe = 0;
        append(r, bytes, utf8_from(c, bytes));
    } else if (c == '\'' && r->size && !r->apostrophe) {
        r->apostrophe = 1;
    } else {
        tg_end_word(r);
        r->token_start = r->place, r->token_end = r->text;
        if (mark) push(r, mark);
    }
}

/* Whether the character at r->text joins what stands before it; then it is read. */
static int next_joins(reader *r, uint32_t *c) {
    const uint8_t *at = r->text;
    if (at == r->end || *at < 0x80) return 0;
    *c = tg_utf8_decode(&at, r->end);
    if (*c == TG_NO_CHARACTER) return 0;
    *c = tg_unicode_fold(*c);
    if (!(tg_unicode_class(*c) & TG_JOINS)) return 0;
    r->text = at;
    return 1;
}

/* A character and all that join it. */
static void read_place(reader *r, uint32_t first) {
    uint32_t *segment = r->worker->segment, c = first;
    const size_t room = r->worker->segment_room;
    size_t count = 0;
    segment[count++] = tg_unicode_fold(first);
    if (first == DOTTED_CAPITAL_I) segment[count++] = DOT_ABOVE;
    int overflow = 0;
    while (next_joins(r, &c)) {
        if (count < room) segment[count++] = c;
        else if (overflow = 1, c == LONG_SOLIDUS) segment[room - 1] = c; /* the only one that changes a separator */
    }
    if (count > 1 || tg_unicode_class(segment[0]) & (TG_DECOMPOSES | TG_JOINS))
        count = tg_unicode_compose(segment, count, r->worker->scratch);
    for (size_t i = 0; i < count; i++) tg_read_character(r, segment[i]);
    if (overflow) r->size = r->worker->model->longest_word + 1;
}

/* Bytes of the line break at text, which begins with <; 0 where there is none. */
static size_t line_break(const uint8_t *text, const uint8_t *end) {
    static const char forms[3][7] = {"<br>", "<br/>", "<br />"};
    for (size_t f = 0; f < 3; f++) {
        const size_t size = 4 + f;
        size_t i = 0;
        if ((size_t)(end - text) < size) return 0;
        while (i < size && (text[i] | (i == 1 || i == 2 ? 0x20 : 0)) == (uint8_t)forms[f][i]) i++;
        if (i == size) return size;
    }
    return 0;
}

/* Eight bytes at once: which of them are letters and digits of ASCII (the top bit of each), and their lower case.
 *
 * Byte by byte a word's end is a branch that no processor foresees; here its length is counted. */
enum { EIGHT = 8 };
#define EACH(byte) (0x0101010101010101u * (byte))

static uint64_t letters_of(uint64_t text, uint64_t *lower) {
    const uint64_t ascii = ~text & EACH(0x80), low = text & EACH(0x7f), small = low | EACH(0x20);
    const uint64_t letters = (small + EACH(0x80 - 'a')) & ~(small + EACH(0x7f - 'z')) & ascii;
    const uint64_t digits = (low + EACH(0x80 - '0')) & ~(low + EACH(0x7f - '9')) & ascii;
    *lower = text | letters >> 2;
    return letters | digits;
}

static unsigned first_byte(uint64_t mask) {
#if defined(__GNUC__)
    return mask ? (unsigned)__builtin_ctzll(mask) / 8 : EIGHT;
#else
    unsigned place = 0;
    while (place < EIGHT && !(mask >> 8 * place & 0xff)) place++;
    return place;
#endif
}

/* Words of less than eight letters between ASCII, which need not be kept to be looked up, and marks between them. Stops
 * at whatever else comes. */
static void read_short_words(reader *r) {
    const tg_model *model = r->worker->model;
    const uint8_t *p = r->text, *end = r->end;
    while (end - p > 2 * EIGHT && !r->full) {
        uint64_t text, lower;
        memcpy(&text, p, EIGHT);
        const unsigned count = first_byte(~letters_of(text, &lower) & EACH(0x80));
        const uint8_t *behind = p + count;
        if (!count || count == EIGHT || *behind >= 0x80 || *behind == '\'') break;
        r->token_start = p, r->token_end = behind;
        const uint64_t head = tg_lowest_bytes(lower, count), value = mixed(TG_WORD_SEED ^ count, head);
        push(r, tg_word_row(r->image, NULL, count, head, (uint32_t)(value ^ value >> 16)));
        if (model->classes[*behind] == MARK && behind[1] < 0x80 && !r->full) {
            r->token_start = behind, r->token_end = behind + 1;
            push(r, model->ascii_marks[*behind++]);
        }
        p = behind + (*behind == ' ' && behind[1] < 0x80);
    }
    r->text = p;
}

/* Letters and digits of ASCII onto the word, at least one. The last one waits where the next character may join it. */
static void read_letters(reader *r) {
    const uint8_t *classes = r->worker->model->classes, *p = r->text, *end = r->end;
    const size_t longest = r->worker->model->longest_word;
    uint8_t *word = r->worker->word;
    unsigned count = EIGHT;
    if (!r->size) r->token_start = p;
    if (r->apostrophe) append(r, (const uint8_t *)"'", 1), r->apostrophe = 0;
    while (count == EIGHT && end - p >= EIGHT) {
        uint64_t text, lower;
        memcpy(&text, p, EIGHT);
        count = first_byte(~letters_of(text, &lower) & EACH(0x80));
        if (r->size <= longest) memcpy(word + r->size, &lower, EIGHT);
        r->size += count, p += count;
        if (r->size > longest) r->size = longest + 1;
    }
    for (; count == EIGHT && p < end && classes[*p] == LETTER; p++) {
        const uint8_t lower = (uint8_t)(*p | (*p >= 'A' ? 0x20 : 0));
        append(r, &lower, 1);
    }
    r->text = r->token_end = p;
    if (p == end || *p < 0x80) return;
    r->place = --r->text;
    if (r->size <= longest) r->size--;
    read_place(r, *r->text++);
}

static void read_mark(reader *r, uint8_t c) {
    tg_end_word(r);
    r->token_start = r->place, r->token_end = r->text;
    push(r, r->worker->model->ascii_marks[c]);
}

static void read_ascii(reader *r) {
    const uint8_t c = *r->text;
    const int kind = r->worker->model->classes[c];
    const size_t broken = c == '<' ? line_break(r->text, r->end) : 0;
    if (kind == LETTER) {
        if (!r->size) read_short_words(r);
        if (r->text == r->place) read_letters(r);
    } else if (broken) {
        tg_end_word(r);
        r->text += broken;
    } else if (r->end - r->text > 1 && r->text[1] >= 0x80) {
        r->text++;
        read_place(r, c);
    } else {
        r->text++;
        if (kind == APOSTROPHE && r->size && !r->apostrophe) r->apostrophe = 1;
        else if (kind == MARK) read_mark(r, c);
        else tg_end_word(r);
    }
}

static void reverse(int32_t *ids, size_t count) {
    for (size_t i = 0; i < count / 2; i++) {
        const int32_t id = ids[i];
        ids[i] = ids[count - 1 - i], ids[count - 1 - i] = id;
    }
}

/* Puts the token that was read first to the front of a ring that went round. */
static void unroll(int32_t *ring, size_t turn, size_t capacity) {
    if (!ring) return;
    reverse(ring, turn), reverse(ring + turn, capacity - turn), reverse(ring, capacity);
}

tg_status tg_tokenize(tg_worker *worker, const uint8_t *text, size_t size, int32_t *ids, tg_spans_out spans,
                      size_t *count) {
    const tg_image *image = &worker->model->image;
    reader r = {.worker = worker, .image = image, .text = text, .end = text + size, .begin = text, .place = text,
                .token_start = text, .token_end = text, .ids = ids, .spans = spans, .capacity = image->sizes.max_length};
    while (r.text < r.end && !r.full) {
        r.place = r.text;
        if (*r.text < 0x80) {
            read_ascii(&r);
            continue;
        }
        const uint32_t c = tg_utf8_decode(&r.text, r.end);
        if (c == TG_NO_CHARACTER) return TG_BAD_UTF8;
        read_place(&r, c);
    }
    tg_end_word(&r);
    if (!r.count) {
        r.token_start = r.token_end = text;
        push(&r, TG_UNKNOWN_ROW);
    }
    if (r.count > r.capacity) {
        unroll(ids, r.count % r.capacity, r.capacity);
        unroll(spans.starts, r.count % r.capacity, r.capacity);
        unroll(spans.ends, r.count % r.capacity, r.capacity);
    }
    *count = r.count < r.capacity ? r.count : r.capacity;
    return TG_OK;
}

void tg_tokenizer_prepare(tg_model *model) {
    const tg_image *image = &model->image;
    for (uint32_t i = 0; i < image->sizes.words; i++) {
        const size_t size = image->word_offsets[i + 1] - image->word_offsets[i];
        if (size > model->longest_word) model->longest_word = size;
    }
    for (int c = 0; c < 256; c++)
        model->classes[c] = c >= 0x80 ? OTHER : c == '\'' ? APOSTROPHE : tg_unicode_class((uint32_t)c) & TG_WORD ? LETTER : SEPARATOR;
    for (uint32_t i = 0; i < image->sizes.marks; i++) {
        uint8_t bytes[HEAD] = {0};
        model->mark_rows[i] = row_of_word(image, bytes, utf8_from(image->marks[i], bytes));
        if (image->marks[i] >= 0x80) continue;
        model->classes[image->marks[i]] = MARK;
        model->ascii_marks[image->marks[i]] = model->mark_rows[i];
    }
}
