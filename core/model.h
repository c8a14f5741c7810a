/* A model: configuration, tokenizer, weights and the architecture that joins them. */
#ifndef GAZE_CORE_MODEL_H
#define GAZE_CORE_MODEL_H

#include "core/arch/arch.h"
#include "core/tokenizer/tokenizer.h"
#include "core/weights/weights.h"

struct model {
    char *name, *folder;     /* the name that runs and commands call it by; where it lies */
    const struct arch *arch; /* NULL where only a tokenizer was there */
    struct json *config;
    struct tokenizer *tokenizer; /* NULL where there is none */
    struct weights *weights;     /* NULL: only the tokenizer was there */
    char *tokenizer_problem;     /* why there is no tokenizer, or NULL */

    size_t layers, H, Hkv, D, E; /* layers of the stack, heads, key/value heads, head width, model width */
    size_t dim[128];             /* symbolic sizes by letter: 'V' vocabulary, 'E', 'A' = H·D, 'I' inner, 'P' positions,
                                    'S' types, 'R' relative rows, … */
    size_t max_tokens;           /* longest text, 0: any */
    float norm_eps;
    const struct activation *activation;
    const struct term *const *terms; /* of the first stack, for names and help */
    void *own, *layer_data;          /* the architecture's structs */
    struct arena *arena;
    size_t parameters; /* elements bound, counted once */
    bool prepared;
};

/* Load a folder (or a file in it): config.json, weights, tokenizer. A folder with a tokenizer and no weights gives a
 * model that tokenises alone; weights without a tokenizer give one that runs ids. Errors name the file; an unknown
 * model_type lists the known ones. `name` NULL: the folder's name. */
NODISCARD struct model *model_load(const char *path, const char *name, struct err *err);
void model_free(struct model *model);
/* Run the architecture's prepare once. */
NODISCARD bool model_prepare(struct model *model, struct err *err);
/* The architecture's struct of layer l. */
const void *model_layer(const struct model *model, size_t layer);

bool model_runs(const struct model *model); /* has weights */
/* The head of that name ("mlm"), or NULL where the checkpoint has none. */
const struct output_head *model_head(const struct model *model, const char *name);
size_t model_terms(const struct model *model); /* how many of model->terms */

#endif
