/* A model: configuration, tokenizer, weights and the architecture that joins them. */
#ifndef GAZE_CORE_MODEL_H
#define GAZE_CORE_MODEL_H

#include "core/architecture.h"
#include "core/tokenizer/tokenizer.h"
#include "core/checkpoint.h"

struct model {
    char *name;              /* what runs and commands call it by */
    struct checkpoint checkpoint;
    const char *folder;      /* the checkpoint's, borrowed as config and weights are */
    const struct arch *arch; /* NULL where only a tokenizer was there */
    const struct json *config; /* of a model of texts and images what its text_config says */
    struct tokenizer *tokenizer; /* NULL where there is none */
    struct weights *weights;     /* NULL: only the tokenizer was there */
    char *tokenizer_problem;     /* why there is no tokenizer, or NULL */

    struct stack stacks[STACK_KINDS]; /* by kind; those without layers are not there */
    size_t E;                         /* model width */
    size_t dim[128];     /* sizes by letter, for the shapes of parameters: 'V' vocabulary, 'E', 'I' inner, 'P' positions, … */
    int32_t start_token; /* of a decoder */
    float norm_eps;
    const struct activation *activation;
    void *own; /* the architecture's struct */
    struct arena *arena;
    struct unread unread; /* what of the checkpoint is not used */
    unsigned char *bound; /* [weights->n] 1: that tensor is some parameter's */
    size_t parameters;    /* elements bound, counted once however often they are bound */
    bool prepared;
    bool fresh;           /* weights are not the file's, but fresh ones of this seed */
    bool shuffled;        /* … or each tensor's own numbers in another order */
    uint64_t seed;
};

/* Load a folder (or a file in it): config.json, weights, tokenizer. A folder with a tokenizer and no weights gives a
 * model that tokenises alone; weights without a tokenizer give one that runs ids. Errors name the file; an unknown
 * model_type lists the known ones. `name` NULL: the folder's name. */
NODISCARD struct model *model_load(const char *path, const char *name, struct err *err);
/* The same with every parameter as its family initialises it, from `seed`: a control that has learned nothing. */
NODISCARD struct model *model_load_fresh(const char *path, const char *name, uint64_t seed, struct err *err);
/* The same with the numbers of every tensor in another order: what each holds is kept, what it has learned is not. */
NODISCARD struct model *model_load_shuffled(const char *path, const char *name, uint64_t seed, struct err *err);
void model_free(struct model *model);
/* Run the architecture's prepare once. */
NODISCARD bool model_prepare(struct model *model, struct err *err);
/* For configure(): make the stack of that kind. Every layer gets the shape; those of L and D get the architecture's
 * struct. Errors: sizes of no model. */
NODISCARD bool model_stack(struct model *model, enum stack_kind kind, size_t layers, struct layer_shape shape,
                           const struct term *const *terms, struct err *err);

bool model_runs(const struct model *model); /* has weights */
/* ERR_IO where a file of its weights was written to since they were loaded (weights_rewritten). */
NODISCARD bool model_unchanged(const struct model *model, struct err *err);
size_t model_vocabulary(const struct model *model); /* V, for `width` of heads over it */
/* The heads that the checkpoint has: number i, or NULL behind the last. */
const struct output_head *model_head(const struct model *model, size_t i);

#endif
