/* What forward passes are written in, over the rows of the pass: products, norms, look-ups, the post-norm block. See
 * pass.h. */
#include "core/pass.h"

#include <string.h>

/* How many of the texts from t on go through a product together: those of one kernel class. */
static size_t same_class(const struct tokens *tokens, size_t t)
{
    unsigned class = product_class(tokens_length(tokens, t));
    size_t n = 1;
    while (!product_rows_touch() && t + n < tokens->n_texts && product_class(tokens_length(tokens, t + n)) == class)
        n++;
    return n;
}

/* The projection that takes the heads' output alone is theirs; the LayerNorm that takes what it gave and the layer's input
 * makes the layer post-norm. Seen here, so that no architecture need say it. */
static void see_projection(struct pass *pass, const struct linear *linear, const float *x, const float *y)
{
    if (!x || x != pass->attended.z || pass->attended.projected)
        return;
    pass->attended.projected = y;
    for (size_t i = 0; i < pass->attended.n; i++)
        pass->run->attentions[pass->attended.first + i].leaving.o = linear;
}

static void see_norm(struct pass *pass, const struct norm *norm, const float *x, const float *residual)
{
    if (!residual || !x || x != pass->attended.projected)
        return;
    for (size_t i = 0; i < pass->attended.n; i++)
        pass->run->attentions[pass->attended.first + i].leaving.norm = norm;
    pass->attended.projected = pass->attended.z = NULL;
}

static void see_linears(struct pass *pass, const struct linear_out *outs, size_t n, const float *x)
{
    enum { MOST = sizeof pass->projected / sizeof *pass->projected };
    for (size_t i = 0; i < n; i++) {
        struct projected *seen = &pass->projected[pass->n_projected++ % MOST];
        seen->linear = *outs[i].linear;
        seen->x = x;
        seen->y = outs[i].y;
        seen->norm = pass->normed.norm;
        if (!x || x != pass->normed.y)
            seen->norm.norm.weight = NULL;
    }
}

void pass_saw_norm(struct pass *pass, const struct norm *norm, const float *y)
{
    pass->normed.y = y;
    pass->normed.norm = (struct final_norm){.norm = *norm};
}

/* What has entered the stack that is run. */
static struct entered *entered_now(struct pass *pass)
{
    enum stack_kind kind = pass->stack->kind;
    return &pass->run->entered[kind < STACK_CROSS ? kind : 0];
}

/* A table's rows for all tokens, before the first layer. */
static void see_lookup(struct pass *pass, const struct tensor *table, const int32_t *index, enum rows_kind kind)
{
    struct entered *entered = entered_now(pass);
    if (pass->failed || pass->stack->kind >= STACK_CROSS || entered->done || pass->run->past)
        return;
    int32_t *own = entered->n < MAX_ENTERED ? pass_keep_items(pass, pass->rows, sizeof *own) : NULL;
    if (!own) {
        entered->n = 0;
        return;
    }
    memcpy(own, index, pass->rows * sizeof *own);
    entered->at[entered->n].table = table;
    entered->at[entered->n].index = own;
    entered->at[entered->n].times = 1;
    entered->at[entered->n].words = kind == ROWS_WORDS;
    entered->at[entered->n++].positions = kind == ROWS_POSITIONS;
}

void pass_linears(struct pass *pass, const struct linear_out *outs, size_t n, const float *x, size_t x_stride)
{
    struct linear_out part[4];
    const struct tokens *tokens = pass->tokens;
    see_linears(pass, outs, n, x);
    if (n > sizeof part / sizeof *part)
        pass_fail(pass, ERR_LIMIT, "%zu projections at once", n);
    for (size_t t = 0, group; !pass->failed && t < tokens->n_texts; t += group) {
        group = same_class(tokens, t);
        size_t begin = tokens->starts[t], rows = tokens->starts[t + group] - begin;
        for (size_t i = 0; i < n; i++) {
            part[i] = outs[i];
            part[i].y += begin * outs[i].y_stride;
        }
        pass->failed = !product_linears(part, n, x + begin * x_stride, rows, x_stride, tokens_length(tokens, t), pass->err);
    }
}

void pass_linear_to(struct pass *pass, const struct linear *linear, const float *x, const struct activation *activation, float *y)
{
    struct linear_out out = {.linear = linear, .y = y, .y_stride = linear->out, .activation = activation};
    see_projection(pass, linear, x, y);
    pass_linears(pass, &out, 1, x, linear->in);
}

float *pass_linear(struct pass *pass, const struct linear *linear, const float *x, const struct activation *activation)
{
    float *y = pass_scratch(pass, linear->out);
    pass_linear_to(pass, linear, x, activation, y);
    return pass->failed ? NULL : y;
}

float *pass_by(struct pass *pass, enum rows_kind kind, float *x, size_t width)
{
    if (pass->failed)
        return NULL;
    if (width == pass->model->E)
        intervene_by(&pass->run->interventions, kind, x, pass->rows, width);
    return x;
}

float *pass_norm(struct pass *pass, const struct norm *norm, const float *x, const float *residual, float *y)
{
    if (pass->failed)
        return NULL;
    see_norm(pass, norm, x, residual);
    pass->normed.y = y;
    pass->normed.norm = (struct final_norm){.norm = *norm};
    op_layer_norm(x, residual, pass->rows, pass->model->E, norm->weight, norm->bias, pass->model->norm_eps, y);
    return pass_by(pass, ROWS_NORMS, y, pass->model->E);
}

float *pass_rms(struct pass *pass, const struct norm *norm, const float *x, float add, float *y)
{
    if (pass->failed)
        return NULL;
    pass->normed.y = y;
    pass->normed.norm = (struct final_norm){.norm = *norm, .rms = true, .add = add};
    op_rms_norm(x, pass->rows, pass->model->E, pass->model->E, norm->weight, add, pass->model->norm_eps, y);
    return pass_by(pass, ROWS_NORMS, y, pass->model->E);
}

