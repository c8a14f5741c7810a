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

static void say_range(const struct stack *stack, size_t offset, struct buf *out)
{
    size_t least = SIZE_MAX, most = 0;
    for (size_t l = 0; l < stack->layers; l++) {
        size_t n = *(const size_t *)((const char *)&stack->shape[l] + offset);
        least = n < least ? n : least;
        most = n > most ? n : most;
    }
    if (least < most)
        buf_printf(out, "%zu to ", least);
    buf_printf(out, "%zu", most);
}

void stack_say_heads(const struct stack *stack, struct buf *out)
{
    say_range(stack, offsetof(struct layer_shape, H), out);
}

void stack_say_widths(const struct stack *stack, struct buf *out)
{
    say_range(stack, offsetof(struct layer_shape, D), out);
}

void stack_say_groups(const struct stack *stack, struct buf *out)
{
    bool shared = false;
    for (size_t l = 0; l < stack->layers; l++)
        shared |= stack->shape[l].Hkv < stack->shape[l].H;
    if (!shared)
        return;
    buf_puts(out, ", ");
    say_range(stack, offsetof(struct layer_shape, Hkv), out);
    buf_puts(out, " of keys and values");
}
