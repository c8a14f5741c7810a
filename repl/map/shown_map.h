/* One map as it is shown: part, rows, columns and folding chosen. */
#ifndef GAZE_REPL_MAP_SHOWN_MAP_H
#define GAZE_REPL_MAP_SHOWN_MAP_H

#include "repl/run/selector.h"

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

#endif
