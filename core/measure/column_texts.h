/* Columns over many texts: how often a head has none, and which hypotheses about their place hold. */
#ifndef GAZE_CORE_MEASURE_COLUMN_TEXTS_H
#define GAZE_CORE_MEASURE_COLUMN_TEXTS_H

#include "core/measure/column.h"
#include "core/measure/hypothesis.h"
#include "core/run.h"

enum { COLUMN_TEXTS_SHORTEST = 8, COLUMN_TEXTS_ROUNDS = 4 };

struct column_texts_options {
    struct model *model;      /* with weights and tokenizer */
    struct str lines;         /* one text a line; blank lines do not count as lines */
    const char *name;         /* of the file, in messages */
    size_t length;            /* tokens that a text is cut to, special ones included; ≥ 8 */
    size_t shortest;          /* texts of fewer tokens are left out; ≥ 8, `length`: all are of one length */
    bool no_special;          /* the tokenizer's special tokens are left out */
    int32_t front;            /* id put in front of everything, -1: none */
    uint64_t seed;            /* of the permutations */
    struct column_rule rule;  /* what a column is */
    const struct site *sites; /* [n_sites], of text 0 */
    size_t n_sites;
    const struct watch *watch; /* progress in lines; or NULL */
};
struct column_texts_head {
    struct site site;
    size_t n;
    struct hypothesis hypotheses[MAX_HYPOTHESES]; /* the first is "no column" */
};
struct column_texts {
    size_t chosen_on, counted_on; /* texts: even lines, odd lines */
    size_t skipped, cut;          /* fewer than `shortest` tokens; longer than `length` */
    size_t not_finite;            /* maps with numbers that are not finite: they have no column */
    size_t n;
    struct column_texts_head *heads; /* [n] */
};

/* Hold the hypotheses against the texts: candidates from the even lines, counts from the odd ones, by two scans
 * (core/scan.h). A text is cut by leaving out its own last tokens until it has `length` with those put in. Each map is also
 * permuted COLUMN_TEXTS_ROUNDS times (the visible keys of each row on their own) for the rate that chance gives.
 * Errors: a line that is no UTF-8 or does not run (names file and line), ERR_CANCELLED, ERR_MEMORY. */
NODISCARD bool column_texts(const struct column_texts_options *options, struct column_texts *out, struct err *err);
void column_texts_free(struct column_texts *texts); /* a zeroed struct is fine */

/* The id that a word names as a single token: a string of the vocabulary, or a text that gives one token. */
NODISCARD bool column_texts_token(const struct tokenizer *tokenizer, struct str word, int32_t *out, struct err *err);

#endif
