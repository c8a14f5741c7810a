/* What carries a column: the square of token and place (variant.h) × dimensions zeroed in the position table, in the words' rows,
 * behind the norms or in all hidden states × control sets. The cross, its margins and its words are gaze's own; the question is
 * that of Luo et al. 2021 (positions) and Puccetti et al. 2022 (frequent and special tokens). */
#ifndef GAZE_CORE_MEASURE_COLUMN_CAUSE_H
#define GAZE_CORE_MEASURE_COLUMN_CAUSE_H

#include "core/measure/column_material.h"
#include "core/measure/dims.h"
#include "core/measure/retention.h"
#include "core/measure/variant.h"

#define CAUSE_FLOOR 0.01 /* least excess whose logarithm is taken */

struct column_cause_options {
    struct column_test_options test; /* its texts, rule and sites; heads are chosen on its even texts */
    struct dims dims;
    size_t random, matched; /* control sets of each kind */
};

/* A mean over texts with its 95 % interval (Student's t); NaN: not measured. */
struct cause_mean {
    double mean, low, high;
};
/* What control sets leave. */
struct cause_controls {
    size_t sets;
    double mean, low, high;   /* ρ: mean, 5th and 95th percentile over sets */
    size_t least, most, dims; /* columns at the place; dimensions of a set in the mean, rounded */
};
enum cause_word { CAUSE_UNDECIDED, CAUSE_CARRIES, CAUSE_LEAVES };
enum { CAUSE_CELLS = 1 + SQUARE_CELLS }; /* as it is, token replaced, place vacant, both */

/* The two ends, and the inner keys: of each text and head that inner key which the even queries look at most, measured by the odd ones. */
enum { CAUSE_PLACES = PLACES_AT_ENDS + 1 };

/* Dimensions zeroed at one of four places of the model, and the columns at one end or among the inner keys. */
struct cause_row {
    enum column_place place;
    enum rows_kind rows;
    bool passes;                      /* such rows exist in this model; else nothing below holds */
    double squares;                   /* share of the sum of squares there that the dimensions hold */
    size_t columns_before, columns;   /* of all heads × measured texts */
    struct retention rho;             /* of the excess n·c − 1 that the chosen heads have together */
    struct cause_controls random, matched;
    struct cause_mean log_change[CAUSE_CELLS]; /* ln of the excess with the dimensions zeroed less without, in each cell */
    struct cause_mean with_token, with_place;  /* interactions: as it is less token replaced; as it is less place vacant; of ends */
    enum cause_word word;
};
enum { CAUSE_ROWS_KINDS = 4 };
struct column_cause {
    size_t length, chosen_on, measured_on, skipped, again, cut;
    bool absolute;
    int32_t shift;
    size_t heads[CAUSE_PLACES];    /* chosen: half of the even texts have the column */
    int32_t token[PLACES_AT_ENDS]; /* the special token there, or −1 */
    const char *loss_of;
    double loss, loss_zeroed[CAUSE_ROWS_KINDS]; /* nats a word; NaN: not measured */
    size_t n;
    struct cause_row row[CAUSE_PLACES * CAUSE_ROWS_KINDS];
};
extern const enum rows_kind cause_rows[CAUSE_ROWS_KINDS]; /* positions, words, norms, hidden */
const char *rows_kind_name(enum rows_kind kind);          /* "positions" … */

/* Errors: those of column_test. sites are those of the options; no head with a column gives n 0. */
NODISCARD bool column_cause(struct column_cause_options *options, struct column_cause *out, struct err *err);

#endif
