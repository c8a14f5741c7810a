/* Attention flow (Abnar and Zuidema 2020, §3): how much can flow from a place of a layer down to each token of the input.
 *
 *   a node for each token after each layer; an edge from i above layer l to j below it carries at most Ã_l[i,j] of rollout;
 *   F[i,j] = the largest flow from i above this layer to the token j
 *
 * Each pair of tokens is a flow problem of its own. First paths straight down, wide ones first (capacities scaled as by Edmonds and
 * Karp 1972): attention is mostly many narrow edges beside a few wide ones, and paths that begin with the narrow ones are ten times
 * as many. Then Dinic's algorithm (1970) from there: a search by breadth for the distances, then augmenting paths along them until
 * none is left, until the sink is not reached any more. The published code divides each row by its sum; the paper does not, and is
 * followed here: a value is the flow itself, at most 1. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/effect/rollout.h"

enum { FLOW_TOKENS = 256 };
static const double least = 1e-12; /* an edge with less room than this is full */
static const size_t none = SIZE_MAX;

/* An edge down: what it carries at most, and which token it leads to. */
struct edge {
    float most;
    uint32_t to;
};
/* Nodes are numbered level · T + token; level 0 is the input, level L the place above the last layer. */
struct graph {
    size_t T, L;
    const float *edges; /* [L,T,T] Ã */
    struct edge *wide;  /* [L,T,T] the edges of each node, the widest first */
    float *out;         /* [T,T] */
    struct err *errs;   /* [T] */
};
struct search {
    const struct graph *graph;
    size_t source, sink;
    double *flow;          /* [L,T,T] along each edge */
    size_t *distance;      /* [nodes] from the source; none: not reached, or given up */
    size_t *arc;           /* [nodes] the next of its 2T arcs to try: down to each token, up to each token */
    size_t *queue, *path;  /* [nodes] */
    size_t *left, *n_left; /* [nodes] tokens of each level that a search has not reached yet; [levels] how many */
};

/* How much more may go along an arc of a node; *to_out: where it leads. */
static double room(const struct search *s, size_t node, size_t arc, size_t *to_out)
{
    size_t T = s->graph->T, level = node / T, at = node % T, cell;
    if (arc < T) {
        if (level == 0)
            return 0;
        cell = ((level - 1) * T + at) * T + arc;
        *to_out = (level - 1) * T + arc;
        return (double)s->graph->edges[cell] - s->flow[cell];
    }
    if (level == s->graph->L)
        return 0;
    *to_out = (level + 1) * T + arc - T;
    return s->flow[(level * T + arc - T) * T + at]; /* what flows down may be taken back */
}

static void push(struct search *s, size_t node, size_t arc, double amount)
{
    size_t T = s->graph->T, level = node / T, at = node % T;
    if (arc < T)
        s->flow[((level - 1) * T + at) * T + arc] += amount;
    else
        s->flow[(level * T + arc - T) * T + at] -= amount;
}

/* Reach what is not reached yet of a level from a node beside it. */
static void reach_level(struct search *s, size_t node, size_t level, size_t first_arc, size_t *last)
{
    size_t T = s->graph->T, to = 0, kept = 0, *left = s->left + level * T;
    for (size_t i = 0; i < s->n_left[level]; i++)
        if (room(s, node, first_arc + left[i], &to) > least) {
            s->distance[to] = s->distance[node] + 1;
            s->queue[(*last)++] = to;
        } else {
            left[kept++] = left[i];
        }
    s->n_left[level] = kept;
}

/* Distances from the source; is the sink reached? Of the input the sink alone is a node: nothing leaves the others. */
static bool reach(struct search *s)
{
    size_t T = s->graph->T, L = s->graph->L, first = 0, last = 0;
    for (size_t level = 0; level <= L; level++) {
        s->n_left[level] = level ? T : 1;
        for (size_t i = 0; i < T; i++) {
            s->distance[level * T + i] = none;
            s->left[level * T + i] = level ? i : s->sink;
        }
    }
    s->n_left[L]--; /* the source, in whose place the last stands */
    s->left[L * T + s->source % T] = T - 1;
    s->distance[s->source] = 0;
    s->queue[last++] = s->source;
    while (first < last && s->distance[s->sink] == none) {
        size_t node = s->queue[first++], level = node / T;
        if (level > 0)
            reach_level(s, node, level - 1, 0, &last);
        if (level < L)
            reach_level(s, node, level + 1, T, &last);
    }
    return s->distance[s->sink] != none;
}

