/* A training from corpus to vectors. See train.h. */
#include "core/embed/train/training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"

#define TRAINER(name) extern const struct trainer trainer_##name;
#include "core/embed/train/list.h"
TRAINERS(TRAINER)
#undef TRAINER

const struct trainer *const trainers[] = {
#define TRAINER(name) &trainer_##name,
    TRAINERS(TRAINER)
#undef TRAINER
    NULL,
};

const struct trainer *trainer_named(struct str name)
{
    for (size_t i = 0; trainers[i]; i++)
        if (str_is(name, trainers[i]->name))
            return trainers[i];
    return NULL;
}

#define KERNEL(name, set) extern const struct train_kernel train_##name;
#include "core/embed/train/kernel_list.h"
#undef KERNEL

const struct train_kernel *const train_kernels[SIMD_SETS] = {
#define KERNEL(name, set) [set] = &train_##name,
#include "core/embed/train/kernel_list.h"
#undef KERNEL
};

const struct train_kernel *train_kernel_best(void)
{
    return SIMD_BEST(train_kernels);
}

/* ---- the matrices ---- */

enum { LARGE_PAGE = 2 << 20 };

static bool rows_bytes(size_t V, size_t E, size_t *out)
{
    size_t bytes;
    if (!size_mul(V, E, &bytes) || !size_mul(bytes, sizeof(float), &bytes) || !size_add(bytes, LARGE_PAGE - 1, &bytes))
        return false;
    *out = bytes / LARGE_PAGE * LARGE_PAGE;
    return true;
}

/* Zeroed rows on large pages. rows_free with the same size. */
static float *rows_new(size_t V, size_t E, struct err *err)
{
    size_t bytes;
    float *rows = rows_bytes(V, E, &bytes) ? aligned_alloc(LARGE_PAGE, bytes) : NULL;
    if (!rows) {
        err_memory(err, V * E * sizeof(float), "the vectors");
        return NULL;
    }
    madvise(rows, bytes, MADV_HUGEPAGE); /* rows are drawn at random: fewer misses of the page tables */
    memset(rows, 0, V * E * sizeof(float));
    return rows;
}

static void rows_free(float *rows, size_t V, size_t E)
{
    (void)V;
    (void)E;
    free(rows);
}

/* Word vectors begin at random in ±1/2dim, as in word2vec; those of targets at 0. */
static bool make_rows(struct training *t, struct err *err)
{
    size_t V = t->corpus.V, dim = t->options.dim;
    t->E = (dim + TRAIN_ALIGN - 1) / TRAIN_ALIGN * TRAIN_ALIGN;
    t->in = rows_new(V, t->E, err);
    t->out = t->in ? rows_new(V, t->E, err) : NULL;
    if (!t->out)
        return false;
    uint64_t random = random_stream(t->options.seed, 0);
    for (size_t v = 0; v < V; v++)
        for (size_t i = 0; i < dim; i++)
            t->in[v * t->E + i] = (random_unit(random_next(&random)) - 0.5f) / (float)dim;
    return true;
}

/* Chances of words: to survive sub-sampling, (√(f/s) + 1)·s/f for frequency f and threshold s as in word2vec; to be drawn. */
static bool make_chances(struct training *t, struct err *err)
{
    size_t V = t->corpus.V;
    double *weights = mem_new(V, sizeof *weights, "the table of negative samples", err);
    t->keep = mem_new(V, sizeof *t->keep, "the vocabulary", err);
    if (!weights || !t->keep) {
        free(weights);
        return false;
    }
    double s = t->options.subsample * (double)t->corpus.total;
    for (size_t v = 0; v < V; v++) {
        double count = (double)t->corpus.counts[v];
        double chance = s > 0 ? (sqrt(count / s) + 1) * s / count : 1;
        t->keep[v] = chance < 1 ? (uint32_t)(chance * 0x1p32) : UINT32_MAX;
        weights[v] = pow(count, 0.75);
    }
    t->noise = alias_new(weights, V, err);
    free(weights);
    return t->noise != NULL;
}

static bool copy_options(struct training *t, const struct train_options *options, struct err *err)
{
    t->options = *options;
    t->options.corpus = mem_copy_str(str_of(options->corpus), err);
    return t->options.corpus != NULL;
}

/* Blocks are dealt out like cards. */
static bool deal_blocks(struct training *t, struct err *err)
{
    size_t all;
    if (!size_mul(t->corpus.n_blocks, t->options.epochs, &all))
        return err_set(err, ERR_LIMIT, "%zu epochs of %zu blocks", t->options.epochs, t->corpus.n_blocks);
    t->n_blocks = (all + t->ranks.n - 1 - t->ranks.own) / t->ranks.n;
    return true;
}

struct training *training_new(const struct train_options *options, const char *scratch, const struct train_watch *watch,
                              struct err *err)
{
    struct training *t = mem_new(1, sizeof *t, "a training", err);
    if (!t)
        return NULL;
    t->corpus.fd = -1;
    t->kernel = train_kernel_best();
    bool joined = ranks_begin(&t->ranks, err);
    bool ok = joined && copy_options(t, options, err) &&
              corpus_read(options->corpus, options->min_count, scratch, watch, &t->corpus, err) && make_chances(t, err) &&
              make_rows(t, err) && deal_blocks(t, err);
    ok = joined && ranks_agree(&t->ranks, ok, err);
    if (ok && !ranks_alike(&t->ranks, t->corpus.hash + t->E * 31 + options->epochs * 1000003))
        ok = err_set(err, ERR_FORMAT, "%s: the processes do not all train on the same words with the same options",
                     options->corpus);
    if (ok)
        return t;
    training_free(t);
    return NULL;
}

