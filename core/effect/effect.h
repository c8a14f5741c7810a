/* What a map does to the tokens, told as a map over the same queries and keys: attention rolled out over layers, the norms of
 * what is added, what a value is worth. A map of attention says where a head looks, not what comes of it.
 *
 * Each is a part of a map (PART_EFFECT): run_map makes it, and every command that takes part= shows it. */
#ifndef GAZE_CORE_EFFECT_EFFECT_H
#define GAZE_CORE_EFFECT_EFFECT_H

#include "core/run.h"

struct effect {
    const char *name, *summary;   /* "norms", "norm of what a head adds from a key" */
    const char *formula, *source; /* stand beside its numbers */
    bool of_layer;                /* one map a layer, whatever the head */
    bool distribution;            /* no value is negative and rows add up to 1, or are all zero */
    bool is_signed;
    bool spreads;                 /* may tell of keys that this layer's mask hides: an earlier layer saw them */
    /* The whole map of one head of an attention of this run into out [Tq,Tk]. Errors say why there is none here. */
    bool (*make)(const struct run *run, const struct attention *a, size_t head, float *out, struct err *err);
    /* Append what belongs beside the map of a head ("r = 14 of 20 keys"); NULL: nothing. */
    bool (*say)(const struct attention *a, size_t head, struct buf *out, struct err *err);
};
extern const struct effect *const effects[]; /* NULL-ended */
const struct effect *effect_named(struct str name);
struct part effect_part(const struct effect *effect);
/* The effect that a part is, or NULL: it is a part of the map itself. */
const struct effect *part_effect(struct part part);
/* Rows [row,row+rows) of it. The whole map is made for any of them. */
NODISCARD bool effect_map(const struct run *run, const struct attention *a, size_t head, const struct effect *effect, size_t row,
                          size_t rows, float *out, struct err *err);

#endif
