/* The maps that a command (show, plot, diff) means: runs, sites and parts, made one at a time. */
#ifndef GAZE_REPL_MAP_MAP_LIST_H
#define GAZE_REPL_MAP_MAP_LIST_H

#include "repl/map/shown_map.h"
#include "repl/result/result.h"

/* n maps, made one at a time. */
struct map_list {
    struct kept_run **runs;
    size_t n_runs;
    struct sites *sites;  /* [n_runs] */
    bool folded;          /* agg=: one map a run */
    bool difference;      /* runs[1] − runs[0]: one signed map a site */
    bool aligned;         /* where the tokens correspond, not where the indices do */
    struct str parts[MAX_TERMS + 2]; /* part=A,B,…: every site once a part, side by side; borrowed from the call */
    size_t n_parts;       /* 0: one part, as the call says */
};

/* Read runs, sites and the fold of a call. Free with map_list_free. */
NODISCARD bool map_list_make(const struct session *session, const struct call *call, struct map_list *out, struct err *err);
void map_list_free(struct map_list *list);
size_t map_list_count(const struct map_list *list);
/* Map i, runs outermost. shown_map_free it. */
NODISCARD bool map_list_at(struct session *session, const struct call *call, const struct map_list *list, size_t i,
                           struct shown_map *out, struct err *err);

/* The list's last run and first site are what show, plot, row and view mean where none is named. */
void maps_remember(struct session *session, const struct map_list *list);

/* "L2.H1", "mean of L2.H0 to L2.H3" into out; of a list of parts "L2.H1 c2p". */
void map_title(const struct shown_map *map, const struct call *call, struct buf *out);

/* The options that commands showing maps share, for their rows. */
#define OPTION_PART                                                                                                            \
    {"part", VALUE_PART, NULL, "probs", "probs, scores, or a sum of terms: its logits; several as a list: c2c,c2p,scores", 0, 0}, \
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
#define OPTION_PICTURE                                                                                                         \
    {"scale", VALUE_SCALE, NULL, "linear", "how values become colours: linear, sqrt, log:FLOOR, symlog", 0, 0},                \
    {"clip", VALUE_WORD, NULL, NULL, "percentiles that get the ends of the scale: 2:98", 0, 0},                                \
    {"palette", VALUE_PALETTE, NULL, NULL, "colour map", 0, 0},                                                                \
    {"norm", VALUE_ENUM, "shown|head|layer|model", "shown",                                                                    \
     "the scale spans what is shown, each head alone, the layer's heads, or the model's", 0, 0},                               \
    {"digits", VALUE_FLAG, NULL, NULL, "write the values into the cells", 0, 0},                                               \
    {"mark", VALUE_ENUM, "columns|none", "columns", "mark keys that draw attention from all queries", 0, 0}
/* Of a figure in a file; across= in the terminal too. */
#define OPTION_PAPER                                                                                                            \
    {"title", VALUE_TEXT, NULL, NULL, "a title above the figure; none by default", 0, 0},                                      \
    {"size", VALUE_WORD, NULL, NULL, "acl1, acl2, nature1, nature2, or a width: 85mm, 8.5cm, 3.25in, 240pt", 0, 0},             \
    {"dpi", VALUE_FLOAT, NULL, NULL, "pixels an inch: 300, or 600 where size= is given", 30, 2400},                            \
    {"across", VALUE_INT, NULL, NULL, "maps side by side", 1, 1000}

#endif
