/* The state of a training in a file.
 *
 *   0  "gazetrn2"
 *   8  u64 n, bytes of the corpus' path;  u64 V, E, words of an epoch, hash of the corpus' words and numbers, next block;
 *  56  u64 dim, window, negative, epochs, min-count, threads, seed, classic;  f64 alpha, subsample, seconds between states
 * 144  the trainer's name, the name of the format asked for or nothing, 16 bytes each, zeros behind
 * 176  the path, zeros up to a multiple of 64;  f32 in[V,E], out[V,E];  u32 CRC-32 of all before
 *
 * Little-endian. V 0: nothing was trained yet. The vocabulary is not kept: it is counted again, and the hash says whether
 * it is the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/deflate.h"
#include "core/base/file.h"
#include "core/embed/train/training.h"

struct header {
    char magic[8];
    uint64_t path_bytes, V, E, total, hash, next;
    uint64_t dim, window, negative, epochs, min_count, threads, seed, classic;
    double alpha, subsample, seconds;
    char trainer[16], format[16];
};
_Static_assert(sizeof(struct header) == 176, "the layout above");

enum { KIND = 7 }; /* bytes of it that no version changes */
static const char magic[8] = {'g', 'a', 'z', 'e', 't', 'r', 'n', '2'};

/* ---- writing ---- */

static bool put(struct out *out, uint32_t *crc, const void *bytes, size_t n, struct err *err)
{
    *crc = crc32_of(*crc, bytes, n);
    return out_write(out, bytes, n, err);
}

static struct header header_of(const struct train_options *o)
{
    struct header h = {.path_bytes = strlen(o->corpus), .dim = o->dim, .window = o->window, .negative = o->negative};
    memcpy(h.magic, magic, sizeof magic);
    h.epochs = o->epochs;
    h.min_count = o->min_count;
    h.threads = o->threads;
    h.seed = o->seed;
    h.classic = o->classic;
    h.alpha = o->alpha;
    h.subsample = o->subsample;
    h.seconds = o->checkpoint_seconds;
    strncpy(h.trainer, o->trainer->name, sizeof h.trainer - 1);
    memcpy(h.format, o->format, sizeof h.format);
    return h;
}

static size_t path_space(size_t path_bytes)
{
    return (sizeof(struct header) + path_bytes + 63) / 64 * 64 - sizeof(struct header);
}

static bool write_state(const char *path, const struct train_options *o, const struct training *t, struct err *err)
{
    static const char zeros[64];
    struct header h = header_of(o);
    struct out out;
    uint32_t crc = 0;
    size_t floats = 0;
    if (t) {
        h.V = t->corpus.V;
        h.E = t->E;
        h.total = t->corpus.total;
        h.hash = t->corpus.hash;
        h.next = atomic_load(&t->next) * t->ranks.n; /* of all ranks' blocks */
        floats = t->corpus.V * t->E;
    }
    if (!out_open(path, &out, err))
        return false;
    bool ok = put(&out, &crc, &h, sizeof h, err) && put(&out, &crc, o->corpus, h.path_bytes, err) &&
              put(&out, &crc, zeros, path_space(h.path_bytes) - h.path_bytes, err);
    if (ok && t)
        ok = put(&out, &crc, t->in, floats * sizeof(float), err) && put(&out, &crc, t->out, floats * sizeof(float), err);
    ok = ok && out_write(&out, &crc, sizeof crc, err) && out_commit(&out, err);
    if (!ok)
        out_abort(&out);
    return ok;
}

bool checkpoint_write(const char *path, const struct training *training, struct err *err)
{
    return write_state(path, &training->options, training, err);
}

bool checkpoint_begin(const char *path, const struct train_options *options, struct err *err)
{
    return write_state(path, options, NULL, err);
}

/* ---- reading ---- */

static bool in_bounds(const struct header *h)
{
    return h->dim >= 1 && h->dim <= 100000 && h->window >= 1 && h->window <= 1000 && h->negative >= 1 && h->negative <= 1000 &&
           h->epochs >= 1 && h->epochs <= 1000000 && h->min_count >= 1 && h->threads >= 1 && h->threads <= 1024 &&
           h->classic <= 1 && h->alpha > 0 && h->alpha <= 10 && h->subsample >= 0 && h->subsample <= 1 && h->seconds > 0 &&
           h->seconds < 1e9 && memchr(h->trainer, 0, sizeof h->trainer) && memchr(h->format, 0, sizeof h->format) &&
           trainer_named(str_of(h->trainer));
}

