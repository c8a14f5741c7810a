/* `columns test`: what each column is bound to, over texts of one length and their variants. */
#ifndef GAZE_REPL_RUN_COLUMNS_TEST_H
#define GAZE_REPL_RUN_COLUMNS_TEST_H

#include "core/measure/column_test.h"
#include "repl/result/result.h"
#include "repl/run/site.h"

struct texts_file;
struct watch;

/* What the call, the file of its texts and the rule ask of column_test; borrows all of them. */
struct column_test_options columns_test_options(const struct call *call, const struct texts_file *file,
                                                const struct column_rule *rule, const struct watch *watch);
NODISCARD bool columns_test(struct session *session, const struct call *call, const struct column_rule *rule,
                            struct result *result, struct err *err);

/* ---- what its parts share ---- */

struct columns_report {
    struct session *session;
    const struct call *call;
    const struct column_test *test;
    const struct column_test_options *options;
    const struct texts_file *file;
    struct site_row row;
    bool table; /* for a person */
};
const char *columns_place_name(enum column_place place); /* "start", "end", "inner" */
/* A special token as the vocabulary writes it, another as a person reads it. */
void columns_put_token(const struct columns_report *report, int32_t id, struct buf *out);
void columns_put_verdict(const struct columns_report *report, const struct column_test_head *head, struct buf *out);
/* "0.99 [0.98, 1.00]"; nothing where it was not measured. */
void columns_put_retention(const struct retention *rho, struct buf *out);
/* "texts.txt: 12 + 12 texts of exactly 24 tokens (5 cut, …", a line. */
struct columns_taken {
    size_t chosen_on, measured_on, cut, skipped, again;
};
void columns_put_taken(const struct column_test_options *options, struct columns_taken taken, struct buf *out);
/* The p of the verdict, or the smallest of those that were tested. */
double columns_p(const struct square_verdict *square);
/* The variants beside the square of an end, with what is kept there: names as the picture writes them. */
enum { COLUMNS_BESIDE = 4 };
struct columns_beside {
    const char *name, *said; /* "shuffled", "words shuffled" */
    size_t variant;
    bool other; /* of an exchange: the word that stands at the place */
};
extern const struct columns_beside columns_beside[COLUMNS_BESIDE];
extern const size_t columns_cells[PLACES_AT_ENDS][SQUARE_CELLS]; /* the variants of each square */
/* Sentences, evidence and references, above the table. */
NODISCARD bool columns_say(const struct columns_report *report, struct result *result, struct err *err);
/* The squares, and columns × variants. */
NODISCARD bool columns_draw(const struct columns_report *report, struct result *result, struct err *err);

#endif
