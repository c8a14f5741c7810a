/* Large pieces of memory that are used again. See spare.h. */
#include "core/base/spare.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define WATCHED
#endif
#endif
#if defined(WATCHED) || defined(__SANITIZE_ADDRESS__)
enum { KEPT_BYTES = 0 };
#else
enum { KEPT_BYTES = 256 * 1024 * 1024 };
#endif
enum { PIECES = 16 };

static struct {
    pthread_mutex_t lock;
    struct piece {
        void *data;
        size_t size;
    } pieces[PIECES]; /* the newest last */
    size_t n, bytes;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Takes piece `i` out of the list. Under the lock. */
static struct piece take_out(size_t i)
{
    struct piece piece = kept.pieces[i];
    kept.n--;
    kept.bytes -= piece.size;
    for (; i < kept.n; i++)
        kept.pieces[i] = kept.pieces[i + 1];
    return piece;
}

void *spare_take(size_t bytes, size_t *size)
{
    struct piece piece = {0};
    size_t best = PIECES;
    pthread_mutex_lock(&kept.lock);
    for (size_t i = 0; i < kept.n; i++)
        if (kept.pieces[i].size >= bytes && kept.pieces[i].size - bytes <= bytes / 4 &&
            (best == PIECES || kept.pieces[i].size <= kept.pieces[best].size))
            best = i;
    if (best < PIECES)
        piece = take_out(best);
    pthread_mutex_unlock(&kept.lock);
    if (!piece.data) {
        piece = (struct piece){aligned_alloc(SPARE_ALIGN, bytes), bytes};
        if (piece.data)
            madvise(piece.data, bytes, MADV_HUGEPAGE); /* a wish; refused it costs speed alone */
    }
    *size = piece.size;
    return piece.data;
}

void spare_give(void *data, size_t size)
{
    while (size <= KEPT_BYTES) {
        struct piece oldest = {0};
        pthread_mutex_lock(&kept.lock);
        bool room = kept.n < PIECES && kept.bytes + size <= KEPT_BYTES;
        if (room) {
            kept.pieces[kept.n++] = (struct piece){data, size};
            kept.bytes += size;
        } else {
            oldest = take_out(0);
        }
        pthread_mutex_unlock(&kept.lock);
        if (room)
            return;
        free(oldest.data);
    }
    free(data);
}

void spare_release(void)
{
    pthread_mutex_lock(&kept.lock);
    while (kept.n > 0)
        free(take_out(0).data);
    pthread_mutex_unlock(&kept.lock);
}
