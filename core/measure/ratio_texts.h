/* The ratio n·c_j of every key of chosen heads in many texts: what stripes are drawn from. Memory follows what is added: heads ×
 * tokens of all texts; the caller bounds the texts. */
#ifndef GAZE_CORE_MEASURE_RATIO_TEXTS_H
#define GAZE_CORE_MEASURE_RATIO_TEXTS_H

#include "core/measure/column.h"
#include "core/scan.h"

struct ratio_text {
    size_t number, line;    /* of the text, of its line in the file; of a kept run both are its number */
    size_t n;               /* tokens */
    int32_t *ids;           /* [n] */
    unsigned char *special; /* [n] 1: put in by the tokenizer; where it put in none: the id is that of a special token */
    float *ratios;          /* [n_sites, n] as column_ratios gives them */
};
struct ratio_texts {
    const struct site *sites; /* [n_sites], borrowed; of any text */
    size_t n_sites;
    struct ratio_text *texts; /* in the order of adding */
    size_t n, capacity;
    size_t not_finite; /* maps with numbers that are not finite */
};
/* Add a text of a run. The keys of all sites must be its own tokens (ERR_ARG). */
NODISCARD bool ratio_texts_add(struct ratio_texts *texts, const struct run *run, size_t text, size_t number, size_t line,
                               struct err *err);
/* The same from a scan. */
struct scan_observer ratio_texts_observer(struct ratio_texts *texts);
/* In the order of their numbers, or the longest first. */
void ratio_texts_sort(struct ratio_texts *texts, bool by_length);
void ratio_texts_free(struct ratio_texts *texts); /* a zeroed struct is fine */

/* How often heads have a column: for choosing among them on texts that are not shown. */
struct ratio_counts {
    const struct site *sites; /* [n_sites], borrowed */
    size_t n_sites, texts;
    size_t *columns; /* [n_sites] texts in which some key is a column (gaze's own rule) */
    double *largest; /* [n_sites] sum over the texts of the largest ratio */
};
NODISCARD bool ratio_counts_new(const struct site *sites, size_t n_sites, struct ratio_counts *out, struct err *err);
struct scan_observer ratio_counts_observer(struct ratio_counts *counts);
/* The numbers of the `most` heads with columns in the most texts, the larger sum of ratios first among equals; in the order of
 * the sites. Returns how many. out [most]. */
size_t ratio_counts_choose(const struct ratio_counts *counts, size_t most, size_t *out);
void ratio_counts_free(struct ratio_counts *counts);

#endif
