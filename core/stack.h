/* A stack of layers, and the four kinds of maps that selectors tell apart by a letter. */
#ifndef GAZE_CORE_STACK_H
#define GAZE_CORE_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/mem.h"

struct term;

/* A kind names maps. Layers belong to L and D; X's maps are made in the decoder's layers, E's in passes of the
 * enhanced mask decoder. */
enum stack_kind {
    STACK_MAIN,    /* L: the encoder, or the only stack there is */
    STACK_DECODER, /* D: the decoder of an encoder–decoder */
    STACK_CROSS,   /* X: its cross-attention */
    STACK_EMD,     /* E: the passes of an enhanced mask decoder */
    STACK_KINDS
};
extern const char stack_letters[STACK_KINDS + 1]; /* "LDXE" */

/* A layer's own numbers of heads, key/value heads and head width: layers may differ (pruned heads). */
struct layer_shape {
    size_t H, Hkv, D;
};

struct stack {
    enum stack_kind kind;
    size_t layers, max_tokens; /* layers 0: there is no such stack; max_tokens 0: any length */
    size_t layer_size;
    struct layer_shape *shape;       /* [layers] */
    void *layer_data;                /* [layers] of the architecture's struct; NULL in X and E */
    const struct term *const *terms; /* of its maps, for names and help; NULL-ended */
    bool finished;                   /* a final norm follows the layers: the last hidden state is what it gives */
};

/* The architecture's struct of layer l. */
static inline void *stack_layer(const struct stack *stack, size_t l)
{
    return (char *)stack->layer_data + l * stack->layer_size;
}
size_t stack_heads(const struct stack *stack); /* of the layer that has most; 0 where there is no layer */
size_t stack_terms(const struct stack *stack);
/* Append how many heads its layers have: "4", or "2 to 4" where they differ; and how wide these are. */
void stack_say_heads(const struct stack *stack, struct buf *out);
void stack_say_widths(const struct stack *stack, struct buf *out);
/* Append ", 2 of keys and values" where query heads share them; else nothing. */
void stack_say_groups(const struct stack *stack, struct buf *out);

#endif
