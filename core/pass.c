/* The doors of a forward pass and what passes share. See pass.h. */
#include "core/pass.h"

#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"

float *pass_scratch(struct pass *pass, size_t rows, size_t width, struct err *err)
{
    size_t n;
    if (!size_mul(rows, width, &n)) {
        err_memory(err, SIZE_MAX, "a forward pass");
        return NULL;
    }
    return arena_alloc(pass->scratch, n, sizeof(float), "a forward pass", err);
}

float *pass_keep(struct pass *pass, size_t rows, size_t width, struct err *err)
{
    size_t n;
    if (!size_mul(rows, width, &n)) {
        err_memory(err, SIZE_MAX, "a run");
        return NULL;
    }
    return arena_alloc(pass->run->arena, n, sizeof(float), "a run", err);
}

static bool keep_hidden(struct pass *pass, float *hidden, struct err *err)
{
    struct run *run = pass->run;
    if (cancel_requested())
        return err_set(err, ERR_CANCELLED, "cancelled");
    for (size_t i = 0; i < run->n_interventions; i++)
        if (run->interventions[i].kind->hidden)
            run->interventions[i].kind->hidden(&run->interventions[i], run->n_hidden, hidden, pass->rows, run->model->E);
    run->hidden[run->n_hidden++] = hidden;
    return true;
}

bool embed(struct pass *pass, float *hidden, struct err *err)
{
    return keep_hidden(pass, hidden, err);
}

bool layer(struct pass *pass, size_t l, float *hidden, struct err *err)
{
    if (!keep_hidden(pass, hidden, err))
        return false;
    /* What this layer kept is complete: readers may look at it. */
    atomic_store_explicit(&pass->run->done, pass->run->n_attentions, memory_order_release);
    if (pass->watch && pass->watch->progress)
        pass->watch->progress(pass->watch->context, l + 1, pass->run->model->layers);
    return true;
}

static struct strided rows_of(struct strided view, size_t row)
{
    view.data += row * view.row;
    return view;
}

bool attention(struct pass *pass, const struct attend *attend, float **z_out, struct err *err)
{
    struct run *run = pass->run;
    const struct model *model = run->model;
    size_t width = model->H * model->D;
    float *z = pass_keep(pass, pass->rows, width, err);
    if (!z)
        return false;
    struct attention *first = &run->attentions[run->n_attentions];
    for (size_t t = 0; t < pass->n_texts; t++) {
        size_t begin = pass->starts[t], T = pass->starts[t + 1] - begin;
        struct attention *a = &first[t];
        *a = (struct attention){
            .stack = attend->stack,
            .layer = attend->layer,
            .text = t,
            .Tq = T,
            .Tk = T,
            .H = model->H,
            .Hkv = model->Hkv,
            .D = model->D,
            .q = rows_of(attend->q, begin),
            .k = rows_of(attend->k, begin),
            .v = rows_of(attend->v, begin),
            .z = {z + begin * width, width, model->D},
            .scale = attend->scale,
            .terms = attend->terms,
            .mix_scores = attend->mix_scores,
            .mix_probs = attend->mix_probs,
            .own = attend->owns ? attend->owns[t] : attend->own,
            .interventions = run->interventions,
            .n_interventions = run->n_interventions,
        };
        for (size_t i = 0; i < run->n_interventions; i++)
            if (run->interventions[i].kind->attention)
                run->interventions[i].kind->attention(&run->interventions[i], a);
    }
    if (!attention_forward(first, pass->n_texts, err))
        return false;
    for (size_t t = 0; t < pass->n_texts; t++)
        for (size_t i = 0; i < run->n_interventions; i++)
            if (run->interventions[i].kind->output)
                run->interventions[i].kind->output(&run->interventions[i], &first[t]);
    run->n_attentions += pass->n_texts;
    *z_out = z;
    return true;
}

/* How many of the texts from t on go through a product together: those of one kernel class. */
static size_t same_class(const struct pass *pass, size_t t)
{
    unsigned class = product_class(pass->starts[t + 1] - pass->starts[t]);
    size_t n = 1;
    while (!product_rows_touch() && t + n < pass->n_texts &&
           product_class(pass->starts[t + n + 1] - pass->starts[t + n]) == class)
        n++;
    return n;
}

