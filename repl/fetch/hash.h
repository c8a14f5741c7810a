/* SHA-1 and SHA-256, by nettle, which stands behind this file's source alone. */
#ifndef GAZE_REPL_FETCH_HASH_H
#define GAZE_REPL_FETCH_HASH_H

#include "core/base/mem.h"

enum { HASH_HEX = 64 }; /* digits of the longest */

struct hash;
/* That whose hexadecimal text has so many digits: 40 SHA-1, 64 SHA-256. */
NODISCARD struct hash *hash_new(size_t digits, struct err *err);
void hash_free(struct hash *hash);
void hash_add(struct hash *hash, const void *bytes, size_t n);
/* The text of all that was added, lower case; the hash begins anew. */
void hash_text(struct hash *hash, char out[HASH_HEX + 1]);
/* Is it such a text? */
bool hash_is_text(struct str text, size_t digits);

#endif
