/* style= of a figure: the chart that maps are drawn as, and what that chart makes of a map first. */
#ifndef GAZE_REPL_MAP_STYLE_H
#define GAZE_REPL_MAP_STYLE_H

#include "repl/grammar/call.h"
#include "repl/map/shown_map.h"
#include "viz/picture.h"

/* The chart of style=; NULL: maps. */
const struct chart_kind *style_chart(const struct call *call);
/* style=text shades one row: a map of one key is turned (what each query gives it), one of several queries becomes the mean
 * over those that see the key. Appends to the title whose row it is: ", from cat", ", to cat". */
NODISCARD bool style_map(const struct call *call, struct shown_map *map, struct buf *title, struct err *err);
/* Append ", mean over queries" where style_map made one. */
void style_values(const struct call *call, const struct shown_map *map, struct buf *out);

#define OPTION_STYLE                                                                                                           \
    {"style", VALUE_ENUM, "map|lines|bars|text", "map",                                                                        \
     "a heat map; lines from queries to keys, heads by colour; one row (q=) as bars; the text shaded by what the tokens get, "  \
     "one gives (q=), or one gets (k=)", 0, 0}

#endif
