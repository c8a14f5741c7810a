/* From text to numbers of words. See corpus.h.
 *
 * The first pass counts and writes numbers in the order of first appearance; when the counts are known, a second pass over
 * the numbers puts the vocabulary's in their place, drops the others and cuts blocks at ends of sentences. */
#include "core/embed/train/corpus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "core/base/file.h"
#include "core/base/stream.h"
#include "core/base/text.h"
#include "core/embed/train/counter.h"

enum {
    TEXT = 1 << 18,       /* bytes read together */
    NUMBERS = 1 << 16,    /* numbers renumbered together */
    MOST_WORDS = 1 << 24, /* different words held while counting */
    REPORT = 16           /* chunks between two reports */
};

/* ---- the nameless file ---- */

static bool open_scratch(const char *folder, int *fd_out, struct err *err)
{
    *fd_out = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd_out >= 0)
        return true;
    char *name = path_join(folder, ".gaze-corpus.XXXXXX", err); /* a file system without nameless files */
    if (!name)
        return false;
    *fd_out = mkostemp(name, O_CLOEXEC);
    if (*fd_out >= 0)
        unlink(name);
    else
        err_set(err, ERR_IO, "%s: cannot make the file of the corpus' numbers there: %s", folder, strerror(errno));
    free(name);
    return *fd_out >= 0;
}

