/* What the commands on word vectors share: their options, words looked up with a hint where one is unknown. */
#ifndef GAZE_REPL_WORDS_ASKED_WORDS_H
#define GAZE_REPL_WORDS_ASKED_WORDS_H

#include "core/embed/format/format.h"
#include "core/embed/query/query.h"
#include "repl/result/figure.h"

/* A question's words, resolved. */
struct asked {
    struct vectors *vectors;
    struct query_term *terms; /* unit vectors and rows are set */
    size_t n;
    struct arena *arena;
};
/* Take the words of a call as they stand (`signs`: + and − between them are signs;
 * SIGNS_OPTIONAL: words may also stand side by side) and look them up in the set in use. */
enum signs { SIGNS_NONE, SIGNS_BETWEEN, SIGNS_OPTIONAL };
NODISCARD bool asked_make(struct session *session, const struct call *call, enum signs signs,
                          struct asked *out, struct err *err);
void asked_free(struct asked *asked);

/* The format that format= names, else the one of that name or extension; NULL with err where there is none. */
const struct vectors_format *chosen_format(const struct call *call, struct str otherwise, struct err *err);
/* Put "; did you mean WORD?" behind a message about a word that is not in the set. Returns false. */
bool suggest_word(const struct vectors *vectors, struct str word, struct err *err);
/* The answers as rows: word, score, and for a person a bar. */
NODISCARD bool give_hits(struct result *result, const struct vectors *vectors, const struct hit *hits, size_t n, struct err *err);
/* Where a picture of words comes from, told in `about`, which it borrows. */
enum { VECTORS_ABOUT = 600 };
struct figure_source vectors_source(const struct vectors *vectors, char about[VECTORS_ABOUT]);
/* A picture of words, which comes from a set of vectors. */
NODISCARD bool give_vectors_figure(struct session *session, const struct call *call, const struct vectors *vectors,
                                   struct picture *picture, struct result *result, struct err *err);
/* A bar of at most `cells` cells in eighths; below 0 in another character. */
void put_bar(struct buf *out, double share, size_t cells);

#define OPTION_CASE                                                                                                              \
    {                                                                                                                            \
        "case", VALUE_ENUM, "exact|fold", "exact", "fold: where a word is absent, the most frequent one equal without case", 0,  \
            0                                                                                                                    \
    }
#define OPTION_TOP(n)                                                                                                            \
    {                                                                                                                            \
        "top", VALUE_INT, NULL, n, "so many words", 1, 10000000                                                                  \
    }
#define OPTION_INPUTS                                                                                                            \
    {                                                                                                                            \
        "inputs", VALUE_FLAG, NULL, "off", "on: words of the question may be answers", 0, 0                                      \
    }
#define OPTION_RESTRICT                                                                                                          \
    {                                                                                                                            \
        "restrict", VALUE_INT, NULL, "0", "only so many words, the first, may answer; 0: all", 0, 1e12                           \
    }

#endif
