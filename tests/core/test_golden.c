/* Every tensor of the golden cases: what PyTorch and transformers gave for tiny models with random weights.
 *
 * Cases are read from tests/data/golden and, where it is set, from $GAZE_GOLDEN. A case of a family or of a weight format
 * that gaze does not read waits: it is named and counted, and once it is read it is checked without an edit here. A case
 * whose family and format are read and that does not load fails. Each root has its own least number of cases, so that one
 * that silently stops running fails the test. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/pool.h"
#include "core/run.h"

enum { COMMITTED_CASES = 28, GIVEN_CASES = 13, KINDS = 8, MAX_CASES = 256 };

/* A kind of tensor: how its name begins, and how far it may be off. */
static const struct kind {
    const char *name;
    double tolerance;
} kinds[] = {{"hidden", 5e-5}, {"scores", 5e-5}, {"attn", 1e-5}, {"c2c", 5e-5}, {"c2p", 5e-5}, {"p2c", 5e-5}, {"logits", 5e-5}};

struct tally {
    size_t cases, texts, tensors, waiting;
    double worst[MAX_CASES][KINDS]; /* by case in order */
    char names[MAX_CASES][64], family[MAX_CASES][32];
    struct buf failures, waiters; /* what is wrong; the names of the cases that wait */
};

static void fail(struct tally *tally, const char *where, const char *what)
{
    buf_printf(&tally->failures, "  %s: %s\n", where, what);
}

static double largest_difference(const float *a, const struct tensor *b, size_t n)
{
    double worst = 0;
    float *want = malloc((n ? n : 1) * sizeof *want);
    b->dtype->widen(b->data, n, want);
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - want[i]);
        if (!(d <= worst))
            worst = isnan(d) ? INFINITY : d;
    }
    free(want);
    return worst;
}

/* Maps of the first `heads` heads, [heads,T,T]. */
static float *maps(const struct run *run, size_t layer, struct part part, size_t heads, struct err *err)
{
    size_t T = run->tokens->rows;
    float *out = malloc(heads * T * T * sizeof *out);
    for (size_t h = 0; h < heads; h++)
        if (!run_map(run, (struct site){STACK_MAIN, 0, layer, h}, part, 0, T, out + h * T * T, err)) {
            free(out);
            return NULL;
        }
    return out;
}

/* What gaze makes of a tensor's name, of as many heads as the reference stored; NULL: nothing of this issue's. */
static float *ours(const struct run *run, const char *name, const struct tensor *want, struct err *err)
{
    size_t n = tensor_numel(want), l;
    char kind[32];
    struct str none = {0};
    const struct output_head *head = NULL;
    for (size_t i = 0; (head = run_head(run, i)) && strcmp(head->tensor, name) != 0; i++)
        ;
    if (head || strcmp(name, "logits") == 0) {
        size_t *rows = malloc(run->tokens->rows * sizeof *rows);
        float *out = malloc((n ? n : 1) * sizeof *out);
        for (size_t i = 0; i < run->tokens->rows; i++)
            rows[i] = i;
        bool ok = head && n == run->tokens->rows * head->width(run->model) && run_logits(run, head, 0, rows, run->tokens->rows, out, err);
        if (!head)
            err_set(err, ERR_NOT_FOUND, "no head");
        free(rows);
        if (ok)
            return out;
        free(out);
        return NULL;
    }
    if (sscanf(name, "%31[a-z0-9_].%zu", kind, &l) != 2)
        return NULL;
    if (strcmp(kind, "hidden") == 0) {
        if (l >= run_hidden_states(run, STACK_MAIN) || n != run->tokens->rows * run->model->E)
            return NULL;
        float *out = malloc(n * sizeof *out);
        memcpy(out, run_hidden(run, STACK_MAIN, l), n * sizeof *out);
        return out;
    }
    struct part part;
    if (want->rank != 3 || !part_parse(run->model->stacks[STACK_MAIN].terms, str_of(strcmp(kind, "attn") == 0 ? "probs" : kind), none, none, &part, err))
        return NULL;
    return maps(run, l, part, want->shape[0], err);
}

