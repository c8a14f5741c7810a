/* The panes of the full screen: one file a view, ending in its `const struct view`, and one row in list.h.
 *
 * A view draws itself into a grid of cells and acts on keys; repl/terminal/screen.c alone talks to the terminal. The viewer is a
 * session, a screen and a stack of views; a view is opened on a place, and what it alone needs is its own state. What is
 * wanted of the maps at that place and how they are coloured is map_state.h's. */
#ifndef GAZE_REPL_VIEW_VIEW_H
#define GAZE_REPL_VIEW_VIEW_H

#include "repl/grammar/call.h"
#include "repl/run/site.h"
#include "repl/result/result.h"
#include "repl/view/keys.h"
#include "viz/draw/cells.h"

struct viewer;
struct map_state;

/* What a view stands on: a run that is kept, by its number, and a site of it. */
struct place {
    size_t run;
    struct site site;
};

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
    int key;                   /* opens it from any other, and goes back to the map; 0: another way leads there */
    size_t state_size;
    const struct view_key *keys; /* ended by act NULL */
    /* On a place; the state is zeroed. NULL: nothing to do. */
    bool (*open)(struct viewer *viewer, struct place at, void *state, struct err *err);
    void (*close)(struct viewer *viewer, void *state);                    /* NULL: nothing to do */
    void (*changed)(struct viewer *viewer, struct place at, void *state); /* another place is looked at, or otherwise; or NULL */
    void (*line)(const struct viewer *viewer, const void *state, struct buf *out); /* append its picture as a command; NULL: the map's */
    /* Draw into rows [1, rows - 1) of the grid; the first and the last row are the viewer's. */
    void (*draw)(struct viewer *viewer, void *state, struct cell_grid *grid);
    /* A slice of work (at most some 50 ms) while no key is pressed; false: there is none. NULL: never. */
    bool (*work)(struct viewer *viewer, void *state);
    /* What the mouse did; false: the viewer is to deal with it (the wheel changes the head). NULL: never. */
    bool (*point)(struct viewer *viewer, void *state, struct pointer at);
};

enum { MAX_VIEWS = 4, MESSAGE_BYTES = 400 };

/* A line that is being typed, at the bottom of the screen. */
struct prompt {
    const char *mark;          /* ":" or "/"; NULL: none is open */
    void (*done)(struct viewer *viewer, struct str line);
    struct buf line;
    size_t cursor;             /* bytes */
    struct buf earlier;        /* lines typed before, newline-ended */
    size_t recalled;           /* how many lines back, 0: the new one */
};

/* A session, a screen and a stack of views, with what is typed and said below them. */
struct viewer {
    struct session *session;
    struct full_screen *screen; /* NULL: nobody looks, keys are typed and the last screen is a picture */
    size_t columns, rows;      /* of the screen */
    enum depth depth;
    struct place at;           /* what is looked at */
    struct map_state *map;     /* what is wanted of its map, and the map */
    struct { const struct view *view; void *state; } views[MAX_VIEWS];
    size_t n_views;
    struct prompt prompt;
    char message[MESSAGE_BYTES];
    bool message_is_error, leave, redraw;
    bool passing;              /* the message is gone when the mouse moves on */
    struct buf echo;           /* commands equivalent to what was done, newline-ended */
    struct keys keys;          /* of the command, typed first */
    struct pointer pointer;    /* of the last KEY_POINTER */
    bool moving;               /* the last key was the mouse moving */
    struct buf opened;         /* the command that opens what was opened at first */
    size_t first_columns, first_rows;
    struct buf typed;          /* every key since then, as words; without what is no step of its own */
    size_t before_key, before_prompt; /* how long they were before the last key, and before the prompt was opened */
};

/* Run the full screen on a site until q; `call` is of the command that asks for it (its part, tokens, colours). Leaves
 * the terminal as it was. Where the call writes > FILE no terminal is taken: the keys of keys= are typed, and the screen after
 * them is given to the result as a picture. Errors: no terminal, or the map cannot be made. */
NODISCARD bool viewer_run(struct session *session, const struct call *call, struct kept_run *run, struct site site,
                          struct result *result, struct err *err);

/* ---- frame.c ---- */
void frame_show(struct viewer *viewer); /* draw everything and show it */
/* Everything but the prompt, into a grid of the screen's size; false where there is no memory for it. */
NODISCARD bool frame_draw(struct viewer *viewer, struct cell_grid *grid, struct err *err);

/* ---- viewer.c ---- */
/* A slice of work while no key is pressed; false: there is none. */
bool viewer_work(struct viewer *viewer);
extern const struct view_key viewer_keys[]; /* that all views share */
void viewer_say(struct viewer *viewer, const char *format, ...) PRINTF_LIKE(2, 3);
void viewer_complain(struct viewer *viewer, const struct err *err);
/* In place of the others above the map; the map itself where that is the one shown. */
void viewer_turn_pane(struct viewer *viewer, const struct view *view);
/* Look at another run or head with other options, in the view that is open; where that cannot be, everything stays. */
NODISCARD bool viewer_turn_to(struct viewer *viewer, const struct call *call, struct kept_run *run, struct site site,
                              struct err *err);
void viewer_back(struct viewer *viewer);                          /* close the uppermost; the last one leaves */
/* Acts of keys that several views have: another head, another layer. */
void view_act_head(struct viewer *viewer, void *state, int amount);
void view_act_layer(struct viewer *viewer, void *state, int amount);
void viewer_note_line(struct viewer *viewer); /* the same, for the history */
void viewer_give_history(struct viewer *viewer);
/* The run that is looked at; NULL where it was dropped. */
struct kept_run *viewer_kept(const struct viewer *viewer);
void viewer_note(struct viewer *viewer, const char *format, ...) PRINTF_LIKE(2, 3); /* a command for the history */

/* ---- display.c ---- */
/* Set the size and the colours of a screen that nobody looks at from the call. */
NODISCARD bool viewer_read_display(struct viewer *viewer, const struct call *call, struct err *err);
/* Keep the command and the size that the screen is opened with, for the command that makes a picture of it. */
void viewer_note_opened(struct viewer *viewer, const struct call *call);
/* The screen as it is shown, without the prompt, to a result as a picture. */
NODISCARD bool viewer_give_display(struct viewer *viewer, const struct call *call, struct result *result, struct err *err);
/* The same in a file: as a figure where its name ends in .svg, .png or .pdf, with the command that makes it for the history;
 * else as text. */
NODISCARD bool viewer_save_display(struct viewer *viewer, struct str path, struct err *err);

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

/* ---- stripes.c ---- */
/* The stripes of the head that is looked at, over the lines of a file. */
void viewer_stripes(struct viewer *viewer, struct str path);

/* ---- styles ---- */
struct style style_accent(enum depth depth);
extern const struct style style_plain, style_bold, style_dim;

#define VIEW_EXTERN(name) extern const struct view view_##name;
#include "repl/view/list.h"
VIEWS(VIEW_EXTERN)
#undef VIEW_EXTERN
extern const struct view *const views[]; /* NULL-ended, in the order of list.h */

#endif
