/* Stacks of layers. See stack.h. */
#include "core/stack.h"

const char stack_letters[STACK_KINDS + 1] = "LDXE";

size_t stack_heads(const struct stack *stack)
{
    size_t most = 0;
    for (size_t l = 0; l < stack->layers; l++)
        if (stack->shape[l].H > most)
            most = stack->shape[l].H;
    return most;
}

size_t stack_terms(const struct stack *stack)
{
    size_t n = 0;
    while (stack->terms && stack->terms[n])
        n++;
    return n;
}
