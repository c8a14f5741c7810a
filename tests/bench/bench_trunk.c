/* The benchmark's own side: a model is loaded once, then every line of standard input asks for one thing.
 *
 *   bench FOLDER THREADS
 *   run N      a forward pass over N tokens, kept and freed again   → milliseconds
 *   fresh N    the same, after all memory went back to the system   → milliseconds
 *   products N the products of such a pass alone: its layers' matrices and every head's two, of DeBERTa's heads the two with
 *              positions too  → milliseconds
 *   many K N   K texts of N tokens in one pass                      → milliseconds, and bytes that the run keeps
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

/* Matrices of layers: not tables of words or places, nor what stands behind the last layer. */
static bool is_layers_matrix(const struct tensor *w)
{
    static const char *const others[] = {"embed", "pooler", "wte", "wpe", "shared", "relative_attention_bias"};
    char name[256];
    snprintf(name, sizeof name, "%.*s", STR_ARGS(w->name));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strstr(name, others[i]))
            return false;
    return w->rank == 2 && w->dtype == &DTYPE_F32;
}

struct head_products {
    const struct layer_shape *shape;
    size_t n, positions; /* rows of a table of relative positions that a text of n meets; 0: no such products */
    float *x, *map, *y;
};

static void head_product(void *context, size_t head, size_t thread)
{
    const struct head_products *p = context;
    size_t D = p->shape->D, n = p->n;
    (void)thread;
    product_abt(n, n, D, 1, p->x + head * D, p->shape->H * D, p->x + head * D, p->shape->H * D, false, p->map + head * n * n, n);
    product_ab(n, D, n, 1, p->map + head * n * n, n, p->x + head * D, p->shape->H * D, false, p->y + head * D, p->shape->H * D);
    for (size_t term = 0; p->positions && term < 2; term++)
        product_abt(n, p->positions, D, 1, p->x + head * D, p->shape->H * D, p->x + head * D, p->shape->H * D, false,
                    p->map + head * n * n, p->positions);
}

static bool products(struct model *model, size_t n, struct err *err)
{
    const struct weights *weights = model->weights;
    const struct stack *stack = &model->stacks[STACK_MAIN];
    const struct layer_shape *shape = stack->shape;
    size_t widest = shape->H * shape->D;
    for (size_t i = 0; i < weights->n; i++)
        for (int d = 0; d < 2; d++)
            if (is_layers_matrix(&weights->tensors[i]) && weights->tensors[i].shape[d] > widest)
                widest = weights->tensors[i].shape[d];
    float *x = mem_new(2 * n * widest + shape->H * n * n, sizeof *x, "products", err);
    if (!x)
        return false;
    struct head_products heads = {.shape = shape, .n = n, .x = x, .y = x + n * widest, .map = x + 2 * n * widest};
    if (!strncmp(model->arch->name, "deberta", 7))
        heads.positions = n; /* of 2n − 1 deltas the buckets are about as many as tokens; a head's map has room for them */
    bool conv = model->config && !strcmp(model->arch->name, "gpt2"), ok = true;
    double begin = now_ms();
    for (size_t i = 0; ok && i < weights->n; i++) {
        const struct tensor *w = &weights->tensors[i];
        if (!is_layers_matrix(w))
            continue;
        struct linear linear = {.w = *w, .out = w->shape[conv], .in = w->shape[!conv], .layout = conv ? LAYOUT_IN_OUT : LAYOUT_OUT_IN};
        ok = product_linear(&linear, x, n, linear.in, n, 0, heads.y, linear.out, err);
    }
    for (size_t l = 0; l < stack->layers; l++)
        pool_run(shape->H, head_product, &heads);
    if (ok)
        printf("%.4f\n", now_ms() - begin);
    free(x);
    return ok;
}

static bool many(struct model *model, size_t n_texts, size_t n, struct err *err)
{
    struct encoding *texts = mem_new(n_texts, sizeof *texts, "texts", err);
    for (size_t i = 0; texts && i < n_texts; i++)
        if (!text_of(model, n, &texts[i], err))
            return false;
    double begin = now_ms();
    struct run *run = texts ? run_new(model, &(struct run_inputs){.texts = texts, .n_texts = n_texts}, NULL, err) : NULL;
    if (!run)
        return false;
    printf("%.4f %zu\n", now_ms() - begin, arena_bytes(run->arena));
    run_free(run);
    return true;
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
    } else if (!strcmp(word, "products")) {
        if (!products(model, n, err))
            return false;
    } else if (!strcmp(word, "many")) {
        if (!many(model, n, more, err))
            return false;
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
