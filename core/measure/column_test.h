/* The whatever-the-text test of columns: over texts of one length, what each column is bound to (verdict.h), by variants of
 * each text (variant.h). The design, its margins and its words are gaze's own. */
#ifndef GAZE_CORE_MEASURE_COLUMN_TEST_H
#define GAZE_CORE_MEASURE_COLUMN_TEST_H

#include "core/measure/column_material.h"
#include "core/measure/variant.h"

#define COLUMN_TEST_BROKEN 1.0 /* a cell whose loss is this much above the base's (nats a word) decides nothing */

/* A column that half or more of the texts of the choosing half have: at the first place, the last, or among the inner keys. */
struct column_test_head {
    struct site site;
    enum column_place place;
    size_t chosen;                       /* texts of the choosing half that have it */
    size_t index;                        /* of inner columns: their commonest index, … */
    int32_t token;                       /* … and their commonest token; at the ends the special token there, or −1 */
    struct square_verdict square;
    struct retention beside[VARIANTS];   /* exchanged, shuffled, random words; texts 0: not measured */
    struct retention other;              /* exchanged: the word that stands at the place */
    size_t went;                         /* with neither cause, the key of the largest mass, counted as in the base, … */
    double went_ratio;                   /* … and its mean ratio; NaN where nothing went */
    double divergence[SQUARE_CELLS];     /* Jensen–Shannon (nats a query) of the rest of the map from the base's */
};
struct column_test {
    bool absolute;               /* position ids reach the embeddings: the place is made vacant by shifting them */
    int32_t shift;               /* by so many; 0: there is no room (or no position id) */
    size_t length;
    size_t chosen_on, measured_on, skipped, cut;
    int32_t words[COLUMN_TEST_WORDS]; /* that stand in for special tokens */
    const char *loss_of;         /* "masked words", "next words", or NULL: the model has no head for it */
    double loss[VARIANTS];       /* nats a word, NaN: not measured */
    bool broken[VARIANTS];
    size_t n;
    struct column_test_head *heads; /* [n] in the order of the sites */
    /* All columns at that end together: their excesses summed text by text. texts 0: none there. */
    struct pooled {
        size_t heads;
        struct retention cell[SQUARE_CELLS], beside[VARIANTS], other;
    } pooled[PLACES_AT_ENDS];
};

/* Errors: fewer than four texts of that length, fewer than five ordinary words in them, a line that is no UTF-8,
 * ERR_CANCELLED, ERR_MEMORY. */
NODISCARD bool column_test(const struct column_test_options *options, struct column_test *out, struct err *err);
void column_test_free(struct column_test *test); /* a zeroed struct is fine */

#endif
