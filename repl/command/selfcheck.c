/* selfcheck: this program's numbers beside those that another one saved of the same model and text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/forward.h"
#include "core/given.h"
#include "repl/grammar/call.h"
#include "repl/run/export_tensors.h"
#include "repl/session/find_model.h"
#include "repl/terminal/progress.h"

enum { MOST_KINDS = 64, ROWS = 16 };

/* Tensors of one name in all layers: the one that is furthest from the file's, in units of what is allowed. */
struct kind {
    struct str name;
    size_t tensors;
    double difference, allowed, here, there;
    char at[96];
    bool shape; /* of another shape: `at` says which */
};

struct check {
    struct weights *file;
    struct model *model;
    bool owned; /* the model was loaded for this */
    struct run *run;
    struct tensor_list list;
    struct kind kinds[MOST_KINDS];
    size_t n_kinds, compared;
    double tolerance;
    struct buf left; /* names of the file that were not compared */
};

static void check_free(struct check *c)
{
    tensor_list_free(&c->list);
    run_free(c->run);
    if (c->owned)
        model_free(c->model);
    weights_close(c->file);
    buf_free(&c->left);
}

/* ---- the run ---- */

/* The ids of a tensor [T] or [1,T]; NULL where the file has none of these names, `|`-separated. */
static int32_t *read_ids(const struct check *c, const char *names, size_t *n_out, struct err *err)
{
    const struct tensor *tensor = NULL;
    for (const char *at = names; !tensor && *at;) {
        size_t n = strcspn(at, "|");
        tensor = weights_find(c->file, (struct str){at, n});
        at += n + (at[n] == '|');
    }
    if (!tensor || tensor->dtype->is_float || tensor->rank < 1 || tensor_numel(tensor) != tensor->shape[tensor->rank - 1])
        return NULL;
    *n_out = tensor_numel(tensor);
    int32_t *ids = mem_new(*n_out, sizeof *ids, "the ids", err);
    for (size_t i = 0; ids && i < *n_out; i++) {
        int64_t id = 0;
        float narrow;
        if (tensor->dtype == &DTYPE_I64)
            memcpy(&id, (const char *)tensor->data + i * sizeof id, sizeof id);
        else {
            tensor->dtype->widen((const char *)tensor->data + i * tensor->dtype->bytes, 1, &narrow);
            id = (int64_t)narrow;
        }
        ids[i] = id < 0 || id > INT32_MAX ? -1 : (int32_t)id;
    }
    return ids;
}

static bool is_padded(const struct check *c, struct err *err)
{
    size_t n = 0, zeros = 0;
    int32_t *mask = read_ids(c, "attention_mask", &n, err);
    for (size_t i = 0; mask && i < n; i++)
        zeros += mask[i] == 0;
    free(mask);
    return zeros > 0;
}

/* Run the file's ids through the model. */
static bool make_run(struct session *session, struct check *c, const char *path, struct err *err)
{
    struct encoding text = {0}, target = {0};
    struct progress progress;
    size_t n = 0, n_types = 0, n_target = 0;
    int32_t *ids = read_ids(c, "input_ids|ids", &n, err), *types = read_ids(c, "token_type_ids", &n_types, err);
    int32_t *decoder = read_ids(c, "dec_input_ids|decoder_input_ids", &n_target, err);
    bool ok = ids || err_set(err, ERR_FORMAT, "%s: no input_ids: which tokens were run is not told", path);
    if (ok && is_padded(c, err))
        ok = err_set(err, ERR_UNSUPPORTED, "%s: its attention_mask hides tokens: save a text without padding", path);
    ok = ok && encoding_of_ids(c->model->tokenizer, ids, n_types == n ? types : NULL, n, &text, err);
    ok = ok && (!decoder || encoding_of_ids(c->model->tokenizer, decoder, NULL, n_target, &target, err));
    if (ok) {
        const struct watch watch = progress_begin(&progress, session, "layers");
        struct run_inputs inputs = {.texts = &text, .targets = decoder ? &target : NULL, .n_texts = 1};
        c->run = run_new(c->model, &inputs, &watch, err);
        progress_end(&progress);
        text = target = (struct encoding){0}; /* taken */
    }
    encoding_free(&text);
    encoding_free(&target);
    free(ids);
    free(types);
    free(decoder);
    return ok && c->run;
}