/* The header of a mapped file; its length and checksum are right. */
static bool check(const struct file *file, struct header *h, struct err *err)
{
    size_t size;
    if (file->size < sizeof *h + 4 || memcmp(file->data, magic, KIND) != 0)
        return err_set(err, ERR_FORMAT, "%s: no state of a training (OUTPUT.ckpt of train)", file->path);
    if (memcmp(file->data, magic, sizeof magic) != 0)
        return err_set(err, ERR_FORMAT, "%s: a state that another version of this program made", file->path);
    memcpy(h, file->data, sizeof *h);
    if (h->path_bytes > 1 << 16 || !size_mul(h->V, h->E, &size) || !size_mul(size, 2 * sizeof(float), &size) ||
        !size_add(size, sizeof *h + path_space(h->path_bytes) + 4, &size) || size != file->size)
        return err_set(err, ERR_FORMAT, "%s: %zu bytes, which is not what its header says: cut short or damaged", file->path,
                       file->size);
    uint32_t crc;
    memcpy(&crc, file->data + size - 4, 4);
    if (crc != crc32_of(0, file->data, size - 4))
        return err_set(err, ERR_FORMAT, "%s: its checksum is wrong: damaged", file->path);
    if (!in_bounds(h))
        return err_set(err, ERR_FORMAT, "%s: an option of the training in it is out of bounds", file->path);
    return true;
}

bool checkpoint_options(const char *path, struct arena *arena, struct train_options *out, struct err *err)
{
    struct file file;
    struct header h;
    struct str corpus = {0};
    if (!file_map(path, &file, err))
        return false;
    bool ok = check(&file, &h, err);
    ok = ok && arena_str(arena, (struct str){(const char *)file.data + sizeof h, h.path_bytes}, &corpus, err);
    if (ok)
        *out = (struct train_options){
            .trainer = trainer_named(str_of(h.trainer)),
            .corpus = corpus.s,
            .dim = h.dim,
            .window = h.window,
            .negative = h.negative,
            .epochs = h.epochs,
            .min_count = h.min_count,
            .threads = h.threads,
            .alpha = h.alpha,
            .subsample = h.subsample,
            .seed = h.seed,
            .classic = h.classic,
            .checkpoint_seconds = h.seconds,
        };
    if (ok)
        memcpy(out->format, h.format, sizeof out->format);
    file_unmap(&file);
    return ok;
}

bool checkpoint_starts(const char *path)
{
    char begin[KIND] = {0};
    FILE *file = fopen(path, "rb");
    bool same = file && fread(begin, 1, KIND, file) == KIND && memcmp(begin, magic, KIND) == 0;
    if (file)
        fclose(file);
    return same;
}

/* Words in the blocks before, a rank's part of them. */
static size_t words_before(const struct training *t, size_t next)
{
    const struct corpus *c = &t->corpus;
    return (next / c->n_blocks * c->total + (size_t)c->before[next % c->n_blocks]) / t->ranks.n;
}

static bool restore(const char *path, struct training *t, uint64_t *next_out, struct err *err)
{
    struct file file;
    struct header h;
    if (!file_map(path, &file, err))
        return false;
    bool ok = check(&file, &h, err);
    if (ok && h.V) {
        if (h.V != t->corpus.V || h.total != t->corpus.total)
            ok = err_set(err, ERR_FORMAT,
                         "%s: %s is not the corpus it was trained on: %zu words, %zu of them different, not %zu and %zu", path,
                         t->options.corpus, t->corpus.total, t->corpus.V, (size_t)h.total, (size_t)h.V);
        else if (h.E != t->E || h.hash != t->corpus.hash || h.next / t->ranks.n > t->n_blocks)
            ok = err_set(err, ERR_FORMAT,
                         "%s: %s is not the corpus it was trained on: as many words, but others or in another order", path,
                         t->options.corpus);
        const unsigned char *rows = file.data + sizeof h + path_space(h.path_bytes);
        size_t bytes = t->corpus.V * t->E * sizeof(float);
        if (ok) {
            memcpy(t->in, rows, bytes);
            memcpy(t->out, rows + bytes, bytes);
            atomic_store(&t->next, h.next / t->ranks.n);
            atomic_store(&t->done, words_before(t, h.next));
            *next_out = h.next;
        }
    }
    file_unmap(&file);
    return ok;
}

bool checkpoint_restore(const char *path, struct training *t, struct err *err)
{
    uint64_t next = 0;
    bool ok = restore(path, t, &next, err);
    if (!ranks_agree(&t->ranks, ok, err))
        return false;
    return ranks_alike(&t->ranks, next) || err_set(err, ERR_FORMAT, "%s: the processes do not all see the same state", path);
}
