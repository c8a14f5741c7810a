/* The texts of a column test, all of one length, and the ordinary words that stand in for special tokens. */
#ifndef GAZE_CORE_MEASURE_COLUMN_MATERIAL_H
#define GAZE_CORE_MEASURE_COLUMN_MATERIAL_H

#include "core/measure/column.h"

enum { COLUMN_TEST_WORDS = 5, COLUMN_TEST_SHIFT = 20 };

struct column_test_options {
    struct model *model; /* with weights and tokenizer */
    struct str lines;    /* one text a line; n 0: texts of random words of the vocabulary */
    const char *name;    /* of the file, in messages */
    size_t length;       /* tokens of every text: longer ones are cut, shorter ones passed over */
    size_t texts;        /* so many at most; heads are chosen on every second, all is measured on the others */
    bool no_special;     /* the tokenizer's special tokens are left out */
    int32_t front;       /* id put in front of everything, -1: none */
    uint64_t seed;
    struct column_rule rule;
    const struct site *sites; /* [n_sites] whose keys are the text's tokens */
    size_t n_sites;
    const struct watch *watch; /* progress in texts; or NULL */
};

struct material {
    size_t length, n;            /* tokens of a text, texts */
    struct encoding *texts;      /* [n] */
    size_t skipped, cut;
    int32_t *ordinary;           /* [n_ordinary] distinct ids of words, as random words are drawn from; in order of id */
    size_t n_ordinary;
    int32_t words[COLUMN_TEST_WORDS]; /* the commonest of them in the choosing half */
};
/* Errors: those of column_test. */
NODISCARD bool material_gather(const struct column_test_options *options, struct material *out, struct err *err);
void material_free(struct material *material);
/* How far the position ids of texts of that length can be shifted: COLUMN_TEST_SHIFT, or what there is room for. */
int32_t column_shift(const struct model *model, size_t length);

#endif
