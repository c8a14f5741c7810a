/* A matrix by product quantisation, as fastText's .ftz files hold it (Joulin et al. 2016, "FastText.zip"; Jégou et al. 2011): each row is
 * cut into parts, and a part is the number of the nearest of 256 centroids.
 *
 *   u8 norms apart;  i64 rows, columns;  i32 codes in all;  codes u8 [rows, parts];  quantiser
 *   norms apart: u8 [rows];  quantiser of one column
 *   quantiser: i32 columns, parts, width, width of the last part;  f32 [columns · 256], part by part, centroid by centroid */
#ifndef GAZE_CORE_EMBED_FORMAT_QUANTISED_H
#define GAZE_CORE_EMBED_FORMAT_QUANTISED_H

#include "core/base/mem.h"

struct quantiser {
    size_t columns, parts, width, last;
    const unsigned char *centroids; /* f32, unaligned */
};
struct quantised {
    size_t rows, columns;
    const unsigned char *codes;      /* [rows, parts], borrowed */
    const unsigned char *norm_codes; /* [rows], NULL: rows have their own lengths */
    struct quantiser quantiser, norms;
};
/* Read one at *at, which moves behind it; nothing is read at `end`. False: it does not fit, or its sizes are no matrix's; errors
 * name `path`. */
NODISCARD bool quantised_read(const unsigned char **at, const unsigned char *end, const char *path, struct quantised *out,
                              struct err *err);
/* sum [columns] += row i. */
void quantised_add(const struct quantised *q, size_t i, float *sum);

#endif
