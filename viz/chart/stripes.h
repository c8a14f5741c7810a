/* Stripes: one row a text, x = key index, colour = log of n·c_j, the attention that key j draws in units of the uniform map's.
 * A column that follows the index, the end or a token is told apart at a glance by the lanes: the same texts laid from their
 * start, from their end, and their special tokens alone.
 *
 * What keeps it honest: one scale for all heads, white up to 1, ticks at 1, 3 and n; cells that a text does not have are grey;
 * rows that must share a line are pooled by the median (the largest would fabricate stripes), and it is said; texts shorter
 * than `length` stand in a group of their own below; above each lane the share of the commonest token at each place. */
#ifndef GAZE_VIZ_CHART_STRIPES_H
#define GAZE_VIZ_CHART_STRIPES_H

#include "viz/picture.h"

enum stripes_lane { STRIPES_START = 1, STRIPES_END = 2, STRIPES_SPECIAL = 4, STRIPES_ALL = 7 };

/* A text, in the order in which its row stands. */
struct stripes_text {
    size_t n;                     /* its tokens */
    const int32_t *ids;           /* [n] for the share of the commonest token; NULL in all texts: no strip */
    const unsigned char *special; /* [n] 1: a special token; NULL: none */
};

struct stripes_head {
    struct str title;           /* "L5.H0" */
    const float *const *values; /* [n_texts] each [n] n·c_j of its keys; NaN: none, as where it has no
                                 * token; infinite: the map is not finite, told apart */
};

struct stripes {
    const struct stripes_text *texts;
    size_t n_texts;
    const struct stripes_head *heads; /* small multiples on one scale */
    size_t n_heads;
    size_t length;                /* texts of exactly so many tokens are the main group, shorter ones follow; 0: one group */
    unsigned lanes;               /* of enum stripes_lane, side by side */
    const struct str *specials;   /* [n_specials] what the k-th special token of a text is called ("[CLS]", "[SEP]"), for the */
    size_t n_specials;            /* axis; texts with more have them counted, with fewer grey cells */
};

#endif
