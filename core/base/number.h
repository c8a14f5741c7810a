/* Numbers and ranges as text has them: one reading for options, selectors, tokens, sets of questions and vectors. */
#ifndef GAZE_CORE_BASE_NUMBER_H
#define GAZE_CORE_BASE_NUMBER_H

#include "core/base/mem.h"

/* ---- whole numbers ---- */

/* The digits at text[*at], perhaps behind a '-': *at moves behind them. What is larger than NUMBER_MOST stays there, which is
 * more than any index. False, and nothing moved, where there are none. */
#define NUMBER_MOST 999999999999999999L
bool number_take(struct str text, size_t *at, long *out);
/* All of a text as a whole number, with or without a sign. False where it is none. */
bool number_whole(struct str text, long *out);
/* "3" or "0-5", either end perhaps negative ("-3--1"): one number is both ends. False where it is neither. */
bool number_range(struct str text, long *from, long *to);

/* ---- numbers ---- */

/* All of a text as a decimal number ("0.5", "-1e-3"); finite. False where it is none. */
bool number_real(struct str text, double *out);
/* The number that a text begins with, and in *unit_out what is behind it ("8.5cm"). */
bool number_unit(struct str text, double *out, struct str *unit_out);

/* Append it with at most three decimals and no zeros at its end: 0, 0.5, -12.125. */
void number_put(struct buf *out, double value);

/* Read a number at s ("-0.125", "1e-05", "nan", "inf") that ends at `end` or before a blank or a line's end; the nearest
 * float, ties to even. Returns where it ends, or NULL where there is none. Never reads at `end` or behind it. */
const char *number_parse(const char *s, const char *end, float *out);

#endif
