/* What leaves a layer's heads. See leave.h. */
#include "core/effect/leave.h"

#include <stdlib.h>
#include <string.h>

#include "core/op/op.h"

bool leave_known(const struct attention *a, struct err *err)
{
    if (a->given || !a->v.data)
        return err_set(err, ERR_NOT_FOUND, "these maps were opened without values: what heads add is not known");
    return a->leaving.o ||
           err_set(err, ERR_UNSUPPORTED, "%c%zu: no projection takes the heads' output alone: what one head adds is not told apart",
                   stack_letters[a->stack->kind], a->layer);
}

size_t leave_width(const struct attention *a)
{
    return a->leaving.o->out;
}

bool leave_project(const struct attention *a, const float *z, size_t rows, float *out, struct err *err)
{
    struct linear o = *a->leaving.o;
    o.bias = NULL;
    return product_linear(&o, z, rows, o.in, rows, NULL, out, o.out, err);
}

bool leave_vectors(const struct attention *a, size_t head, bool second, float *out, struct err *err)
{
    const struct strided *v = second ? &a->second.v : &a->v;
    size_t kv = head / (a->H / a->Hkv), width = a->leaving.o->in;
    float *z = mem_new(a->Tk * width, sizeof *z, "values of a head", err);
    if (!z)
        return false;
    for (size_t j = 0; j < a->Tk; j++)
        memcpy(z + j * width + head * a->D, v->data + j * v->row + kv * v->step, a->D * sizeof *z);
    bool ok = leave_project(a, z, a->Tk, out, err);
    free(z);
    return ok;
}

bool leave_heads(const struct attention *a, float *out, struct err *err)
{
    const struct linear *o = a->leaving.o;
    float *z = mem_new(a->Tq * o->in, sizeof *z, "a layer's output", err);
    if (!z)
        return false;
    for (size_t i = 0; i < a->Tq; i++)
        for (size_t h = 0; h < a->H; h++)
            memcpy(z + i * o->in + h * a->D, a->z.data + i * a->z.row + h * a->z.step, a->D * sizeof *z);
    bool ok = leave_project(a, z, a->Tq, out, err);
    free(z);
    return ok;
}

bool leave_sum(const struct attention *a, const float *x, float *out, struct err *err)
{
    const struct linear *o = a->leaving.o;
    if (!leave_heads(a, out, err))
        return false;
    op_add(out, x, a->Tq * o->out);
    for (size_t i = 0; o->bias && i < a->Tq; i++)
        op_add(out + i * o->out, o->bias, o->out);
    return true;
}

bool leave_residual(const struct run *run, const struct attention *a, float *out, struct err *err)
{
    enum stack_kind kind = a->stack->kind;
    const struct arch *arch = run->model->arch;
    const char *why = a->leaving.odd ? a->leaving.odd : arch ? arch->entangled : NULL;
    if (!why && kind == STACK_CROSS)
        why = "no key of cross-attention is the query itself";
    if (!why && kind == STACK_EMD)
        why = "an enhanced mask decoder's queries are a stream of their own";
    if (!why && (a->queries != a->keys || a->Tq != a->Tk || a->first))
        why = "queries and keys are not the same tokens";
    if (!why && run_hidden_states(run, kind) != a->stack->layers + 1)
        why = "not every layer has a hidden state of its own";
    if (why)
        return err_set(err, ERR_UNSUPPORTED, "%c%zu: what the heads' output is added to is not told for each key: %s", stack_letters[kind],
                       a->layer, why);
    const float *hidden = run_hidden(run, kind, a->layer);
    size_t E = leave_width(a);
    memcpy(out, hidden + a->queries->starts[a->text] * E, a->Tq * E * sizeof *out);
    return true;
}
