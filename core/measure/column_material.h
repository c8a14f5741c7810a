/* The texts of a column test, all of one length, and the ordinary words that stand in for special tokens. */
#ifndef GAZE_CORE_MEASURE_COLUMN_MATERIAL_H
#define GAZE_CORE_MEASURE_COLUMN_MATERIAL_H

#include "core/measure/column_test.h"

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

#endif
