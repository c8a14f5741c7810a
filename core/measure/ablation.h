/* Ablation: what a model predicts when a head, a term or dimensions are taken out. Without gradients this says nothing of
 * importance elsewhere: heads stand in for one another (Michel et al. 2019; McGrath et al. 2023). */
#ifndef GAZE_CORE_MEASURE_ABLATION_H
#define GAZE_CORE_MEASURE_ABLATION_H

#include "core/forward.h"
#include "core/measure/dims.h"
#include "core/measure/predicted.h"
#include "core/scan.h"

enum ablation_mode {
    ABLATE_ZERO,     /* a head's output is zero */
    ABLATE_UNIFORM,  /* it attends to every key that it sees alike */
    ABLATE_MEAN,     /* its output is its mean over the tokens gathered */
    ABLATE_RESAMPLE, /* its output at each token is that at another, drawn at random (Chan et al. 2022) */
    ABLATE_TERMS,    /* a term is left out of its scores */
    ABLATE_DIMS      /* dimensions are zero */
};
struct ablation {
    enum ablation_mode mode;
    const struct site *sites; /* [n_sites] heads; ABLATE_DIMS: none */
    size_t n_sites;
    const unsigned *terms; /* [n_sites] ABLATE_TERMS: bits of struct part; parts of the content go from the pattern that the run to be
                              changed has, so that they are left out in one layer alone */
    struct dims dims;      /* ABLATE_DIMS */
    enum rows_kind rows;   /* where dims are zero */
    uint64_t seed;
};

/* Outputs z of heads at tokens of runs, for means and to draw from: a sample of at most OUTPUTS_KEPT rows a head. */
enum { OUTPUTS_KEPT = 2048 };
struct outputs {
    struct head_outputs {
        size_t D, seen;
        double *sum;  /* [D] */
        float *kept;  /* [min(seen, OUTPUTS_KEPT), D] */
    } *head;          /* [n] of the ablation's sites */
    size_t n;
    struct arena *arena;
};
/* Are parts of the content left out? Their changes are of a run of one text. */
bool ablation_of_parts(const struct ablation *ablation);
NODISCARD bool outputs_new(const struct ablation *ablation, const struct model *model, struct outputs *out, struct err *err);
/* All tokens of all texts of a run. */
NODISCARD bool outputs_add(struct outputs *outputs, const struct ablation *ablation, const struct run *run, struct err *err);
void outputs_free(struct outputs *outputs); /* a zeroed struct is fine */

/* The changes that make it, for a run of the texts of `like`, in the arena: *n_out of them. outputs: of ABLATE_MEAN and
 * ABLATE_RESAMPLE, else NULL. `first`: the number of the first text, which random draws follow. NULL: err. */
struct intervention *ablation_make(const struct ablation *ablation, const struct outputs *outputs, const struct run *like, size_t first,
                                   struct arena *arena, size_t *n_out, struct err *err);

/* Over the texts of a file, the mean over texts of each text's mean over the words asked. */
enum changed { CHANGED_LOSS, CHANGED_PROBABILITY, CHANGED_MARGIN, CHANGES }; /* −ln p; p; the logit less that of the likeliest other before */
struct mean_change {
    double loss; /* −ln p, nats a word, after */
    struct {
        double change, low, high; /* after less before, and its 95 % interval over texts (Student's t); NaN with fewer than two */
    } of[CHANGES];
    double first;             /* share of the words asked whose likeliest word is another */
    double divergence;        /* Jensen–Shannon, nats */
};
struct ablation_texts {
    struct asked asked;
    size_t texts, words, skipped, cut;
    double loss; /* before */
    struct mean_change own, *random, *matched;
    struct dims_controls controls; /* ABLATE_DIMS: their sets, else empty; random and matched are of these */
    double squares;                /* what zeroing the dimensions takes away, as a share; NaN: not of dimensions */
};
struct ablation_options {
    struct scan_options scan; /* lines, length, front, special tokens; half is not read. A line of an encoder–decoder whose decoder is
                                 asked is a source, a tab and its target */
    size_t texts;             /* so many at most */
    size_t controls;          /* sets of each kind, for dimensions */
    bool emd;
};
/* Errors: no head to ask, no text, what scan_encode and runs report, ERR_CANCELLED, ERR_MEMORY. */
NODISCARD bool ablation_texts(const struct ablation_options *options, struct ablation *ablation, struct ablation_texts *out,
                              struct err *err);
void ablation_texts_free(struct ablation_texts *texts);

#endif
