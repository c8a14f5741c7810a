/* Measures of one head in one run: one file a measure, one row in list.h. Definitions: formula and source beside each. */
#ifndef GAZE_CORE_MEASURE_MEASURE_H
#define GAZE_CORE_MEASURE_MEASURE_H

#include "core/run.h"

struct column_draw;
struct measure_input {
    const struct run *run;
    const struct attention *attention;
    struct site site;
    const float *probs;             /* [Tq,Tk] */
    const unsigned char *special;   /* [Tk] 1: the id is that of a special token */
    const struct column_draw *draws; /* [Tk] what each key draws by gaze's own rule (column.h), where it was made already; or NULL */
};
/* What a measure asks of a map; where the map has it not, the measure does not apply. */
enum measure_needs {
    MEASURE_DISTRIBUTIONS = 1, /* rows are distributions: the model does not mix probabilities of heads */
    MEASURE_TOKENS = 2,        /* queries and keys are the same tokens */
    MEASURE_CAUSAL = 4         /* no query sees a key behind it */
};
/* A measure that holds texts against each other: all of them are seen in each of its walks, in the same order. */
struct measure_walks {
    size_t n;
    size_t (*room)(const struct attention *attention); /* numbers that a head keeps, 0 at first; the same for all texts */
    void (*see)(const struct measure_input *input, size_t walk, double *kept);
    double (*value)(const double *kept); /* NaN: too few texts */
};
/* One number for one head. */
struct measure {
    const char *name, *label;       /* "entropy", "entropy (nats)" */
    const char *formula, *source;   /* printed beside every number */
    bool descending;                /* heads sort= puts the largest first */
    unsigned needs;                 /* of enum measure_needs */
    bool costly;                    /* more than one pass over the map, or for a question of its own: made only where it is named */
    bool beyond;                    /* reads more of the run than its map: no other map has a value to hold it against */
    const char *const *words;       /* the value is a class: words[value], NULL-ended; NULL: a number */
    const struct measure_walks *walks; /* of many texts, and `value` is NULL; NULL: of one map */
    bool (*value)(const struct measure_input *input, double *out, struct err *err);
};
extern const struct measure *const measures[]; /* NULL-ended */
const struct measure *measure_named(struct str name);
/* Why the measure says nothing of this attention ("its queries and keys are not the same tokens"), or NULL. */
const char *measure_refusal(const struct measure *measure, const struct attention *attention);
/* The same where texts are many: a measure that holds them against each other applies. */
const char *measure_texts_refusal(const struct measure *measure, const struct attention *attention);
/* The measure of one site: makes the map, then calls value. NaN where it does not apply, or where the map holds numbers
 * that are not finite. */
NODISCARD bool measure_site(const struct run *run, const struct measure *measure, struct site site, double *out, struct err *err);
/* n_wanted measures of n sites on the pool, each map made once, into out [n, n_wanted]. not_finite_out [n] (NULL: not
 * wanted) is 1 where a map holds numbers that are not finite. watch may be NULL. Cancelled: ERR_CANCELLED. */
NODISCARD bool measure_many(const struct run *run, const struct measure *const *wanted, size_t n_wanted,
                            const struct site *sites, size_t n, const struct watch *watch, double *out,
                            unsigned char *not_finite_out, struct err *err);
/* What the measure gives where every query of that site looks at all keys it sees alike: the reference beside it; NaN where it does
 * not apply, or reads more than the map. measure_permuted.h has another reference. */
NODISCARD bool measure_uniform(const struct run *run, const struct measure *measure, struct site site, double *out,
                               struct err *err);

/* A map and what measures read of it; special: the keys' tokens. The uniform map where it is asked for. */
struct measured_map {
    const struct attention *attention;
    float *probs;           /* [Tq,Tk] */
    unsigned char *special; /* [Tk] */
};
NODISCARD bool measured_map_make(const struct run *run, struct site site, bool uniform, struct measured_map *map, struct err *err);
void measured_map_free(struct measured_map *map);

/* For measures: how many keys query i sees. */
size_t keys_seen(const struct attention *attention, size_t i);
/* -Σ_j q ln q in nats of query i's row [Tk] of probabilities over the keys it sees, smoothed so that a zero weight costs nothing:
 * q = 0.9999·A + 0.0001/keys (Clark et al. 2019). */
double row_entropy(const struct attention *attention, size_t i, const float *row);
/* Does no query see a key behind it? */
bool map_is_causal(const struct attention *attention);
/* Does the map hold a number that is not finite at a key that its query sees? probs [Tq,Tk]. */
bool map_not_finite(const struct attention *attention, const float *probs);
/* Mean over the queries of the mass on the key at i + offset; queries without such a key count with 0. */
double offset_mass(const struct measure_input *input, long offset);

#endif
