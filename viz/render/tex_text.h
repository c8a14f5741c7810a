/* Text for TeX: escaped where pdfTeX's fonts have its letters, else as the outlines of a font of this system, so that Hebrew,
 * Arabic, Chinese and emoji look right whatever engine and fonts read the file. */
#ifndef GAZE_VIZ_RENDER_TEX_TEXT_H
#define GAZE_VIZ_RENDER_TEX_TEXT_H

#include "viz/draw/canvas.h"

/* Append text in which nothing has a meaning to TeX; letters that pdfTeX has not stay as they are. */
void tex_escape(struct buf *out, struct str text);
/* Append a label: escaped, or drawn (a picture of its own, on the text's baseline). `measure` makes the outlines; what no font
 * has is noted there. Cut to style->width. */
NODISCARD bool tex_label(struct canvas *measure, const struct text_style *style, struct str text, struct buf *out, struct err *err);

#endif
