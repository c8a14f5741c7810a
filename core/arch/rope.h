/* Rotary positions as configurations describe them: base, the part of a head that turns, and every scaling in use. */
#ifndef GAZE_CORE_ARCH_ROPE_H
#define GAZE_CORE_ARCH_ROPE_H

#include "core/op/rotary.h"
#include "core/pass.h"

struct rope {
    size_t turned; /* numbers of a head that turn, even; 0: none */
    enum rotary_pairs pairs;
    float base;
    const struct rope_kind *kind; /* of its scaling */
    const float *inverse;         /* [turned/2] frequencies that a checkpoint holds, used as they are; or NULL */
    const struct json *scaling;   /* its numbers; borrowed from the configuration */
    float factors[2];             /* of cos and sin, for texts of at most `original` tokens and of more; 0: what the kind says */
    size_t positions, original;   /* max_position_embeddings; those of the pretraining */
};

/* Read rope_scaling (or rope_parameters) and, unless base > 0, rope_theta (fallback 10000). `turned`: numbers of a head.
 * ERR_UNSUPPORTED names a scaling that is not read. */
NODISCARD bool rope_read(const struct model *model, float base, size_t turned, enum rotary_pairs pairs, struct rope *out,
                         struct err *err);
/* The same for layers of a kind ("sliding_attention"), where rope_parameters has an object for each kind. */
NODISCARD bool rope_read_of(const struct model *model, const char *layers, float base, size_t turned, enum rotary_pairs pairs,
                            struct rope *out, struct err *err);
/* A number of rope_parameters, where newer files keep rope_theta and partial_rotary_factor; NaN where there is none. */
double rope_parameter(const struct model *model, const char *layers, const char *key);
/* The same base without any scaling. */
struct rope rope_plain(float base, size_t turned, enum rotary_pairs pairs);

/* Cosines and sines of all rows of the pass; [rows, turned/2], for the whole pass. */
struct rope_tables {
    const struct rope *rope;
    const float *cos, *sin;
};
struct rope_tables rope_make(struct pass *pass, const struct rope *rope);
/* Turn the heads of a view over the rows of the pass, in place. */
void rope_turn(struct pass *pass, const struct rope_tables *tables, struct strided view, size_t heads);

#endif
