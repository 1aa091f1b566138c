/* The stored Unicode tables: the bytes of unicode17.bin, which Python reads too. */
#ifndef TG_UNICODE_H
#define TG_UNICODE_H

#include <stddef.h>
#include <stdint.h>

enum { TG_WORD = 1, TG_JOINS = 2, TG_FOLDS = 4, TG_DECOMPOSES = 8 };

uint32_t tg_unicode_version(void);
/* Class bits of a code point. */
uint32_t tg_unicode_class(uint32_t codepoint);
/* Lower case and NFC of one character; U+0130, whose lower case is two, gives i. */
uint32_t tg_unicode_fold(uint32_t codepoint);
/* NFC of count code points, one place where characters join; both arrays have room for 4 * count. -> new count */
size_t tg_unicode_compose(uint32_t *codepoints, size_t count, uint32_t *scratch);

#endif
