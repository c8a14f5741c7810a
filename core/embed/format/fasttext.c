/* fastText's binary model, .bin and the quantised .ftz (Bojanowski et al. 2017; versions 11 and 12 of the file, and the one before
 * them that has no version): its words and the subwords that give unknown words a vector. All numbers little-endian.
 *
 *   i32 793712314, i32 version                                       (not in the oldest)
 *   i32 dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate; f64 t
 *   i32 entries, nwords, nlabels; i64 ntokens, pruned                 (pruned: not in the oldest)
 *   entries times: word NUL, i64 count, i8 type (0 word, 1 label);   pruned times: i32, i32
 *   u8 quantised                                                     (not in the oldest)
 *   i64 rows, columns;  rows × columns f32, or quantised.h's matrix  (the input matrix; the output follows, not read)
 *
 * A word's vector is the mean of its own row and those of its character n-grams: row nwords + FNV-1a(n-gram) mod bucket. */
#include <stdlib.h>
#include <string.h>

#include "core/base/pool.h"
#include "core/base/source.h"
#include "core/embed/format/format.h"
#include "core/embed/vectors.h"
#include "core/embed/format/quantised.h"

enum { MAGIC = 793712314, SUPERVISED = 3, LONGEST_NGRAM = 64 };

struct fasttext {
    size_t minn, maxn, bucket, nwords, E;
    const unsigned char *rows; /* [nwords + bucket, E] F32, unaligned; NULL: */
    struct quantised quantised;
    int32_t *pruned; /* [bucket] row behind the words, or -1; NULL: every bucket has its row */
};

static uint32_t u32_at(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t u64_at(const unsigned char *p)
{
    return (uint64_t)u32_at(p) | (uint64_t)u32_at(p + 4) << 32;
}

/* What stands before the dictionary. */
struct head {
    size_t bytes, version; /* 0: the oldest */
    size_t E, model, bucket, minn, maxn, entries, nwords, nlabels;
    int64_t pruned; /* -1: no bucket is */
};

static bool read_head(const struct source *source, struct head *h)
{
    const unsigned char *d = source->data;
    bool versioned = source->size >= 8 && u32_at(d) == MAGIC;
    size_t at = versioned ? 8 : 0; /* of dim */
    h->bytes = at + 12 * 4 + 8 + 3 * 4 + 8 + (versioned ? 8 : 0);
    h->version = versioned ? u32_at(d + 4) : 0;
    if (source->size < h->bytes)
        return false;
    h->E = u32_at(d + at);
    h->model = u32_at(d + at + 28);
    h->bucket = u32_at(d + at + 32);
    h->minn = u32_at(d + at + 36);
    h->maxn = u32_at(d + at + 40);
    h->entries = u32_at(d + at + 56);
    h->nwords = u32_at(d + at + 60);
    h->nlabels = u32_at(d + at + 64);
    h->pruned = versioned ? (int64_t)u64_at(d + at + 76) : -1;
    if (h->version <= 11 && h->model == SUPERVISED) /* these had no n-grams of characters, whatever they say */
        h->maxn = 0;
    return true;
}

/* Nothing says so in the oldest files: settings that can be, and a first word that ends where a count begins. */
static bool is_oldest(const struct source *source)
{
    struct head h;
    const unsigned char *d = source->data;
    if (!read_head(source, &h) || h.version || h.E == 0 || h.E > 10000 || h.nwords == 0 || h.nwords + h.nlabels != h.entries ||
        h.maxn > LONGEST_NGRAM || h.minn > LONGEST_NGRAM || h.model < 1 || h.model > 3)
        return false;
    uint32_t window = u32_at(d + 4), epochs = u32_at(d + 8), loss = u32_at(d + 24);
    const unsigned char *word = d + h.bytes, *end = d + source->size;
    const unsigned char *stop = memchr(word, 0, (size_t)(end - word) < 1000 ? (size_t)(end - word) : 1000);
    return window < 100000 && epochs < 100000 && loss >= 1 && loss <= 4 && stop && stop > word && end - stop >= 10 && stop[9] <= 1;
}

static bool recognises(const struct source *source)
{
    return (source->size >= 8 && u32_at(source->data) == MAGIC) || is_oldest(source);
}

/* ---- subwords ---- */

static void add_row(const struct fasttext *f, size_t row, float *sum)
{
    const unsigned char *from = f->rows + row * f->E * 4;
    if (!f->rows) {
        quantised_add(&f->quantised, row, sum);
        return;
    }
    for (size_t d = 0; d < f->E; d++) {
        float value;
        memcpy(&value, from + d * 4, 4);
        sum[d] += value;
    }
}

static size_t add_ngram(const struct fasttext *f, const char *s, size_t n, float *sum)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint32_t)(int32_t)(signed char)s[i]) * 16777619u;
    size_t bucket = h % f->bucket;
    if (f->pruned && f->pruned[bucket] < 0)
        return 0;
    add_row(f, f->nwords + (f->pruned ? (size_t)f->pruned[bucket] : bucket), sum);
    return 1;
}

