/* What routers did. See routing.h. */
#include "core/measure/routing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool routing_is(const struct run *run, enum stack_kind stack, size_t layer)
{
    return run_kept(run, "router", stack, layer) && run_kept(run, "expert", stack, layer);
}

/* "L1, L3, D0" */
static void say_layers(const struct run *run, struct buf *out)
{
    for (size_t i = 0; i < run->n_kept; i++)
        if (strcmp(run->kept[i].name, "router") == 0)
            buf_printf(out, "%s%c%zu", out->n ? ", " : "", stack_letters[run->kept[i].stack], run->kept[i].layer);
}

/* The rows of that text in a kept tensor, or NULL. */
static const void *rows_of(const struct run *run, const char *name, const struct routing *r, size_t item)
{
    const struct kept *kept = run_kept(run, name, r->stack, r->layer);
    if (!kept)
        return NULL;
    return (const char *)kept->data + kept->tokens->starts[r->text] * (kept->rank > 1 ? kept->shape[1] : 1) * item;
}

bool routing_of(const struct run *run, enum stack_kind stack, size_t layer, size_t text, struct routing *out, struct err *err)
{
    const struct kept *router = run_kept(run, "router", stack, layer), *expert = run_kept(run, "expert", stack, layer);
    *out = (struct routing){.stack = stack, .layer = layer, .text = text};
    if (!router || !expert) {
        struct buf known = {0};
        say_layers(run, &known);
        if (known.n)
            err_set(err, ERR_NOT_FOUND, "%c%zu has no experts: of %s those of %s are routed", stack_letters[stack], layer,
                    run->model->name, buf_cstr(&known));
        else
            err_set(err, ERR_NOT_FOUND, "%s has no experts: no token is routed", run->model->name);
        buf_free(&known);
        return false;
    }
    out->tokens = router->tokens;
    out->T = tokens_length(router->tokens, text);
    out->N = router->shape[1];
    out->k = expert->rank > 1 ? expert->shape[1] : 1;
    out->probs = rows_of(run, "router", out, sizeof(float));
    out->chosen = rows_of(run, "expert", out, sizeof(int64_t));
    out->weights = rows_of(run, "weight", out, sizeof(float));
    out->dropped = rows_of(run, "dropped", out, sizeof(int64_t));
    out->shared = rows_of(run, "shared", out, sizeof(float));
    return true;
}

float routing_weight(const struct routing *r, size_t token, size_t choice)
{
    size_t i = token * r->k + choice;
    return r->weights ? r->weights[i] : r->probs[token * r->N + (size_t)r->chosen[i]];
}

bool routing_places(const struct routing *r, size_t *places_out, struct err *err)
{
    size_t *sent = mem_new(r->N, sizeof *sent, "the routes", err);
    for (size_t i = 0; sent && i < r->T * r->k; i++)
        places_out[i] = ++sent[r->chosen[i]];
    free(sent);
    return sent != NULL;
}

void routing_load(const struct routing *r, size_t *sent_out, size_t *dropped_out, double *mean_out)
{
    for (size_t e = 0; e < r->N; e++) {
        size_t sent = 0, dropped = 0;
        double sum = 0;
        for (size_t t = 0; t < r->T; t++) {
            sum += (double)r->probs[t * r->N + e];
            for (size_t c = 0; c < r->k; c++)
                if (r->chosen[t * r->k + c] == (int64_t)e) {
                    sent++;
                    dropped += r->dropped && r->dropped[t];
                }
        }
        if (sent_out)
            sent_out[e] = sent;
        if (dropped_out)
            dropped_out[e] = dropped;
        if (mean_out)
            mean_out[e] = sum / (double)r->T;
    }
}

static double nats(double p)
{
    return p > 0 ? -p * log(p) : 0;
}

double routing_entropy(const struct routing *r, size_t token)
{
    double sum = 0;
    for (size_t e = 0; e < r->N; e++)
        sum += nats((double)r->probs[token * r->N + e]);
    return sum;
}

double routing_mean_entropy(const struct routing *r)
{
    double sum = 0;
    for (size_t t = 0; t < r->T; t++)
        sum += routing_entropy(r, t);
    return sum / (double)r->T;
}

/* How often expert e was chosen, over T. */
static double share(const struct routing *r, size_t e)
{
    size_t sent = 0;
    for (size_t i = 0; i < r->T * r->k; i++)
        sent += r->chosen[i] == (int64_t)e;
    return (double)sent / (double)r->T;
}

double routing_load_entropy(const struct routing *r)
{
    double sum = 0;
    for (size_t e = 0; e < r->N; e++)
        sum += nats(share(r, e) / (double)r->k);
    return sum;
}

double routing_balance(const struct routing *r)
{
    double sum = 0;
    for (size_t e = 0; e < r->N; e++) {
        double mean = 0;
        for (size_t t = 0; t < r->T; t++)
            mean += (double)r->probs[t * r->N + e];
        sum += share(r, e) * mean / (double)r->T;
    }
    return (double)r->N * sum;
}
