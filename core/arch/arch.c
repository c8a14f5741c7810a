/* The list of architectures. See arch.h. */
#include "core/arch/arch.h"

#include "core/arch/list.h"
#include "core/arch/more.h"

#define DECLARE(name) extern const struct arch arch_##name;
ARCHS(DECLARE)
MORE_ARCHS(DECLARE)
#define ENTRY(name) &arch_##name,
const struct arch *const archs[] = {ARCHS(ENTRY) MORE_ARCHS(ENTRY) NULL};

const struct arch *arch_of_type(struct str model_type)
{
    for (size_t i = 0; archs[i]; i++)
        if (names_include(archs[i]->model_types, model_type))
            return archs[i];
    return NULL;
}
