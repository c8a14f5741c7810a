/* The members of a zip archive: stored ones, as PyTorch writes them, for maps; deflated ones too where that is asked for. */
#ifndef GAZE_CORE_WEIGHTS_ZIP_H
#define GAZE_CORE_WEIGHTS_ZIP_H

#include "core/base/file.h"

struct zip_member {
    struct str name;           /* borrowed from the map */
    const unsigned char *header, *data; /* borrowed from the map */
    size_t stored;                      /* bytes of the data as they lie */
    size_t size;                        /* and decompressed; the same where it is not deflated */
    bool deflated;
    uint32_t crc; /* of the data decompressed, as the directory has it */
};

struct zip {
    struct zip_member *members; /* sorted by name */
    size_t n, capacity;
};

/* Read the central directory. Refused, with the member's name: what is compressed, encrypted or spread over disks; sizes or
 * places outside the file or in another member; names that climb out of a folder or are there twice. */
NODISCARD bool zip_open(const struct file *file, struct zip *out, struct err *err);
/* The same, and members may be deflated (NumPy's savez_compressed). */
NODISCARD bool zip_open_deflated(const struct file *file, struct zip *out, struct err *err);
/* A deflated member's bytes into out [size]. Errors name file and member: damaged data, another size or checksum. */
NODISCARD bool zip_inflate(const struct file *file, const struct zip_member *member, void *out, struct err *err);
void zip_close(struct zip *zip); /* a zeroed struct is fine */
const struct zip_member *zip_find(const struct zip *zip, struct str name); /* NULL where there is none */

#endif
