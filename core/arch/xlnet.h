/* The terms of XLNet's scores, which are Transformer-XL's (Dai et al. 2019 §3.3) and one of segments. Beside the content:
 *
 *   position       q_i · r(i−j)          r(p) = [sines, cosines of p]·Wr
 *   content_bias   u_h · k_j             r_w_bias
 *   position_bias  v_h · r(i−j)          r_r_bias
 *   segment        (q_i + s_h) · g, g one of two vectors, as i and j are of one type or not */
#ifndef GAZE_CORE_ARCH_XLNET_H
#define GAZE_CORE_ARCH_XLNET_H

#include "core/arch/relative.h"

/* What the terms of one layer and text need; attention.own points to it. */
struct xlnet_terms {
    struct relative position;                  /* first; keys: r(p) of all p, one row each */
    const float *content_bias, *position_bias; /* u, v [H,D] */
    const float *segment_bias, *segments;      /* s [H,D]; g [2,H,D]: of one type, of two */
    const int32_t *types;                      /* [Tk] of the text */
};
extern const struct term *const xlnet_terms[]; /* NULL-ended */

#endif
