/* Measures of one head in one run: one file a measure, one row in list.h. Definitions: formula and source beside each. */
#ifndef GAZE_CORE_MEASURE_MEASURE_H
#define GAZE_CORE_MEASURE_MEASURE_H

#include "core/run.h"

struct measure_input {
    const struct run *run;
    const struct attention *attention;
    struct site site;
    const float *probs;             /* [Tq,Tk] */
    const unsigned char *special;   /* [Tk] 1: the id is that of a special token */
};
/* One number for one head. */
struct measure {
    const char *name, *label;       /* "entropy", "entropy (nats)" */
    const char *formula, *source;   /* printed beside every number */
    bool descending;                /* heads sort= puts the largest first */
    bool (*value)(const struct measure_input *input, double *out, struct err *err);
};
extern const struct measure *const measures[]; /* NULL-ended */
const struct measure *measure_named(struct str name);
/* The measure of one site: makes the map, then calls value. */
NODISCARD bool measure_site(const struct run *run, const struct measure *measure, struct site site, double *out, struct err *err);
/* The same of n sites on the pool, into out [n]; a cancelled one gives ERR_CANCELLED. */
NODISCARD bool measure_sites(const struct run *run, const struct measure *measure, const struct site *sites, size_t n,
                             double *out, struct err *err);
/* What the measure gives where every query of that site looks at all keys it sees alike: the reference beside it. */
NODISCARD bool measure_uniform(const struct run *run, const struct measure *measure, struct site site, double *out,
                               struct err *err);

/* For measures: how many keys query i sees. */
size_t keys_seen(const struct attention *attention, size_t i);
/* Mean over the queries of the mass on the key at i + offset; queries without such a key count with 0. */
double offset_mass(const struct measure_input *input, long offset);

#endif
