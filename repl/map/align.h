/* Two maps of texts that differ in their tokens, cell by cell where the tokens correspond. */
#ifndef GAZE_REPL_MAP_ALIGN_H
#define GAZE_REPL_MAP_ALIGN_H

#include "repl/map/shown_map.h"

/* Entries of two axes that correspond: first[k] of the one, second[k] of the other, in order. In an arena. */
struct pairs {
    size_t *first, *second, n;
};
enum map_axis { AXIS_ROWS, AXIS_COLS };
/* By token (the longest common subsequence), or by index, which wants axes of one length. The sink is left out. */
NODISCARD bool shown_map_pairs(const struct shown_map *first, const struct shown_map *second, enum map_axis axis, bool by_token,
                               struct arena *arena, struct pairs *out, struct err *err);
/* Mark the tokens of one map that have no counterpart in the other: their labels begin with "≠", and keep the leading
 * space (␣) where a token of the other text reads alike without it. Returns how many there are, of both axes. */
#define CHANGED_MARK "\u2260"
NODISCARD bool shown_map_mark_changed(struct shown_map *map, const struct shown_map *other, bool by_token, size_t *changed_out,
                                      struct err *err);
/* [rows] or [cols], in the map's arena: 1 where that token has no counterpart in the other map; NULL where the models differ
 * or there is no memory. */
const unsigned char *shown_map_changed(struct shown_map *map, const struct shown_map *other, enum map_axis axis);
/* second − first into second, whose rows and columns shrink to those with a counterpart in first. */
NODISCARD bool shown_map_subtract_aligned(const struct shown_map *first, struct shown_map *second, struct err *err);

#endif
