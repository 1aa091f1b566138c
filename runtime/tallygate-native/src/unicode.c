/* Canonical composition by the stored tables (Unicode Standard Annex 15), and the tables' lookups.
 *
 * unicode_data.h holds the bytes of unicode17.bin: six 32-bit numbers (version, blocks, lengths of the lists), lists of
 * three-byte numbers (folds, combining classes, decompositions, compositions), a byte per 128 code points that names its
 * block, and the blocks, two classes of four bits to a byte. */
#include "unicode.h"

#include <string.h>

#include "unicode_data.h"

enum { HEAD = 24, BLOCK = 128, BLOCKS_IN_ALL = 0x110000 / BLOCK };
enum { L = 0x1100, V = 0x1161, T = 0x11a7, S = 0xac00, V_COUNT = 21, T_COUNT = 28, S_COUNT = 19 * 21 * 28 };

static uint32_t head(int place) {
    uint32_t x;
    memcpy(&x, tg_unicode_data + 4 * place, 4);
    return x;
}

static uint32_t number(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16; }

static const uint8_t *folds(void) { return tg_unicode_data + HEAD; }
static const uint8_t *combinings(void) { return folds() + 6 * head(2); }
static const uint8_t *decompositions(void) { return combinings() + 6 * head(3); }
static const uint8_t *compositions(void) { return decompositions() + 9 * head(4); }
static const uint8_t *block_index(void) { return compositions() + 9 * head(5); }

uint32_t tg_unicode_version(void) { return head(0); }

uint32_t tg_unicode_class(uint32_t c) {
    const uint8_t *index = block_index();
    const uint8_t pair = index[BLOCKS_IN_ALL + (size_t)index[c / BLOCK] * (BLOCK / 2) + c % BLOCK / 2];
    return c % 2 ? pair >> 4 : pair & 15;
}

/* The entry of width bytes whose first number is key; NULL where there is none. */
static const uint8_t *find(const uint8_t *list, size_t count, size_t width, uint32_t key) {
    size_t low = 0;
    while (low < count) {
        const size_t middle = low + (count - low) / 2;
        const uint32_t found = number(list + middle * width);
        if (found == key) return list + middle * width;
        if (found < key) low = middle + 1;
        else count = middle;
    }
    return NULL;
}

uint32_t tg_unicode_fold(uint32_t c) {
    const uint8_t *entry = find(folds(), head(2), 6, c);
    return entry ? number(entry + 3) : c == 0x130 ? 'i' : c;
}

static uint32_t combining(uint32_t c) {
    const uint8_t *entry = tg_unicode_class(c) & TG_JOINS ? find(combinings(), head(3), 6, c) : NULL;
    return entry ? number(entry + 3) : 0;
}

static uint32_t composition(uint32_t a, uint32_t b) {
    size_t low = 0, count = head(5);
    if (a - L < 19 && b - V < V_COUNT) return S + ((a - L) * V_COUNT + b - V) * T_COUNT;
    if (a - S < S_COUNT && (a - S) % T_COUNT == 0 && b - T - 1 < T_COUNT - 1) return a + b - T;
    while (low < count) {
        const size_t middle = low + (count - low) / 2;
        const uint8_t *entry = compositions() + middle * 9;
        const uint32_t first = number(entry), second = number(entry + 3);
        if (first == a && second == b) return number(entry + 6);
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
    if (!(entry = find(decompositions(), head(4), 9, c))) return out[0] = c, 1;
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
