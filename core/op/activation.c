/* Activations by the names that configurations use. A new one is a row in activation_list.h and act_ID in body.h. */
#include "core/op/activation.h"

#include "core/op/kernel.h"

#define ACTIVATION(id, names, formula)                                                                      \
    static void apply_##id(float *x, size_t n)                                                                        \
    {                                                                                                                 \
        op_kernel_best()->activate[ACT_##id](x, n);                                                                   \
    }
#include "core/op/activation_list.h"
#undef ACTIVATION

#define ACTIVATION(id, names, formula)                                                                      \
    static const struct activation activation_##id = {names, apply_##id};
#include "core/op/activation_list.h"
#undef ACTIVATION

const struct activation *const activations[] = {
#define ACTIVATION(id, names, formula) &activation_##id,
#include "core/op/activation_list.h"
#undef ACTIVATION
    NULL,
};

const struct activation *activation_named(struct str name)
{
    for (size_t i = 0; activations[i] && name.n > 0; i++) {
        struct str rest = str_of(activations[i]->names);
        while (rest.n > 0) {
            size_t n = 0;
            while (n < rest.n && rest.s[n] != '|')
                n++;
            if (str_eq(name, (struct str){rest.s, n}))
                return activations[i];
            n += n < rest.n;
            rest.s += n;
            rest.n -= n;
        }
    }
    return NULL;
}
