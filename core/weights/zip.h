/* The members of a zip archive that lie stored, as PyTorch writes them: where their bytes are, for maps. */
#ifndef GAZE_CORE_WEIGHTS_ZIP_H
#define GAZE_CORE_WEIGHTS_ZIP_H

#include "core/base/file.h"

struct zip_member {
    struct str name;           /* borrowed from the map */
    const unsigned char *header, *data; /* borrowed from the map */
    size_t size;                        /* of the data */
};

struct zip {
    struct zip_member *members; /* sorted by name */
    size_t n, capacity;
};

/* Read the central directory. Refused, with the member's name: what is compressed, encrypted or spread over disks; sizes or
 * places outside the file or in another member; names that climb out of a folder or are there twice. */
NODISCARD bool zip_open(const struct file *file, struct zip *out, struct err *err);
void zip_close(struct zip *zip); /* a zeroed struct is fine */
const struct zip_member *zip_find(const struct zip *zip, struct str name); /* NULL where there is none */

#endif
