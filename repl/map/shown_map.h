/* One map as it is shown: part, rows, columns and folding chosen. */
#ifndef GAZE_REPL_MAP_SHOWN_MAP_H
#define GAZE_REPL_MAP_SHOWN_MAP_H

#include "repl/map/map_request.h"
#include "repl/run/selector.h"
#include "viz/picture.h"

/* A map ready to be shown: rows and columns chosen by q=, k=, special=, from=/to=, words=, folded by agg=. */
struct shown_map {
    struct kept_run *run;
    struct site site;
    const struct attention *attention; /* of the site: whose terms the part is of, whose axes the map stands on */
    size_t agg_heads;       /* 0, or how many maps were folded */
    bool agg_layers;        /* they were of several layers */
    bool words;             /* rows and columns are words */
    bool sink;              /* the last column is the head's learned sink: what a row's keys leave of 1; its token is Tk */
    struct part part;
    size_t rows, cols;
    float *values;          /* [rows,cols]; NaN where masked */
    unsigned char *masked;  /* [rows,cols] 1: the query does not see the key; NULL: every cell is seen */
    size_t not_finite;      /* cells that are seen and hold no finite number */
    size_t *row_tokens, *col_tokens; /* index in the text of its axis of each row and column (first token of a word) */
    struct str *row_labels, *col_labels; /* display texts, not escaped */
    unsigned char *marked;  /* [cols] or NULL */
    unsigned char *joined;  /* [cols] of style=text, or NULL: the column's token follows the one before without a blank */
    double hidden_mass;     /* of special=off: mean mass of hidden columns, NaN where nothing was hidden */
    struct arena *arena;
};
/* The map of the first site, or where the request folds of all of them, which must then stand on the same tokens. */
NODISCARD bool shown_map_make(const struct map_request *request, struct kept_run *run, const struct sites *sites,
                              struct shown_map *out, struct err *err);
void shown_map_count(struct shown_map *map); /* not_finite again, after its values changed */
void shown_map_free(struct shown_map *map);
/* It as a panel of a picture, which borrows it: values, labels, marks and the tick of a uniform map. */
struct panel shown_map_panel(const struct shown_map *map);

/* The tokens that its rows and columns stand for; one of a row or column as the vocabulary has it, a word as it is read. */
const struct encoding *shown_map_queries(const struct shown_map *map);
const struct encoding *shown_map_keys(const struct shown_map *map);
struct str shown_map_query(const struct shown_map *map, size_t row);
struct str shown_map_key(const struct shown_map *map, size_t col);
/* "c2p", "softmax of c2c". */
void shown_map_part(const struct shown_map *map, struct buf *out);
/* Is it one of a layer, not of a head? */
bool shown_map_of_layer(const struct shown_map *map);
/* "attention probability", "scores (before the softmax)": what its values are. */
void shown_map_values(const struct shown_map *map, struct buf *out);
/* What a uniform map holds in each cell; NaN where its values are no probabilities over single keys. */
double shown_map_uniform(const struct shown_map *map);

#endif
