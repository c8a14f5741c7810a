/* How many panels of a picture stand side by side, and the names of a table's rows and columns. */
#ifndef GAZE_REPL_MAP_PANEL_TABLE_H
#define GAZE_REPL_MAP_PANEL_TABLE_H

#include "repl/map/map_request.h"
#include "repl/run/selector.h"
#include "viz/picture.h"

/* Where every layer shows as many heads, and there are two layers and two heads at least, a layer a row with its heads side by
 * side: sets across and the names ("H0" … above, "L0" … at the side, on the arena); else leaves the picture. The panels are
 * `times` runs over the sites, one after another, their rows named by `prefix` [times] ("@2 ") where it is not NULL. */
NODISCARD bool panel_table_sites(const struct sites *sites, size_t times, const struct str *prefix, struct arena *arena,
                                 struct picture *picture, struct err *err);
/* A site a row, a part a column. */
NODISCARD bool panel_table_parts(const struct sites *sites, const struct part_request *parts, size_t n_parts, struct arena *arena,
                                 struct picture *picture, struct err *err);
/* across=N of a call: so many side by side; names of another table are dropped. */
void panel_table_across(const struct call *call, struct picture *picture);

#define OPTION_ACROSS {.name = "across", .kind = VALUE_INT, .summary = "maps side by side", .lo = 1, .hi = 1000}

#endif
