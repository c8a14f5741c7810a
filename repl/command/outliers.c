/* outliers: dimensions of the model's width that stand far out, by weights and by values. */
#include "core/measure/outliers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/forward.h"
#include "core/scan.h"
#include "repl/grammar/call.h"
#include "repl/result/result.h"
#include "repl/run/selector.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"

struct sheet {
    struct model *model;
    enum stack_kind stack;
    bool ffn;
    struct outliers outliers;
    size_t texts, tensors; /* looked at; layers or hidden states of a text */
    unsigned char *weight, *bias; /* [layers,E] */
    const char *norm;
    bool table;
    struct err *err; /* of a watched pass */
    bool failed;
    size_t layer;    /* of a watched pass */
    const int32_t *ids;
};

/* ---- what is looked at ---- */

static void see(void *context, const float *x, size_t rows, size_t E)
{
    struct sheet *s = context;
    s->failed = s->failed || !outliers_add(&s->outliers, s->layer++, x, rows, E, s->ids, s->err);
}

/* The feed-forward parts of a run's text, which nothing keeps: it is run again. */
static bool add_ffn(struct sheet *s, const struct run *run, struct err *err)
{
    struct intervention watch = {.kind = intervention_named("watch_rows"), .layer = SIZE_MAX, .head = SIZE_MAX, .token = SIZE_MAX,
                                 .rows = ROWS_FFN, .see = see, .context = s};
    s->layer = 0;
    s->err = err;
    s->ids = run->tokens->ids;
    struct run *again = run_again(s->model, run, &watch, 1, NULL, err);
    run_free(again);
    s->tensors = s->layer;
    return again && !s->failed &&
           (s->layer || err_set(err, ERR_NOT_FOUND, "%s has no post-norm block whose feed-forward part could be looked at: at=hidden", s->model->name));
}

static bool add_run(struct sheet *s, const struct run *run, struct err *err)
{
    const struct tokens *tokens = s->stack == STACK_DECODER ? run->target : run->tokens;
    s->texts++;
    s->outliers.tokens += tokens->rows;
    if (s->ffn)
        return add_ffn(s, run, err);
    s->tensors = run_hidden_states(run, s->stack);
    for (size_t l = 0; l < s->tensors; l++) {
        const struct kept *kept = run_kept(run, "hidden", s->stack, l);
        if (kept && kept->shape[0] == tokens->rows && kept->shape[1] == s->model->E &&
            !outliers_add(&s->outliers, l, kept->data, tokens->rows, s->model->E, tokens->ids, err))
            return false;
    }
    return true;
}

