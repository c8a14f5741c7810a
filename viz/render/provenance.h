/* Where a figure comes from, inside its file: PNG keeps it in text chunks, every other format as one JSON object of one line
 * in ASCII (PDF among its keywords, SVG in its metadata, HTML in a script of data, TeX in a comment). */
#ifndef GAZE_VIZ_RENDER_PROVENANCE_H
#define GAZE_VIZ_RENDER_PROVENANCE_H

#include "viz/picture.h"

/* Append the object: the picture's pairs, its notes as "Note". No character of it means anything in XML, HTML or TeX comments. */
void provenance_json(const struct picture *picture, struct buf *out);
/* Append a JSON string in ASCII that holds neither < > nor &. */
void provenance_string(struct buf *out, struct str text);

/* Append what a figure's file holds of it as text, "Command: plot L2.H1 > a.pdf" a line; a line inside a value is indented.
 * ERR_FORMAT where it is no figure of gaze, or its provenance is damaged. */
NODISCARD bool provenance_read(struct str file, const char *name, struct buf *out, struct err *err);

#endif