/* ---- comparing ---- */

/* "attn" of "attn.3". */
static struct str family(const char *name)
{
    size_t n = strlen(name);
    while (n && name[n - 1] >= '0' && name[n - 1] <= '9')
        n--;
    return n && name[n] && name[n - 1] == '.' ? (struct str){name, n - 1} : str_of(name);
}

static struct kind *kind_of(struct check *c, struct str name)
{
    for (size_t i = 0; i < c->n_kinds; i++)
        if (str_eq(c->kinds[i].name, name))
            return &c->kinds[i];
    if (c->n_kinds == MOST_KINDS)
        return NULL;
    c->kinds[c->n_kinds] = (struct kind){.name = name, .allowed = c->tolerance, .here = NAN, .there = NAN};
    return &c->kinds[c->n_kinds++];
}

/* The file's shape without axes of 1 in front is the promise's. */
static bool same_shape(const struct tensor *tensor, const struct tensor_promise *promise)
{
    int extra = tensor->rank - promise->rank;
    for (int i = 0; i < extra; i++)
        if (tensor->shape[i] != 1)
            return false;
    for (int i = 0; extra >= 0 && i < promise->rank; i++)
        if (tensor->shape[extra + i] != promise->shape[i])
            return false;
    return extra >= 0;
}

/* "attn.2 [1,0,5]" of element `at`. */
static void name_place(const struct tensor_promise *promise, size_t at, char *out, size_t room)
{
    struct buf b = {0};
    size_t index[4];
    for (int i = promise->rank; i-- > 0;) {
        index[i] = at % promise->shape[i];
        at /= promise->shape[i];
    }
    buf_printf(&b, "%s", promise->name);
    for (int i = 0; i < promise->rank; i++)
        buf_printf(&b, "%s%zu", i ? "," : " [", index[i]);
    buf_char(&b, ']');
    snprintf(out, room, "%s", buf_cstr(&b));
    buf_free(&b);
}

/* Two numbers apart: 0 where neither is one. */
static double apart(double here, double there)
{
    if (isnan(here) || isnan(there))
        return isnan(here) && isnan(there) ? 0 : INFINITY;
    return here == there ? 0 : fabs(here - there);
}

/* The largest difference of a tensor; allowed is the tolerance times its largest magnitude in the file, at least 1. */
static bool compare(struct check *c, const struct tensor_promise *promise, const struct tensor *tensor, struct err *err)
{
    struct kind *kind = kind_of(c, family(promise->name));
    size_t width = promise->rank > 1 ? promise->shape[promise->rank - 1] : 1, n = tensor_numel(tensor), at = 0;
    float *own = mem_new(ROWS * width, sizeof(int64_t), "a tensor", err),
          *theirs = mem_new(ROWS * width, sizeof *theirs, "a tensor", err);
    double difference = 0, largest = 1, here = NAN, there = NAN;
    bool ok = kind && own && theirs;
    if (ok && !same_shape(tensor, promise)) {
        char found[96];
        snprintf(kind->at, sizeof kind->at, "%s: %s there", promise->name, tensor_describe(tensor, found));
        kind->shape = true;
        goto done;
    }
    for (size_t row = 0, rows; ok && row * width < n; row += rows) {
        rows = n / width - row < ROWS ? n / width - row : ROWS;
        if (cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "cancelled");
        ok = ok && promise->fill(promise->context, row, rows, own, err);
        if (!ok)
            break;
        tensor->dtype->widen((const char *)tensor->data + row * width * tensor->dtype->bytes, rows * width, theirs);
        for (size_t i = 0; i < rows * width; i++) {
            double mine = promise->is_i64 ? (double)((const int64_t *)(const void *)own)[i] : (double)own[i],
                   other = (double)theirs[i];
            double d = apart(mine, other);
            if (isfinite(other) && fabs(other) > largest)
                largest = fabs(other);
            if (d > difference) {
                difference = d;
                at = row * width + i;
                here = mine;
                there = other;
            }
        }
    }
    double allowed = promise->is_i64 ? 0 : c->tolerance * largest; /* ids are equal or not */
    bool further = difference * kind->allowed > kind->difference * allowed || (allowed == 0 && difference > kind->difference);
    if (ok && (!kind->tensors || further)) {
        kind->difference = difference;
        kind->allowed = allowed;
        kind->here = here;
        kind->there = there;
        name_place(promise, at, kind->at, sizeof kind->at);
    }
done:
    if (ok)
        kind->tensors++;
    free(own);
    free(theirs);
    return ok;
}

