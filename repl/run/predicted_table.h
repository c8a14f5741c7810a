/* What a change does to what a model predicts, told of two runs of one text: for ablate and patch alike. */
#ifndef GAZE_REPL_RUN_PREDICTED_TABLE_H
#define GAZE_REPL_RUN_PREDICTED_TABLE_H

#include "core/measure/predicted.h"
#include "repl/result/result.h"

/* Which places of a run are asked, and for which words. */
struct prediction_ask {
    const struct output_head *head; /* NULL: the model has none over its vocabulary */
    struct asked_place *places;     /* [n] */
    size_t n, given;                /* given: places whose word stands in the text */
    const char *of;                 /* "next words", "masked words, …" */
};
/* From q=, word=, against= and emd= of the call: where q= is not given every token, or the masks of a text that holds some; word= asks
 * at masks and behind the last token alone. Errors stand at the option. */
NODISCARD bool prediction_ask(const struct call *call, const struct run *run, struct prediction_ask *out, struct err *err);
void prediction_ask_free(struct prediction_ask *ask);

/* Lines above the table: losses, first words, hidden states of each layer. */
void prediction_say(const struct prediction_ask *ask, const struct predicted *predicted, const struct run *before,
                    const struct run *after, struct buf *out);
/* The table, a row a place. `source`: what the text that a patch came from says there, or NULL. */
NODISCARD bool prediction_rows(const struct prediction_ask *ask, const struct predicted *predicted, const struct predicted *source,
                               const struct run *run, struct result *result, struct err *err);

#define OPTIONS_PREDICTED                                                                                                     \
    {"q", VALUE_TOKENS, NULL, NULL, "places to predict; else every token, or the masks of a text that holds some", 0, 0},     \
    {"word", VALUE_WORD, NULL, NULL, "the word asked for; else the text's own, at masks the likeliest before the change", 0, 0}, \
    {"against", VALUE_WORD, NULL, NULL, "the word whose logit is taken off; else the likeliest other one before the change", 0, 0}, \
    {"emd", VALUE_FLAG, NULL, "on", "off: not behind an enhanced mask decoder", 0, 0}

#endif