/* One more node on the way to the sink; false where this one leads nowhere. */
static bool advance(struct search *s, size_t node, size_t *to_out)
{
    size_t T = s->graph->T;
    if (node / T == 1 && s->arc[node] < T) /* of the input the sink alone is a node */
        s->arc[node] = s->arc[node] <= s->sink ? s->sink : T;
    for (size_t to = 0; s->arc[node] < 2 * T; s->arc[node]++)
        if (room(s, node, s->arc[node], &to) > least && s->distance[to] == s->distance[node] + 1) {
            *to_out = to;
            return true;
        }
    return false;
}

/* Fill the path's n arcs as far as they go; how many of its nodes stay: up to the first arc that is full. */
static size_t fill(struct search *s, size_t n, double *total)
{
    double amount = INFINITY;
    size_t to, stays = n;
    for (size_t i = 0; i < n; i++)
        amount = fmin(amount, room(s, s->path[i], s->arc[s->path[i]], &to));
    for (size_t i = n; i-- > 0;) {
        push(s, s->path[i], s->arc[s->path[i]], amount);
        if (room(s, s->path[i], s->arc[s->path[i]], &to) <= least)
            stays = i;
    }
    *total += amount;
    return stays;
}

/* Paths along the distances until none is left, or until all that there can be has come. */
static double block(struct search *s, double most)
{
    double total = 0;
    size_t n = 0, node = s->source;
    memset(s->arc, 0, (s->graph->L + 1) * s->graph->T * sizeof *s->arc);
    for (;;) {
        size_t to;
        if (node == s->sink) {
            n = fill(s, n, &total);
            node = s->path[n];
            if (total >= most - least)
                return total;
        } else if (advance(s, node, &to)) {
            s->path[n++] = node;
            node = to;
        } else if (n) {
            s->distance[node] = none;
            node = s->path[--n];
        } else {
            return total;
        }
    }
}

/* The cell of the edge that the path takes from its i-th of n nodes. */
static size_t path_cell(const struct search *s, size_t i, size_t n)
{
    size_t T = s->graph->T;
    return (s->path[i] - T) * T + (i + 1 < n ? s->path[i + 1] : s->sink) % T;
}

static double cell_room(const struct search *s, size_t cell)
{
    return (double)s->graph->edges[cell] - s->flow[cell];
}

/* A node below with room for more than `wide`, on a way that is not known to be closed. */
static bool descend(struct search *s, size_t node, double wide, size_t *to_out)
{
    size_t T = s->graph->T, row = (node - T) * T, below = node / T - 1;
    *to_out = s->sink;
    if (below == 0)
        return cell_room(s, row + s->sink) > wide;
    for (; s->arc[node] < T; s->arc[node]++) {
        const struct edge *e = &s->graph->wide[row + s->arc[node]];
        if ((double)e->most <= wide) /* and so are all that follow */
            return false;
        *to_out = below * T + e->to;
        if (s->distance[*to_out] != none && (double)e->most - s->flow[row + e->to] > wide)
            return true;
    }
    return false;
}

/* Paths straight down with room for more than `wide`, until none is left or `most` has come. A node from which none leads is given up. */
static double descents(struct search *s, double most, double wide)
{
    size_t nodes = (s->graph->L + 1) * s->graph->T, n = 0, node = s->source;
    double total = 0;
    memset(s->arc, 0, nodes * sizeof *s->arc);
    memset(s->distance, 0, nodes * sizeof *s->distance);
    for (;;) {
        size_t to;
        if (node == s->sink) {
            double amount = INFINITY;
            size_t stays = n;
            for (size_t i = 0; i < n; i++)
                amount = fmin(amount, cell_room(s, path_cell(s, i, n)));
            for (size_t i = n; i-- > 0;) {
                size_t cell = path_cell(s, i, n);
                s->flow[cell] += amount;
                stays = cell_room(s, cell) <= wide ? i : stays;
            }
            total += amount;
            if (total >= most - least)
                return total;
            n = stays;
            node = s->path[n];
        } else if (descend(s, node, wide, &to)) {
            s->path[n++] = node;
            node = to;
        } else if (n) {
            s->distance[node] = none;
            node = s->path[--n];
        } else {
            return total;
        }
    }
}

