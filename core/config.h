/* The configuration of a model as its architecture reads it: values of config.json with the reference class's defaults,
 * and refusals by name of what would change numbers. */
#ifndef GAZE_CORE_CONFIG_H
#define GAZE_CORE_CONFIG_H

#include <stdbool.h>

#include "core/base/mem.h"
#include "core/stack.h"

struct model;

enum config_kind {
    CONFIG_SIZE,       /* a whole number → size_t, and dim[letter] */
    CONFIG_SIZE_NULL,  /* the same; null is 0: there is none */
    CONFIG_BOOL,       /* → bool */
    CONFIG_NUMBER,     /* → float */
    CONFIG_POSITIVE,   /* the same, at least 0 */
    CONFIG_POSITIVE_NULL, /* the same; null is 0: there is none */
    CONFIG_TEXT,       /* → struct str, borrowed from the configuration */
    CONFIG_ACTIVATION, /* → const struct activation *; in no field: model->activation */
    CONFIG_EPS,        /* → model->norm_eps */
    CONFIG_ONLY        /* refused unless it is `text` (JSON), absent or null */
};

/* One key that an architecture reads, with its class's default. An architecture honours a key that changes numbers or
 * refuses values by name; it never ignores it. */
struct config_key {
    const char *key; /* names `|`-separated: the first that is there is read */
    enum config_kind kind;
    char letter;      /* of model->dim, for shapes; 0: none */
    size_t field;     /* offset in the architecture's struct, 0: in no field (so none of them stands first there) */
    double fallback;  /* CONFIG_REQUIRED: must be there */
    const char *text; /* fallback of TEXT and ACTIVATION, the one value of ONLY */
};
#define CONFIG_REQUIRED (-1e9)

/* Read all keys (ended by key NULL; NULL: none) into own, dim and model. */
NODISCARD bool config_read(struct model *model, const struct config_key *keys, struct err *err);
/* The shape of `layers` equal heads of a width: E/H each. Errors name `key` of the width. */
NODISCARD bool config_heads(const struct model *model, const char *key, size_t H, struct layer_shape *out, struct err *err);

/* model->dim[letter] = the size at `key`. */
NODISCARD bool config_dim(struct model *model, const char *key, char letter, long fallback /* -1: required */, struct err *err);
/* Err with ERR_FORMAT where the key is there, is not null and is of another kind (BOOL, NUMBER, POSITIVE, TEXT). */
NODISCARD bool config_is(struct model *model, const char *key, enum config_kind kind, struct err *err);

#endif
