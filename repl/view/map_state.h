/* What is wanted of the maps that are looked at, how they are coloured, where the crosshair stands; and the map that is seen,
 * made from it at every step. */
#ifndef GAZE_REPL_VIEW_MAP_STATE_H
#define GAZE_REPL_VIEW_MAP_STATE_H

#include "repl/map/shown_map.h"
#include "repl/view/view.h"

enum { MAX_PARTS = 2 + 2 * MAX_TERMS + 1, MAX_ZOOMS = 16 };

/* One measure of every head, made head by head while no key is pressed. */
struct head_values {
    struct sites sites;        /* all of the run */
    double *values;            /* [sites.n], NaN where it does not apply, infinite where the map is not finite */
    size_t done, measure;      /* measures[measure] */
    size_t layers, heads;      /* the largest number of each + 1 */
};

struct map_state {
    struct map_request request; /* its part is parts[part] */
    struct part_request parts[MAX_PARTS]; /* what `m` goes through */
    size_t n_parts, part;
    size_t palette;            /* 0 the default, else palettes[palette - 1] */
    size_t scale;
    struct str clip;           /* clip= of the command */
    struct arena *arena;       /* owns the texts of all these */
    struct buf passed, painted; /* further options of the command, as typed: which tokens (" words=on"), how drawn (" clip=2:98") */
    char *first_scale;         /* scale= of the command, or NULL */
    size_t row, col;           /* the crosshair, in rows and columns of the map */
    bool moved;                /* it was, and the history does not hold it yet */
    struct { struct str q, k; } wider[MAX_ZOOMS]; /* what was seen before each zoom, the whole map first */
    size_t n_wider;
    struct {
        bool on;
        size_t query, key;     /* tokens of the crosshair before the mouse took it along */
    } hover;
    size_t pinned;             /* a query's token, SIZE_MAX: none */
    char find[200];            /* the text last searched for */
    /* made from it */
    struct shown_map shown;    /* its labels as the screen shows them */
    const float *less;         /* of a difference, [shown.rows,shown.cols]: what is subtracted; else NULL */
    struct str *down_labels;   /* [shown.cols] the keys', not reordered: for text that runs downward */
    struct panel panel;
    struct picture picture;
    struct ink ink, heads_ink; /* of the map, of the list of heads */
    struct head_values heads;
    struct {
        bool on, pinned;       /* the map less another: that of a pinned head, else the same head of another run */
        size_t run;
        struct site site;      /* of a pinned head */
    } against;
    char value_name[120];
    struct str broken;         /* "not finite (NaN) from layer L1 on": this run, or n 0 */
};

/* Make viewer->map, of a run at viewer->at.site; freed by map_state_free, after an error too. */
NODISCARD bool map_state_new(struct viewer *viewer, const struct call *call, struct kept_run *run, struct err *err);
void map_state_free(struct map_state *map);
size_t map_place(const size_t *tokens, size_t n, size_t token); /* of a token on an axis, else the nearest after it */
/* The crosshair and the text searched for, as they were on another map. */
void map_state_stand(struct map_state *map, const struct map_state *before);
/* Make the map of what is looked at. False: the old one stays. */
NODISCARD bool viewer_make(struct viewer *viewer, struct err *err);
/* A command for the map that is looked at, or for one query or key of it. */
struct view_line_of {
    const char *verb, *style;  /* style NULL: none */
    size_t q, k;               /* tokens; SIZE_MAX: those that the map has */
};
/* Append "VERB @1 L2.H1 part=c2p …"; of a difference "diff @1 @2 …". */
void viewer_line(const struct viewer *viewer, struct view_line_of what, struct buf *out);
/* Append its options alone: " part=c2p special=off". */
void viewer_options(const struct viewer *viewer, struct buf *out);
extern const char *const view_scales[];   /* that `s` goes through; NULL-ended */
const char *viewer_scale(const struct viewer *viewer); /* in use; never a logarithm for signed maps */
void viewer_note_map(struct viewer *viewer); /* the map that is seen, as its show line */
/* What the crosshair points at, as a row line, where it was moved since; called before another step is noted. */
void viewer_note_crosshair(struct viewer *viewer);
/* Append tokens of an axis as q= and k= take them: "2-5,9". */
void put_tokens(struct buf *out, const size_t *tokens, size_t n);
/* Steps (steps.c) that keep the old state where the new one cannot be made, and note the equivalent command. */
void viewer_go(struct viewer *viewer, struct site site);
void viewer_step_head(struct viewer *viewer, int amount);
void viewer_step_layer(struct viewer *viewer, int amount);
/* The head of that number, or the last before it, of the layer behind (before) a head's; behind the last of a stack comes the
 * first of the next one. */
