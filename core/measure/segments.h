/* Parts of a prompt (examples, instruction, question, answer) and what queries of one part give to the keys of another. The
 * definitions are gaze's own.
 *
 *   mass(P, Q)  = mean over the queries i of P of Σ_{j in Q} A_ij
 *   share(P, Q) = mean over the same queries of |keys of Q that i sees| / |keys that i sees|: what the uniform map gives
 *
 * Keys that are set apart as sinks are no part's; they stand behind the parts, with the mass of a learned sink. So a row of mass
 * sums to 1 wherever rows of the map do, a row of share always. Tokens that are set apart count as queries of no part. */
#ifndef GAZE_CORE_MEASURE_SEGMENTS_H
#define GAZE_CORE_MEASURE_SEGMENTS_H

#include "core/base/regex.h"
#include "core/run.h"

/* What is set apart; each rule takes what the one before it takes. */
enum sinks {
    SINKS_OFF,     /* tokens that the tokenizer put in, which stand in no text */
    SINKS_SPECIAL, /* tokens whose id is special */
    SINKS_FIRST,   /* the first token of the axis */
    SINKS_COLUMNS  /* as keys: columns of the head's own map (column.h) */
};
#define SEGMENT_APART UINT32_MAX

/* The parts of one text (or pair) of a token axis; all in the arena it was made with. */
struct segments {
    size_t n, T;                  /* parts that hold tokens, in the order of the text; tokens */
    uint32_t *part;               /* [T] or SEGMENT_APART */
    uint32_t *home;               /* [T] the part it lies in, apart or not; SEGMENT_APART: put in, or a special token in front */
    struct str *texts;            /* [n] what is written there */
    size_t *tokens, *begin, *end; /* [n] how many are not apart; its tokens lie in [begin,end) */
    bool *second;                 /* [n] of the second text of a pair */
};
/* Cut behind each match of the pattern; a token belongs to the part that its last byte lies in. Where the axis has ids and no
 * text, the text is what the tokens spell (tokenizer may be NULL: then there is one part). Where all
 * tokens are set apart there is no part. Errors: a pattern that gives up. */
NODISCARD bool segments_make(const struct tokenizer *tokenizer, const struct encoding *text, const struct regex *by,
                             enum sinks sinks, struct arena *arena, struct segments *out, struct err *err);
/* Is token t of the text set apart by its id or place? */
bool segment_apart(const struct token *token, size_t t, enum sinks sinks);

/* Mass and share of one head. */
struct segment_map {
    size_t P, Q;          /* parts of the queries and of the keys */
    double *mass, *share; /* [P,Q+1], column Q what is set apart; NaN in rows of no query and where the map is not finite */
    size_t *queries;      /* [P] counted: those that see a key */
};
/* In the arena. */
NODISCARD bool segment_map_new(size_t P, size_t Q, struct arena *arena, struct segment_map *out, struct err *err);
/* Fill it. Call on any thread. */
NODISCARD bool segment_map_fill(const struct run *run, struct site site, const struct segments *queries,
                                const struct segments *keys, enum sinks sinks, struct segment_map *out, struct err *err);
/* The same of n sites on the pool, parts of each site's own axes. watch may be NULL. Cancelled: ERR_CANCELLED. */
NODISCARD bool segment_maps_fill(const struct run *run, const struct site *sites, size_t n, const struct segments *const *queries,
                                 const struct segments *const *keys, enum sinks sinks, const struct watch *watch,
                                 struct segment_map *out, struct err *err);

#endif
