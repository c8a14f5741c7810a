/* The panes of the full screen: one file a view, ending in its `const struct view`, and one row in list.h.
 *
 * A view draws itself into a grid of cells and acts on keys; repl/terminal/screen.c alone talks to the terminal. What is looked at
 * (run, site, part, colours, crosshair) stands in the viewer, which all views share; what a view alone needs is its own
 * state. */
#ifndef GAZE_REPL_VIEW_VIEW_H
#define GAZE_REPL_VIEW_VIEW_H

#include "repl/grammar/call.h"
#include "repl/terminal/screen.h"
#include "repl/map/shown_map.h"
#include "repl/run/site.h"
#include "viz/render/cells.h"

struct viewer;

/* Keys that do one thing. Rows without a label share the help line of the row before them. */
struct view_key {
    int keys[3];               /* code points and enum screen_key, 0-ended */
    const char *label;         /* "← h"; NULL: as the row before */
    const char *hint;          /* a word for the bottom line: "head"; NULL: not there */
    const char *summary;
    void (*act)(struct viewer *viewer, void *state, int amount);
    int amount;                /* handed to act: -1 and 1 mostly */
};

struct view {
    const char *name, *summary;
    size_t state_size;
    const struct view_key *keys; /* ended by act NULL */
    bool (*open)(struct viewer *viewer, void *state, struct err *err);  /* the state is zeroed; NULL: nothing to do */
    void (*close)(struct viewer *viewer, void *state);                  /* NULL: nothing to do */
    void (*changed)(struct viewer *viewer, void *state);                /* what is looked at has changed; or NULL */
    /* Draw into rows [1, rows - 1) of the grid; the first and the last row are the viewer's. */
    void (*draw)(struct viewer *viewer, void *state, struct cell_grid *grid);
    /* A slice of work (at most some 50 ms) while no key is pressed; false: there is none. NULL: never. */
    bool (*work)(struct viewer *viewer, void *state);
};

enum { MAX_PARTS = 2 + 2 * MAX_TERMS + 1, MAX_VIEWS = 4, MESSAGE_BYTES = 400 };

/* A line that is being typed, at the bottom of the screen. */
struct prompt {
    const char *mark;          /* ":" or "/"; NULL: none is open */
    void (*done)(struct viewer *viewer, struct str line);
    struct buf line;
    size_t cursor;             /* bytes */
    struct buf earlier;        /* lines typed before, newline-ended */
    size_t recalled;           /* how many lines back, 0: the new one */
};

/* One measure of every head, made head by head while no key is pressed. */
struct head_values {
    struct sites sites;        /* all of the run */
    double *values;            /* [sites.n], NaN where it could not be made */
    size_t done, measure;      /* measures[measure] */
    size_t layers, heads;      /* the largest number of each + 1 */
};

struct viewer {
    struct session *session;
    struct full_screen *screen;
    enum depth depth;
    /* what is looked at */
    size_t run;                /* number of the kept run */
    struct site site;
    struct map_request request; /* its part is parts[part] */
    struct part_request parts[MAX_PARTS]; /* what `m` goes through */
    size_t n_parts, part;
    struct str clip;           /* clip= of the command */
    struct arena *arena;       /* owns the texts of all these */
    size_t palette;            /* 0 the default, else palettes[palette - 1] */
    size_t scale;
    struct buf passed;         /* further options of the command, as typed: " q=3 words=on" */
    char *first_scale;         /* scale= of the command, or NULL */
    size_t row, col;           /* the crosshair, in rows and columns of the map */
    size_t pinned;             /* a query's token, SIZE_MAX: none */
    /* made from it */
    struct shown_map map;      /* its labels as the screen shows them */
    struct str *down_labels;   /* [map.cols] the keys', not reordered: for text that runs downward */
    struct panel panel;
    struct picture picture;
    struct ink ink, heads_ink; /* of the map, of the list of heads */
    struct head_values heads;
    char value_name[120];
    /* the screen */
    struct { const struct view *view; void *state; } views[MAX_VIEWS];
    size_t n_views;
    struct prompt prompt;
    char find[200];            /* the text last searched for */
    char message[MESSAGE_BYTES];
    bool message_is_error, leave, redraw;
    struct buf echo;           /* commands equivalent to what was done, newline-ended */
};

/* Run the full screen on a site until q; `call` is of the command that asks for it (its part, tokens, colours). Leaves
 * the terminal as it was. Errors: no terminal, or the map cannot be made. */
NODISCARD bool viewer_run(struct session *session, const struct call *call, struct kept_run *run, struct site site,
                          struct err *err);

