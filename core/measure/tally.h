/* Sums over a corpus, head by head, in memory that the corpus' length does not change: an observer of a scan.
 *
 * Of every text each measure of each head (its sum and that of its squares), the mass of every key by its index and by its token,
 * and how often a key is a column or a sink. All sums are whole numbers or exact (base/exact.h): tallies of parts of a corpus merge
 * to the same bits however it was split, and whatever the number of threads.
 *
 *   value   a head and a measure       [sites, measures]
 *   cell    a head and a place         [sites, places]    places: index 0, 1 …, then 0, 1 … from the end
 *   token   a token that occurred      a head each
 *   sinks   all heads of a text together, for intervals over texts, with a bootstrap
 *
 * The sink score of a key is α_j, the mean over the queries that may see it (Gu et al. 2024, arXiv 2410.10781, who take causal
 * maps); it is counted at thresholds 0.1 … 0.9. The bootstrap is Poisson's (Chamandy et al. 2012): a text counts k times in a
 * replicate, k drawn by the text's own hash, so that parts merge. */
#ifndef GAZE_CORE_MEASURE_TALLY_H
#define GAZE_CORE_MEASURE_TALLY_H

#include "core/base/exact.h"
#include "core/measure/measure.h"
#include "core/scan.h"

enum { TALLY_THRESHOLDS = 9, TALLY_REPLICATES = 200, TALLY_MEASURES = 48, TALLY_ENDS = 4 };
#define TALLY_THRESHOLD(i) (0.1 * (double)((i) + 1))

/* These four hold numbers of 8 bytes alone, and are stored as they lie. */
struct tally_value {
    struct exact sum, square;
    uint64_t n; /* texts where the measure applies and the map is finite */
};
struct tally_cell {
    struct exact mass, square, ratio;
    uint64_t n, columns, over[TALLY_THRESHOLDS]; /* texts with such a key: all, where it is a column, where its α exceeds */
};
struct tally_key {
    struct exact mass, ratio;
    uint64_t n, columns; /* occurrences in finite maps */
};
struct tally_sinks {
    uint64_t texts, sites;                                     /* with finite maps alone */
    uint64_t over[TALLY_THRESHOLDS], square[TALLY_THRESHOLDS]; /* heads whose first key is a sink: sums over the texts of k and k² */
    uint64_t drawn[TALLY_REPLICATES], drawn_over[TALLY_REPLICATES][TALLY_THRESHOLDS];
};

/* What has to agree where tallies merge. */
struct tally_shape {
    char *model; /* its name */
    uint64_t fingerprint;
    struct site *sites; /* [n_sites] of text 0 */
    size_t n_sites;
    char *measures[TALLY_MEASURES]; /* names */
    size_t n_measures;
    size_t places; /* indices counted from the start; TALLY_ENDS from the end follow */
    size_t length, shortest; /* as scanned */
    bool no_special, paragraphs;
    bool tokens;  /* all tokens are counted; else special ones */
    uint64_t seed;
};
struct tally_token {
    char *string; /* of the vocabulary */
    size_t bytes; /* of it */
    uint64_t special, n; /* occurrences */
    struct tally_key *keys; /* [n_sites] */
};
/* Bytes of a corpus that were counted. */
struct tally_piece {
    char *corpus;
    uint64_t size, from, to, hash; /* hash: of the bytes from … to */
};
struct tally {
    struct tally_shape shape;
    uint64_t texts, tokens, shortest, longest; /* tokens in all; of the shortest and the longest text */
    struct scan_counts counts;
    struct tally_value *values; /* [n_sites, n_measures] */
    struct tally_cell *cells;   /* [n_sites, places + TALLY_ENDS] */
    uint64_t *not_finite;       /* [n_sites] maps */
    struct tally_token **by_id; /* [n_ids] NULL: did not occur */
    size_t n_ids;
    struct tally_sinks *sinks;
    struct tally_piece *pieces;
    size_t n_pieces, pieces_capacity;
    struct scan_place place; /* of the last piece: where it goes on */
    uint64_t part_end;       /* byte of the corpus at which the part of the last piece ends */
    bool complete;           /* the last piece was counted to its end */
};

/* An empty tally. The shape is copied. */
NODISCARD bool tally_new(const struct tally_shape *shape, struct tally *out, struct err *err);
void tally_free(struct tally *tally); /* a zeroed struct is fine */
void tally_shape_free(struct tally_shape *shape); /* what it points to; for one that was copied */
/* The row of a token, made where it is new. NULL: ERR_MEMORY. */
struct tally_token *tally_token(struct tally *tally, size_t id, struct str string, bool special, struct err *err);
size_t tally_places(const struct tally *tally);
/* Add what `other` holds. ERR_ARG where they are not of one shape, or hold the same bytes of a corpus. On failure nothing is added,
 * but for ERR_MEMORY. */
NODISCARD bool tally_merge(struct tally *tally, const struct tally *other, struct err *err);

/* The observer of a scan; `tally` and the model stay. It looks at passes. */
struct tally_observer {
    struct tally *tally;
    const struct measure *measures[TALLY_MEASURES]; /* of the shape */
};
struct scan_observer tally_observer(struct tally_observer *observer);

/* ---- stored (tally_file.c) ---- */

/* All of it as bytes, and back. A text that is no tally, is cut short or was changed is ERR_FORMAT that names `name`. */
void tally_put(const struct tally *tally, struct buf *out);
NODISCARD bool tally_read(struct str bytes, const char *name, struct tally *out, struct err *err);
/* The same with a file, which appears whole or not at all. */
NODISCARD bool tally_save(const struct tally *tally, const char *path, struct err *err);
NODISCARD bool tally_load(const char *path, struct tally *out, struct err *err);

/* FNV-1a of more bytes; begin with TALLY_HASH. */
#define TALLY_HASH 0xCBF29CE484222325u
uint64_t tally_hash(uint64_t hash, const void *bytes, size_t n);

#endif