/* Σ terms = scores where nothing mixes; probs·v = z always. */
static void check_identities(struct tally *tally, const char *where, const struct run *run)
{
    size_t T = run->tokens->rows;
    float *scores = malloc(T * T * sizeof *scores), *sum = malloc(T * T * sizeof *sum);
    double worst_sum = 0, worst_z = 0;
    for (size_t i = 0; i < run->n_attentions; i++) {
        const struct attention *a = &run->attentions[i];
        for (size_t h = 0; h < a->H; h++) {
            struct site site = {a->stack->kind, a->text, a->layer, h};
            struct part all = {PART_LOGITS, (1u << attention_terms(a)) - 1};
            cr_assert(run_map(run, site, (struct part){PART_SCORES, 0}, 0, T, scores, NULL));
            memset(sum, 0, T * T * sizeof *sum);
            float *one = malloc(T * T * sizeof *one);
            for (size_t t = 0; t < attention_terms(a); t++) {
                cr_assert(run_map(run, site, (struct part){PART_LOGITS, 1u << t}, 0, T, one, NULL));
                for (size_t x = 0; x < T * T; x++)
                    sum[x] += one[x];
            }
            free(one);
            (void)all;
            for (size_t x = 0; !a->mix_scores && x < T * T; x++)
                worst_sum = fmax(worst_sum, fabs((double)scores[x] - sum[x]));
            cr_assert(run_map(run, site, (struct part){PART_PROBS, 0}, 0, T, scores, NULL));
            for (size_t q = 0; q < T; q++)
                for (size_t d = 0; d < a->D; d++) {
                    double z = 0;
                    for (size_t k = 0; k < T; k++)
                        z += (double)scores[q * T + k] * a->v.data[k * a->v.row + h * a->v.step + d];
                    worst_z = fmax(worst_z, fabs(z - a->z.data[q * a->z.row + h * a->z.step + d]));
                }
        }
    }
    if (!(worst_sum <= 1e-5))
        fail(tally, where, "the terms do not add up to the scores");
    if (!(worst_z <= 1e-5))
        fail(tally, where, "probs·v is not z");
    free(scores);
    free(sum);
}

static void check_text(struct tally *tally, const char *name, struct model *model, const struct weights *expected,
                       const struct json *text, size_t k)
{
    char where[400];
    struct err err = {0};
    const struct json *ids = json_get(text, "input_ids"), *types = json_get(text, "token_type_ids");
    size_t n = json_count(ids);
    snprintf(where, sizeof where, "%s text %zu", name, k);
    if (n == 0)
        return;
    int32_t *id = calloc(n, sizeof *id), *type = calloc(n, sizeof *type);
    for (size_t i = 0; i < n; i++) {
        id[i] = (int32_t)json_number(json_at(ids, i), -1);
        type[i] = (int32_t)json_number(json_at(types, i), 0);
    }
    struct encoding encoding = {0};
    struct run *run = NULL;
    if (encoding_of_ids(NULL, id, type, n, &encoding, &err))
        run = run_one(model, &encoding, NULL, &err);
    free(id);
    free(type);
    if (!run) {
        fail(tally, where, err.message);
        return;
    }
    tally->texts++;
    check_identities(tally, where, run);
    char prefix[32];
    snprintf(prefix, sizeof prefix, "%zu.", k);
    for (size_t i = 0; i < expected->n; i++) {
        const struct tensor *want = &expected->tensors[i];
        if (!str_starts(want->name, str_of(prefix)))
            continue;
        char tensor[64];
        snprintf(tensor, sizeof tensor, "%.*s", (int)(want->name.n - strlen(prefix)), want->name.s + strlen(prefix));
        size_t kind = 0;
        while (kind < sizeof kinds / sizeof *kinds && strncmp(tensor, kinds[kind].name, strlen(kinds[kind].name)) != 0)
            kind++;
        if (kind == sizeof kinds / sizeof *kinds)
            continue; /* input_ids, emd_*: not of these kinds */
        if (kind == 6 && want->rank == 2 && want->shape[1] != model->dim['V'])
            continue; /* another head's logits */
        if (kind == 6 && want->rank != 2)
            continue;
        float *got = ours(run, tensor, want, &err);
        if (!got) {
            buf_printf(&tally->failures, "  %s %s: not made: %s\n", where, tensor, err.message);
            continue;
        }
        double worst = largest_difference(got, want, tensor_numel(want));
        if (!(worst <= kinds[kind].tolerance))
            buf_printf(&tally->failures, "  %s %s: off by %.3g\n", where, tensor, worst);
        if (worst > tally->worst[tally->cases][kind])
            tally->worst[tally->cases][kind] = worst;
        tally->tensors++;
        free(got);
    }
    run_free(run);
}

