/* Looking a word up in the image's hash table, where it lies. */
#include <string.h>

#include "image.h"

/* As word_hash of the image's layout: 8-byte little-endian numbers, the last one filled up with zeros. */
uint32_t tg_word_hash(const uint8_t *word, size_t size) {
    uint64_t value = 0x9e3779b97f4a7c15u ^ size;
    for (; size; size -= size < 8 ? size : 8, word += 8) {
        uint64_t part = 0;
        memcpy(&part, word, size < 8 ? size : 8);
        value = (value ^ part) * 0xff51afd7ed558ccdu;
        value ^= value >> 32;
    }
    return (uint32_t)(value ^ value >> 16);
}

int32_t tg_word_row(const tg_image *image, const uint8_t *word, size_t size, uint32_t hash) {
    const uint32_t mask = image->sizes.hash_slots - 1;
    for (uint32_t place = hash & mask, slot; (slot = image->hash_slots[place]); place = (place + 1) & mask) {
        if ((slot ^ hash) >> 24) continue;
        const uint32_t number = (slot & 0xffffff) - 1, start = image->word_offsets[number];
        if (image->word_offsets[number + 1] - start == size && !memcmp(image->word_bytes + start, word, size))
            return (int32_t)image->word_rows[number];
    }
    return TG_UNKNOWN_ROW;
}