/* ---- frame.c ---- */
void frame_show(struct viewer *viewer); /* draw everything and show it */

/* ---- viewer.c ---- */
/* A slice of work while no key is pressed; false: there is none. */
bool viewer_work(struct viewer *viewer);
extern const struct view_key viewer_keys[]; /* that all views share */
void viewer_say(struct viewer *viewer, const char *format, ...) PRINTF_LIKE(2, 3);
void viewer_complain(struct viewer *viewer, const struct err *err);
void viewer_open(struct viewer *viewer, const struct view *view); /* on top of the others */
/* Look at another run or head with other options; where that cannot be, everything stays. */
NODISCARD bool viewer_turn_to(struct viewer *viewer, const struct call *call, struct kept_run *run, struct site site,
                              struct err *err);
void viewer_back(struct viewer *viewer);                          /* close the uppermost; the last one leaves */
void viewer_give_history(struct viewer *viewer);
/* The screen as it is shown, without the prompt, as text. */
NODISCARD bool viewer_save_display(struct viewer *viewer, struct str path, struct err *err);

/* ---- state.c ---- */
NODISCARD bool viewer_begin(struct viewer *viewer, const struct call *call, struct kept_run *run, struct err *err);
void viewer_end(struct viewer *viewer);
/* Make the map of what is looked at. False: the old one stays. */
NODISCARD bool viewer_make(struct viewer *viewer, struct err *err);
/* The run that is looked at; NULL where it was dropped. */
struct kept_run *viewer_kept(const struct viewer *viewer);
/* Append "VERB @1 L2.H1 part=c2p …". */
void viewer_line(const struct viewer *viewer, const char *verb, struct buf *out);
extern const char *const view_scales[];   /* that `s` goes through; NULL-ended */
const char *viewer_scale(const struct viewer *viewer); /* in use; never a logarithm for signed maps */
void viewer_note_map(struct viewer *viewer); /* the map that is seen, as its show line */
/* Steps (steps.c) that keep the old state where the new one cannot be made, and note the equivalent command. */
void viewer_go(struct viewer *viewer, struct site site);
void viewer_step_head(struct viewer *viewer, int amount);
void viewer_step_layer(struct viewer *viewer, int amount);
void viewer_step_part(struct viewer *viewer, int amount);
void viewer_step_palette(struct viewer *viewer, int amount);
void viewer_step_scale(struct viewer *viewer, int amount);
void viewer_toggle_special(struct viewer *viewer);
void viewer_pin(struct viewer *viewer);
void viewer_note(struct viewer *viewer, const char *format, ...) PRINTF_LIKE(2, 3); /* a line for the history */

/* ---- heads.c ---- */
bool heads_work(struct viewer *viewer);   /* the next head; false: all are done */
void heads_restart(struct viewer *viewer);
void heads_next_measure(struct viewer *viewer, int amount);
size_t heads_columns(const struct viewer *viewer); /* that the mini-map takes */
/* Returns the rows that it took. */
size_t heads_draw(struct viewer *viewer, struct cell_grid *grid, struct cell_rect rect);

/* ---- profile.c ---- */
void profile_draw(struct viewer *viewer, struct cell_grid *grid, struct cell_rect rect);

/* ---- prompt.c ---- */
void prompt_open(struct viewer *viewer, const char *mark, const char *line, void (*done)(struct viewer *, struct str));
void prompt_key(struct viewer *viewer, int key);
/* Draw it into a row; the column of its cursor. */
size_t prompt_draw(const struct viewer *viewer, struct cell_grid *grid, size_t row);
void prompt_free(struct prompt *prompt);

/* ---- lines.c: what `:` takes besides gaze's own commands ---- */
struct view_line {
    const char *name, *argument, *summary;
    void (*run)(struct viewer *viewer, struct str argument);
};
extern const struct view_line view_lines[]; /* ended by name NULL */
void viewer_execute(struct viewer *viewer, struct str line);

/* ---- label.c ---- */
/* Append a token as the screen shows it: clusters that would shift the line are escaped, right-to-left runs stand in
 * visual order (the terminal is told not to reorder). */
void label_of(struct buf *out, struct str token);

/* ---- styles ---- */
struct style style_accent(enum depth depth);
struct style style_bar(enum depth depth);
extern const struct style style_plain, style_bold, style_dim;

#define VIEW_EXTERN(name) extern const struct view view_##name;
#include "repl/view/list.h"
VIEWS(VIEW_EXTERN)
#undef VIEW_EXTERN
extern const struct view *const views[]; /* NULL-ended, in the order of list.h */

#endif
