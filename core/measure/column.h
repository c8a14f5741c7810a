/* Columns: key positions that draw attention from all queries, in one map (over texts: column_texts.h).
 *
 * Mass c_j = (1/n)·Σ_i A_ij; ratio n·c_j; cover = share of the queries i ≠ j with A_ij ≥ 2/n; a column has ratio ≥ 3 and
 * cover ≥ 2/3 (the definition is gaze's own). The column part of the scores is that of a two-way ANOVA, in nats, and
 * splits exactly over the terms.
 *
 * Where queries do not see all keys, each counts against its own uniform map: ratio is the mean over the queries that
 * see j of A_ij · (keys that i sees), cover and median likewise over those i ≠ j, and the ANOVA is the least-squares
 * fit over the visible cells. Keys that fewer than 8 queries see are then no columns and are left out of the fit. A causal
 * map has beside its mass α_j, that of a sink (Gu et al. 2025): at key 0 they are one number. */
#ifndef GAZE_CORE_MEASURE_COLUMN_H
#define GAZE_CORE_MEASURE_COLUMN_H

#include "core/effect/split.h"

/* What makes a key a column; gaze's own where a rule is NULL. */
struct column_rule {
    double ratio, cover;
};
#define COLUMN_RATIO 3.0
#define COLUMN_COVER (2.0 / 3.0)

struct column {
    size_t key;
    double mass, ratio, cover, median; /* median: of n·A_ij over i ≠ j; NaN where no other query sees the key */
    double alpha;                      /* of a causal map: Σ_{i≥j} A_ij / (n−j), the mean of those that may see it; else NaN */
    double nats;                       /* column part of the scores at this key; NaN where left out of the fit */
    double term[MAX_TERMS];            /* its split: sums to nats where nothing mixes or caps; NaN else */
    double split[SPLITS];              /* of the content: what words, positions and the query's bias make of it (split.h); NaN: not here */
    double edge;                       /* of the terms of relative positions: what they make of the mean query and key, at the edges */
    double by_queries, by_keys;        /* what queries, and keys, that differ from the mean make of an edge: interactions */
    double keys;                       /* the rest: what the keys' own content makes, whatever the place */
    bool is_column;
};
struct column_map {
    size_t n;                          /* keys */
    struct column *columns;            /* [n] in key order; free() */
    size_t n_terms;
    double share, term_share[MAX_TERMS], split_share[SPLITS], edge_share; /* of the scores' variance; of Σc_j²; NaN: 0/0 */
    unsigned split_made;               /* bit s: this layer has that part of the content */
    size_t left_out;                   /* causal keys with fewer than 8 queries */
    bool not_finite;                   /* the map holds numbers that are not finite: none of its keys is a column, all are NaN */
};
NODISCARD bool column_map(const struct run *run, struct site site, const struct column_rule *rule, struct column_map *out,
                          struct err *err);
void column_map_free(struct column_map *map); /* a zeroed struct is fine */
/* The same of n sites on the pool, into out [n] (zeroed on failure). Progress from the caller's thread; watch may be
 * NULL. */
NODISCARD bool column_maps(const struct run *run, const struct site *sites, size_t n, const struct column_rule *rule,
                           const struct watch *watch, struct column_map *out, struct err *err);

/* Marks only: out[j] = 1 where key j is a column of these probabilities [Tq,Tk]; none where they are not finite. */
void column_marks(const float *probs, size_t Tq, size_t Tk, const struct attention *attention, const struct column_rule *rule,
                  unsigned char *out);
/* The ratio n·c_j of every key of these probabilities [Tq,Tk] into out [Tk]: NaN where too few queries see the key to say, all
 * INFINITY where the map is not finite. */
void column_ratios(const float *probs, const struct attention *attention, float *out);
/* Does query i see no key behind i, but i itself? */
bool column_is_causal(const struct attention *attention);
/* What each key draws of these probabilities [Tq,Tk], in one walk over them. */
struct column_draw {
    double mass, ratio, alpha; /* alpha: the mean of the queries that see the key; 0 where none does */
    bool enough, is_column;    /* enough queries see it to call it a column */
};
void column_draws(const float *probs, const struct attention *attention, const struct column_rule *rule,
                  struct column_draw *out /* [Tk] */);

#endif
