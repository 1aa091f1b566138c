/* Looking a word up in the image's hash table, where it lies. */
#include <string.h>

#include "image.h"

enum { HEAD = 8 };

/* As word_hash of the image's layout: 8-byte little-endian numbers, the last one filled up with zeros. */
uint32_t tg_word_hash(const uint8_t *word, size_t size) {
    uint64_t value = TG_WORD_SEED ^ size;
    for (; size; size -= size < 8 ? size : 8, word += 8) {
        uint64_t part = 0;
        memcpy(&part, word, size < 8 ? size : 8);
        value = (value ^ part) * 0xff51afd7ed558ccdu;
        value ^= value >> 32;
    }
    return (uint32_t)(value ^ value >> 16);
}

/* Whether the bytes from start on are the word's: its first eight as one number, for nearly all words that is all. */
static int is_word(const tg_image *image, uint32_t start, const uint8_t *word, size_t size, uint64_t head) {
    const uint8_t *bytes = image->word_bytes + start;
    uint64_t found = 0;
    if (size >= HEAD || start + HEAD <= image->sizes.word_bytes) memcpy(&found, bytes, HEAD);
    else memcpy(&found, bytes, size);
    if (size <= HEAD) return tg_lowest_bytes(found, size) == head;
    return found == head && !memcmp(bytes + HEAD, word + HEAD, size - HEAD);
}

int32_t tg_word_row(const tg_image *image, const uint8_t *word, size_t size, uint64_t head, uint32_t hash) {
    const uint32_t mask = image->sizes.hash_slots - 1;
    for (uint32_t place = hash & mask, slot; (slot = image->hash_slots[place]); place = (place + 1) & mask) {
        if ((slot ^ hash) >> 24) continue;
        const uint32_t number = (slot & 0xffffff) - 1, start = image->word_offsets[number];
        if (image->word_offsets[number + 1] - start == size && is_word(image, start, word, size, head))
            return (int32_t)image->word_rows[number];
    }
    return TG_UNKNOWN_ROW;
}
