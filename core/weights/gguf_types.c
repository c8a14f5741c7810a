/* The types of a GGUF file's tensors, by the file's numbers (enum ggml_type of ggml.h). See gguf.h. */
#include "core/weights/blocks.h"
#include "core/weights/gguf.h"

#define BLOCK(type)                                                                                                              \
    {                                                                                                                            \
#type, &DTYPE_##type, false                                                                                              \
    }
#define PLAIN(type)                                                                                                              \
    {                                                                                                                            \
#type, NULL, true                                                                                                        \
    }
#define UNREAD(type)                                                                                                             \
    {                                                                                                                            \
#type, NULL, false                                                                                                       \
    }

static const struct {
    const char *name;
    const struct dtype *dtype; /* NULL: of dtype.c by its name where `plain`, else not read */
    bool plain;
} types[] = {
    [0] = PLAIN(F32),     [1] = PLAIN(F16),          [2] = BLOCK(Q4_0),         [3] = BLOCK(Q4_1),         [4] = UNREAD(Q4_2),
    [5] = UNREAD(Q4_3),   [6] = BLOCK(Q5_0),         [7] = BLOCK(Q5_1),         [8] = BLOCK(Q8_0),         [9] = UNREAD(Q8_1),
    [10] = BLOCK(Q2_K),   [11] = BLOCK(Q3_K),        [12] = BLOCK(Q4_K),        [13] = BLOCK(Q5_K),        [14] = BLOCK(Q6_K),
    [15] = BLOCK(Q8_K),   [16] = BLOCK(IQ2_XXS),     [17] = BLOCK(IQ2_XS),      [18] = BLOCK(IQ3_XXS),     [19] = BLOCK(IQ1_S),
    [20] = BLOCK(IQ4_NL), [21] = BLOCK(IQ3_S),       [22] = BLOCK(IQ2_S),       [23] = BLOCK(IQ4_XS),      [24] = PLAIN(I8),
    [25] = PLAIN(I16),    [26] = PLAIN(I32),         [27] = PLAIN(I64),         [28] = PLAIN(F64),         [29] = BLOCK(IQ1_M),
    [30] = PLAIN(BF16),   [31] = UNREAD(Q4_0_4_4),   [32] = UNREAD(Q4_0_4_8),   [33] = UNREAD(Q4_0_8_8),   [34] = BLOCK(TQ1_0),
    [35] = BLOCK(TQ2_0),  [36] = UNREAD(IQ4_NL_4_4), [37] = UNREAD(IQ4_NL_4_8), [38] = UNREAD(IQ4_NL_8_8), [39] = BLOCK(MXFP4),
    [40] = BLOCK(NVFP4),  [41] = UNREAD(Q1_0),
};

const char *gguf_type_named(uint32_t number, const struct dtype **dtype_out)
{
    *dtype_out = NULL;
    if (number >= sizeof types / sizeof *types)
        return NULL;
    *dtype_out = types[number].plain ? dtype_named(str_of(types[number].name)) : types[number].dtype;
    return types[number].name;
}

void gguf_types(struct buf *out)
{
    const struct dtype *dtype;
    const char *comma = "";
    for (uint32_t i = 0; i < sizeof types / sizeof *types; i++)
        if (gguf_type_named(i, &dtype) && dtype) {
            buf_printf(out, "%s%s", comma, dtype->name);
            comma = ", ";
        }
}
