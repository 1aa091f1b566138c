/* Reading UTF-8, for the tokenizer and for the strings of an image. */
#ifndef TG_UTF8_H
#define TG_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define TG_NO_CHARACTER 0xffffffffu

/* The next character of valid UTF-8 (Unicode Standard, table 3-7), or TG_NO_CHARACTER; moves on. */
static inline uint32_t tg_utf8_decode(const uint8_t **text, const uint8_t *end) {
    const uint8_t *p = *text;
    const uint8_t first = *p;
    const size_t more = first < 0x80 ? 0 : first < 0xc2 ? 9 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 9;
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    uint32_t c = more == 0 ? first : first & (0x3fu >> more);
    if (more == 9 || (size_t)(end - p) <= more) return TG_NO_CHARACTER;
    for (size_t i = 1; i <= more; i++) {
        if ((p[i] & 0xc0) != 0x80) return TG_NO_CHARACTER;
        c = c << 6 | (p[i] & 63);
    }
    if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return TG_NO_CHARACTER;
    *text = p + more + 1;
    return c;
}

#endif
