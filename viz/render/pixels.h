/* Pixels as a PNG, for the formats that hold one inside. */
#ifndef GAZE_VIZ_RENDER_PIXELS_H
#define GAZE_VIZ_RENDER_PIXELS_H

#include "core/base/mem.h"

/* Append a PNG of rgb [height,width,3]. */
NODISCARD bool pixels_png(const unsigned char *rgb, size_t width, size_t height, struct buf *out, struct err *err);

#endif