static double largest_flow(struct search *s)
{
    static const double widths[] = {0.5, 1.0 / 128, 1.0 / 8192, 1e-12}; /* the last is `least` */
    const struct graph *g = s->graph;
    double total = 0, most = 0, more = 1;
    memset(s->flow, 0, g->L * g->T * g->T * sizeof *s->flow);
    for (size_t i = 0; i < g->T; i++)
        most += (double)g->edges[i * g->T + s->sink]; /* all that can enter the sink */
    most = fmin(most, 1);
    for (size_t w = 0; w < sizeof widths / sizeof *widths && total < most - least; w++)
        total += descents(s, most - total, widths[w]);
    while (more > 0 && total < most - least && reach(s)) {
        more = block(s, most - total);
        total += more;
    }
    return total;
}

static int by_width(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    return x->most != y->most ? (x->most < y->most ? 1 : -1) : (x->to > y->to) - (x->to < y->to);
}

static void sort_row(void *context, size_t row, size_t thread)
{
    struct graph *g = context;
    struct edge *wide = g->wide + row * g->T;
    (void)thread;
    for (size_t j = 0; j < g->T; j++)
        wide[j] = (struct edge){g->edges[row * g->T + j], (uint32_t)j};
    qsort(wide, g->T, sizeof *wide, by_width);
}

static void flow_row(void *context, size_t i, size_t thread)
{
    struct graph *g = context;
    struct err *err = &g->errs[i];
    size_t T = g->T, nodes = (g->L + 1) * T;
    (void)thread;
    struct search s = {.graph = g, .source = g->L * T + i};
    s.flow = mem_new(g->L * T * T, sizeof *s.flow, "a flow of attention", err);
    s.distance = s.flow ? mem_new(6 * nodes, sizeof *s.distance, "a flow of attention", err) : NULL;
    if (s.distance) {
        s.arc = s.distance + nodes;
        s.queue = s.arc + nodes;
        s.path = s.queue + nodes;
        s.left = s.path + nodes;
        s.n_left = s.left + nodes;
    }
    for (size_t j = 0; s.distance && j < T; j++) {
        if (cancel_requested()) {
            err_set(err, ERR_CANCELLED, "cancelled");
            break;
        }
        s.sink = j;
        g->out[i * T + j] = (float)largest_flow(&s);
    }
    free(s.flow);
    free(s.distance);
}

static bool make(const struct run *run, const struct attention *of, size_t head, float *out, struct err *err)
{
    size_t T = of->Tq, L = of->layer + 1, cells = T * T;
    (void)head;
    if (T > FLOW_TOKENS)
        return err_set(err, ERR_LIMIT, "flow searches paths for every pair of tokens: at most %d tokens, here are %zu", FLOW_TOKENS, T);
    float *edges = mem_new((L + 1) * cells, sizeof *edges, "a flow of attention", err);
    struct edge *wide = edges ? mem_new(L * cells, sizeof *wide, "a flow of attention", err) : NULL;
    struct err *errs = wide ? mem_new(T, sizeof *errs, "a flow of attention", err) : NULL;
    bool ok = errs != NULL;
    for (size_t l = 0; ok && l < L; l++)
        ok = rollout_layer(run, of, l, "flow", edges + L * cells, edges + l * cells, err);
    for (size_t i = 0; ok && i < L * cells; i++)
        if (!isfinite(edges[i]) || edges[i] < 0)
            ok = err_set(err, ERR_UNSUPPORTED, "flow wants capacities: a map below it holds numbers that are negative or not finite");
    struct graph g = {.T = T, .L = L, .edges = edges, .wide = wide, .out = out, .errs = errs};
    if (ok) {
        pool_run(L * T, sort_row, &g);
        pool_run(T, flow_row, &g);
    }
    for (size_t i = 0; ok && i < T; i++)
        if (errs[i].code != ERR_NONE) {
            *err = errs[i];
            ok = false;
        }
    free(edges);
    free(wide);
    free(errs);
    return ok;
}

extern const struct effect effect_flow;
const struct effect effect_flow = {
    .name = "flow",
    .summary = "largest flow of attention down to each token of the first layer",
    .formula = "F_ij = largest flow from i above layer l to the token j, capacities Ã_l = rownorm(mean_h A_l + I)",
    .source = "Abnar & Zuidema 2020",
    .of_layer = true,
    .spreads = true,
    .make = make,
};
