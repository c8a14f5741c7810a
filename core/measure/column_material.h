/* The texts of a column test, all of one length, and the ordinary words that stand in for special tokens. */
#ifndef GAZE_CORE_MEASURE_COLUMN_MATERIAL_H
#define GAZE_CORE_MEASURE_COLUMN_MATERIAL_H

#include "core/measure/column.h"

enum { COLUMN_TEST_WORDS = 5, COLUMN_TEST_SHIFT = 20 };

/* Whose tokens are changed: those of the source (or only) axis, which the keys of L, X and E are, or the target's, which those of D
 * are. The other axis stays as it is. */
enum column_axis { AXIS_SOURCE, AXIS_TARGET, COLUMN_AXES };

struct column_test_options {
    struct model *model; /* with weights and tokenizer */
    struct str lines;    /* one text a line; n 0: texts of random words of the vocabulary */
    const char *name;    /* of the file, in messages */
    size_t length;       /* tokens of every text: longer ones are cut, shorter ones passed over */
    size_t texts;        /* so many at most; heads are chosen on every second, all is measured on the others */
    bool no_special;     /* the tokenizer's special tokens are left out */
    int32_t front;       /* id put in front of everything, -1: none */
    uint64_t seed;
    struct column_rule rule;
    const struct site *sites; /* [n_sites] whose keys are the text's tokens */
    size_t n_sites;
    size_t twins;        /* models of shuffled and of fresh weights each, for the references; 0: none */
    const struct watch *watch; /* progress in texts; or NULL */
};

struct material {
    enum column_axis axis;
    size_t length, n;            /* tokens of a text, texts */
    struct encoding *texts;      /* [n] of the axis */
    struct encoding *others;     /* [n] of the other one, as long; NULL: the model has no decoder */
    size_t skipped, again, cut;  /* shorter texts; those that are token by token one before: counted once, texts are the sample */
    int32_t *ordinary;           /* [n_ordinary] distinct ids of words, as random words are drawn from; in order of id */
    size_t n_ordinary;
    int32_t words[COLUMN_TEST_WORDS]; /* the commonest of them in the choosing half */
};
/* The targets of an encoder–decoder are the sources moved right by one, behind the decoder's start token: what it is trained on
 * to say the source again. Errors: those of column_test. */
NODISCARD bool material_gather(const struct column_test_options *options, enum column_axis axis, struct material *out,
                               struct err *err);
enum stack_kind column_axis_stack(enum column_axis axis); /* the stack whose positions its tokens have */
void material_free(struct material *material);
/* How far the position ids of texts of that length can be shifted: COLUMN_TEST_SHIFT, or what there is room for. */
int32_t column_shift(const struct model *model, enum column_axis axis, size_t length);

#endif