static bool write_at(const struct corpus *c, const void *bytes, size_t n, uint64_t at, struct err *err)
{
    const char *p = bytes;
    while (n) {
        ssize_t done = pwrite(c->fd, p, n, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_set(err, ERR_IO, "%s: cannot write the corpus' numbers (4 bytes a word): %s", c->scratch, strerror(errno));
        p += done;
        at += (uint64_t)done;
        n -= (size_t)done;
    }
    return true;
}

static bool read_at(const struct corpus *c, void *bytes, size_t n, uint64_t at, struct err *err)
{
    char *p = bytes;
    while (n) {
        ssize_t done = pread(c->fd, p, n, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return err_set(err, ERR_IO, "%s: cannot read the corpus' numbers back: %s", c->scratch,
                           done ? strerror(errno) : "the file is too short");
        p += done;
        at += (uint64_t)done;
        n -= (size_t)done;
    }
    return true;
}

/* ---- the first pass ---- */

static void report(const struct train_watch *watch, const struct stream *stream)
{
    struct train_progress p = {.counting = true, .done = stream_stored_read(stream), .total = stream_stored_size(stream)};
    if (watch && watch->progress)
        watch->progress(watch->context, &p);
}

/* Text to numbers in the order of first appearance; *n_out of them are written. */
static bool count_words(struct corpus *c, struct stream *stream, const char *path, struct counter *counter,
                        const struct train_watch *watch, uint64_t *n_out, struct err *err)
{
    unsigned char *text = mem_new(TEXT + COUNTER_PAD, 1, "a piece of the corpus", err);
    uint32_t *ids = mem_new(TEXT / 2 + 1, sizeof *ids, "a piece of the corpus", err);
    size_t kept = 0, got = 1;
    bool ok = text && ids;
    for (size_t chunk = 0; ok && got; chunk++) {
        size_t used = 0, n_ids = 0;
        if (kept == TEXT)
            ok = err_set(err, ERR_FORMAT, "%s: a word of more than %d bytes: is this a text with spaces?", path, TEXT);
        ok = ok && stream_read(stream, text + kept, TEXT - kept, &got, err);
        if (!ok)
            break;
        memset(text + kept + got, 0, COUNTER_PAD);
        ok = counter_scan(counter, text, kept + got, got == 0, &used, ids, &n_ids, err) &&
             write_at(c, ids, n_ids * sizeof *ids, *n_out * sizeof *ids, err);
        *n_out += n_ids;
        kept = kept + got - used;
        memmove(text, text + used, kept);
        if (chunk % REPORT == 0)
            report(watch, stream);
        if (ok && cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "interrupted");
    }
    free(text);
    free(ids);
    return ok;
}

/* ---- the vocabulary ---- */

struct candidate {
    uint64_t count;
    uint32_t id;
};

static int by_count(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void fold(struct corpus *c, uint32_t number)
{
    c->hash = (c->hash ^ number) * 0x9e3779b97f4a7c15u;
    c->hash ^= c->hash >> 29;
}

/* From the first numbers of words to their places. */
struct numbering {
    uint32_t *firsts; /* [n] ascending; NULL: number i is the i-th, as nothing was forgotten */
    uint32_t *places; /* [n]; CORPUS_END: dropped */
    size_t n;
};

static inline uint32_t place_of(const struct numbering *m, uint32_t first)
{
    if (!m->firsts)
        return m->places[first];
    size_t lo = 0, hi = m->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (m->firsts[mid] < first)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < m->n && m->firsts[lo] == first ? m->places[lo] : CORPUS_END;
}

static bool numbering_new(struct numbering *m, const struct counter *counter, struct err *err)
{
    m->n = counter_words(counter);
    m->places = mem_new(m->n, sizeof *m->places, "the vocabulary", err);
    if (!m->places)
        return false;
    if (counter_ids(counter) == m->n)
        return true;
    m->firsts = mem_new(m->n, sizeof *m->firsts, "the vocabulary", err);
    for (size_t i = 0; m->firsts && i < m->n; i++)
        m->firsts[i] = counter_id(counter, i);
    return m->firsts != NULL;
}

static void numbering_free(struct numbering *m)
{
    free(m->firsts);
    free(m->places);
}

/* The words that came often enough, and the places of all. */
static bool choose_words(struct corpus *c, const struct counter *counter, const char *path, size_t min_count,
                         const struct numbering *numbers, struct err *err)
{
    size_t n = counter_words(counter), bytes = 0;
    for (size_t i = 0; i < n; i++)
        if (counter_count(counter, i) >= min_count) {
            c->V++;
            bytes += counter_word(counter, i).n;
        }
    if (!n)
        return err_set(err, ERR_FORMAT, "%s: no word in it", path);
    if (!c->V)
        return err_set(err, ERR_ARG, "%s: no word comes min-count=%zu times (%zu different words)", path, min_count,
                       counter_ids(counter));
    struct candidate *list = mem_new(c->V, sizeof *list, "the vocabulary", err);
    c->words = mem_new(c->V, sizeof *c->words, "the vocabulary", err);
    c->counts = mem_new(c->V, sizeof *c->counts, "the vocabulary", err);
    c->text = mem_new(bytes, 1, "the vocabulary", err);
    bool ok = list && c->words && c->counts && c->text;
    for (size_t i = 0, v = 0; ok && i < n; i++) {
        numbers->places[i] = CORPUS_END;
        if (counter_count(counter, i) >= min_count)
            list[v++] = (struct candidate){counter_count(counter, i), (uint32_t)i};
    }
    if (ok)
        qsort(list, c->V, sizeof *list, by_count);
    char *at = c->text;
    for (size_t v = 0; ok && v < c->V; v++) {
        struct str word = counter_word(counter, list[v].id);
        memcpy(at, word.s, word.n);
        c->words[v] = (struct str){at, word.n};
        at += word.n;
        c->counts[v] = list[v].count;
        c->not_utf8 += utf8_invalid_at(word) < word.n;
        for (size_t i = 0; i < word.n; i++)
            fold(c, (unsigned char)word.s[i]);
        fold(c, ' ');
        numbers->places[list[v].id] = (uint32_t)v;
    }
    free(list);
    return ok;
}

/* ---- the second pass ---- */

struct cutter {
    struct corpus *corpus;
    size_t starts_capacity, before_capacity;
    uint64_t n; /* numbers written */
    bool ended; /* the last of them ends a sentence, or there is none */
};

static bool cut(struct cutter *k, struct err *err)
{
    struct corpus *c = k->corpus;
    if (!mem_grow((void **)&c->starts, &k->starts_capacity, c->n_blocks + 2, sizeof *c->starts, "the blocks", err) ||
        !mem_grow((void **)&c->before, &k->before_capacity, c->n_blocks + 2, sizeof *c->before, "the blocks", err))
        return false;
    c->starts[c->n_blocks] = k->n;
    c->before[c->n_blocks] = c->total;
    return true;
}

/* Renumber ids[0..n) in place; *kept_out remain. */
static bool renumber(struct cutter *k, const struct numbering *numbers, uint32_t *ids, size_t n, size_t *kept_out,
                     struct err *err)
{
    struct corpus *c = k->corpus;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t id = ids[i] == COUNTER_END ? CORPUS_END : place_of(numbers, ids[i]);
        if (id == CORPUS_END && (ids[i] != COUNTER_END || k->ended))
            continue;
        ids[kept++] = id;
        k->n++;
        k->ended = id == CORPUS_END;
        c->total += !k->ended;
        fold(c, id);
        uint64_t length = k->n - c->starts[c->n_blocks];
        if ((length >= CORPUS_BLOCK && k->ended) || length == CORPUS_LONGEST) {
            c->n_blocks++;
            if (!cut(k, err))
                return false;
        }
    }
    *kept_out = kept;
    return true;
}

static bool renumber_file(struct corpus *c, const struct numbering *numbers, uint64_t n, struct err *err)
{
    struct cutter k = {.corpus = c, .ended = true};
    uint32_t *ids = mem_new(NUMBERS, sizeof *ids, "a piece of the corpus", err);
    bool ok = ids && cut(&k, err);
    uint64_t written = 0;
    for (uint64_t at = 0; ok && at < n; at += NUMBERS) {
        size_t piece = n - at < NUMBERS ? (size_t)(n - at) : NUMBERS, kept = 0;
        ok = read_at(c, ids, piece * sizeof *ids, at * sizeof *ids, err) && renumber(&k, numbers, ids, piece, &kept, err) &&
             write_at(c, ids, kept * sizeof *ids, written * sizeof *ids, err);
        written += kept;
        if (ok && cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "interrupted");
    }
    if (ok && k.n > c->starts[c->n_blocks]) {
        c->n_blocks++;
        ok = cut(&k, err);
    }
    if (ok && ftruncate(c->fd, (off_t)(written * sizeof *ids)) != 0) {
        /* The rest stays where it is: nothing reads it. */
    }
    free(ids);
    return ok;
}

bool corpus_read(const char *path, size_t min_count, const char *scratch, const struct train_watch *watch, struct corpus *out,
                 struct err *err)
{
    uint64_t n = 0;
    struct numbering numbers = {0};
    struct counter *counter = NULL;
    *out = (struct corpus){.fd = -1};
    struct stream *stream = stream_open(path, CONTENT_TEXT, "a corpus", err);
    bool ok = stream && (counter = counter_new(MOST_WORDS, err)) && (out->scratch = mem_copy_str(str_of(scratch), err)) &&
              open_scratch(scratch, &out->fd, err) && count_words(out, stream, path, counter, watch, &n, err);
    ok = ok && numbering_new(&numbers, counter, err) && choose_words(out, counter, path, min_count, &numbers, err);
    counter_free(counter);
    stream_free(stream);
    ok = ok && renumber_file(out, &numbers, n, err);
    numbering_free(&numbers);
    if (!ok)
        corpus_free(out);
    return ok;
}

void corpus_free(struct corpus *c)
{
    if (c->fd >= 0)
        close(c->fd);
    free(c->words);
    free(c->counts);
    free(c->text);
    free(c->starts);
    free(c->before);
    free(c->scratch);
    *c = (struct corpus){.fd = -1};
}

bool corpus_block(const struct corpus *c, size_t block, uint32_t *out, size_t *n_out, struct err *err)
{
    *n_out = (size_t)(c->starts[block + 1] - c->starts[block]);
    return read_at(c, out, *n_out * sizeof *out, c->starts[block] * sizeof *out, err);
}
