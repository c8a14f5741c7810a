/* The maps that a command (show, plot, diff) means: runs, sites and parts, made one at a time. */
#ifndef GAZE_REPL_MAP_MAP_LIST_H
#define GAZE_REPL_MAP_MAP_LIST_H

#include "repl/map/shown_map.h"
#include "repl/result/result.h"
#include "repl/run/site.h"

/* n maps, made one at a time. */
struct map_list {
    struct map_request request;
    struct kept_run **runs;
    size_t n_runs;
    struct sites *sites;  /* [n_runs] */
    bool difference;      /* runs[1] − runs[0]: one signed map a site */
    bool against;         /* of a difference: one head of runs[0] stands for all of sites[0] */
    bool aligned;         /* where the tokens correspond, not where the indices do */
    struct part_request parts[MAX_TERMS + 2]; /* part=A,B,…: every site once a part, side by side */
    size_t n_parts;       /* 0: one part, as the request says */
};

/* Read runs, sites and what is wanted of them; texts are the call's. Free with map_list_free. */
NODISCARD bool map_list_make(const struct session *session, const struct call *call, struct map_list *out, struct err *err);
/* The same with a part that the call's row has no option for; NULL: as it has. */
NODISCARD bool map_list_make_part(const struct session *session, const struct call *call, const struct part_request *part,
                                  struct map_list *out, struct err *err);
void map_list_free(struct map_list *list);
size_t map_list_count(const struct map_list *list);
/* Map i, runs outermost. shown_map_free it. */
NODISCARD bool map_list_at(const struct map_list *list, size_t i, struct shown_map *out, struct err *err);

/* What the architecture says beside maps of these layers, once a model as long as one of its runs that heard it is kept. */
void maps_note(struct session *session, struct kept_run *kept, const struct sites *sites, struct result *result);
/* The list's last run and first site are what show, plot, row and view mean where none is named. */
void maps_remember(struct session *session, const struct map_list *list);

/* "L2.H1", "mean of L2.H0 to L2.H3" into out; of a list of parts "L2.H1 c2p". */
void map_title(const struct map_list *list, const struct shown_map *map, struct buf *out);
/* What a row tells of a map's site. */
struct site_row map_list_row(const struct map_list *list, const struct shown_map *map);

#endif
