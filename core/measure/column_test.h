/* The whatever-the-text test of columns: over texts of one length, what each column is bound to (verdict.h), by variants of
 * each text (variant.h), beside references. The design, its margins and its words are gaze's own. */
#ifndef GAZE_CORE_MEASURE_COLUMN_TEST_H
#define GAZE_CORE_MEASURE_COLUMN_TEST_H

#include "core/measure/column_found.h"

/* Errors: fewer than four texts of that length, fewer than five ordinary words in them, a line that is no UTF-8,
 * ERR_CANCELLED, ERR_MEMORY; with twins those of loading the model again. */
NODISCARD bool column_test(const struct column_test_options *options, struct column_test *out, struct err *err);
void column_test_free(struct column_test *test); /* a zeroed struct is fine */
const struct column_side *column_test_side(const struct column_test *test, enum column_axis axis); /* NULL: it is not there */

#endif
