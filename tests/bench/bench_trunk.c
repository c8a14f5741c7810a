/* The benchmark's own side: a model is loaded once, then every line of standard input asks for one thing.
 *
 *   bench FOLDER THREADS
 *   run N      a forward pass over N tokens, kept and freed again   → milliseconds
 *   fresh N    the same, after all memory went back to the system   → milliseconds
 *   hash N     the same                                             → a hash of every bit that a run keeps
 *   hidden N   the same                                             → the last hidden state, N·E floats as they lie in memory
 *   more N M   a prompt of N tokens, then M more by the cache       → milliseconds of the M
 *   ids N M    the same                                             → the ids of the M and of the one before them
 *   threads K  use K threads                                        → ok
 *   size       model width E                                        → E
 *
 * Answers are one line each. Token i of a text has the id 5 + (i·7919 mod (vocabulary − 10)). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/pool.h"
#include "core/base/spare.h"
#include "core/forward.h"
#include "core/generate.h"

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static bool text_of(const struct model *model, size_t n, struct encoding *out, struct err *err)
{
    int32_t *ids = mem_new(n, sizeof *ids, "ids", err);
    for (size_t i = 0; ids && i < n; i++)
        ids[i] = 5 + (int32_t)(i * 7919 % (model->dim['V'] - 10));
    bool ok = ids && encoding_of_ids(NULL, ids, NULL, n, out, err);
    free(ids);
    return ok;
}

static struct run *run_ids(struct model *model, size_t n, struct err *err)
{
    struct encoding text;
    return text_of(model, n, &text, err) ? run_one(model, &text, NULL, err) : NULL;
}

/* When the first new token was there, which the prompt's own pass gives, and when the last. */
struct clock {
    bool began;
    double first, last;
};

static void strike(void *context, int32_t id)
{
    struct clock *clock = context;
    (void)id;
    clock->last = now_ms();
    if (!clock->began)
        clock->first = clock->last;
    clock->began = true;
}

static bool go_on(struct model *model, size_t n, size_t more, bool ids, struct err *err)
{
    struct clock clock = {0};
    struct encoding prompt;
    struct sequence out;
    size_t n_out;
    bool cancelled;
    const struct generate_options options = {.max = more + 1, .beams = 1, .each = strike, .context = &clock};
    if (!text_of(model, n, &prompt, err))
        return false;
    bool ok = generate(model, &prompt, &options, &out, &n_out, &cancelled, err);
    encoding_free(&prompt);
    if (!ok)
        return false;
    for (size_t i = 0; ids && i < out.n; i++)
        printf("%d ", (int)out.ids[i]);
    if (!ids)
        printf("%.4f", clock.last - clock.first);
    printf("\n");
    sequences_free(&out, n_out);
    return true;
}

static void hash(uint64_t *h, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, 4);
        *h = (*h ^ bits) * 1099511628211u; /* FNV-1a, a word at a time */
    }
}

static void hash_heads(uint64_t *h, const struct strided *heads, size_t H, size_t T, size_t D)
{
    for (size_t i = 0; i < H; i++)
        for (size_t t = 0; t < T; t++)
            hash(h, heads->data + i * heads->step + t * heads->row, D);
}

static uint64_t hash_run(const struct run *run)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < run_hidden_states(run, STACK_MAIN); i++)
        hash(&h, run_hidden(run, STACK_MAIN, i), run->tokens->rows * run->model->E);
    for (size_t i = 0; i < run->n_attentions; i++) {
        const struct attention *a = &run->attentions[i];
        hash_heads(&h, &a->q, a->H, a->Tq, a->D);
        hash_heads(&h, &a->k, a->Hkv, a->Tk, a->D);
        hash_heads(&h, &a->v, a->Hkv, a->Tk, a->D);
        hash_heads(&h, &a->z, a->H, a->Tq, a->D);
    }
    return h;
}

/* One request; false at the end of input or on an error, which is printed. */
static bool answer(struct model *model, struct err *err)
{
    char line[64], word[16] = "";
    size_t n = 0, more = 0;
    if (!fgets(line, sizeof line, stdin))
        return false;
    if (sscanf(line, "%15s %zu %zu", word, &n, &more) < 1)
        return err_set(err, ERR_ARG, "an empty request");
    if (!strcmp(word, "threads")) {
        pool_set_threads(n);
        printf("ok\n");
    } else if (!strcmp(word, "size")) {
        printf("%zu\n", model->E);
    } else if (!strcmp(word, "more") || !strcmp(word, "ids")) {
        if (!go_on(model, n, more, word[0] == 'i', err))
            return false;
    } else {
        if (!strcmp(word, "fresh"))
            spare_release();
        double begin = now_ms();
        struct run *run = run_ids(model, n, err);
        if (!run)
            return false;
        if (!strcmp(word, "hash"))
            printf("%016llx\n", (unsigned long long)hash_run(run));
        if (!strcmp(word, "hidden"))
            fwrite(run_hidden(run, STACK_MAIN, run_hidden_states(run, STACK_MAIN) - 1), sizeof(float), n * model->E, stdout);
        run_free(run);
        if (!strcmp(word, "run") || !strcmp(word, "fresh"))
            printf("%.4f\n", now_ms() - begin);
    }
    fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: bench FOLDER THREADS\n");
        return 2;
    }
    pool_set_threads((size_t)atoi(argv[2]));
    struct model *model = model_load(argv[1], NULL, &err);
    if (model)
        while (answer(model, &err))
            ;
    if (err.code)
        fprintf(stderr, "%s\n", err.message);
    model_free(model);
    pool_free();
    return err.code != ERR_NONE;
}