static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Add the rows of all n-grams of <word>, minn to maxn characters; returns how many. */
static size_t add_ngrams(const struct fasttext *f, struct str word, struct buf *bounded, float *sum)
{
    size_t count = 0;
    bounded->n = 0;
    buf_char(bounded, '<');
    buf_str(bounded, word);
    buf_char(bounded, '>');
    if (bounded->failed || !f->bucket || str_is(word, "</s>"))
        return 0;
    const char *s = bounded->data;
    for (size_t i = 0; i < bounded->n; i++) {
        if (continues(s[i]))
            continue;
        for (size_t j = i, n = 1; j < bounded->n && n <= f->maxn; n++) {
            for (j++; j < bounded->n && continues(s[j]);)
                j++;
            if (n >= f->minn && !(n == 1 && (i == 0 || j == bounded->n)))
                count += add_ngram(f, s + i, j - i, sum);
        }
    }
    return count;
}

static void divide(float *sum, size_t E, size_t count)
{
    for (size_t d = 0; d < E && count; d++)
        sum[d] /= (float)count;
}

static bool unknown(const struct vectors *v, struct str word, float *out)
{
    struct buf bounded = {0};
    memset(out, 0, v->E * sizeof *out);
    size_t count = add_ngrams(v->own, word, &bounded, out);
    divide(out, v->E, count);
    buf_free(&bounded);
    return count > 0;
}

struct making {
    const struct fasttext *f;
    const struct vectors *v;
    float *out;
};

enum { BLOCK = 256 };

static void make_rows(void *context, size_t task, size_t thread)
{
    const struct making *m = context;
    struct buf bounded = {0};
    (void)thread;
    for (size_t i = task * BLOCK; i < m->v->V && i < (task + 1) * BLOCK; i++) {
        float *sum = m->out + i * m->v->E;
        memset(sum, 0, m->v->E * sizeof *sum);
        add_row(m->f, i, sum);
        divide(sum, m->v->E, 1 + add_ngrams(m->f, m->v->words[i], &bounded, sum));
    }
    buf_free(&bounded);
}

/* ---- the file ---- */

struct cursor {
    const struct vectors *v;
    const unsigned char *at, *end;
};

static bool need(const struct cursor *c, size_t n, const char *what, struct err *err)
{
    return n <= (size_t)(c->end - c->at) ||
           err_set(err, ERR_FORMAT, "%s: ends within %s, at byte %zu", c->v->path, what, (size_t)(c->at - c->v->source->data));
}

static bool read_entries(struct vectors *v, struct cursor *c, size_t entries, size_t nwords, struct err *err)
{
    if (entries > (size_t)(c->end - c->at) / 10 || nwords > entries)
        return err_set(err, ERR_FORMAT, "%s: a dictionary of %zu entries, %zu of them words, in %zu bytes", v->path, entries,
                       nwords, (size_t)(c->end - c->at));
    struct str *words = arena_alloc(v->arena, nwords, sizeof *words, "words", err);
    if (!words)
        return false;
    for (size_t i = 0; i < entries; i++) {
        const unsigned char *stop = memchr(c->at, 0, (size_t)(c->end - c->at));
        if (!stop || !need(&(struct cursor){v, stop, c->end}, 10, "the dictionary", err))
            return stop ? false : need(c, SIZE_MAX, "the dictionary", err);
        if (i < nwords)
            words[i] = (struct str){(const char *)c->at, (size_t)(stop - c->at)};
        c->at = stop + 10;
    }
    v->words = words;
    v->V = nwords;
    return true;
}

static bool read_pruned(struct fasttext *f, struct cursor *c, size_t n, struct err *err)
{
    size_t bytes;
    if (!size_mul(n, 8, &bytes) || !need(c, bytes, "the list of kept buckets", err))
        return err && err->code ? false : err_set(err, ERR_FORMAT, "%s: %zu kept buckets do not fit", c->v->path, n);
    f->pruned = mem_new(f->bucket ? f->bucket : 1, sizeof *f->pruned, "the kept buckets", err);
    if (!f->pruned)
        return false;
    memset(f->pruned, 0xff, f->bucket * sizeof *f->pruned);
    for (size_t i = 0; i < n; i++, c->at += 8) {
        uint32_t from = u32_at(c->at), to = u32_at(c->at + 4);
        if (from >= f->bucket || to >= n)
            return err_set(err, ERR_FORMAT, "%s: kept bucket %u → %u of %zu, %zu rows", c->v->path, from, to, f->bucket, n);
        f->pruned[from] = (int32_t)to;
    }
    return true;
}

