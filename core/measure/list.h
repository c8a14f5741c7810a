/* The measures of a head. To add one: a file core/measure/NAME.c that ends in `const struct measure measure_NAME`, and
 * a row here. */
#define MEASURES(ROW) \
    ROW(column)       \
    ROW(ratio)        \
    ROW(first)        \
    ROW(entropy)      \
    ROW(distance)     \
    ROW(previous)     \
    ROW(next)         \
    ROW(self)         \
    ROW(special)      \
    ROW(share)        \
    ROW(confidence)   \
    ROW(confidence_rest) \
    ROW(positional)   \
    ROW(punctuation)  \
    ROW(duplicate)    \
    ROW(induction)    \
    ROW(cls) \
    ROW(sep) \
    ROW(first_entropy) \
    ROW(evenness) \
    ROW(distance_rest) \
    ROW(incoming) \
    ROW(vertical) \
    ROW(diagonal) \
    ROW(block) \
    ROW(pattern) \
    ROW(variability) \
    ROW(effective_rank) \
    ROW(stable_rank) \
    ROW(mixing)       \
    ROW(mixing_residual) \
    ROW(mixing_layernorm)
