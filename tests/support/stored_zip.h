/* A zip archive of stored members, as torch.save writes it, for tests that break one. */
#ifndef GAZE_TESTS_SUPPORT_STORED_ZIP_H
#define GAZE_TESTS_SUPPORT_STORED_ZIP_H

#include "core/base/mem.h"

struct stored_member {
    const char *name;
    struct str data;
};
/* Append the archive to `out`; *directory_out: where its central directory begins. */
void stored_zip(const struct stored_member *members, size_t n, struct buf *out, size_t *directory_out);

#endif
