/* Mixtures of experts with top-k routing. See mixture.h. */
#include "core/arch/mixture.h"

#include <math.h>
#include <string.h>

/* ---- experts in one tensor ---- */

static struct linear expert_of(const struct tensor *all, const float *biases, size_t e, bool out_first)
{
    size_t in = all->shape[out_first ? 2 : 1], out = all->shape[out_first ? 1 : 2];
    struct linear linear = {.w = *all,
                            .bias = biases ? biases + e * out : NULL,
                            .out = out,
                            .in = in,
                            .layout = out_first ? LAYOUT_OUT_IN : LAYOUT_IN_OUT};
    linear.w.rank = 2;
    linear.w.shape[0] = all->shape[1];
    linear.w.shape[1] = all->shape[2];
    linear.w.bytes = all->bytes / all->shape[0];
    linear.w.data = (const unsigned char *)all->data + e * linear.w.bytes;
    return linear;
}

struct linear *mixture_stacked(struct model *model, const struct tensor *all, const float *biases, bool out_first,
                               struct err *err)
{
    size_t n = model->dim['X'];
    struct linear *experts = arena_alloc(model->arena, n, sizeof *experts, "the experts", err);
    for (size_t e = 0; experts && e < n; e++)
        experts[e] = expert_of(all, biases, e, out_first);
    return experts;
}

/* ---- the router ---- */

/* What the router said of every row of a pass. */
struct routing {
    size_t experts, k;
    float *probs;    /* [rows,experts] */
    float *weights;  /* [rows,k] */
    int64_t *chosen; /* [rows,k] largest first */
};

/* The k largest of p [experts]; of equal ones the first. */
static void choose(const float *p, size_t experts, size_t k, int64_t *chosen, float *weights)
{
    for (size_t c = 0; c < k; c++) {
        size_t best = experts;
        for (size_t e = 0; e < experts; e++) {
            bool taken = false;
            for (size_t before = 0; before < c; before++)
                taken |= chosen[before] == (int64_t)e;
            if (!taken && (best == experts || p[e] > p[best]))
                best = e;
        }
        chosen[c] = (int64_t)best;
        weights[c] = p[best];
    }
}

static struct routing route(struct pass *pass, const struct mixture *mixture, const struct mixture_kind *kind, size_t l,
                            const float *x)
{
    size_t n = mixture->router.out, k = kind->chosen;
    struct routing r = {
        .experts = n,
        .k = k,
        .probs = pass_keep(pass, n),
        .weights = pass_keep(pass, k),
        .chosen = pass_keep_items(pass, pass->rows * k, sizeof *r.chosen),
    };
    pass_linear_to(pass, &mixture->router, x, NULL, r.probs);
    for (size_t row = 0; pass_ok(pass) && row < pass->rows; row++) {
        float *weights = r.weights + row * k, sum = 0;
        if (kind->weigh) {
            choose(r.probs + row * n, n, k, r.chosen + row * k, weights);
            kind->weigh(pass->model, r.probs + row * n, n, r.chosen + row * k, k, weights);
        }
        op_softmax_row(r.probs + row * n, n, 0, n, NULL);
        if (!kind->weigh)
            choose(r.probs + row * n, n, k, r.chosen + row * k, weights);
        for (size_t c = 0; c < k; c++)
            sum += weights[c];
        for (size_t c = 0; kind->normalised && c < k; c++)
            weights[c] /= sum;
    }
    pass_kept(pass, "router", "dec", l, &DTYPE_F32, r.probs, n, "expert");
    pass_kept(pass, "expert", "dec", l, &DTYPE_I64, r.chosen, k, "choice");
    pass_kept(pass, "weight", "dec", l, &DTYPE_F32, r.weights, k, "choice");
    return r;
}

/* ---- the experts ---- */

/* Rows of one text that chose one expert, side by side, and what becomes of them. */
struct batch {
    size_t *from;             /* [T] the row, then */
    float *weight;            /* [T] */
    float *x, *gate, *up, *y; /* [T,E] [T,I] [T,I or 2I] [T,E] */
};

static bool products(struct pass *pass, const struct linear_out *outs, size_t n_outs, const float *x, size_t n, size_t T)
{
    pass->failed = pass->failed || !product_linears(outs, n_outs, x, n, outs->linear->in, T, pass->err);
    return pass_ok(pass);
}

