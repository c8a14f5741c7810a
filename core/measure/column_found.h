/* What the whatever-the-text test of columns (column_test.h) finds. */
#ifndef GAZE_CORE_MEASURE_COLUMN_FOUND_H
#define GAZE_CORE_MEASURE_COLUMN_FOUND_H

#include "core/measure/column_material.h"
#include "core/measure/components.h"
#include "core/measure/variant.h"

#define COLUMN_TEST_BROKEN 1.0 /* a cell whose loss is this much above the base's (nats a word) decides nothing */
#define COLUMN_TEST_SINK 0.3   /* ε of the sink rate (Gu et al. 2025) */

/* What n·c of a column is held against, besides the uniform map's 1. */
enum column_reference_kind {
    REFERENCE_KEY,      /* another key of the same text, drawn at random */
    REFERENCE_SHUFFLED, /* the same place in models with each tensor's own numbers in another order */
    REFERENCE_FRESH,    /* in models of fresh weights */
    REFERENCE_PERMUTED, /* in the same maps, the visible keys of each row permuted */
    COLUMN_REFERENCES
};
extern const char *const column_reference_names[COLUMN_REFERENCES];
struct column_reference {
    double mean, low, high; /* over texts with the 90 % interval of the mean; over twins with the least and the most */
    size_t n;               /* texts, or twins; 0: not measured */
};

/* A column that half or more of the texts of the choosing half have: at the first place, the last, or among the inner keys. */
struct column_test_head {
    struct site site;
    enum column_axis axis;
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
    double alpha, sinks;                 /* of a causal map's first key: mean α_0; share of texts with α_0 > ε; else NaN */
    struct column_reference reference[COLUMN_REFERENCES];
    struct components components;        /* of n·c over keys, texts and variants */
};
/* How many heads have a column in half of the texts of the measuring half. */
struct column_count {
    double mean;
    size_t least, most, n; /* n: models */
};
/* What belongs to one axis: its texts, its variants, its heads together. */
struct column_side {
    enum column_axis axis;
    bool absolute;               /* position ids reach the embeddings: the place is made vacant by shifting them */
    int32_t shift;               /* by so many; 0: there is no room (or no position id) */
    size_t n_sites;
    size_t chosen_on, measured_on, skipped, again, cut;
    int32_t words[COLUMN_TEST_WORDS]; /* that stand in for special tokens */
    const char *loss_of;         /* "masked words", "next words", …, or NULL: the model has no head for it */
    double loss[VARIANTS];       /* nats a word, NaN: not measured */
    bool broken[VARIANTS];
    struct column_count count, twins[2]; /* of the model; of those shuffled and those fresh */
    /* All columns at that end together: their excesses summed text by text. texts 0: none there. */
    struct pooled {
        size_t heads;
        double excess;           /* mean over heads and texts */
        struct retention cell[SQUARE_CELLS], beside[VARIANTS], other;
        double divergence[SQUARE_CELLS]; /* mean over heads */
    } pooled[PLACES_AT_ENDS];
};
struct column_test {
    size_t length;
    struct column_side side[COLUMN_AXES];
    size_t n_sides;
    size_t n;
    struct column_test_head *heads; /* [n] in the order of stacks, layers, heads, places */
};

#endif
