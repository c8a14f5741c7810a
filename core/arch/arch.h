/* An architecture: one file that ends in one `const struct arch`, and one row in list.h.
 *
 * Its table of parameters drives load, check and `info`; its forward pass is written with the three doors of
 * core/pass.h and the operations of core/op. */
#ifndef GAZE_CORE_ARCH_ARCH_H
#define GAZE_CORE_ARCH_ARCH_H

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
    PARAM_TABLE,          /* NAME as it is, any rank → struct tensor, as stored */
    PARAM_FLOATS          /* NAME, any rank, widened → const float * */
};

/* One row of an architecture's parameters. */
struct param {
    const char *name;   /* pattern with {l} for the layer; alternatives separated by `|`; the architecture's prefixes
                           are tried before each */
    const char *shape;  /* letters of model->dim or numbers: "E,E", "I,E", "V,E"; out first */
    enum param_kind kind;
    bool layered;       /* in model->layers[l] at offset, else in model->own */
    size_t offset;
    enum layout layout;
    bool (*when)(const struct model *model); /* needed under this configuration; NULL: always */
    bool optional;      /* absent is fine: the struct stays zero */
    const char *meaning; /* for `info` */
};

/* Logits over something from hidden states: mlm, later lm, rtd, sop, classify. */
struct output_head {
    const char *name, *summary;
    bool (*present)(const struct model *model);
    size_t (*width)(const struct model *model);
    /* hidden [n,E] → out [n,width]. */
    bool (*logits)(const struct model *model, const float *hidden, size_t n, float *out, struct err *err);
};

struct arch {
    const char *name;        /* "deberta-v2", as in the tables */
    const char *model_types; /* config.json's model_type, `|`-separated */
    const char *summary, *source;
    const char *prefixes;    /* "bert.|model." tried before every parameter's name, besides none */
    const struct param *params;                  /* ended by name NULL */
    const struct output_head *const *heads;      /* NULL-ended */
    size_t own_size, layer_size;                 /* of the structs that params point into */
    /* Read the configuration: dims, terms; refuse by name what would change numbers and is not honoured. */
    bool (*configure)(struct model *model, const struct json *config, struct err *err);
    /* After the parameters are bound; NULL: nothing. */
    bool (*bound)(struct model *model, struct err *err);
    /* What no input changes; once, at first use; NULL: nothing. */
    bool (*prepare)(struct model *model, struct err *err);
    bool (*forward)(const struct model *model, struct pass *pass, struct err *err);
    /* NULL, or a line for `predict`'s stderr: what of the checkpoint's own head is not run. */
    const char *(*caveat)(const struct model *model);
};
extern const struct arch *const archs[]; /* NULL-ended */
const struct arch *arch_of_type(struct str model_type); /* NULL where unknown */
bool names_include(const char *names /* `|`-separated */, struct str name);

#endif
