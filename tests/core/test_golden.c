/* Every tensor of the golden cases: what PyTorch and transformers gave for tiny models with random weights.
 *
 * Cases are read from tests/data/golden and, where it is set, from $GAZE_GOLDEN. A case of a family or of a weight format
 * that gaze does not read waits: it is named and counted, and once it is read it is checked without an edit here. A case
 * whose family and format are read and that does not load fails.
 *
 * A tensor is compared with what goes by its name in the lists of the run and of the model (made.h). A name of a stack that
 * the model has must be there; one that belongs to a stack or a head that it has not waits, by name. Each root has its own
 * least numbers of cases and tensors, so that none silently stops being compared. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arch/arch.h"
#include "core/base/file.h"
#include "core/base/pool.h"
#include "core/forward.h"
#include "tests/support/made.h"

enum { KINDS = 24, MAX_CASES = 256 };

/* Probabilities are compared more closely than what has no bound. */
static double tolerance_of(const char *name)
{
    static const char *const close[] = {"attn", "dec_attn", "cross_attn", "emd_attn", "router"};
    for (size_t i = 0; i < sizeof close / sizeof *close; i++)
        if (strncmp(name, close[i], strlen(close[i])) == 0)
            return 1e-5;
    return 5e-5;
}

/* The largest difference of a kind of tensor in a case: "attn", "hidden" … */
struct worst {
    char kind[24];
    double off;
};

struct tally {
    size_t cases, texts, tensors, waiting, unmade;
    struct worst worst[KINDS]; /* of the case at hand */
    size_t kinds;
    struct buf failures, waiters, lines, missing; /* what is wrong; names of cases that wait; a line a case; what it lacks */
};

static void fail(struct tally *tally, const char *where, const char *what)
{
    buf_printf(&tally->failures, "  %s: %s\n", where, what);
}

static void note(struct tally *tally, const char *name, double off)
{
    size_t k = 0, n = strcspn(name, ".");
    while (k < tally->kinds && (strlen(tally->worst[k].kind) != n || strncmp(tally->worst[k].kind, name, n) != 0))
        k++;
    if (k == KINDS)
        return;
    if (k == tally->kinds) {
        snprintf(tally->worst[k].kind, sizeof tally->worst[k].kind, "%.*s", (int)n, name);
        tally->worst[tally->kinds++].off = 0;
    }
    tally->worst[k].off = fmax(tally->worst[k].off, off);
}

/* ---- identities ---- */

static double sum_difference(const struct run *run, const struct attention *a, struct site site, float *scores, float *one)
{
    size_t n = a->Tq * a->Tk;
    double worst = 0;
    double *sum = calloc(n + 1, sizeof *sum);
    for (size_t t = 0; t < attention_terms(a); t++) {
        cr_assert(run_map(run, site, (struct part){PART_LOGITS, 1u << t}, 0, a->Tq, one, NULL));
        for (size_t x = 0; x < n; x++)
            sum[x] += one[x];
    }
    cr_assert(run_map(run, site, (struct part){PART_SCORES, 0}, 0, a->Tq, scores, NULL));
    for (size_t x = 0; x < n; x++)
        worst = fmax(worst, fabs(scores[x] - sum[x]) / fmax(1, fabs(sum[x])));
    free(sum);
    return worst;
}

static double output_difference(const struct attention *a, size_t head, const float *probs)
{
    double worst = 0;
    for (size_t q = 0; q < a->Tq; q++) {
        const struct strided *v = a->second.rows && a->second.rows[q] ? &a->second.v : &a->v;
        for (size_t d = 0; d < a->D; d++) {
            double z = 0;
            for (size_t k = 0; k < a->Tk; k++)
                z += (double)probs[q * a->Tk + k] * v->data[k * v->row + head / (a->H / a->Hkv) * v->step + d];
            worst = fmax(worst, fabs(z - a->z.data[q * a->z.row + head * a->z.step + d]));
        }
    }
    return worst;
}

