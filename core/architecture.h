/* What an architecture is: one file of core/arch that ends in one `const struct arch`, and one row in arch/list.h.
 *
 * Its table of parameters drives load, check and `info`; its forward pass is written with the doors of
 * core/pass.h and the operations of core/op. */
#ifndef GAZE_CORE_ARCHITECTURE_H
#define GAZE_CORE_ARCHITECTURE_H

#include "core/attention.h"
#include "core/base/json.h"
#include "core/op/op.h"
#include "core/product/product.h"

struct model;
struct pass;
struct run;

/* LayerNorm or RMSNorm parameters, widened. */
struct norm {
    const float *weight, *bias; /* [n]; bias NULL: none */
};

enum param_kind {
    PARAM_LINEAR,         /* NAME.weight [out,in] and NAME.bias [out] → struct linear */
    PARAM_LINEAR_NO_BIAS, /* NAME.weight alone → struct linear */
    PARAM_NORM,           /* NAME.weight (or .gamma) and NAME.bias (or .beta) [n] → struct norm */
    PARAM_NORM_NO_BIAS,   /* NAME.weight alone → struct norm */
    PARAM_TABLE,          /* NAME as it is, any rank → struct tensor, as stored */
    PARAM_FLOATS          /* NAME, any rank, widened → const float * */
};

/* How a family begins to train a parameter. By default: weights of projections and tables are normal (initializer_range),
 * those of norms ones; biases, and what is bound as bare floats, zeros. */
enum init { INIT_DEFAULT, INIT_NORMAL, INIT_ZEROS, INIT_ONES };

/* One row of an architecture's parameters. */
struct param {
    const char *name;   /* pattern with {l} for the layer and {e} for one of `count`; alternatives separated by `|`; the
                           architecture's prefixes are tried before each */
    const char *shape;  /* letters of model->dim or numbers: "E,E", "I,E", "V,E"; out first; `*`: as long as the file has it. In a layer H heads, D their
                           width, A = H·D and C = Hkv·D are the layer's own */
    enum param_kind kind;
    bool layered;          /* in a layer's struct at offset, else in model->own */
    enum stack_kind stack; /* whose layers; 0 is the main stack's */
    char count;            /* 0, or the letter of how many {e} there are: the field points to an array of them */
    size_t offset;
    enum layout layout;
    bool (*when)(const struct model *model, size_t layer); /* needed under this configuration; NULL: always */
    bool optional;      /* absent is fine: the struct stays zero */
    enum init init;     /* of its weight; a bias begins at zero */
    const char *meaning; /* for `info` */
};

/* Where a head answers, and how its numbers become probabilities. */
enum head_place {
    HEAD_MASKS, /* at masked tokens, over the vocabulary */
    HEAD_NEXT,  /* at each token, over the vocabulary: what comes next */
    HEAD_TOKENS, /* at each token, over its own labels */
    HEAD_TEXT   /* once a text, from its first token, or where `at_end` its last that is no padding */
};
enum head_link { HEAD_SOFTMAX, HEAD_SIGMOID, HEAD_VALUE /* no probability */ };

/* Numbers over something from a kept tensor: masked words, next words, replaced tokens, classes. */
struct output_head {
    const char *name, *summary;
    const char *from;      /* the kept tensor that it reads, the last of that name: "hidden" */
    enum stack_kind stack; /* of whose layers */
    enum head_place place;
    enum head_link link;
    bool at_end;
    const char *tensor; /* the name it is exported by: "logits" */
    bool (*present)(const struct model *model);
    size_t (*width)(const struct model *model);
    /* rows of `from` [n,·] → out [n,width]. */
    bool (*logits)(const struct model *model, const float *from, size_t n, float *out, struct err *err);
    /* The name of number i; NULL, or one without characters: it has none of its own. Borrowed from the model. */
    struct str (*label)(const struct model *model, size_t i);
    /* NULL, or a line that belongs beside its numbers, or NULL. */
    const char *(*caveat)(const struct model *model);
};

/* Numbers over pairs of a text's tokens, made from all maps of a run when they are asked for: ESM's contacts. */
struct pair_head {
    const char *name, *summary; /* also what it is exported by */
    size_t before, behind;      /* tokens left out at a text's ends */
    bool (*present)(const struct model *model);
    /* out [n,n], n tokens of the text without those left out, at least one. Errors: those of maps. */
    bool (*values)(const struct run *run, size_t text, float *out, struct err *err);
};

/* What an architecture without attention mixes the tokens of a text by, the same in every layer: FNet's transform. */
struct mixing {
    const char *summary;       /* "a Fourier transform" */
    const char *parts;         /* "cos|sin" */
    /* out [T,T]: what the row's token takes of the column's, of part number `part`. */
    void (*values)(size_t T, size_t part, float *out);
};

struct config_key;
struct arch {
    const char *name;        /* "deberta-v2", as in the tables */
    const char *model_types; /* config.json's model_type, `|`-separated */
    const char *summary, *source;
    const char *prefixes;    /* "bert.|model." tried before every parameter's name, besides none */
    const struct config_key *keys;               /* ended by key NULL; read before `configure` */
    const struct param *params;                  /* ended by name NULL */
    const struct output_head *const *heads;      /* NULL-ended */
    const struct pair_head *const *pairs;        /* NULL-ended, or NULL */
    /* What {l} in the names of layer l's parameters stands for; NULL: its number. */
    void (*layer_name)(const struct model *model, size_t layer, struct buf *out);
    const struct mixing *mixing; /* NULL, or what stands in the place of all attention: there are no maps then */
    const char *entangled;   /* NULL, or why a layer's hidden state alone is not what the next one goes on from */
    bool global_tokens;   /* it honours run->global */
    bool expert_capacity; /* and run->capacity */
    size_t own_size, layer_size, decoder_size;   /* of the structs that params point into */
    size_t classify;                             /* where in own its struct classify lies; 0: it has none */
    /* What follows from the keys: the stacks (model_stack), terms; refuse by name what would change numbers and is not
     * honoured. `own` is there, zeroed but for what the keys set. */
    bool (*configure)(struct model *model, const struct json *config, struct err *err);
    /* After the parameters are bound; NULL: nothing. */
    bool (*bound)(struct model *model, struct err *err);
    /* What no input changes; once, at first use; NULL: nothing. */
    bool (*prepare)(struct model *model, struct err *err);
    void (*forward)(const struct model *model, struct pass *pass);
    /* out [n,E]: what the reference hands on (last_hidden_state) of n rows of the last hidden state that it lists; NULL: the same. */
    void (*last)(const struct model *model, const float *x, size_t n, float *out);
    /* NULL, or a line that belongs beside maps of that layer, or NULL. */
    const char *(*note)(const struct model *model, enum stack_kind stack, size_t layer);
};

bool names_include(const char *names /* `|`-separated */, struct str name);

#endif
