/* The texts of a file, a line each, that columns and stripes run: texts=, length=, add_special=, front= of a call. */
#ifndef GAZE_REPL_RUN_TEXTS_FILE_H
#define GAZE_REPL_RUN_TEXTS_FILE_H

#include "core/base/source.h"
#include "core/measure/column_texts.h"
#include "core/scan.h"
#include "repl/result/result.h"
#include "repl/run/selector.h"

struct texts_file {
    struct model *model;
    struct source *file;
    char *path, *front;        /* front: the token put in front of all texts, or NULL */
    struct scan_options scan;  /* its length is that of every text; shortest: fewest that a text may have */
    bool length_chosen;        /* by the file: no length= was given */
    size_t longest;            /* tokens of the longest text */
    struct sites sites;        /* that the call selects and whose keys are the text's tokens */
    size_t left_out;           /* sites whose keys are others */
};

/* The model of the run that is named, else the one in use. Errors: it has no tokenizer. */
struct model *texts_file_model(struct session *session, const struct call *call, struct err *err);
/* Open the file, choose the length (given, or the median of the texts: half of them reach it; at most 128) and resolve
 * the selector on the first text. Errors: no tokenizer, no text of that length, what stands in scan.h. */
NODISCARD bool texts_file_open(struct session *session, const struct call *call, struct texts_file *out, struct err *err);
/* The same with the heads whose keys are the tokens of a decoder's own side. */
NODISCARD bool texts_file_open_both(struct session *session, const struct call *call, struct texts_file *out, struct err *err);
void texts_file_free(struct texts_file *texts); /* a zeroed struct is fine */

#define OPTIONS_TEXTS                                                                                                     \
    {.name = "texts", .kind = VALUE_FILE, .summary = "every line of this file is a text"},                                \
    {.name = "length", .kind = VALUE_INT, .lo = 8, .hi = 1e6,                                                             \
     .summary = "tokens of every text: longer ones are cut; the median where not given"},                                \
    {.name = "add_special", .kind = VALUE_FLAG, .fallback = "on", .summary = "off: without the tokenizer's special tokens"}, \
    {.name = "front", .kind = VALUE_WORD, .summary = "a token put in front of every text"}

#endif
