/* A sentence encoder's modules, as they were read: shared by what reads them and what applies them. */
#ifndef GAZE_CORE_EMBED_SENTENCE_MODULES_H
#define GAZE_CORE_EMBED_SENTENCE_MODULES_H

#include "core/run.h"

enum { MODULES = 8 };
enum pool { POOL_CLS, POOL_MAX, POOL_MEAN, POOL_MEAN_SQRT, POOL_WEIGHTED, POOL_LAST, POOLS };
extern const struct pool_name {
    const char *key, *name; /* of a Pooling's configuration */
} pool_names[POOLS];

enum step { STEP_DENSE, STEP_NORM, STEP_NORMALIZE };
struct module {
    enum step step;
    struct linear dense;
    const struct activation *activation;
    const float *weight, *bias; /* of a LayerNorm */
    struct weights *weights;
};
struct sentences {
    struct model *model;
    bool pooled[POOLS], lower, with_prompt;
    const char *told_by; /* "modules.json", "pooling_type of the file"; NULL: nothing says how to pool */
    size_t length; /* tokens of the longest text, 0: any */
    struct module modules[MODULES];
    size_t n_modules, width;
    const char *measure;
    struct json *about; /* config_sentence_transformers.json, or NULL */
    struct arena *arena;
};

/* Fill in what stands in the folder. Errors: sentence.h. */
NODISCARD bool sentence_modules_read(struct sentences *sentences, struct err *err);

#endif
