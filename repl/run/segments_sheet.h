/* What `segments` reads of its call: a run's heads, the parts of their axes, the mass of each head. See core/measure/segments.h.
 */
#ifndef GAZE_REPL_RUN_SEGMENTS_SHEET_H
#define GAZE_REPL_RUN_SEGMENTS_SHEET_H

#include "core/measure/segments.h"
#include "repl/result/result.h"
#include "repl/run/selector.h"
#include "repl/run/site.h"

struct axis_parts {
    const struct tokens *tokens;
    struct segments parts;
};
struct segments_sheet {
    struct session *session;
    const struct call *call;
    struct result *result;
    struct kept_run *kept;
    struct sites sites;
    enum sinks sinks;
    struct axis_parts axes[MAX_AXES];
    size_t n_axes;
    const struct segments **queries, **keys; /* [sites.n] */
    struct segment_map *maps;                /* [sites.n] */
    struct arena *arena;
};
/* Heads whose mass is one: of a stack, a layer, or one head. */
struct segments_group {
    struct site site; /* the first */
    size_t heads;
    bool no_layer, no_head; /* they are of several */
    const struct segments *queries, *keys;
    struct segment_map map; /* means over them */
};

/* Read the run, the heads, by= and sinks=, and make the mass of every head. Free with segments_sheet_close, also on failure. */
NODISCARD bool segments_sheet_open(struct session *session, const struct call *call, struct result *result,
                                   struct segments_sheet *out, struct err *err);
void segments_sheet_close(struct segments_sheet *sheet);

/* per=stack|layer|head: the groups, in the arena. */
NODISCARD bool segments_groups(struct segments_sheet *sheet, struct str per, struct segments_group **out, size_t *n_out,
                               struct err *err);
/* The part that an option names: a number (negative from the end) or what its text holds; "sinks" where `apart` is allowed, which
 * gives parts->n. */
NODISCARD bool segments_part(const struct segments_sheet *sheet, const char *option, struct str name,
                             const struct segments *parts, bool apart, size_t *out, struct err *err);
/* What a person reads for a part: its text in at most so many columns. */
void segments_label(const struct segments *parts, size_t part, size_t columns, struct buf *out);
/* "special tokens and the first token". */
const char *segments_sinks_name(enum sinks sinks);
struct site_row segments_site_row(const struct segments_sheet *sheet, const struct segments_group *group);

/* shuffle=N: the same prompt with its parts in other places, as rows. */
NODISCARD bool segments_control(struct segments_sheet *sheet, struct err *err);

#endif