static bool compare_all(struct session *session, struct check *c, struct err *err)
{
    struct progress progress;
    const struct watch watch = progress_begin(&progress, session, "tensors");
    bool ok = true;
    for (size_t i = 0; ok && i < c->list.n; i++) {
        const struct tensor *tensor = weights_find(c->file, str_of(c->list.promises[i].name));
        if (tensor && tensor->dtype->block == 1) {
            ok = compare(c, &c->list.promises[i], tensor, err);
            c->compared++;
        }
        watch.progress(watch.context, i + 1, c->list.n);
    }
    progress_end(&progress);
    return ok;
}

/* Does the model's own tokenizer make these ids of the text that the file names? A kind of its own: how many differ. */
static bool compare_text(struct check *c, struct err *err)
{
    struct buf text = {0};
    struct encoding encoding = {0};
    const struct encoding *run = &c->run->tokens->texts[0];
    bool told = given_metadata(c->file, "text", &text) && c->model->tokenizer;
    bool ok = !told || (buf_ok(&text, err) && tokenizer_encode(c->model->tokenizer, buf_view(&text), NULL, 0, &encoding, err));
    struct kind *kind = told && ok ? kind_of(c, STR("tokenizer")) : NULL;
    if (kind) {
        size_t longer = encoding.n > run->n ? encoding.n : run->n, first = longer;
        for (size_t i = longer; i-- > 0;)
            if (i >= encoding.n || i >= run->n || encoding.tokens[i].id != run->tokens[i].id) {
                kind->difference++;
                first = i;
            }
        kind->tensors = 1;
        kind->allowed = 0;
        if (first < longer) {
            snprintf(kind->at, sizeof kind->at, "id %zu of the text", first);
            kind->here = first < encoding.n ? (double)encoding.tokens[first].id : NAN;
            kind->there = first < run->n ? (double)run->tokens[first].id : NAN;
        }
    }
    encoding_free(&encoding);
    buf_free(&text);
    return ok;
}

/* ---- the answer ---- */

static bool is_beyond(const struct kind *kind)
{
    return kind->shape || !(kind->difference <= kind->allowed);
}

static bool give(struct result *result, const struct check *c, size_t *beyond, struct err *err)
{
    bool ok = result_columns(result, "kind,tensors,difference,allowed,at,here,there,verdict", err);
    *beyond = 0;
    for (size_t i = 0; ok && i < c->n_kinds; i++) {
        const struct kind *k = &c->kinds[i];
        bool bad = is_beyond(k);
        struct cell_value cells[] = {{.kind = CELL_TEXT, .text = k->name},
                                     {.kind = CELL_INT, .integer = (long long)k->tensors},
                                     number_cell_or(k->shape ? NAN : k->difference, 0, (struct str){0}),
                                     number_cell_or(k->allowed, 0, (struct str){0}),
                                     {.kind = CELL_TEXT, .text = str_of(k->at)},
                                     number_cell_or(k->here, 0, (struct str){0}),
                                     number_cell_or(k->there, 0, (struct str){0}),
                                     {.kind = CELL_TEXT, .text = bad ? STR("beyond") : STR("equal")}};
        *beyond += bad;
        ok = result_row(result, cells, 8, err);
    }
    return ok;
}