struct site layer_beside(const struct sites *sites, struct site at, int amount);
/* The kept run before or after this one; the same head where it has one, the same options where they make sense there. */
void viewer_step_run(struct viewer *viewer, int amount);
void viewer_turn_to_run(struct viewer *viewer, struct kept_run *run);
void viewer_step_part(struct viewer *viewer, int amount);
void viewer_step_palette(struct viewer *viewer, int amount);
void viewer_step_scale(struct viewer *viewer, int amount);
void viewer_toggle_special(struct viewer *viewer);
void viewer_pin(struct viewer *viewer);
/* Only these rows and columns of the map, ends included; and back to what was seen before. */
void viewer_zoom_to(struct viewer *viewer, size_t row0, size_t row1, size_t col0, size_t col1);
void viewer_zoom_back(struct viewer *viewer);
/* The map at a site as it is looked at: with the request, less what it is held against. */
NODISCARD bool viewer_map_at(const struct viewer *viewer, struct site site, struct shown_map *out, struct err *err);
void viewer_hold_against(struct viewer *viewer);      /* this head is what others are compared with */
void viewer_toggle_difference(struct viewer *viewer);

/* ---- crosshair.c: acts and rows of keys that several panes have ---- */
void viewer_stand(struct viewer *viewer, size_t row, size_t col); /* the crosshair there */
/* The mouse is over a value: the crosshair follows. It goes back where the mouse leaves the map, or stays where a key is
 * pressed or a button. */
void viewer_hover(struct viewer *viewer, size_t row, size_t col);
void viewer_hover_end(struct viewer *viewer);
void viewer_hover_keep(struct viewer *viewer);
void view_act_key(struct viewer *viewer, void *state, int amount);
void view_act_query(struct viewer *viewer, void *state, int amount);
void view_act_edge(struct viewer *viewer, void *state, int amount); /* first, last key */
void view_act_pin(struct viewer *viewer, void *state, int amount);
void view_act_search(struct viewer *viewer, void *state, int amount);
void view_act_find(struct viewer *viewer, void *state, int amount);
#define KEYS_FIND                                                                    \
    {{'/'}, "/ n N", "find", "find a key's token; next, previous", view_act_search, 1}, \
    {{'n'}, NULL, NULL, NULL, view_act_find, 1},                                     \
    {{'N'}, NULL, NULL, NULL, view_act_find, -1}
#define KEYS_PIN {{KEY_RETURN}, "Enter", "pin", "pin this query, to compare with", view_act_pin, 1}

/* ---- map_below.c ---- */
/* Lines that all panes of one map share: tokens of the crosshair with their neighbours, the exact value, its terms. */
void put_exact(struct buf *out, const struct shown_map *map, size_t row, size_t col); /* nine digits, or what it is instead */
void below_neighbours(struct viewer *viewer, struct cell_grid *grid, size_t row);
void below_exact(struct viewer *viewer, struct cell_grid *grid, size_t row);
void below_terms(struct viewer *viewer, struct cell_grid *grid, size_t row);
/* "×× not a number" where a map holds such cells; returns the columns it took. */
size_t broken_legend(const struct shown_map *map, const struct ink *ink, struct cell_grid *grid, size_t row, size_t col);

/* ---- heads.c ---- */
bool heads_work(struct viewer *viewer);   /* the next head; false: all are done */
void heads_restart(struct viewer *viewer);
const char *heads_number(double value, char out[40]); /* "5.12", "-", "not finite" */
void heads_next_measure(struct viewer *viewer, int amount);
size_t heads_columns(const struct viewer *viewer); /* that the mini-map takes */
/* Returns the rows that it took. */
size_t heads_draw(struct viewer *viewer, struct cell_grid *grid, struct cell_rect rect);
void heads_tell(struct viewer *viewer, struct site site); /* a message: its measure's value */
/* The head that was drawn there; NULL where none was. */
const struct site *heads_at(const struct viewer *viewer, struct cell_rect rect, size_t row, size_t col);

/* ---- map.c ---- */
/* A value in a cell of any size: its colour, and its number in the middle. */
void value_draw(const struct viewer *viewer, const struct ink *ink, struct cell_grid *grid, struct cell_rect at, double value,
                bool number);

/* ---- profile.c ---- */
void profile_draw(struct viewer *viewer, struct cell_grid *grid, struct cell_rect rect);

#endif
