/* See golden.h. */
#include "tests/support/golden.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "core/model.h"

struct model *golden_model(const char *name)
{
    char path[200];
    struct err err = {0};
    snprintf(path, sizeof path, "tests/data/golden/%s", name);
    struct model *model = model_load(path, NULL, &err);
    cr_assert(model, "%s: %s", name, err.message);
    return model;
}