/* Σ terms = scores where nothing mixes or caps; probs·v = z always. */
static void check_identities(struct tally *tally, const char *where, const struct run *run)
{
    double worst_sum = 0, worst_z = 0;
    for (size_t i = 0; i < run->n_attentions; i++) {
        const struct attention *a = &run->attentions[i];
        float *map = malloc((a->Tq * a->Tk + 1) * sizeof *map), *one = malloc((a->Tq * a->Tk + 1) * sizeof *one);
        for (size_t h = 0; h < a->H; h++) {
            struct site site = {a->stack->kind, a->text, a->layer, h};
            if (!a->mix_scores && !(a->cap > 0))
                worst_sum = fmax(worst_sum, sum_difference(run, a, site, map, one));
            cr_assert(run_map(run, site, (struct part){PART_PROBS, 0}, 0, a->Tq, map, NULL));
            worst_z = fmax(worst_z, output_difference(a, h, map));
        }
        free(map);
        free(one);
    }
    if (!(worst_sum <= 1e-5))
        fail(tally, where, "the terms do not add up to the scores");
    if (!(worst_z <= 1e-5))
        fail(tally, where, "probs·v is not z");
}

/* ---- one text ---- */

static bool encoding_of(const struct json *ids, const struct json *types, struct encoding *out, struct err *err)
{
    size_t n = json_count(ids);
    int32_t *id = calloc(n + 1, sizeof *id), *type = calloc(n + 1, sizeof *type);
    for (size_t i = 0; i < n; i++) {
        id[i] = (int32_t)json_number(json_at(ids, i), -1);
        type[i] = (int32_t)json_number(json_at(types, i), 0);
    }
    bool ok = encoding_of_ids(NULL, id, type, n, out, err);
    free(id);
    free(type);
    return ok;
}

/* The decoder's ids are a tensor, `k.dec_input_ids`; false where there is none. */
static bool targets_of(const struct weights *expected, size_t k, struct encoding *out, struct err *err)
{
    char name[40];
    snprintf(name, sizeof name, "%zu.dec_input_ids", k);
    const struct tensor *tensor = weights_find(expected, str_of(name));
    size_t n = tensor ? tensor_numel(tensor) : 0;
    if (!tensor)
        return false;
    int32_t *ids = calloc(n + 1, sizeof *ids);
    for (size_t i = 0; i < n; i++) {
        int64_t id;
        memcpy(&id, (const char *)tensor->data + i * sizeof id, sizeof id);
        ids[i] = (int32_t)id;
    }
    bool ok = encoding_of_ids(NULL, ids, NULL, n, out, err);
    free(ids);
    return ok;
}

/* `options` are the case's: the tokens that are global. */
static struct run *run_text(struct model *model, const struct json *text, const struct json *options,
                            const struct weights *expected, size_t k, struct err *err)
{
    const struct json *global = json_get(options, "global");
    size_t tokens[8] = {0}, n_tokens = json_count(global) < 8 ? json_count(global) : 8;
    for (size_t i = 0; i < n_tokens; i++)
        tokens[i] = (size_t)json_number(json_at(global, i), 0);
    struct encoding source = {0}, target = {0};
    if (!encoding_of(json_get(text, "input_ids"), json_get(text, "token_type_ids"), &source, err))
        return NULL;
    struct run_inputs inputs = {.texts = &source, .n_texts = 1, .global = global ? tokens : NULL, .n_global = n_tokens};
    if (model->stacks[STACK_DECODER].layers && targets_of(expected, k, &target, err))
        inputs.targets = &target;
    return run_new(model, &inputs, NULL, err);
}

