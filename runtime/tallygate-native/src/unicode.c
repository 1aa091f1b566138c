/* Canonical composition by the stored tables (Unicode Standard Annex 15), and the tables' lookups.
 *
 * unicode_data.h is made of unicode17.bin by unicode_header.py: lists of entries that begin with a code point, three
 * bytes, in rising order; an entry stands for all code points that follow one rule. */
#include "unicode.h"

#include <string.h>

#include "unicode_data.h"

enum { BLOCK = 16, ROW = 32, FOLD = 9, MARK = 5, DECOMPOSITION = 9 };
enum { L = 0x1100, V = 0x1161, T = 0x11a7, S = 0xac00, V_COUNT = 21, T_COUNT = 28, S_COUNT = 19 * 21 * 28 };

static uint32_t number(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16; }

static uint32_t half(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8; }

uint32_t tg_unicode_version(void) { return UNICODE_VERSION; }

uint32_t tg_unicode_class(uint32_t c) {
    const uint32_t block = half(class_rows + 2 * (class_index[c / (BLOCK * ROW)] * ROW + c / BLOCK % ROW));
    const uint8_t pair = class_blocks[block * (BLOCK / 2) + c % BLOCK / 2];
    return c % 2 ? pair >> 4 : pair & 15;
}

/* The last entry of width bytes that begins with key or before it; NULL where there is none. */
static const uint8_t *find(const uint8_t *list, size_t bytes, size_t width, uint32_t key) {
    size_t low = 0, end = bytes / width;
    while (low < end) {
        const size_t middle = low + (end - low) / 2;
        if (number(list + middle * width) <= key) low = middle + 1;
        else end = middle;
    }
    return low ? list + (low - 1) * width : NULL;
}

/* An entry: first code point, how many (two bytes), step, and what is added; with step 0 where their values stand. */
uint32_t tg_unicode_fold(uint32_t c) {
    const uint8_t *entry = find(folds, sizeof folds, FOLD, c);
    const uint32_t after = entry ? c - number(entry) : 0, step = entry ? entry[5] : 0;
    if (c == 0x130) return 'i';
    if (!entry || after / (step ? step : 1) >= half(entry + 3) || (step && after % step)) return c;
    if (!step) return number(fold_values + 3 * (number(entry + 6) + after));
    return (c + number(entry + 6)) & 0xffffff;
}

/* An entry: first code point, how many, and their class. */
static uint32_t combining(uint32_t c) {
    const uint8_t *entry = tg_unicode_class(c) & TG_JOINS ? find(marks, sizeof marks, MARK, c) : NULL;
    return entry && c - number(entry) < entry[3] ? entry[4] : 0;
}

/* An entry: the character, and the two that it is. */
static const uint8_t *decomposition(uint32_t c) {
    const uint8_t *entry = find(decompositions, sizeof decompositions, DECOMPOSITION, c);
    return entry && number(entry) == c ? entry : NULL;
}

/* compositions names decompositions, in the order of their two characters. */
static uint32_t composition(uint32_t a, uint32_t b) {
    size_t low = 0, count = sizeof compositions / 2;
    if (a - L < 19 && b - V < V_COUNT) return S + ((a - L) * V_COUNT + b - V) * T_COUNT;
    if (a - S < S_COUNT && (a - S) % T_COUNT == 0 && b - T - 1 < T_COUNT - 1) return a + b - T;
    while (low < count) {
        const size_t middle = low + (count - low) / 2;
        const uint8_t *entry = decompositions + half(compositions + 2 * middle) * DECOMPOSITION;
        const uint32_t first = number(entry + 3), second = number(entry + 6);
        if (first == a && second == b) return number(entry);
        if (first < a || (first == a && second < b)) low = middle + 1;
        else count = middle;
    }
    return 0;
}

/* At most four characters. */
static size_t decompose(uint32_t c, uint32_t *out) {
    const uint8_t *entry;
    size_t count;
    if (c - S < S_COUNT) {
        const uint32_t s = c - S;
        out[0] = L + s / (V_COUNT * T_COUNT), out[1] = V + s % (V_COUNT * T_COUNT) / T_COUNT, out[2] = T + s % T_COUNT;
        return s % T_COUNT ? 3 : 2;
    }
    if (!(entry = decomposition(c))) return out[0] = c, 1;
    count = decompose(number(entry + 3), out);
    return count + decompose(number(entry + 6), out + count);
}

/* A run of marks in the order of their combining classes, equal ones as they stand: a merge sort, since a run is as long
 * as whoever wrote the text wants. */
static void sort_marks(uint32_t *run, size_t count, uint32_t *spare) {
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            const size_t middle = start + width < count ? start + width : count;
            const size_t end = middle + width < count ? middle + width : count;
            size_t a = start, b = middle;
            for (size_t i = start; i < end; i++)
                spare[i] = b == end || (a < middle && combining(run[a]) <= combining(run[b])) ? run[a++] : run[b++];
        }
        memcpy(run, spare, count * sizeof *run);
    }
}

static void sort_runs(uint32_t *c, size_t count, uint32_t *spare) {
    for (size_t i = 0; i < count;) {
        size_t end = i;
        while (end < count && combining(c[end])) end++;
        if (end - i > 1) sort_marks(c + i, end - i, spare);
        i = end + 1;
    }
}

size_t tg_unicode_compose(uint32_t *codepoints, size_t count, uint32_t *scratch) {
    size_t parts = 0, written = 0, starter = SIZE_MAX;
    uint32_t before = 0;
    for (size_t i = 0; i < count; i++) parts += decompose(codepoints[i], scratch + parts);
    sort_runs(scratch, parts, codepoints);
    for (size_t i = 0; i < parts; i++) {
        const uint32_t c = scratch[i], own = combining(c);
        const int blocked = starter == SIZE_MAX || (before >= own && written - 1 > starter);
        const uint32_t pair = blocked ? 0 : composition(codepoints[starter], c);
        if (pair) {
            codepoints[starter] = pair;
            continue;
        }
        if (!own) starter = written;
        before = own;
        codepoints[written++] = c;
    }
    return written;
}
