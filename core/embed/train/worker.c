/* A thread of training: takes blocks, thins their sentences, and takes the steps that the trainer makes of them. */
#include "core/embed/train/worker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/cancel.h"

enum {
    LONGEST_SENTENCE = 1000, /* words, after sub-sampling, as in word2vec */
    LOOK = 512               /* steps between two looks at the loss */
};
static const double RATE_LAST = 1e-4;  /* the learning rate at the end, as in gensim and kōan */
static const double REPORT = 0.1;      /* seconds between two reports */

double train_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static void worker_free(struct worker *w)
{
    free(w->floats);
    free(w->rows);
    free(w->numbers);
    free(w->kept);
}

static bool worker_init(struct worker *w, struct training *t, struct err *err)
{
    size_t in = 2 * t->options.window, out = 1 + t->options.negative, scores = round_up(out, TRAIN_SCORES);
    *w = (struct worker){.training = t, .to_look = LOOK};
    size_t floats = round_up(2 * t->E + 2 * scores, TRAIN_ALIGN);
    w->floats = aligned_alloc(64, floats * sizeof *w->floats);
    w->rows = mem_new((in + out) * WORKER_DELAY, sizeof *w->rows, "a thread of training", err);
    w->numbers = mem_new(CORPUS_LONGEST, sizeof *w->numbers, "a thread of training", err);
    w->kept = mem_new(CORPUS_LONGEST, sizeof *w->kept, "a thread of training", err);
    if (!w->floats || !w->rows || !w->numbers || !w->kept)
        return w->floats ? false : err_memory(err, floats * sizeof *w->floats, "a thread of training");
    memset(w->floats, 0, floats * sizeof *w->floats);
    w->scratch = w->floats;
    w->scores = w->floats + 2 * t->E + scores;
    for (size_t i = 0; i < WORKER_DELAY; i++) {
        w->steps[i].in = w->rows + i * (in + out);
        w->steps[i].out = w->steps[i].in + in;
    }
    return true;
}

/* −log σ(x), without overflow. */
static double surprise(double x)
{
    return x > 0 ? log1p(exp(-x)) : log1p(exp(x)) - x;
}

static void look(struct worker *w, const struct train_step *step)
{
    w->to_look = LOOK;
    w->loss += surprise(w->scores[0]);
    for (size_t k = 1; k < step->n_out; k++)
        w->loss += surprise(-w->scores[k]);
    w->looked++;
}

static void take(struct worker *w, const struct train_step *step)
{
    w->training->kernel->step(step, w->training->E, w->scratch, w->scores);
    if (--w->to_look == 0)
        look(w, step);
}

struct train_step *worker_step(struct worker *w)
{
    struct train_step *step = &w->steps[w->made % WORKER_DELAY];
    if (w->made >= WORKER_DELAY)
        take(w, step);
    return step;
}

void worker_push(struct worker *w, struct train_step *step, uint32_t word, float rate)
{
    const struct training *t = w->training;
    size_t n = 1, negative = t->options.negative;
    uint32_t V = (uint32_t)t->corpus.V;
    step->out[0] = worker_out(w, word);
    for (size_t k = 0; k < negative; k++) {
        uint32_t drawn = alias_draw(t->noise, V, random_next(&w->random));
        step->out[n] = worker_out(w, drawn);
        worker_fetch(step->out[n], t->E);
        n += drawn != word;
    }
    worker_fetch(step->out[0], t->E);
    step->n_out = n;
    step->rate = rate;
    w->made++;
}

/* Take what was made and not taken. */
static void finish_steps(struct worker *w)
{
    for (size_t i = w->made < WORKER_DELAY ? 0 : w->made - WORKER_DELAY; i < w->made; i++)
        take(w, &w->steps[i % WORKER_DELAY]);
    w->made = 0;
}

/* The mean over n ranks keeps 1/n of what each of them learnt, so that they learn n times as fast; beyond BOLDEST that was
 * not tried. */
static float rate_at(const struct training *t, size_t words)
{
    enum { BOLDEST = 4 };
    double alpha = t->options.alpha * (double)(t->ranks.n < BOLDEST ? t->ranks.n : BOLDEST), last = alpha < RATE_LAST ? alpha : RATE_LAST;
    return (float)(alpha - (alpha - last) * ((double)words / ((double)t->corpus.total * (double)t->options.epochs)));
}

/* One block of sentences; its random numbers are its own. */
static bool train_block(struct worker *w, size_t number, struct err *err)
{
    struct training *t = w->training;
    const struct corpus *c = &t->corpus;
    size_t block = number % c->n_blocks, n, at = 0;
    size_t seen = number / c->n_blocks * c->total + (size_t)c->before[block];
    if (!corpus_block(c, block, w->numbers, &n, err))
        return false;
    w->random = random_stream(t->options.seed, number + 1);
    while (at < n) {
        size_t kept = 0, first = seen;
        for (; at < n && w->numbers[at] != CORPUS_END && kept < LONGEST_SENTENCE; at++, seen++) {
            uint32_t word = w->numbers[at];
            w->kept[kept] = word;
            kept += (uint32_t)(random_next(&w->random) >> 32) <= t->keep[word];
        }
        at += at < n && w->numbers[at] == CORPUS_END;
        t->options.trainer->sentence(w, w->kept, kept, rate_at(t, first));
    }
    finish_steps(w);
    atomic_fetch_add_explicit(&t->done, (size_t)(c->before[block + 1] - c->before[block]), memory_order_relaxed);
    return true;
}

/* The thread of the caller reports; the loss is what it saw itself. */
static void report(struct worker *w, const struct train_watch *watch)
{
    struct training *t = w->training;
    size_t total = t->corpus.total * t->options.epochs;
    if (w->looked)
        t->loss = w->loss / (double)w->looked;
    w->loss = 0;
    w->looked = 0;
    size_t done = atomic_load_explicit(&t->done, memory_order_relaxed) * t->ranks.n; /* the others are about as far */
    done = done < total ? done : total;
    struct train_progress p = {.done = done, .total = total, .loss = t->loss, .rate = (double)rate_at(t, done)};
    if (watch && watch->progress)
        watch->progress(watch->context, &p);
}

bool worker_run(struct training *t, size_t thread, const struct train_watch *watch, double until, struct err *err)
{
    struct worker w;
    bool ok = worker_init(&w, t, err);
    double reported = train_clock();
    while (ok && !atomic_load_explicit(&t->stop, memory_order_relaxed)) {
        size_t number = atomic_fetch_add_explicit(&t->next, 1, memory_order_relaxed);
        if (number >= t->limit)
            break;
        ok = train_block(&w, number * t->ranks.n + t->ranks.own, err);
        double now = train_clock();
        if (thread == 0 && now - reported > REPORT) {
            report(&w, watch);
            reported = now;
        }
        if (now >= until || cancel_requested())
            atomic_store_explicit(&t->stop, true, memory_order_relaxed);
    }
    if (!ok)
        atomic_store_explicit(&t->stop, true, memory_order_relaxed);
    if (thread == 0 && ok)
        report(&w, watch);
    worker_free(&w);
    return ok;
}
