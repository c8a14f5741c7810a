/* The changes to a pass. To add one: a file core/intervene/NAME.c that ends in `const struct intervention_kind
 * intervention_kind_NAME`, and a row here. */
#define INTERVENTIONS(ROW) \
    ROW(drop_term)         \
    ROW(uniform_head)      \
    ROW(zero_head)         \
    ROW(zero_value)        \
    ROW(replace_hidden)    \
    ROW(replace_output)    \
    ROW(replace_pattern)   \
    ROW(zero_dims)         \
    ROW(watch_rows)        \
    ROW(positions)
