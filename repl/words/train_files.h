/* Where a training writes: the vectors, and its state meanwhile. What would fail or destroy after hours is refused at once. */
#ifndef GAZE_REPL_WORDS_TRAIN_FILES_H
#define GAZE_REPL_WORDS_TRAIN_FILES_H

#include "core/embed/format/format.h"
#include "core/embed/train/train.h"
#include "repl/grammar/call.h"
#include "repl/session/session.h"

struct train_place {
    const struct vectors_format *format;
    char *output;  /* the file's name, or NULL: a pipe or standard output */
    bool straight; /* the output is a pipe or a device: nothing lies beside it */
    char *state;   /* the checkpoint's name */
    bool occupied; /* an earlier training's state lies there */
    char *resume;  /* the state to go on from, or NULL */
    char *scratch; /* the folder of the state, for the corpus' numbers */
};

/* From > FILE, format=, checkpoint-file= and resume=. The corpus, the output and the state must be three files. */
NODISCARD bool train_place_choose(const struct session *session, const struct call *call, const struct train_options *options,
                                  struct train_place *place, struct err *err);
/* The vectors are written: the state has done its work and is removed, unless it is the user's own (named by resume=, the
 * output a pipe). `written`: by this training. */
void train_place_forget(const struct train_place *place, bool written);
void train_place_free(struct train_place *place);

#endif