static bool read_floats(struct vectors *v, struct fasttext *f, struct cursor *c, size_t *rows, size_t *columns, struct err *err)
{
    size_t bytes;
    if (!need(c, 16, "the sizes of the input matrix", err))
        return false;
    *rows = u64_at(c->at);
    *columns = u64_at(c->at + 8);
    c->at += 16;
    if (!size_mul(*rows, *columns, &bytes) || !size_mul(bytes, 4, &bytes))
        return err_set(err, ERR_FORMAT, "%s: the input matrix is too large", v->path);
    f->rows = c->at;
    return need(c, bytes, "the input matrix", err);
}

static bool read_matrix(struct vectors *v, struct fasttext *f, struct cursor *c, bool oldest, size_t ngram_rows, struct err *err)
{
    size_t rows, columns, wanted;
    if (!oldest && !need(c, 1, "the input matrix", err))
        return false;
    bool quantised = !oldest && *c->at++;
    if (quantised) {
        if (!quantised_read(&c->at, c->end, v->path, &f->quantised, err))
            return false;
        rows = f->quantised.rows;
        columns = f->quantised.columns;
    } else if (!read_floats(v, f, c, &rows, &columns, err)) {
        return false;
    }
    if (!size_add(f->nwords, ngram_rows, &wanted) || rows != wanted || columns != f->E)
        return err_set(err, ERR_FORMAT, "%s: the input matrix is [%zu,%zu], [%zu + %zu,%zu] was expected", v->path, rows, columns,
                       f->nwords, ngram_rows, f->E);
    return true;
}

static bool make_vectors(struct vectors *v, const struct fasttext *f, struct err *err)
{
    size_t numbers;
    if (!size_mul(v->V, v->E, &numbers))
        return err_set(err, ERR_FORMAT, "%s: the input matrix is too large", v->path);
    struct making making = {f, v, arena_alloc(v->arena, numbers, sizeof(float), "vectors", err)};
    if (!making.out)
        return false;
    pool_run((v->V + BLOCK - 1) / BLOCK, make_rows, &making);
    v->data = making.out;
    v->dtype = &DTYPE_F32;
    v->stride = v->E * sizeof(float);
    return true;
}

static bool open_fasttext(struct vectors *v, const struct vectors_options *options, struct err *err)
{
    const unsigned char *d = v->source->data;
    struct cursor c = {v, d, d + v->source->size};
    struct head h;
    (void)options;
    if (!read_head(v->source, &h))
        return need(&c, SIZE_MAX, "the settings", err);
    if (h.version && h.version != 11 && h.version != 12)
        return err_set(err, ERR_UNSUPPORTED, "%s: fastText file version %zu; 11, 12 and the one before them are read", v->path,
                       h.version);
    struct fasttext *f = mem_new(1, sizeof *f, "subwords", err);
    v->own = f;
    if (!f)
        return false;
    v->E = f->E = h.E;
    f->bucket = h.bucket;
    f->minn = h.minn;
    f->maxn = h.maxn;
    f->nwords = h.nwords;
    if (v->E == 0 || v->E > 1 << 20 || f->bucket > INT32_MAX || f->maxn > LONGEST_NGRAM || f->nwords == 0)
        return err_set(err, ERR_FORMAT, "%s: %zu dimensions, %zu words, %zu buckets, n-grams up to %zu: not a fastText model",
                       v->path, v->E, f->nwords, f->bucket, f->maxn);
    c.at = d + h.bytes;
    int64_t pruned = h.pruned;
    if (!read_entries(v, &c, h.entries, f->nwords, err) || (pruned > 0 && !read_pruned(f, &c, (size_t)pruned, err)) ||
        !read_matrix(v, f, &c, h.version == 0, pruned >= 0 ? (size_t)pruned : f->bucket, err))
        return false;
    if (f->maxn == 0 || pruned == 0)
        f->bucket = 0;
    return make_vectors(v, f, err);
}

static void close_fasttext(struct vectors *v)
{
    struct fasttext *f = v->own;
    if (f)
        free(f->pruned);
    free(f);
}

const struct vectors_format vectors_fasttext = {
    .name = "fasttext",
    .summary = "fastText binary model, .bin and quantised .ftz, with subwords for unknown words",
    .recognises = recognises,
    .open = open_fasttext,
    .close = close_fasttext,
    .unknown = unknown,
};
