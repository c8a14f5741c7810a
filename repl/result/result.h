/* A result is a sink: a command hands values to it as they come; repl/result/result.c alone prints, redirects and converts.
 *
 * The extension after > (or format=) chooses: table, json, csv, tsv; png … for pictures; npy, npz, safetensors for
 * tensors. A command never prints to stdout itself. */
#ifndef GAZE_REPL_RESULT_RESULT_H
#define GAZE_REPL_RESULT_RESULT_H

#include "core/base/mem.h"
#include "repl/grammar/call.h"
#include "repl/session/session.h"
#include "repl/writer/values.h"
#include "viz/picture.h"
#include "viz/render/renderer.h"

struct result;

/* Begin a command's result: where it goes (standard output, > FILE, | COMMAND) and in which format. End it: finishes the
 * document, commits the file or waits for the pipe; with ok false the file stays as it was. Frees the result. A result to
 * which nothing was given prints nothing. ERR_PIPE: the reader has gone. */
NODISCARD bool result_begin(struct session *session, const struct call *call, struct result **out, struct err *err);
NODISCARD bool result_end(struct result *result, bool ok, struct err *err);

/* Plain text for a person (help, info), a line or many; in JSON a string. */
/* May the text for a person hold the escapes of bold? */
bool result_wants_bold(const struct result *result);
NODISCARD bool result_text(struct result *result, struct str text, struct err *err);
/* The same of sentences: on a screen, lines that are wider are broken at blanks. */
NODISCARD bool result_prose(struct result *result, struct str text, struct err *err);
/* A line on standard error: what load, use, run, set report; progress. Never part of the document. */
void result_note(struct result *result, const char *format, ...) PRINTF_LIKE(2, 3);
/* Sentences, lines each, that belong to a table: above it for a person, else on standard error, beside rows for a program. */
NODISCARD bool result_say(struct result *result, const struct buf *text, struct err *err);
/* as=NAME of the call was taken and another name was given: say so. */
void result_note_name(struct result *result, const struct call *call, struct str name);

/* A table: columns once, then rows, streamed. A number that is not finite is nan, inf or -inf in CSV and TSV, null in JSON
 * with their count ("not_finite") at the row's end, "-" for a person; what is not there at all is CELL_NONE. `header` is the
 * CSV header ("layer,head,index,…"). */
NODISCARD bool result_columns(struct result *result, const char *header, struct err *err);
NODISCARD bool result_row(struct result *result, const struct cell_value *cells, size_t n, struct err *err);

/* One JSON document that the command makes itself (maps, tokens); `plain` is what a person sees, in a table. */
bool result_wants_json(const struct result *result);
NODISCARD bool result_json(struct result *result, struct str document, struct err *err); /* one line, no newline */
/* The same in pieces: all but the last through here. */
NODISCARD bool result_json_piece(struct result *result, struct str piece, struct err *err);
/* Does the format hold pictures? Tables? Else it is for tensors. */
/* A piece of running text, at once; the command ends the last line. Not in JSON. */
NODISCARD bool result_text_piece(struct result *result, struct str piece, struct err *err);

bool result_wants_picture(const struct result *result);
bool result_wants_figure(const struct result *result); /* a picture for a file, not for a terminal */
bool result_wants_names(const struct result *result);  /* a figure that names a map that stands alone */
bool result_wants_rows(const struct result *result);
bool result_wants_tensors(const struct result *result);
bool result_one_tensor(const struct result *result); /* and only one of them */

/* A picture: cells on the terminal and in pipes, a file by its extension (writers first, then viz's renderers). */
NODISCARD bool result_picture(struct result *result, const struct picture *picture, struct err *err);
/* Size, resolution and numbers in cells of the pictures that follow. */
void result_render_options(struct result *result, const struct render_options *options);

/* `about`: pairs for formats that can hold them (safetensors' metadata). One call a result. */
NODISCARD bool result_tensors(struct result *result, const struct tensor_promise *tensors, size_t n,
                              const struct text_pair *about, size_t n_about, struct err *err);

/* The writer's format: "table", "json", "csv", "tsv", "png", "npy", "npz", "safetensors", … */
const char *result_format(const struct result *result);

/* Columns a picture or table may take where the result goes: the terminal's width, $COLUMNS, else 80. */
size_t result_width(const struct result *result);

#endif
