/* Dependency relations and heads: how often a head's most attended word is the one at the other end of a relation.
 *
 * Clark et al. 2019, arXiv 1906.04341, section 4.2 and table 1: maps of words (the sum over the pieces of a key, the mean over those of
 * a query), the most attended other word, special tokens left out; both directions; beside the best fixed offset. Which head and
 * which offset is best is chosen on the even sentences, how good they are is counted on the odd ones (the halves are gaze's own). */
#ifndef GAZE_CORE_MEASURE_RELATIONS_H
#define GAZE_CORE_MEASURE_RELATIONS_H

#include "core/measure/conllu.h"
#include "core/run.h"

enum { RELATION_OFFSETS = 19, RELATION_FARTHEST = 9, RELATIONS_MOST = 1000 }; /* -9 … 9 */
enum { TO_HEAD, TO_DEPENDENT, RELATION_WAYS }; /* who attends */
enum { CHOOSING, COUNTING, RELATION_HALVES };

struct relation {
    char *name; /* the first is "all" */
    size_t n[RELATION_HALVES];
    size_t *right;                                     /* [RELATION_HALVES, n_sites, RELATION_WAYS] */
    size_t offsets[RELATION_HALVES][RELATION_OFFSETS]; /* arcs whose head stands at dependent + offset */
};
struct relations {
    const struct site *sites; /* [n_sites] borrowed */
    size_t n_sites;
    bool subtypes;          /* nsubj:pass is not nsubj */
    struct relation *all;   /* [n] */
    size_t n, capacity;
    size_t sentences, arcs; /* counted */
    size_t lost;            /* arcs with a word that has no token */
};
/* Count a sentence: a run of its text, whose tokens are those of the sites' maps. Errors: those of maps, ERR_CANCELLED. */
NODISCARD bool relations_add(struct relations *relations, const struct conllu *sentence, const struct run *run, struct err *err);
void relations_free(struct relations *relations); /* a zeroed struct is fine */

#endif
