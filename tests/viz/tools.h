/* Independent programs that look at what was written: poppler, libxml2, librsvg, pngcheck, TeX, Chromium. */
#ifndef GAZE_TESTS_VIZ_TOOLS_H
#define GAZE_TESTS_VIZ_TOOLS_H

#include "core/base/mem.h"

/* True, and "not run: …" on standard error, where the program is not installed. */
bool tool_missing(const char *program);
/* What the command prints, standard error included, in the scratch folder; *status_out its exit status. Free with buf_free. */
struct buf tool_output(const char *command, int *status_out);
/* A page of PDF in the scratch folder as pixels (pdftoppm): rgb [height,width,3] on the heap. The test fails where it cannot. */
unsigned char *tool_pixels(const char *pdf, unsigned dpi, size_t *width_out, size_t *height_out);

#endif