static void list_left(struct check *c)
{
    for (size_t i = 0; i < c->file->n; i++) {
        struct str name = c->file->tensors[i].name;
        bool known = str_is(name, "attention_mask") || str_is(name, "token_type_ids");
        for (size_t p = 0; !known && p < c->list.n; p++)
            known = str_is(name, c->list.promises[p].name);
        if (!known && c->left.n < 300)
            buf_printf(&c->left, "%s%.*s", c->left.n ? ", " : "", STR_ARGS(name));
    }
}

/* A loaded model of that name, else one loaded for this. */
static bool find_model(struct session *session, const struct call_word *word, struct check *c, struct err *err)
{
    struct err none = {0};
    c->model = session->n_models ? session_model(session, word->text, &none) : NULL;
    if (!c->model) {
        char *path = session_find_model(session, word->text, err);
        c->model = path ? model_load(path, NULL, err) : NULL;
        c->owned = c->model != NULL;
        free(path);
    }
    return c->model || call_blame(&(struct call){.line = session->line}, word, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct check c = {.tolerance = call_float(call, "tolerance")};
    const struct call_word *file = call_arg(call, ARG_FILE, 0);
    size_t beyond = 0;
    char *path = mem_copy_str(file->text, err);
    bool ok = path && find_model(session, call_arg(call, ARG_LOADABLE, 0), &c, err);
    if (ok && !(c.file = given_weights(path, err)))
        ok = call_blame(call, file, err);
    ok = ok && make_run(session, &c, path, err) && tensor_list_make(c.run, NULL, &c.list, err) && compare_text(&c, err) &&
         compare_all(session, &c, err);
    if (ok && !c.compared)
        ok = err_set(err, ERR_NOT_FOUND,
                     "%s: no tensor of it has a name that export writes (attn.0, hidden.0, logits …: help tensors)", path);
    ok = ok && give(result, &c, &beyond, err);
    if (ok) {
        list_left(&c);
        if (c.left.n)
            result_note(result, "not compared: %s", buf_cstr(&c.left));
        result_note(result, "%zu tensors of %s: %s (tolerance %.3g, times the tensor's largest magnitude where that is above 1)",
                    c.compared, c.model->name, beyond ? "NOT equal" : "equal", c.tolerance);
        session->commands_failed |= beyond > 0; /* the table is the answer; the exit status tells too */
    }
    check_free(&c);
    free(path);
    return ok;
}

static const struct option options[] = {{"tolerance", VALUE_FLOAT, NULL, "1e-4", "how far numbers may lie apart", 0, 1e9}, {0}};
static const struct arg args[] = {
    {"MODEL", ARG_LOADABLE, false, false, "a loaded model, or what load takes: it is loaded for this alone"},
    {"FILE", ARG_FILE, false, false, "tensors that another program saved: .safetensors, .npz"},
    {0}};
const struct command command_selfcheck = {
    .name = "selfcheck",
    .group = "runs",
    .keywords = "verify|validate|compare with transformers|reference|pytorch|correct|equal|trust|test a model|hugging face",
    .summary = "the model's numbers beside those that transformers saved",
    .help =
        "Runs the file's input_ids (token_type_ids, dec_input_ids where it has them) and compares every tensor of the file that\n"
        "export would write under that name: attn.0 …, hidden.0 …, logits, scores.0 … and the rest of `help tensors`, a batch "
        "of\n"
        "one in front allowed. `help open` has the lines of Python that save such a file. A row a kind: of its tensors the one\n"
        "that is furthest off, by how much, where, and both numbers. Allowed is tolerance= times the largest magnitude of that\n"
        "tensor, at least 1. Where the file names its text, the tokenizer is checked too. If a kind is beyond, the exit status "
        "is 1.",
    .examples =
        "selfcheck roberta-tiny saved.safetensors\nselfcheck ~/models/deberta-v3-base saved.npz tolerance=1e-3 format=json",
    .options = options,
    .args = args,
    .run = run,
};
