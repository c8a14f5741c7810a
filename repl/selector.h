/* Selectors: which runs, sites and tokens a command means. The same in every command. */
#ifndef GAZE_REPL_SELECTOR_H
#define GAZE_REPL_SELECTOR_H

#include "repl/command.h"

/* Sites of one run, in the order of layers, then heads. */
struct sites {
    struct site *site;
    size_t n;
    bool whole_layers; /* every selected layer with all its heads (the selector named no head) */
};
/* What a command without a selector means. */
enum selector_default { SELECT_ALL, SELECT_LAST /* the last site shown, at first L0.H0 */ };

/* The runs a call names (none: the last run); on the heap, free(). Needs at least one run. */
NODISCARD bool select_runs(const struct session *session, const struct call *call, struct kept_run ***out, size_t *n_out,
                           struct err *err);
/* The sites of the call's selector in that run; free with sites_free. Errors say what there is. */
NODISCARD bool select_sites(const struct session *session, const struct call *call, const struct kept_run *run,
                            enum selector_default fallback, struct sites *out, struct err *err);
/* The same from text. */
NODISCARD bool sites_parse(struct str selector, const struct run *run, struct sites *out, struct err *err);
void sites_free(struct sites *sites);

/* Token numbers that an option (q=, k=) or text means in one text of a run: index, range, list, -1 from the end, or the
 * token's text (matched without Ġ, ##, ▁; all occurrences, cat#2 the second). On the heap. */
NODISCARD bool select_tokens(const struct run *run, size_t text, struct str what, size_t **out, size_t *n_out, struct err *err);

/* Append what a person reads for a token of a run: without Ġ, ##, ▁; "␣" where that leaves nothing. Not escaped. */
void token_label(const struct run *run, size_t text, size_t token, struct buf *out);

/* Does this command's row have the option? And its text, empty where the row has none: for code that serves many rows. */
bool call_has(const struct call *call, const char *option);
struct str call_option(const struct call *call, const char *option);

/* part=, softmax=, without= of a call (those that its row has); probabilities where none is given. */
NODISCARD bool select_part(const struct call *call, const struct model *model, struct part *out, struct err *err);

/* A map ready to be shown: rows and columns chosen by q=, k=, special=, from=/to=, words=, folded by agg=. */
struct shown_map {
    struct kept_run *run;
    struct site site;
    size_t agg_heads;       /* 0, or how many maps were folded */
    bool agg_layers;        /* they were of several layers */
    bool words;             /* rows and columns are words */
    struct part part;
    size_t rows, cols;
    float *values;          /* [rows,cols]; NaN where masked */
    unsigned char *masked;  /* [rows,cols] 1: the query does not see the key; NULL: every cell is seen */
    size_t not_finite;      /* cells that are seen and hold no finite number */
    size_t *row_tokens, *col_tokens; /* index in the run's text of each row and column (first token of a word) */
    struct str *row_labels, *col_labels; /* display texts, not escaped */
    unsigned char *marked;  /* [cols] or NULL */
    double hidden_mass;     /* of special=off: mean mass of hidden columns, NaN where nothing was hidden */
    struct arena *arena;
};
NODISCARD bool shown_map_make(struct session *session, const struct call *call, struct kept_run *run, const struct site *sites,
                              size_t n_sites /* > 1 only with agg= */, struct shown_map *out, struct err *err);
void shown_map_count(struct shown_map *map); /* not_finite again, after its values changed */
void shown_map_free(struct shown_map *map);

/* "L2.H1" into out. */
void site_name(struct site site, struct buf *out);

#endif
