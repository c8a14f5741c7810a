/* The control of segments.h: the same prompt with its parts in other places. What follows a place is the prompt's shape, what
 * follows a part is its content. Parts move as token ids, so that each keeps its tokens. */
#ifndef GAZE_CORE_MEASURE_SEGMENTS_SHUFFLED_H
#define GAZE_CORE_MEASURE_SEGMENTS_SHUFFLED_H

#include "core/forward.h"
#include "core/measure/segments.h"

/* Rounds go through Latin squares: round r has the r/m-th random order of the m parts that move, shifted by r mod m, so that
 * after a multiple of m rounds each part stood in each place equally often. */
struct segment_shuffle {
    size_t rounds;
    uint64_t seed;
    const bool *held; /* [n] parts that keep their place; those of the second text of a pair do */
    size_t from;      /* the part whose queries are read: of the keys' axis it must be held */
    enum sinks sinks;
};

/* What one head's queries of `from` give to each place of the parts that move, in each round. */
struct segment_rounds {
    double *mass, *share; /* [rounds,m] */
};
/* Mean by place and by content, and how much of the variance over rounds and places each explains (a sum of squares over the
 * total one; of a whole number of squares the two are orthogonal). */
struct segment_effect {
    double *place_mass, *place_share, *content_mass, *content_share; /* [m] */
    double place, content;                                           /* NaN where nothing varies */
};

/* How many parts move; those into moved [n] (or NULL). */
size_t segment_movable(const struct segments *parts, const bool *held, size_t *moved);
/* The part that stands in the k-th movable place in a round, into order [m]. */
void segment_order(const struct segment_shuffle *shuffle, size_t round, size_t m, size_t *order, size_t *scratch);

/* Run the prompt again once a round and read those sites, whose keys must be the axis `parts` is of; queries is of their own
 * axis (the same object where it is the keys'). out [n], in the arena. Errors: those of run_new; ERR_CANCELLED. */
NODISCARD bool segments_shuffled(struct model *model, const struct run *base, const struct site *sites, size_t n,
                                 const struct segments *queries, const struct segments *parts,
                                 const struct segment_shuffle *shuffle, const struct watch *watch, struct arena *arena,
                                 struct segment_rounds *out, struct err *err);
/* Sum a head's rounds up, in the arena. */
NODISCARD bool segment_effect_of(const struct segment_shuffle *shuffle, size_t m, const struct segment_rounds *rounds,
                                 struct arena *arena, struct segment_effect *out, struct err *err);

#endif