/* Floats from row to row of inner activations: rows a multiple of 4 KiB apart would all meet in one set of the first cache,
 * and down's product would copy them. */
static size_t inner_stride(size_t width)
{
    return width % 1024 ? width : width + 80;
}

/* f(x·Wᵀ + b), rows `stride` apart; scratch. */
static float *inner_of(struct pass *pass, const struct linear *linear, const float *x, const struct activation *activation,
                       size_t stride)
{
    float *y = pass_scratch(pass, stride);
    struct linear_out out = {linear, y, stride, activation};
    pass_linears(pass, &out, 1, x, linear->in);
    return y;
}

static float *down_from(struct pass *pass, const struct linear *down, const float *inner, size_t stride, float *y)
{
    struct linear_out out = {down, y ? y : pass_scratch(pass, down->out), down->out, NULL};
    pass_linears(pass, &out, 1, inner, stride);
    return pass->failed ? NULL : out.y;
}

float *pass_feed_forward(struct pass *pass, const struct linear *up, const struct linear *down, const float *x,
                         const struct activation *activation, float *y)
{
    size_t stride = inner_stride(up->out);
    return down_from(pass, down, inner_of(pass, up, x, activation, stride), stride, y);
}

float *pass_gated(struct pass *pass, const struct linear *gate, const struct linear *up, const struct linear *down,
                  const float *x, const struct activation *activation)
{
    size_t stride = inner_stride(up->out);
    float *open = inner_of(pass, gate, x, activation, stride), *inner = inner_of(pass, up, x, NULL, stride);
    for (size_t r = 0; !pass->failed && r < pass->rows; r++)
        op_multiply(inner + r * stride, open + r * stride, up->out);
    return down_from(pass, down, inner, stride, NULL);
}

float *pass_residual(struct pass *pass, const float *x, const float *f)
{
    float *y = pass_keep(pass, pass->model->E);
    if (pass->failed)
        return NULL;
    memcpy(y, x, pass->rows * pass->model->E * sizeof *y);
    op_add(y, f, pass->rows * pass->model->E);
    return y;
}

static float *lookup(struct pass *pass, const struct tensor *table, const int32_t *index, const char *what, bool add, float *out)
{
    size_t E = table->shape[1];
    float *one = add ? pass_alloc(pass, E, sizeof *one) : NULL;
    enum rows_kind kind = strcmp(what, "token id") == 0   ? ROWS_WORDS
                          : strcmp(what, "position") == 0 ? ROWS_POSITIONS
                                                          : ROWS_OTHER;
    see_lookup(pass, table, index, kind);
    for (size_t r = 0; !pass->failed && r < pass->rows; r++) {
        if (index[r] < 0 || (size_t)index[r] >= table->shape[0]) {
            pass_fail(pass, ERR_LIMIT, "%s %d is outside the table of %zu rows (%.*s)", what, index[r], table->shape[0],
                      STR_ARGS(table->name));
            return NULL;
        }
        tensor_row(table, (size_t)index[r], add ? one : out + r * E);
        if (E == pass->model->E)
            intervene_by(&pass->run->interventions, kind, add ? one : out + r * E, 1, E);
        if (add)
            op_add(out + r * E, one, E);
    }
    return pass->failed ? NULL : out;
}

float *pass_lookup(struct pass *pass, const struct tensor *table, const int32_t *index, const char *what, float *out)
{
    return lookup(pass, table, index, what, false, out);
}

float *pass_lookup_times(struct pass *pass, float times, float *x)
{
    struct entered *entered = entered_now(pass);
    if (pass->failed || times == 1)
        return x;
    for (size_t i = 0; i < pass->rows * pass->model->E; i++)
        x[i] *= times;
    if (entered->n == 1 && !entered->done)
        entered->at[0].times = times;
    return x;
}

float *pass_lookup_add(struct pass *pass, const struct tensor *table, const int32_t *index, const char *what, float *out)
{
    return lookup(pass, table, index, what, true, out);
}

int32_t *pass_zeros(struct pass *pass)
{
    int32_t *zeros = pass_alloc(pass, pass->rows, sizeof *zeros);
    if (zeros)
        memset(zeros, 0, pass->rows * sizeof *zeros);
    return zeros;
}

const int32_t *pass_types(struct pass *pass, size_t n)
{
    return n > 1 ? pass->tokens->types : pass_zeros(pass);
}

void pass_block_begin(struct pass *pass, const struct block *block, const float *x, struct attend *attend)
{
    const struct linear *linears[] = {&block->q, &block->k, &block->v};
    struct strided *views[] = {&attend->q, &attend->k, &attend->v};
    struct linear_out outs[3];
    size_t D = pass->stack->shape[attend->layer].D;
    for (size_t i = 0; i < 3; i++) {
        size_t width = linears[i]->out;
        outs[i] = (struct linear_out){linears[i], pass_keep(pass, width), width, NULL};
        *views[i] = (struct strided){outs[i].y, width, D};
    }
    pass_linears(pass, outs, 3, x, block->q.in);
}

float *pass_block_end(struct pass *pass, const struct block *block, const float *x, const float *z)
{
    float *y = pass_keep(pass, pass->model->E);
    float *attended = pass_linear(pass, &block->o, z, NULL);
    pass_norm(pass, &block->attention_norm, attended, x, attended);
    pass_feed_forward(pass, &block->up, &block->down, attended, pass->model->activation, y);
    pass_by(pass, ROWS_FFN, y, pass->model->E);
    return pass_norm(pass, &block->output_norm, y, attended, y);
}
