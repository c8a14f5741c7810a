/* Questions to a set of vectors: the words nearest to a combination of others. */
#ifndef GAZE_CORE_EMBED_QUERY_QUERY_H
#define GAZE_CORE_EMBED_QUERY_QUERY_H

#include "core/embed/vectors.h"

/* One word of a question. */
struct query_term {
    struct str word;
    bool negative;
    size_t row;        /* set by query_resolve: its row, or VECTORS_NONE where the format made its vector */
    const float *unit; /* [E] set by query_resolve */
};

struct hit {
    size_t word; /* row */
    float score;
};

/* How a question's terms make a score. One row of query_methods. */
struct query_method {
    const char *name, *summary, *source;
    bool pair; /* wants one word taken away, one before it and one behind it */
    /* The directions that rows are multiplied with, [·,E] into out (room for n); how many, 0 where the words cancel each other out. */
    size_t (*directions)(const struct query_term *terms, size_t n, size_t E, float *out);
    /* A row's score from its products with the directions. */
    double (*score)(const struct query_term *terms, size_t n, const double *dots, double constant);
    /* The same for `rows` rows whose products [·,rows] are known up to slack [·,rows]: no truth lies outside [lower,upper]. */
    void (*bounds)(const struct query_term *terms, size_t n, size_t rows, const float *dots, const float *slack, double constant,
                   float *lower, float *upper);
    double (*constant)(const struct query_term *terms, size_t n, size_t E); /* NULL: 0 */
};
extern const struct query_method *const query_methods[]; /* NULL-ended; the first is the default */
const struct query_method *query_method_named(struct str name);

/* Look the words up and normalise their vectors into the arena. An unknown word: false with ERR_NOT_FOUND that names it,
 * one without a direction (zeros, NaN) ERR_FORMAT, and *unknown_out its place in terms. Prepares the set for queries. */
NODISCARD bool query_resolve(struct vectors *vectors, struct query_term *terms, size_t n, bool fold, struct arena *arena,
                             size_t *unknown_out, struct err *err);
/* The k best rows, best first, of equals the first; rows of the terms left out unless `keep_inputs`. Answers are exact: rows
 * are left out by a bound on their score and the rest computed. hits_out [k]. */
NODISCARD bool query_best(struct vectors *vectors, const struct query_method *method, const struct query_term *terms, size_t n,
                          bool keep_inputs, size_t k, struct hit *hits_out, size_t *n_out, struct err *err);
/* The same, where only the first `words` rows may answer; 0: all. */
NODISCARD bool query_best_of(struct vectors *vectors, size_t words, const struct query_method *method,
                             const struct query_term *terms, size_t n, bool keep_inputs, size_t k, struct hit *hits_out,
                             size_t *n_out, struct err *err);

/* Cosine of two resolved terms. */
double query_cosine(const struct vectors *vectors, const struct query_term *a, const struct query_term *b);
/* Every term's cosine with the mean of the unit vectors. */
void query_centrality(const struct vectors *vectors, const struct query_term *terms, size_t n, float *cosines_out);

#endif
