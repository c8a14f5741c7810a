/* Twins of a model that have learned nothing, on the same texts: models of shuffled and of fresh weights. See column_work.h. */
#include <math.h>
#include <stdlib.h>

#include "core/base/random.h"
#include "core/measure/column_look.h"
#include "core/measure/column_work.h"
#include "core/measure/measure.h"

const char *const column_reference_names[COLUMN_REFERENCES] = {"random key", "shuffled", "fresh", "permuted"};

/* Where the heads' excesses in a twin are gathered. */
struct gathering {
    const struct column_work *work;
    double *excess; /* [heads, measured] */
};

static void see(void *context, size_t used, size_t text, const struct attention *a, float *probs, struct err *err)
{
    struct gathering *g = context;
    const struct column_work *w = g->work;
    (void)err;
    for (size_t h = 0; h < w->n_heads; h++)
        if (w->of[h] == used)
            g->excess[h * w->measured + text] =
                map_not_finite(a, probs) ? NAN
                                         : column_own_excess(&w->heads[h], probs, a, w->material.texts[2 * text + 1].tokens, w->material.length);
}

static void add_count(struct column_count *count, size_t heads)
{
    count->least = !count->n || heads < count->least ? heads : count->least;
    count->most = heads > count->most ? heads : count->most;
    count->mean = (count->mean * (double)count->n + (double)heads) / (double)(count->n + 1);
    count->n++;
}

/* A twin more in the reference of a head. */
static void add_twin(struct column_reference *r, const double *excess, size_t n)
{
    double sum = 0;
    size_t some = 0;
    for (size_t t = 0; t < n; t++)
        if (isfinite(excess[t])) {
            sum += excess[t];
            some++;
        }
    if (!some)
        return;
    double mean = sum / (double)some + 1;
    r->low = !r->n || mean < r->low ? mean : r->low;
    r->high = !r->n || mean > r->high ? mean : r->high;
    r->mean = (r->mean * (double)r->n + mean) / (double)(r->n + 1);
    r->n++;
}

/* The texts of the measuring half through one model: how many sites have a column, what the heads' columns have. */
static bool look(struct column_work *w, struct model *model, double *excess, struct column_count *count, struct err *err)
{
    size_t bytes = w->n_sites * w->measured * w->material.length;
    struct column_test_options options = *w->options;
    options.model = model;
    struct jobs jobs = {.options = &options, .material = &w->material, .absolute = w->side->absolute, .shift = w->side->shift};
    struct gathering g = {w, excess};
    struct column_watcher watcher = {see, &g};
    unsigned char *marks = mem_new(bytes, 1, "marks of columns", err);
    for (size_t i = 0; marks && i < w->n_heads * w->measured; i++)
        excess[i] = NAN;
    bool ok = marks && column_mark(w, &jobs, 1, w->measured, &watcher, marks, err);
    if (ok)
        add_count(count, column_sites_with(w, marks, w->measured));
    jobs_free(&jobs);
    free(marks);
    return ok;
}

bool column_twins(struct column_work *w, struct err *err)
{
    const struct model *own = w->options->model;
    const char *path = own->checkpoint.gguf.path ? own->checkpoint.gguf.path : own->folder;
    double *excess = mem_new(w->n_heads * w->measured + 1, sizeof *excess, "masses of twins", err);
    bool ok = excess && look(w, w->options->model, excess, &w->side->count, err);
    for (size_t i = 0; ok && i < 2 * w->options->twins; i++) {
        bool fresh = i >= w->options->twins;
        uint64_t seed = random_stream(w->options->seed, i % w->options->twins) >> 12;
        struct model *twin = (fresh ? model_load_fresh : model_load_shuffled)(path, own->name, seed, err);
        ok = twin && look(w, twin, excess, &w->side->twins[fresh], err);
        for (size_t h = 0; ok && h < w->n_heads; h++)
            add_twin(&w->heads[h].reference[fresh ? REFERENCE_FRESH : REFERENCE_SHUFFLED], excess + h * w->measured, w->measured);
        model_free(twin);
    }
    free(excess);
    return ok;
}
