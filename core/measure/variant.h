/* Variants of a text that tell what a column is bound to, all of the text's own length. */
#ifndef GAZE_CORE_MEASURE_VARIANT_H
#define GAZE_CORE_MEASURE_VARIANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/measure/verdict.h"

enum column_place { PLACE_START, PLACE_END, PLACE_INNER };
enum { PLACES_AT_ENDS = 2 };

/* A text while a variant is made of it. */
struct variant_text {
    size_t n;
    int32_t *ids;  /* [n] the base's at first */
    size_t *from;  /* [n] which base token stands at each key, SIZE_MAX: none; 0, 1, 2 … at first */
    size_t key[PLACES_AT_ENDS]; /* where the token (or what replaces it) of the first and of the last place stands */
    size_t other;  /* of an exchange: the key of the word that stands at the place now */
    bool shifted;  /* all position ids are to be shifted */
    bool absolute; /* the model has position ids to shift; else a word in front makes the place vacant */
    int32_t word, filler;
    const int32_t *ordinary; /* [n_ordinary] to draw words from */
    size_t n_ordinary;
    uint64_t state; /* of random choices */
};

struct variant {
    const char *name;
    enum column_place place; /* whose square it belongs to; PLACE_INNER: it is a control of both ends */
    enum square_cell cell;   /* of that square; SQUARE_CELLS: beside it */
    void (*make)(struct variant_text *text);
};
extern const struct variant variants[];
enum { VARIANT_BASE, VARIANT_START_INDEX, VARIANT_START_TOKEN, VARIANT_START_NONE, VARIANT_END_INDEX, VARIANT_END_TOKEN,
       VARIANT_END_NONE, VARIANT_EXCHANGE, VARIANT_SHUFFLED, VARIANT_RANDOM, VARIANTS };

/* Does it put in words, so that it is made once for each of several? */
bool variant_has_words(const struct variant *variant, bool absolute);

#endif