bool pass_linears(struct pass *pass, const struct linear_out *outs, size_t n, const float *x, size_t x_stride, struct err *err)
{
    struct linear_out part[4];
    if (n > sizeof part / sizeof *part)
        return err_set(err, ERR_LIMIT, "%zu projections at once", n);
    for (size_t t = 0, group; t < pass->n_texts; t += group) {
        group = same_class(pass, t);
        size_t begin = pass->starts[t], rows = pass->starts[t + group] - begin;
        for (size_t i = 0; i < n; i++) {
            part[i] = outs[i];
            part[i].y += begin * outs[i].y_stride;
        }
        if (!product_linears(part, n, x + begin * x_stride, rows, x_stride, pass->starts[t + 1] - begin, err))
            return false;
    }
    return true;
}

bool pass_linear(struct pass *pass, const struct linear *linear, const float *x, enum epilogue epilogue, float *y,
                 struct err *err)
{
    struct linear_out out = {.linear = linear, .y = y, .y_stride = linear->out, .epilogue = epilogue};
    return pass_linears(pass, &out, 1, x, linear->in, err);
}

bool pass_rows(struct pass *pass, const struct tensor *table, const int32_t *index, const char *what, bool add, float *out,
               struct err *err)
{
    size_t E = table->shape[1];
    float *one = add ? pass_scratch(pass, 1, E, err) : NULL;
    if (add && !one)
        return false;
    for (size_t r = 0; r < pass->rows; r++) {
        if (index[r] < 0 || (size_t)index[r] >= table->shape[0])
            return err_set(err, ERR_LIMIT, "%s %d is outside the table of %zu rows (%.*s)", what, index[r], table->shape[0],
                           STR_ARGS(table->name));
        tensor_row(table, (size_t)index[r], add ? one : out + r * E);
        if (add)
            op_add(out + r * E, one, E);
    }
    return true;
}

bool pass_block_begin(struct pass *pass, const struct block *block, const float *x, struct attend *attend, struct err *err)
{
    const struct linear *linears[] = {&block->q, &block->k, &block->v};
    struct strided *views[] = {&attend->q, &attend->k, &attend->v};
    struct linear_out outs[3];
    for (size_t i = 0; i < 3; i++) {
        size_t width = linears[i]->out;
        float *rows = pass_keep(pass, pass->rows, width, err);
        if (!rows)
            return false;
        outs[i] = (struct linear_out){linears[i], rows, width, EPILOGUE_NONE};
        *views[i] = (struct strided){rows, width, pass->run->model->D};
    }
    return pass_linears(pass, outs, 3, x, block->q.in, err);
}

bool pass_block_end(struct pass *pass, const struct block *block, const float *x, const float *z, float *y, struct err *err)
{
    const struct model *model = pass->run->model;
    size_t E = model->E, I = block->up.out;
    const struct activation *activation = model->activation;
    if (!pass->inner || I > pass->inner_width) { /* once a pass: fresh pages for every layer would cost a tenth of it */
        pass->attended = pass_scratch(pass, pass->rows, E, err);
        pass->inner = pass_scratch(pass, pass->rows, I, err);
        pass->inner_width = I;
    }
    float *attended = pass->attended, *inner = pass->inner;
    if (!attended || !inner)
        return false;
    /* x' = norm(x + z·Wo + b) */
    if (!pass_linear(pass, &block->o, z, EPILOGUE_NONE, attended, err))
        return false;
    op_layer_norm(attended, x, pass->rows, E, block->attention_norm.weight, block->attention_norm.bias, model->norm_eps,
                  attended);
    /* y = norm(x' + down(act(up(x')))) */
    if (!pass_linear(pass, &block->up, attended, activation->epilogue, inner, err))
        return false;
    if (activation->epilogue == EPILOGUE_NONE)
        activation->apply(inner, pass->rows * I);
    if (!pass_linear(pass, &block->down, inner, EPILOGUE_NONE, y, err))
        return false;
    op_layer_norm(y, attended, pass->rows, E, block->output_norm.weight, block->output_norm.bias, model->norm_eps, y);
    return true;
}