static bool add_texts(struct session *session, const struct call *call, struct sheet *s, struct err *err)
{
    struct progress progress;
    char *path = mem_copy_str(call_str(call, "texts"), err);
    struct source *file = path ? source_text(path, "a text a line", err) : NULL;
    size_t most = s->model->stacks[STACK_MAIN].max_tokens, length = call_given(call, "length") ? (size_t)call_int(call, "length") : most;
    struct scan_options scan = {.model = s->model, .name = path, .front = -1, .length = most && length > most ? most : length,
                                .no_special = !call_flag(call, "add_special")};
    size_t all = (size_t)call_int(call, "n");
    struct watch watch = progress_begin(&progress, session, "texts");
    bool ok = file || call_blame_option(call, "texts", err);
    if (ok && call_given(call, "front") && !column_texts_token(s->model->tokenizer, call_str(call, "front"), &scan.front, err))
        ok = call_blame_option(call, "front", err);
    struct scan_lines lines = {.rest = ok ? (struct str){(const char *)file->data, file->size} : (struct str){0}};
    struct str line;
    while (ok && s->texts < all && scan_next_line(&lines, &line)) {
        struct encoding text;
        bool cut;
        struct run *run = scan_encode(&scan, line, &text, &cut, err) ? run_one(s->model, &text, NULL, err) : NULL;
        ok = (run || err_prefix(err, "%s:%zu: ", path, lines.line)) && add_run(s, run, err) &&
             (!cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled"));
        run_free(run);
        watch.progress(watch.context, s->texts, all);
    }
    ok = ok && (s->texts || err_set(err, ERR_NOT_FOUND, "%s holds no text", path));
    progress_end(&progress);
    source_free(file);
    free(path);
    return ok;
}

/* ---- groups of outliers ---- */

/* Those with one key: a dimension, a layer, a token or an index. */
struct group {
    const struct outlier *at; /* [n], together */
    size_t n;
    size_t states, first, last; /* layers or states in which they are */
    size_t dims;
    double sigmas, mean; /* the largest |·|; of their values */
    int32_t token;
    size_t token_n, index, index_n; /* the commonest, and how many have it */
};

static size_t key_of(const struct outlier *o, struct str by)
{
    return str_is(by, "layer") ? o->layer : str_is(by, "token") ? (size_t)o->token : str_is(by, "position") ? o->index : o->dim;
}

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The commonest of n numbers, the smallest of equals, and how many have it; sorts them. */
static size_t commonest(size_t *x, size_t n, size_t *n_out, size_t *different_out)
{
    size_t best = 0;
    qsort(x, n, sizeof *x, by_size);
    *n_out = *different_out = 0;
    for (size_t i = 0, some; i < n; i += some) {
        for (some = 1; i + some < n && x[i + some] == x[i];)
            some++;
        ++*different_out;
        if (some > *n_out) {
            *n_out = some;
            best = x[i];
        }
    }
    return best;
}

static void fill(struct group *g, size_t *scratch)
{
    size_t unused, different;
    g->first = SIZE_MAX;
    for (size_t i = 0; i < g->n; i++) {
        g->first = g->at[i].layer < g->first ? g->at[i].layer : g->first;
        g->last = g->at[i].layer > g->last ? g->at[i].layer : g->last;
        g->sigmas = fmax(g->sigmas, fabs(g->at[i].sigmas));
        g->mean += g->at[i].value / (double)g->n;
        scratch[i] = g->at[i].layer;
    }
    commonest(scratch, g->n, &unused, &g->states);
    for (size_t i = 0; i < g->n; i++)
        scratch[i] = g->at[i].dim;
    commonest(scratch, g->n, &unused, &g->dims);
    for (size_t i = 0; i < g->n; i++)
        scratch[i] = (size_t)g->at[i].token;
    g->token = (int32_t)commonest(scratch, g->n, &g->token_n, &different);
    for (size_t i = 0; i < g->n; i++)
        scratch[i] = g->at[i].index;
    g->index = commonest(scratch, g->n, &g->index_n, &different);
}

static int by_dim(const void *a, const void *b)
{
    const struct outlier *x = a, *y = b;
    return (x->dim > y->dim) - (x->dim < y->dim);
}

static int by_layer(const void *a, const void *b)
{
    const struct outlier *x = a, *y = b;
    return (x->layer > y->layer) - (x->layer < y->layer);
}

static int by_token(const void *a, const void *b)
{
    const struct outlier *x = a, *y = b;
    return (x->token > y->token) - (x->token < y->token);
}

static int by_index(const void *a, const void *b)
{
    const struct outlier *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

static int by_count(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* The groups, largest first but layers in their order, on the heap. */
static struct group *groups_of(struct outliers *o, struct str by, size_t *n_out, struct err *err)
{
    struct group *groups = mem_new(o->n + 1, sizeof *groups, "outliers", err);
    size_t *scratch = mem_new(o->n + 1, sizeof *scratch, "outliers", err), n = 0;
    bool layers = str_is(by, "layer");
    if (o->n)
        qsort(o->at, o->n, sizeof *o->at, layers ? by_layer : str_is(by, "token") ? by_token : str_is(by, "position") ? by_index : by_dim);
    for (size_t i = 0, some; groups && scratch && i < o->n; i += some) {
        for (some = 1; i + some < o->n && key_of(&o->at[i + some], by) == key_of(&o->at[i], by);)
            some++;
        groups[n] = (struct group){.at = o->at + i, .n = some};
        fill(&groups[n++], scratch);
    }
    free(scratch);
    if (groups && scratch && !layers)
        qsort(groups, n, sizeof *groups, by_count);
    *n_out = n;
    if (groups && scratch)
        return groups;
    free(groups);
    return NULL;
}

/* ---- the tables ---- */

static struct cell_value token_cell(const struct sheet *s, int32_t id, struct buf *text)
{
    text->n = 0;
    if (!s->model->tokenizer)
        return int_cell(id);
    if (s->table && !tokenizer_is_special(s->model->tokenizer, id))
        tokenizer_display(s->model->tokenizer, id, text);
    else
        buf_str(text, tokenizer_string(s->model->tokenizer, id));
    return text_cell(buf_view(text));
}

/* In how many layers a dimension of the norm is out. */
static size_t layers_out(const struct sheet *s, const unsigned char *marks, size_t dim)
{
    size_t n = 0;
    for (size_t l = 0; l < s->model->stacks[s->stack].layers; l++)
        n += marks[l * s->model->E + dim];
    return n;
}

/* More than a quarter of the layers: 3 of 12 are not enough, 4 are. */
static bool by_weights(const struct sheet *s, size_t dim)
{
    size_t L = s->model->stacks[s->stack].layers;
    return 4 * layers_out(s, s->weight, dim) > L || 4 * layers_out(s, s->bias, dim) > L;
}

static struct cell_value share_cell(size_t n, size_t of)
{
    return number_cell_or(of ? (double)n / (double)of : NAN, 3, STR("-"));
}

static bool put_dim(const struct sheet *s, size_t dim, const struct group *g, struct result *result, struct err *err)
{
    static const struct group empty = {0};
    struct cell_value none = {.kind = CELL_NONE, .text = STR("-")};
    struct buf token = {0};
    bool out = g != NULL;
    g = out ? g : &empty;
    struct cell_value cells[] = {
        int_cell((long long)dim), int_cell((long long)g->n), int_cell((long long)g->states), out ? int_cell((long long)g->first) : none,
        out ? int_cell((long long)g->last) : none, out ? number_cell(g->sigmas, 1) : none, out ? number_cell(g->mean, 2) : none,
        out ? token_cell(s, g->token, &token) : none, share_cell(g->token_n, g->n), out ? int_cell((long long)g->index) : none,
        share_cell(g->index_n, g->n), int_cell((long long)layers_out(s, s->weight, dim)), int_cell((long long)layers_out(s, s->bias, dim)),
        text_cell(by_weights(s, dim) ? (out ? STR("both") : STR("weights")) : STR("values"))};
    bool ok = buf_ok(&token, err) && result_row(result, cells, sizeof cells / sizeof *cells, err);
    buf_free(&token);
    return ok;
}

static bool put_dims(const struct sheet *s, const struct group *groups, size_t n, size_t top, struct result *result, struct err *err)
{
    bool ok = result_columns(result, "dim,values,states,first,last,sigmas,mean,token,token_share,index,index_share,weights,biases,rule", err);
    for (size_t i = 0; ok && i < n && i < top; i++)
        ok = put_dim(s, groups[i].at->dim, &groups[i], result, err);
    for (size_t d = 0; ok && d < s->model->E; d++) {
        const struct group *own = NULL;
        bool listed = !by_weights(s, d);
        for (size_t i = 0; i < n && !listed; i++)
            if (groups[i].at->dim == d) {
                own = &groups[i];
                listed = i < top;
            }
        ok = listed || put_dim(s, d, own, result, err);
    }
    return ok;
}

/* By layer, token or position: how many, of which dimension most. */
static bool put_groups(const struct sheet *s, struct str by, const struct group *groups, size_t n, size_t top, struct result *result, struct err *err)
{
    bool layer = str_is(by, "layer"), token = str_is(by, "token"), ok;
    size_t all = s->outliers.n;
    ok = result_columns(result, layer   ? "state,values,dims,dim,dim_share,sigmas,token,token_share,index,index_share"
                                : token ? "token,values,share,dims,dim,dim_share,states,first,sigmas"
                                        : "index,values,share,dims,dim,dim_share,states,first,sigmas",
                        err);
    size_t *scratch = mem_new(all + 1, sizeof *scratch, "outliers", err);
    n = top < n ? top : n;
    for (size_t i = 0; ok && scratch && i < n; i++) {
        const struct group *g = &groups[i];
        struct buf text = {0};
        size_t dim_n, dims, k = 0;
        for (size_t j = 0; j < g->n; j++)
            scratch[j] = g->at[j].dim;
        size_t dim = commonest(scratch, g->n, &dim_n, &dims);
        struct cell_value cells[12];
        cells[k++] = token ? token_cell(s, g->token, &text) : int_cell((long long)(layer ? g->first : g->index));
        cells[k++] = int_cell((long long)g->n);
        if (!layer)
            cells[k++] = share_cell(g->n, all);
        cells[k++] = int_cell((long long)g->dims);
        cells[k++] = int_cell((long long)dim);
        cells[k++] = share_cell(dim_n, g->n);
        if (!layer) {
            cells[k++] = int_cell((long long)g->states);
            cells[k++] = int_cell((long long)g->first);
        }
        cells[k++] = number_cell(g->sigmas, 1);
        if (layer) {
            cells[k++] = token_cell(s, g->token, &text);
            cells[k++] = share_cell(g->token_n, g->n);
            cells[k++] = int_cell((long long)g->index);
            cells[k++] = share_cell(g->index_n, g->n);
        }
        ok = buf_ok(&text, err) && result_row(result, cells, k, err);
        buf_free(&text);
    }
    ok = ok && scratch;
    free(scratch);
    return ok;
}

static bool say(const struct sheet *s, size_t n, struct result *result, struct err *err)
{
    struct buf text = {0};
    size_t listed = 0;
    buf_printf(&text, "values: |x - mean| > %g σ of each text's tensor of %s (Bondarenko et al. 2023): %zu values at %zu tokens of %zu text%s, in %zu %s\n",
               OUTLIERS_VALUE, s->ffn ? "a feed-forward part" : "hidden states", s->outliers.n, s->outliers.tokens, s->texts,
               s->texts == 1 ? "" : "s", s->tensors, s->ffn ? "layers" : "hidden states, 0 the embeddings");
    if (s->norm) {
        buf_printf(&text, "weights, biases: in how many of %zu layers |x - mean| > %g σ in %s, more than a quarter to count (Kovaleva et al. 2021; "
                          "Puccetti et al. 2022):",
                   s->model->stacks[s->stack].layers, OUTLIERS_WEIGHT, s->norm);
        for (size_t d = 0; d < s->model->E; d++)
            if (by_weights(s, d) && listed++ < 16)
                buf_printf(&text, "%s %zu", listed > 1 ? "," : "", d);
        buf_puts(&text, listed > 16 ? ", \u2026\n" : listed ? "\n" : " none\n");
    } else {
        buf_puts(&text, "no norm of the model's width in the layers: the rule of weights does not apply\n");
    }
    if (s->outliers.not_finite)
        buf_printf(&text, "tensors that hold numbers that are not finite, left out: %zu\n", s->outliers.not_finite);
    if (!n)
        buf_puts(&text, "no value is out\n");
    bool ok = result_say(result, &text, err);
    buf_free(&text);
    return ok;
}

static bool give(struct sheet *s, const struct call *call, struct result *result, struct err *err)
{
    enum { LISTED = 20 };
    struct str by = call_str(call, "by");
    size_t top = call_given(call, "top") ? (size_t)call_int(call, "top") : s->table ? LISTED : SIZE_MAX;
    size_t n = 0, cells = s->model->stacks[s->stack].layers * s->model->E;
    s->weight = mem_new(2 * cells, 1, "outliers", err);
    s->bias = s->weight ? s->weight + cells : NULL;
    struct group *groups = s->weight ? groups_of(&s->outliers, by, &n, err) : NULL;
    if (groups)
        outliers_of_weights(s->model, s->stack, s->weight, s->bias, &s->norm);
    bool ok = groups && say(s, n, result, err) &&
              (str_is(by, "dim") ? put_dims(s, groups, n, top, result, err) : put_groups(s, by, groups, n, top, result, err));
    if (ok && n > top && !call_given(call, "top"))
        result_note(result, "%zu more rows: top=%zu lists them", n - top, n);
    free(groups);
    free(s->weight);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    static const char *const of_texts[] = {"length", "add_special", "front", "n"};
    struct kept_run **runs = NULL;
    size_t n_runs;
    struct sheet s = {.stack = str_is(call_str(call, "stack"), "D") ? STACK_DECODER : STACK_MAIN, .ffn = str_is(call_str(call, "at"), "ffn"),
                      .table = strcmp(result_format(result), "table") == 0};
    bool texts = call_given(call, "texts"), ok = true;
    for (size_t i = 0; i < 4 && !texts; i++)
        if (call_given(call, of_texts[i])) {
            err_set(err, ERR_ARG, "%s= belongs to texts=FILE", of_texts[i]);
            return call_blame_option(call, of_texts[i], err);
        }
    if (texts) {
        s.model = texts_file_model(session, call, err);
    } else if (select_runs(session, call, &runs, &n_runs, err)) {
        s.model = session_model_of(session, runs[0]->run);
        if (!s.model)
            err_set(err, ERR_ARG, "@%zu was opened from a file of tensors: there are no weights to look at", runs[0]->number);
    }
    ok = s.model != NULL;
    if (ok && s.stack == STACK_DECODER && (texts || !runs[0]->run->target || s.ffn)) {
        err_set(err, ERR_ARG, "stack=D looks at the hidden states of the decoder's side of one run of an encoder–decoder");
        ok = call_blame_option(call, "stack", err);
    }
    ok = ok && (texts ? add_texts(session, call, &s, err) : add_run(&s, runs[0]->run, err)) && give(&s, call, result, err);
    outliers_free(&s.outliers);
    free(runs);
    return ok;
}

static const struct option options[] = {
    {"by", VALUE_ENUM, "dim|layer|token|position", "dim", "what a row is", 0, 0},
    {"at", VALUE_ENUM, "hidden|ffn", "hidden", "which tensors: hidden states, or what the feed-forward part of a post-norm block adds", 0, 0},
    {"top", VALUE_INT, NULL, NULL, "the first so many rows, and what the rule of weights lists; a person's table: 20", 1, 1e9},
    {"stack", VALUE_ENUM, "L|D", "L", "D: an encoder-decoder's decoder", 0, 0},
    OPTIONS_TEXTS,
    {"n", VALUE_INT, NULL, "64", "of texts=: so many lines at most", 1, 1e6},
    {0}};
static const struct arg args[] = {{.name = "RUN", .kind = ARG_RUN, .optional = true, .summary = "which run: @, @3, @fox"}, {0}};

const struct command command_outliers = {
    .name = "outliers",
    .group = "measures",
    .keywords = "outlier dimensions|outlier features|massive|rogue dimensions|quantization|quantisation|emergent features|weights|"
                "large activations|anisotropy",
    .summary = "dimensions that stand far out, by weights and by values",
    .help =
        "Two published rules. Values: a number of a layer's tensor is out where it lies more than 6 σ from the mean of that tensor of one "
        "text (Bondarenko et al. 2023, who look at what the feed-forward part gives: at=ffn; at=hidden looks at hidden states, 0 the "
        "embeddings). Weights: a dimension is out where its number in the weight or in the bias of the layers' output LayerNorm lies more "
        "than 3 σ from the mean over dimensions, weights and biases apart, in more than a quarter of the layers (Kovaleva et al. 2021; "
        "Puccetti et al. 2022); where a family has no norm at a layer's end its last one is read, and named. σ is that of all numbers.\n"
        "\n"
        "by=dim is a row a dimension: how many values are out, in how many states, from the first to the last; the largest distance in σ "
        "and the mean of the values; the commonest token and index among them with their shares; in how many layers weights and biases are "
        "out, and by which rule it is listed. by=layer, by=token and by=position count the values there. texts=FILE looks at the first n= "
        "lines instead of one run. ablate dims= zeroes what is found.",
    .examples = "outliers\n"
                "outliers @1 by=layer\n"
                "outliers texts=corpus.txt at=ffn by=token top=10\n"
                "outliers texts=corpus.txt n=200 format=csv",
    .options = options,
    .args = args,
    .run = run,
};