void training_free(struct training *t)
{
    if (!t)
        return;
    rows_free(t->in, t->corpus.V, t->E);
    rows_free(t->out, t->corpus.V, t->E);
    free(t->keep);
    free(t->noise);
    corpus_free(&t->corpus);
    free((char *)(uintptr_t)t->options.corpus);
    free(t);
}

/* ---- the course of it ---- */

struct shift {
    struct training *training;
    const struct train_watch *watch;
    double until;
    atomic_flag failed;
    struct err err; /* of the first thread that failed */
};

static void work(void *context, size_t task, size_t thread)
{
    struct shift *s = context;
    struct err err = {0};
    (void)task;
    if (!worker_run(s->training, thread, s->watch, s->until, &err) && !atomic_flag_test_and_set(&s->failed))
        s->err = err;
}

/* Workers train until `until`, the round's end or Ctrl-C. */
static bool work_once(struct training *t, const struct train_watch *watch, double until, struct err *err)
{
    struct shift s = {.training = t, .watch = watch, .until = until, .failed = ATOMIC_FLAG_INIT};
    atomic_store(&t->stop, false);
    pool_run(t->options.threads, work, &s);
    if (s.err.code != ERR_NONE && err)
        *err = s.err;
    if (atomic_load(&t->next) > t->limit)
        atomic_store(&t->next, t->limit);
    return s.err.code == ERR_NONE;
}

/* Ranks meet and average. All go on, or none. */
static bool meet(struct training *t, bool ok, struct err *err)
{
    enum { GO_ON, STOP, FAIL };
    int worst = ranks_most(&t->ranks, !ok ? FAIL : cancel_requested() ? STOP : GO_ON);
    if (!ok)
        return false;
    if (worst == FAIL)
        return err_set(err, ERR_IO, "another of the %zu processes cannot go on", t->ranks.n);
    if (worst == STOP)
        cancel_request();
    return ranks_average(&t->ranks, t->in, t->corpus.V * t->E, err) && ranks_average(&t->ranks, t->out, t->corpus.V * t->E, err);
}

bool training_keep(struct training *t, const char *checkpoint, struct err *err)
{
    if (!checkpoint || t->ranks.own != 0)
        return true;
    if (!checkpoint_write(checkpoint, t, err))
        return false;
    t->kept = true;
    return true;
}

/* One rank: shifts end when a state is due. */
static bool run_alone(struct training *t, const char *checkpoint, const struct train_watch *watch, struct err *err)
{
    t->limit = t->n_blocks;
    while (atomic_load(&t->next) < t->n_blocks) {
        double until = checkpoint ? train_clock() + t->options.checkpoint_seconds : INFINITY;
        if (!work_once(t, watch, until, err))
            return false;
        bool left = atomic_load(&t->next) < t->n_blocks;
        if (left && !training_keep(t, checkpoint, err))
            return false;
        if (left && cancel_requested())
            return err_set(err, ERR_CANCELLED, "interrupted");
    }
    return true;
}

/* Several: rounds of ROUND blocks a rank (a quarter of a million words), as many rounds for each; a state only where all
 * are alike. */
static bool run_together(struct training *t, const char *checkpoint, const struct train_watch *watch, struct err *err)
{
    enum { ROUND = 16 };
    size_t all = t->corpus.n_blocks * t->options.epochs, most = (all + t->ranks.n - 1) / t->ranks.n;
    double due = train_clock() + t->options.checkpoint_seconds;
    bool ok = true;
    for (size_t begin = atomic_load(&t->next); begin < most; begin += ROUND) {
        t->limit = begin + ROUND < t->n_blocks ? begin + ROUND : t->n_blocks;
        while (ok && atomic_load(&t->next) < t->limit && !cancel_requested())
            ok = work_once(t, watch, INFINITY, err);
        if (ok && cancel_requested()) /* the rest of the round is left out, so that ranks stay alike */
            atomic_store(&t->next, t->limit);
        if (!meet(t, ok, err))
            return false;
        bool left = begin + ROUND < most;
        if (left && (cancel_requested() || train_clock() >= due)) {
            ok = training_keep(t, checkpoint, err); /* where it fails the others hear of it when they meet */
            due = train_clock() + t->options.checkpoint_seconds;
        }
        if (left && cancel_requested())
            return ok ? err_set(err, ERR_CANCELLED, "interrupted") : false;
    }
    return ok;
}

bool training_run(struct training *t, const char *checkpoint, const struct train_watch *watch, struct err *err)
{
    return t->ranks.n == 1 ? run_alone(t, checkpoint, watch, err) : run_together(t, checkpoint, watch, err);
}

bool train_is_first(void)
{
    struct ranks ranks;
    return !ranks_begin(&ranks, NULL) || ranks.own == 0;
}

size_t training_words(const struct training *t, const struct str **words_out)
{
    *words_out = t->corpus.words;
    return t->corpus.V;
}

const float *training_vectors(const struct training *t, size_t *stride_out)
{
    *stride_out = t->E;
    return t->in;
}

const struct train_options *training_options(const struct training *t)
{
    return &t->options;
}

size_t training_corpus_words(const struct training *t)
{
    return t->corpus.total;
}

size_t training_not_utf8(const struct training *t)
{
    return t->corpus.not_utf8;
}

bool training_kept(const struct training *t)
{
    return t->kept;
}

size_t training_done(const struct training *t)
{
    return atomic_load(&t->done) * t->ranks.n;
}