/* Does a case that did not load wait? Its refusal must say "unsupported", and be about what is not read at all: the family,
 * or the format of the weights. An option that is refused in a family that is read is a failure. */
static bool waits(const char *folder, const struct json *cases, const struct err *refusal)
{
    struct err err = {0};
    if (refusal->code != ERR_UNSUPPORTED)
        return false;
    if (!arch_of_type(json_str(json_get(cases, "family"), "")))
        return true;
    struct weights *weights = weights_open(folder, &err);
    weights_close(weights);
    return !weights && err.code == ERR_UNSUPPORTED;
}

static void check_texts(struct tally *tally, const char *name, struct model *model, const struct weights *expected,
                        const struct json *cases)
{
    const struct json *texts = json_get(cases, "cases");
    snprintf(tally->names[tally->cases], sizeof tally->names[0], "%.60s", name);
    snprintf(tally->family[tally->cases], sizeof tally->family[0], "%s", model->arch->name);
    for (size_t k = 0; k < json_count(texts); k++)
        check_text(tally, name, model, expected, json_at(texts, k), k);
    tally->cases++;
}

static void check_case(struct tally *tally, const char *root, const char *name)
{
    struct err err = {0};
    char folder[512], path[600];
    snprintf(folder, sizeof folder, "%s/%s", root, name);
    snprintf(path, sizeof path, "%s/cases.json", folder);
    if (!file_exists(path))
        return;
    struct json *cases = json_load(path, 0, &err);
    snprintf(path, sizeof path, "%s/expected.safetensors", folder);
    struct weights *expected = cases ? weights_open(path, &err) : NULL;
    struct model *model = expected ? model_load(folder, NULL, &err) : NULL;
    if (model) {
        check_texts(tally, name, model, expected, cases);
    } else if (expected && waits(folder, cases, &err)) {
        buf_printf(&tally->waiters, " %s", name);
        tally->waiting++;
    } else {
        fail(tally, name, err.message);
    }
    model_free(model);
    weights_close(expected);
    json_free(cases);
}

static void report(struct tally *tally, const char *root)
{
    fprintf(stderr, "%s: %zu cases, %zu texts, %zu tensors; %zu cases wait for their family or format:%s\n", root, tally->cases,
            tally->texts, tally->tensors, tally->waiting, tally->waiting ? buf_cstr(&tally->waiters) : " none");
    fprintf(stderr, "%-20s %-12s", "largest error", "family");
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        fprintf(stderr, " %8s", kinds[k].name);
    for (size_t c = 0; c < tally->cases; c++) {
        fprintf(stderr, "\n%-20s %-12s", tally->names[c], tally->family[c]);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            fprintf(stderr, " %8.1e", tally->worst[c][k]);
    }
    fputc('\n', stderr);
}

static void check_root(const char *root, size_t least)
{
    static struct tally tally;
    struct dirent **entries;
    int n = scandir(root, &entries, NULL, alphasort);
    cr_assert(n >= 0 && n < MAX_CASES, "%s cannot be opened, or holds too many cases", root);
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.')
            check_case(&tally, root, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    report(&tally, root);
    pool_free();
    cr_expect(tally.failures.n == 0, "%s:\n%s", root, buf_cstr(&tally.failures));
    cr_expect(tally.cases >= least, "%s: %zu cases ran, at least %zu are committed", root, tally.cases, least);
    buf_free(&tally.failures);
    buf_free(&tally.waiters);
}

Test(golden, committed_cases_equal_the_reference)
{
    check_root("tests/data/golden", COMMITTED_CASES);
}

Test(golden, given_cases_equal_the_reference)
{
    const char *root = getenv("GAZE_GOLDEN");
    if (root && *root)
        check_root(root, GIVEN_CASES);
    else
        fprintf(stderr, "GAZE_GOLDEN: not given\n");
}
