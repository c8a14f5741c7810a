/* The line that a training shows while it works: speed, loss, learning rate, time left and how the loss went. */
#ifndef GAZE_REPL_WORDS_TRAIN_PROGRESS_H
#define GAZE_REPL_WORDS_TRAIN_PROGRESS_H

#include "core/embed/train/train.h"
#include "repl/session/session.h"

enum { TRAIN_LINE_BARS = 16 };

struct train_line {
    bool on, shown;
    double begun, last;           /* seconds; 0: not yet */
    size_t done_before;           /* words that were done when the training began or went on */
    double loss[TRAIN_LINE_BARS]; /* over the course of the training, each the mean of its part */
    size_t counts[TRAIN_LINE_BARS];
};

/* The watch to hand down; shown only where standard error is a terminal. It lives as long as the line. */
struct train_watch train_line_begin(struct train_line *line, const struct session *session);
void train_line_end(struct train_line *line); /* wipes it */
/* The text of the line, without its control characters, in at most so many columns: rate, loss, bars, speed and time left give
 * way in that order. Seconds since the training began. */
void train_line_text(const struct train_line *line, const struct train_progress *progress, double seconds, size_t columns,
                     struct buf *out);

#endif
