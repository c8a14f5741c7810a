/* Tables of several commands as one table (each-model). */
#ifndef GAZE_REPL_RESULT_GATHER_H
#define GAZE_REPL_RESULT_GATHER_H

#include "repl/writer/values.h"

struct result;

/* Tables of several commands as one: while `session->gather` points to it, what a command gives goes to `result`, its rows with
 * cells in front that say whose they are. Files and pipes that the commands name are not theirs then. */
enum { GATHER_LEADS = 4, GATHER_CELLS = 96 };
struct gather {
    struct result *result;
    struct {
        const char *name; /* of the column */
        struct cell_value value; /* its text borrowed */
    } lead[GATHER_LEADS];
    size_t n;
    char *header;             /* of the first table, to free(); NULL: there was none. Columns that a later one has besides are left */
    bool told;                /* what is left out was told */
    size_t cells;             /* out and told, those that it has not are empty. In a row */
    size_t at[GATHER_CELLS];  /* where the present table's columns stand; SIZE_MAX: left out */
};
/* One more column in front, from here on; false where there is no room. */
bool gather_lead(struct gather *gather, const char *name, struct cell_value value);

/* What a command gives, on its way: for result.c. The header of the whole table is gather->header, to be given where *first_out;
 * what is left out is put into `told`. ERR_ARG where rows of these columns could not be told apart in the first table. */
enum { GATHER_ROW = GATHER_CELLS + GATHER_LEADS };
NODISCARD bool gather_columns(struct gather *gather, const char *header, bool *first_out, struct buf *told, struct err *err);
/* The row of the whole table, gather->cells long. */
void gather_row(const struct gather *gather, const struct cell_value *cells, size_t n, struct cell_value row_out[GATHER_ROW]);
/* The text below a line of whose it is. */
void gather_text(const struct gather *gather, struct str text, struct buf *out);

#endif
