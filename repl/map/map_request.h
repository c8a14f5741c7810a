/* What is wanted of maps: read once, from a call or from what the full screen is asked to show. Every map of a command, a
 * figure or a key is made by it. */
#ifndef GAZE_REPL_MAP_MAP_REQUEST_H
#define GAZE_REPL_MAP_MAP_REQUEST_H

#include "core/effect/effect.h"
#include "core/run.h"
#include "repl/grammar/call.h"

enum special { SPECIAL_ON, SPECIAL_OFF, SPECIAL_RENORM };
enum fold { FOLD_NONE, FOLD_MEAN, FOLD_MAX, FOLD_MIN, FOLD_STD };
extern const char *const special_names[], *const fold_names[]; /* NULL-ended, in the order of the enums */

/* A part by its names, which are looked up among the terms of each attention: another stack has others. */
struct part_request {
    const char *option; /* "part", "softmax" or "without" */
    struct str names;   /* "scores", "c2c+c2p"; n 0: the probabilities */
};
/* Which tokens of an axis are wanted. */
struct axis_request {
    struct str tokens; /* of q= or k=; s NULL: all */
    char segment;      /* of from= or to=: 'A', 'B'; 0: both */
};
struct map_request {
    struct part_request part;
    enum special special;
    enum fold fold;
    bool words, marks; /* word pieces joined; columns marked */
    struct axis_request rows, cols;
    const struct call *call; /* errors point into it; NULL: to no place */
};

/* What the options of a call ask for; those that its row has not are at rest. Borrows its texts. ERR_ARG: two options that
 * exclude each other. A list (part=A,B) stays one name here: part_request_split. */
NODISCARD bool map_request_read(const struct call *call, struct map_request *out, struct err *err);
/* Put the caret under the option that is to blame. Returns false. */
bool map_request_blame(const struct map_request *request, const char *option, struct err *err);

/* The part among the terms of this attention. Errors: a term that it has not (says which there are), word pieces joined or
 * probabilities divided where there are none. */
NODISCARD bool map_request_part(const struct map_request *request, const struct attention *a, struct part *out, struct err *err);

/* part=A,B,… as one request each. Returns how many; 0: it is no list. More than `most` is ERR_LIMIT and SIZE_MAX. */
size_t part_request_split(struct part_request list, struct part_request *out, size_t most, struct err *err);
/* Append " softmax=c2c+c2p"; nothing for the probabilities. */
void part_request_put(struct part_request part, struct buf *out);
/* What a map does that this part names, or NULL: it is a part of the map itself. */
const struct effect *part_request_effect(struct part_request part);
bool part_request_is_signed(struct part_request part);
bool part_is_probability(struct part part);

/* The options, for the rows of commands. */
#define OPTION_PART                                                                                                            \
    {"part", VALUE_PART, NULL, "probs", "probs, scores, a sum of terms: its logits, or what the map does: norms; several as a list: c2c,c2p,scores", 0, 0}, \
    {"softmax", VALUE_TERMS, NULL, NULL, "the softmax of a sum of terms (c2c+c2p)", 0, 0},                                      \
    {"without", VALUE_TERMS, NULL, NULL, "the softmax of all terms but these", 0, 0}
#define OPTION_TOKENS                                                                                                          \
    {"q", VALUE_TOKENS, NULL, NULL, "queries: index, range, list or a token's text", 0, 0},                                    \
    {"k", VALUE_TOKENS, NULL, NULL, "keys: index, range, list or a token's text", 0, 0},                                       \
    {"from", VALUE_ENUM, "A|B", NULL, "queries of the first or second text of a pair", 0, 0},                                  \
    {"to", VALUE_ENUM, "A|B", NULL, "keys of the first or second text of a pair", 0, 0},                                       \
    {"special", VALUE_ENUM, "on|off|renorm", "on", "special tokens: shown, hidden, or hidden and the rest divided by its sum", \
     0, 0},                                                                                                                    \
    {"words", VALUE_FLAG, NULL, "off", "join word pieces: sum over keys, mean over queries", 0, 0}
#define OPTION_AGG {"agg", VALUE_ENUM, "mean|max|min|std", NULL, "fold the selected heads into one map", 0, 0}

#endif
