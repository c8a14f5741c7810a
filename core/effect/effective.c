/* Effective attention (Brunner et al. 2020, §3; Sun and Marasović 2021): the part of a map that the head's output feels.
 *
 *   T = (X·W_V + b_V)·W_O^h = U·Σ·Vᵀ,  A⊥ = A·U_r·U_rᵀ,  A⊥·T = A·T
 *
 * r is T's rank, at most the head's width: where there are no more tokens than that, A⊥ is A. The bias of the values is in T,
 * as the head's output has it. r is decided as numpy.linalg.matrix_rank decides it for 32-bit numbers. */
#include "core/effect/effect.h"

#include <stdlib.h>

#include "core/effect/leave.h"
#include "core/effect/span.h"

/* W_O^h [D,E]: what the projection makes of a one in each place of the head. */
static bool output_weights(const struct attention *a, size_t head, double *out, struct err *err)
{
    size_t width = a->leaving.o->in, E = leave_width(a);
    float *ones = mem_new(a->D * width + a->D * E, sizeof *ones, "a head's output", err);
    if (!ones)
        return false;
    float *rows = ones + a->D * width;
    for (size_t d = 0; d < a->D; d++)
        ones[d * width + head * a->D + d] = 1;
    bool ok = leave_project(a, ones, a->D, rows, err);
    for (size_t i = 0; ok && i < a->D * E; i++)
        out[i] = (double)rows[i];
    free(ones);
    return ok;
}

/* An orthonormal basis of the columns of (X·W_V + b_V)·W_O^h over the keys: basis_out [Tk,D], its first *rank_out columns. */
static bool basis_of(const struct attention *a, size_t head, double *basis_out, size_t *rank_out, struct err *err)
{
    if (!leave_known(a, err))
        return false;
    for (size_t i = 0; a->second.rows && i < a->Tq; i++)
        if (a->second.rows[i])
            return err_set(err, ERR_UNSUPPORTED, "%c%zu: global tokens read values of their own: no one basis is the whole map's",
                           stack_letters[a->stack->kind], a->layer);
    size_t E = leave_width(a), kv = head / (a->H / a->Hkv);
    double *v = mem_new(a->Tk * a->D + a->D * E, sizeof *v, "a head's values", err), *w = v ? v + a->Tk * a->D : NULL;
    bool ok = v && output_weights(a, head, w, err);
    for (size_t j = 0; ok && j < a->Tk; j++)
        for (size_t d = 0; d < a->D; d++)
            v[j * a->D + d] = (double)a->v.data[j * a->v.row + kv * a->v.step + d];
    ok = ok && span_of_product(v, w, a->Tk, a->D, E, basis_out, rank_out, err);
    free(v);
    return ok;
}

static void project(const float *row, const double *basis, size_t n, size_t d, size_t rank, double *at, float *out)
{
    for (size_t c = 0; c < rank; c++) {
        at[c] = 0;
        for (size_t j = 0; j < n; j++)
            at[c] += (double)row[j] * basis[j * d + c];
    }
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t c = 0; c < rank; c++)
            sum += at[c] * basis[j * d + c];
        out[j] = (float)sum;
    }
}

static bool make(const struct run *run, const struct attention *a, size_t head, float *out, struct err *err)
{
    size_t rank;
    (void)run;
    double *basis = mem_new(a->Tk * a->D + a->D, sizeof *basis, "effective attention", err);
    bool ok = basis && basis_of(a, head, basis, &rank, err) &&
              attention_map(a, head, (struct part){.kind = PART_PROBS}, 0, a->Tq, out, err);
    for (size_t i = 0; ok && rank < a->Tk && i < a->Tq; i++)
        project(out + i * a->Tk, basis, a->Tk, a->D, rank, basis + a->Tk * a->D, out + i * a->Tk);
    free(basis);
    return ok;
}

static bool say(const struct attention *a, size_t head, struct buf *out, struct err *err)
{
    size_t rank;
    double *basis = mem_new(a->Tk * a->D, sizeof *basis, "effective attention", err);
    bool ok = basis && basis_of(a, head, basis, &rank, err);
    if (ok)
        buf_printf(out, "r = %zu of %zu keys%s", rank, a->Tk, rank < a->Tk ? "" : ": A\u22a5 = A");
    free(basis);
    return ok;
}

const struct effect effect_effective = {
    .name = "effective",
    .summary = "the part of a map that the head's output feels",
    .formula = "A\u22a5 = A·U_r·U_rᵀ, (X·W_V + b_V)·W_O^h = U·Σ·Vᵀ of rank r",
    .source = "Brunner et al. 2020",
    .is_signed = true,
    .spreads = true,
    .make = make,
    .say = say,
};
