/* A number for every pair of n things (words, sentences, residues), as its format holds it: a heat map, JSON, rows, a
 * tensor. */
#ifndef GAZE_REPL_RESULT_SQUARE_MAP_H
#define GAZE_REPL_RESULT_SQUARE_MAP_H

#include "repl/result/figure.h"

struct square_map {
    size_t n;
    const float *values;      /* [n,n] */
    const struct str *names;  /* [n] as rows and JSON tell them */
    const struct str *labels; /* [n] as a picture shows them; NULL: the names */
    const size_t *numbers;    /* [n] where things have numbers of their own, which rows and pictures then tell; or NULL */
    const char *header;       /* of the rows: "word1,word2,score", with numbers "i,token_i,j,token_j,prob" */
    const char *name;         /* of the tensor; NULL: it is not given as one */
    const char *value_name;   /* "cosine", for the colour bar */
    const char *row_axis, *col_axis;
    struct scale scale;
    const struct str *notes;
    size_t n_notes;
};
NODISCARD bool square_map_give(struct session *session, const struct call *call, const struct square_map *map,
                               const struct figure_source *source, struct result *result, struct err *err);
/* The scale of cosines: from 0, or about it where one lies below. */
struct scale square_map_cosines(const float *values, size_t n);

#endif