static void check_tensor(struct tally *tally, const char *where, const struct run *run, const char *name,
                         const struct tensor *want)
{
    struct err err = {0};
    double off = INFINITY;
    enum made made = compare_made(run, name, want, &off, &err);
    if (made == NOT_MADE && !made_by_stack(run->model, name)) {
        tally->unmade++;
        if (!strstr(buf_cstr(&tally->missing), name))
            buf_printf(&tally->missing, " %s", name);
        return;
    }
    if (made != MADE)
        buf_printf(&tally->failures, "  %s %s: %s\n", where, name, made == NOT_MADE ? "not made" : err.message);
    else if (!(off <= tolerance_of(name)))
        buf_printf(&tally->failures, "  %s %s: off by %.3g\n", where, name, off);
    if (made == MADE)
        note(tally, name, off);
    tally->tensors++;
}

static void check_text(struct tally *tally, const char *name, struct model *model, const struct weights *expected,
                       const struct json *cases, size_t k)
{
    const struct json *text = json_at(json_get(cases, "cases"), k);
    char where[400], prefix[32], tensor[64];
    struct err err = {0};
    snprintf(where, sizeof where, "%s text %zu", name, k);
    snprintf(prefix, sizeof prefix, "%zu.", k);
    if (json_count(json_get(text, "input_ids")) == 0)
        return;
    struct run *run = run_text(model, text, json_get(cases, "options"), expected, k, &err);
    if (!run) {
        fail(tally, where, err.message);
        return;
    }
    tally->texts++;
    check_identities(tally, where, run);
    for (size_t i = 0; i < expected->n; i++) {
        struct str full = expected->tensors[i].name;
        if (!str_starts(full, str_of(prefix)))
            continue;
        snprintf(tensor, sizeof tensor, "%.*s", (int)(full.n - strlen(prefix)), full.s + strlen(prefix));
        check_tensor(tally, where, run, tensor, &expected->tensors[i]);
    }
    run_free(run);
}

/* ---- a case ---- */

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
    tally->kinds = 0;
    tally->missing.n = 0;
    for (size_t k = 0; k < json_count(texts); k++)
        check_text(tally, name, model, expected, cases, k);
    tally->cases++;
    buf_printf(&tally->lines, "%-27s %-11s", name, model->arch->name);
    for (size_t k = 0; k < tally->kinds; k++)
        if (!strstr(tally->worst[k].kind, "input_ids"))
            buf_printf(&tally->lines, " %s %.1e", tally->worst[k].kind, tally->worst[k].off);
    if (tally->missing.n)
        buf_printf(&tally->lines, "; not made:%s", buf_cstr(&tally->missing));
    buf_char(&tally->lines, '\n');
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

static void check_root(const char *root, size_t least_cases, size_t least_tensors)
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
    pool_free();
    fprintf(stderr,
            "%s: %zu cases, %zu texts, %zu tensors; %zu tensors wait for their stack or head; %zu cases wait for their family or "
            "format:%s\n%s",
            root, tally.cases, tally.texts, tally.tensors, tally.unmade, tally.waiting,
            tally.waiting ? buf_cstr(&tally.waiters) : " none", buf_cstr(&tally.lines));
    cr_expect(tally.failures.n == 0, "%s:\n%s", root, buf_cstr(&tally.failures));
    cr_expect(tally.cases >= least_cases, "%s: %zu cases ran, at least %zu are committed", root, tally.cases, least_cases);
    cr_expect(tally.tensors >= least_tensors, "%s: %zu tensors were compared, at least %zu are committed", root, tally.tensors,
              least_tensors);
    buf_free(&tally.failures);
    buf_free(&tally.waiters);
    buf_free(&tally.lines);
    buf_free(&tally.missing);
}

Test(golden, committed_cases_equal_the_reference)
{
    check_root("tests/data/golden", 209, 4950);
}

Test(golden, given_cases_equal_the_reference)
{
    const char *root = getenv("GAZE_GOLDEN");
    if (root && *root)
        check_root(root, 82, 3564);
    else
        fprintf(stderr, "GAZE_GOLDEN: not given\n");
}
