/* See refusal.h. */
#include "tests/support/refusal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model.h"
#include "tests/support/scratch.h"

void expect_refusal(const char *folder, const char *old, const char *new, const char *says)
{
    char path[200];
    size_t n;
    struct err err = {0};
    snprintf(path, sizeof path, "tests/data/golden/%s", folder);
    scratch_copy_folder(path);
    snprintf(path, sizeof path, "tests/data/golden/%s/config.json", folder);
    char *text = (char *)read_file(path, &n);
    text = realloc(text, n + 1);
    text[n] = 0;
    char *at = strstr(text, old);
    cr_assert(at, "%s: no %s", folder, old);
    char *edited = malloc(n + strlen(new) + 1);
    int length = sprintf(edited, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    scratch_write("config.json", edited, (size_t)length);
    struct model *model = model_load(scratch_folder(), NULL, &err);
    cr_expect(!model && strstr(err.message, says), "%s with %s: %s", folder, new, model ? "loads" : err.message);
    model_free(model);
    free(text);
    free(edited);
    scratch_remove();
}
