/* How much each head's map changed from one run to another, by a named distance. */
#ifndef GAZE_REPL_MAP_CHANGE_H
#define GAZE_REPL_MAP_CHANGE_H

#include "repl/map/map_list.h"

struct distance {
    const char *name, *label;     /* "js", "Jensen–Shannon divergence (nats)" */
    const char *formula, *source; /* printed beside every number */
    bool probabilities;           /* of rows that are distributions alone */
};
extern const struct distance *const distances[]; /* NULL-ended */

/* One head: its distance, NaN where a map is not finite, and the cell that changed most. */
struct change {
    struct site site;         /* of the first run */
    size_t at;                /* its place in the list */
    double distance, largest; /* largest: second − first there */
    struct str query, key;    /* the second run's tokens of that cell, in the arena */
};
struct changes {
    const struct distance *by;
    bool by_token;         /* cells correspond by token, not by index */
    struct change *change; /* [n] in the order of the list, or ranked */
    size_t n, not_finite;
    struct arena *arena;
};

/* All heads of a list of two runs, in its order. distance= of the call, else js for probabilities and mean for others; by
 * token where the list says so or the texts' lengths differ. Freed by changes_free, after an error too. */
NODISCARD bool changes_make(const struct call *call, const struct map_list *list, struct changes *out, struct err *err);
void changes_free(struct changes *changes);
void changes_rank(struct changes *changes); /* the largest first, those that are not finite last */
/* The table of the first `top`: site, distance, and the cell that changed most. */
NODISCARD bool changes_rows(const struct changes *changes, size_t top, struct site_row row, struct result *result, struct err *err);
/* "js: mean over queries of … (Lin 1991 …); by index". */
void changes_say(const struct changes *changes, struct buf *out);

#define OPTION_DISTANCE                                                                                                          \
    {                                                                                                                            \
        .name = "distance", .kind = VALUE_ENUM, .values = "js|mean|largest",                                                     \
        .summary = "how much heads changed: js (Jensen–Shannon, of probabilities), mean or largest |difference|"               \
    }

#endif
