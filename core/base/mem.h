/* Memory: checked sizes, an arena, a growing buffer, and strings that are not NUL-terminated. */
#ifndef GAZE_CORE_BASE_MEM_H
#define GAZE_CORE_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"

/* Text from outside. Never NUL-terminated by contract; may hold NUL bytes. */
struct str {
    const char *s;
    size_t n;
};
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_ARGS(x) (int)((x).n < 400 ? (x).n : 400), (x).s /* for "%.*s" in messages */
struct str str_of(const char *nul_terminated); /* NULL gives the empty string */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *nul_terminated);
bool str_starts(struct str a, struct str prefix);
bool str_ends(struct str a, struct str suffix);
int str_cmp(struct str a, struct str b); /* bytewise, shorter first */

/* a·b and a+b of sizes that came from a file: false where they do not fit. */
NODISCARD bool size_mul(size_t a, size_t b, size_t *out);
NODISCARD bool size_add(size_t a, size_t b, size_t *out);

/* calloc/realloc of n items that set err. `what` names the thing in the message. */
NODISCARD void *mem_new(size_t n, size_t item, const char *what, struct err *err);
NODISCARD bool mem_grow(void **array, size_t *capacity, size_t need, size_t item, const char *what,
                        struct err *err); /* doubles; the array stays valid on failure */
NODISCARD char *mem_copy_str(struct str s, struct err *err); /* NUL-terminated; free() it */

/* An arena: 64-byte aligned pieces that are freed together. Not thread-safe. */
struct arena;
struct arena *arena_new(struct err *err) NODISCARD;
/* Make room for `bytes` in one piece, so that what follows up to that size comes from it. */
NODISCARD bool arena_reserve(struct arena *arena, size_t bytes, struct err *err);
void arena_free(struct arena *arena);
void arena_reset(struct arena *arena); /* forgets the pieces, keeps the largest block */
NODISCARD void *arena_alloc(struct arena *arena, size_t n, size_t item, const char *what,
                            struct err *err); /* not zeroed */
NODISCARD void *arena_zalloc(struct arena *arena, size_t n, size_t item, const char *what,
                             struct err *err);
NODISCARD bool arena_str(struct arena *arena, struct str s, struct str *out, struct err *err); /* copy, NUL added */
size_t arena_bytes(const struct arena *arena); /* held from the system */

/* A growing byte buffer. After a failed malloc `failed` stays set and appends do nothing:
 * append freely, test once. data is NUL-terminated whenever n > 0 or after buf_cstr. */
struct buf {
    char *data;
    size_t n, capacity;
    bool failed;
};
void buf_free(struct buf *b);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_puts(struct buf *b, const char *nul_terminated);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *format, va_list args);
const char *buf_cstr(struct buf *b); /* "" where nothing was ever stored */
struct str buf_view(const struct buf *b);
NODISCARD bool buf_ok(const struct buf *b, struct err *err); /* false, with ERR_MEMORY, after a failed append */

#endif
