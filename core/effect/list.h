/* What a map does, as maps of its own. To add one: a file core/effect/NAME.c that ends in `const struct effect effect_NAME`,
 * and a row here. */
#define EFFECTS(ROW)      \
    ROW(rollout)          \
    ROW(flow)             \
    ROW(norms)            \
    ROW(norms_layer)      \
    ROW(norms_residual)   \
    ROW(norms_layernorm)  \
    ROW(effective)        \
    ROW(valuezero)        \
    ROW(w2w) \
    ROW(w2p) \
    ROW(p2w) \
    ROW(p2p) \
    ROW(wprest) \
    ROW(qbias)
