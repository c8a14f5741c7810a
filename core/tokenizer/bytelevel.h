/* The letters that stand for bytes in byte-level vocabularies (Radford 2019, encoder.py): bytes that print in
 * Latin-1 stand for themselves, the other 68 are U+0100 and following, in order. */
#ifndef GAZE_CORE_TOKENIZER_BYTELEVEL_H
#define GAZE_CORE_TOKENIZER_BYTELEVEL_H

#include "core/tokenizer/normalized.h"

enum { BYTELEVEL_SPACE = 0x120 /* Ġ */ };
int32_t bytelevel_letter(uint8_t byte);
int bytelevel_byte(int32_t cp); /* -1: stands for no byte */
/* Replace every byte by its letter; all letters of a character stand for the whole character. A change_fn. */
NODISCARD bool bytelevel_encode(const void *context, struct normalized *text, struct err *err);

#endif
