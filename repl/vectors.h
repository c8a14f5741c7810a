/* What the commands on word vectors share: their options, words looked up with a hint where one is unknown. */
#ifndef GAZE_REPL_VECTORS_H
#define GAZE_REPL_VECTORS_H

#include "core/embed/query.h"
#include "repl/result.h"

/* A question's words, resolved. */
struct asked {
    struct vectors *vectors;
    struct query_term *terms; /* unit vectors and rows are set */
    size_t n;
    struct arena *arena;
};
/* Take the words of a call as they stand (`signs`: + and − between them are signs) and look them up in the set in use. */
NODISCARD bool asked_make(struct session *session, const struct call *call, bool signs, struct result *result, struct asked *out,
                          struct err *err);
void asked_free(struct asked *asked);

/* Put "; did you mean WORD?" behind a message about a word that is not in the set. Returns false. */
bool suggest_word(const struct vectors *vectors, struct str word, struct err *err);
/* The answers as rows: word, score, and for a person a bar. */
NODISCARD bool give_hits(struct result *result, const struct vectors *vectors, const struct hit *hits, size_t n, struct err *err);
/* A bar of at most `cells` cells in eighths; below 0 in another character. */
void put_bar(struct buf *out, double share, size_t cells);

#define OPTION_CASE {"case", VALUE_ENUM, "exact|fold", "exact", "fold: where a word is absent, the most frequent one equal without case", 0, 0}
#define OPTION_TOP(n) {"top", VALUE_INT, NULL, n, "so many words", 1, 10000000}
#define OPTION_INPUTS {"inputs", VALUE_FLAG, NULL, "off", "on: words of the question may be answers", 0, 0}

#endif
