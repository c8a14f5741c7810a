/* Sets of questions with known answers: analogies in the questions-words format, word pairs with people's similarity. */
#ifndef GAZE_CORE_EMBED_EVAL_EVAL_H
#define GAZE_CORE_EMBED_EVAL_EVAL_H

#include "core/embed/vectors.h"

enum eval_kind { EVAL_ANALOGIES, EVAL_PAIRS };

struct eval_section {
    struct str name;
    size_t first, n; /* its questions */
};
/* a is to b as c is to d; words borrow from text. Pairs use a and b, and `score`. */
struct eval_question {
    struct str a, b, c, d;
    double score;
    size_t line;
};
/* A file of questions. Analogies: ": section" lines and lines of four words. Pairs: two words and the first number behind
 * them, with tabs, commas, semicolons or blanks between; # lines and a heading are passed over. */
struct eval_set {
    enum eval_kind kind;
    struct eval_section *sections; /* analogies: at least one */
    size_t n_sections, sections_capacity;
    struct eval_question *questions;
    size_t n, capacity;
    size_t ignored; /* analogies: lines that are not four words */
    struct buf text;
};
NODISCARD bool eval_read(const char *path, struct eval_set *out, struct err *err);
void eval_set_free(struct eval_set *set);

enum { EVAL_METHODS = 2 }; /* 3cosadd, 3cosmul, both are answered at once */
extern const char *const eval_methods[EVAL_METHODS];

struct eval_answer {
    bool skipped;              /* a word is unknown */
    size_t row[EVAL_METHODS];  /* the answer, VECTORS_NONE where skipped */
    float score[EVAL_METHODS]; /* 3cosadd: the cosine with the mean; pairs: the cosine, in [0] */
    bool correct[EVAL_METHODS];
};
struct eval_options {
    size_t restrict_words; /* the first so many words alone are known and can be answers; 0: all */
    bool fold;             /* case is ignored, the most frequent of colliding words counts */
};
/* Answer every question into answers [set->n]. Words equal to one of the question's three are no answers. */
NODISCARD bool eval_answer_all(struct vectors *vectors, const struct eval_set *set, const struct eval_options *options,
                               struct eval_answer *answers, struct err *err);

/* Rank correlation of people's scores and cosines over the pairs that are not skipped (Spearman 1904, ties share the mean of
 * their ranks); NaN where there are fewer than two or one side is constant. */
double eval_spearman(const struct eval_set *set, const struct eval_answer *answers, struct err *err);

#endif
