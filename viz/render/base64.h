/* Base64 (RFC 4648 §4), for what text formats hold of bytes. */
#ifndef GAZE_VIZ_RENDER_BASE64_H
#define GAZE_VIZ_RENDER_BASE64_H

#include "core/base/mem.h"

void base64_put(struct buf *out, const void *bytes, size_t n);

#endif
