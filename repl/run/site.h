/* A site as it is written: for people, in the rows of tables, in JSON. One place for all commands. */
#ifndef GAZE_REPL_RUN_SITE_H
#define GAZE_REPL_RUN_SITE_H

#include "core/run.h"
#include "repl/run/selector.h"
#include "repl/writer/values.h"

/* What a row tells of its site. The columns "layer" and "head" stand always; "stack" (L, D, X, E) only where sites are of
 * others than L. */
struct site_row {
    bool stack;
    bool no_layer, no_head; /* empty: several were folded */
};
enum { SITE_CELLS = 3 };

/* Are both of one stack of layers, of one text? */
bool site_same_stack(struct site a, struct site b);
/* "L2.H1". */
void site_name(struct site site, struct buf *out);
/* Several, in the order of layers, then heads, as the shortest selectors: "L0.H7-9 L1-2.H0-3,5". */
void sites_name(const struct site *sites, size_t n, struct buf *out);
/* Is any of them of another stack than L? */
bool sites_tell_stack(const struct site *sites, size_t n);
/* "layer,head", or "stack,layer,head". */
const char *site_header(struct site_row row);
/* The cells of those columns; returns how many. */
size_t site_cells(struct site site, struct site_row row, struct cell_value out[SITE_CELLS]);
/* "layer":2,"head":1 — null where several were folded. */
void site_json(struct site site, struct site_row row, struct buf *out);

#endif
