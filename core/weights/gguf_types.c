/* The types of a GGUF file's tensors, by the file's numbers (enum ggml_type of ggml.h). See gguf.h. */
#include "core/weights/blocks.h"
#include "core/weights/gguf.h"

static const struct {
    const char *name;
    const struct dtype *dtype; /* NULL: not read, or of dtype.c by its name */
    bool plain;
} types[] = {
    [0] = {"F32", NULL, true},
    [1] = {"F16", NULL, true},
    [2] = {"Q4_0", &DTYPE_Q4_0},
    [3] = {"Q4_1", &DTYPE_Q4_1},
    [4] = {"Q4_2"},
    [5] = {"Q4_3"},
    [6] = {"Q5_0", &DTYPE_Q5_0},
    [7] = {"Q5_1", &DTYPE_Q5_1},
    [8] = {"Q8_0", &DTYPE_Q8_0},
    [9] = {"Q8_1"},
    [10] = {"Q2_K", &DTYPE_Q2_K},
    [11] = {"Q3_K", &DTYPE_Q3_K},
    [12] = {"Q4_K", &DTYPE_Q4_K},
    [13] = {"Q5_K", &DTYPE_Q5_K},
    [14] = {"Q6_K", &DTYPE_Q6_K},
    [15] = {"Q8_K", &DTYPE_Q8_K},
    [16] = {"IQ2_XXS", &DTYPE_IQ2_XXS},
    [17] = {"IQ2_XS", &DTYPE_IQ2_XS},
    [18] = {"IQ3_XXS", &DTYPE_IQ3_XXS},
    [19] = {"IQ1_S", &DTYPE_IQ1_S},
    [20] = {"IQ4_NL", &DTYPE_IQ4_NL},
    [21] = {"IQ3_S", &DTYPE_IQ3_S},
    [22] = {"IQ2_S", &DTYPE_IQ2_S},
    [23] = {"IQ4_XS", &DTYPE_IQ4_XS},
    [24] = {"I8", NULL, true},
    [25] = {"I16", NULL, true},
    [26] = {"I32", NULL, true},
    [27] = {"I64", NULL, true},
    [28] = {"F64", NULL, true},
    [29] = {"IQ1_M", &DTYPE_IQ1_M},
    [30] = {"BF16", NULL, true},
    [31] = {"Q4_0_4_4"},
    [32] = {"Q4_0_4_8"},
    [33] = {"Q4_0_8_8"},
    [34] = {"TQ1_0", &DTYPE_TQ1_0},
    [35] = {"TQ2_0", &DTYPE_TQ2_0},
    [36] = {"IQ4_NL_4_4"},
    [37] = {"IQ4_NL_4_8"},
    [38] = {"IQ4_NL_8_8"},
    [39] = {"MXFP4", &DTYPE_MXFP4},
    [40] = {"NVFP4", &DTYPE_NVFP4},
    [41] = {"Q1_0"},
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