/* What an expert makes of its input before it goes down: b->up, [n,I]. */
static bool inner(struct pass *pass, const struct mixture *mixture, const struct mixture_kind *kind, size_t e, size_t n, size_t T,
                  const struct batch *b)
{
    const struct activation *activation = pass->model->activation;
    size_t I = mixture->down[e].in;
    struct linear_out outs[2] = {{&mixture->up[e], b->up, mixture->up[e].out, NULL}};
    if (mixture->gate)
        outs[1] = (struct linear_out){&mixture->gate[e], b->gate, I, kind->join ? NULL : activation};
    if (!products(pass, outs, mixture->gate ? 2 : 1, b->x, n, T))
        return false;
    if (kind->join) {
        kind->join(b->up, mixture->gate ? b->gate : NULL, n, I);
        return true;
    }
    op_multiply(b->up, b->gate, n * I);
    return true;
}

/* One expert over the n gathered rows of a text of T tokens; the class of the products is the text's, so that a token's numbers
 * do not depend on how many go with it. */
static void run_expert(struct pass *pass, const struct mixture *mixture, const struct mixture_kind *kind, size_t e, size_t n,
                       size_t T, const struct batch *b, float *out)
{
    size_t E = pass->model->E;
    struct linear_out down = {&mixture->down[e], b->y, E, NULL};
    if (!inner(pass, mixture, kind, e, n, T, b) || !products(pass, &down, 1, b->up, n, T))
        return;
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < E; d++)
            out[b->from[i] * E + d] += b->weight[i] * b->y[i * E + d];
}

/* The rows of text t that chose expert e. */
static size_t gather(const struct pass *pass, const struct routing *r, size_t t, size_t e, const float *x, const struct batch *b)
{
    size_t E = pass->model->E, n = 0;
    for (size_t row = pass->tokens->starts[t]; row < pass->tokens->starts[t + 1]; row++)
        for (size_t c = 0; c < r->k; c++) {
            if (r->chosen[row * r->k + c] != (int64_t)e)
                continue;
            b->from[n] = row;
            b->weight[n] = r->weights[row * r->k + c];
            memcpy(b->x + n++ * E, x + row * E, E * sizeof *x);
        }
    return n;
}

/* out += shared(x) */
static void add_always(struct pass *pass, const struct gated *shared, const float *x, float *out)
{
    const float *y = pass_gated(pass, &shared->gate, &shared->up, &shared->down, x, pass->model->activation);
    if (pass_ok(pass))
        op_add(out, y, pass->rows * pass->model->E);
}

/* out += sigmoid(x·ws) · shared(x) */
static void add_shared(struct pass *pass, const struct mixture *mixture, size_t l, const float *x, float *out)
{
    const struct gated *shared = &mixture->shared;
    size_t E = pass->model->E;
    float *gates = pass_keep(pass, 1);
    const float *y = pass_gated(pass, &shared->gate, &shared->up, &shared->down, x, pass->model->activation);
    pass_linear_to(pass, &mixture->shared_gate, x, NULL, gates);
    for (size_t row = 0; pass_ok(pass) && row < pass->rows; row++) {
        gates[row] = 1 / (1 + expf(-gates[row]));
        for (size_t d = 0; d < E; d++)
            out[row * E + d] += gates[row] * y[row * E + d];
    }
    pass_kept(pass, "shared", "dec", l, &DTYPE_F32, gates, 1, NULL);
}

float *mixture_forward(struct pass *pass, const struct mixture *mixture, const struct mixture_kind *kind, size_t l,
                       const float *x)
{
    size_t E = pass->model->E;
    struct routing r = route(pass, mixture, kind, l, x);
    struct batch b = {
        .from = pass_alloc(pass, pass->rows, sizeof *b.from),
        .weight = pass_scratch(pass, 1),
        .x = pass_scratch(pass, E),
        .gate = pass_scratch(pass, mixture->down->in),
        .up = pass_scratch(pass, mixture->up->out),
        .y = pass_scratch(pass, E),
    };
    float *out = pass_scratch(pass, E);
    if (!pass_ok(pass))
        return NULL;
    memset(out, 0, pass->rows * E * sizeof *out);
    for (size_t t = 0; t < pass->tokens->n_texts; t++)
        for (size_t e = 0; e < r.experts; e++) {
            size_t n = gather(pass, &r, t, e, x, &b);
            if (n)
                run_expert(pass, mixture, kind, e, n, tokens_length(pass->tokens, t), &b, out);
        }
    if (mixture->shared.down.w.dtype && !mixture->shared_gate.w.dtype)
        add_always(pass, &mixture->shared, x, out);
    else if (mixture->shared.down.w.dtype)
        add_shared(pass, mixture, l, x, out);
    return pass_ok(pass) ? out : NULL;
}
