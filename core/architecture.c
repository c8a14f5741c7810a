/* Names of families. See architecture.h. */
#include "core/architecture.h"

#include <string.h>

bool names_include(const char *names, struct str name)
{
    for (size_t n; *names; names += n + (names[n] == '|')) {
        n = strcspn(names, "|");
        if (str_eq(name, (struct str){names, n}))
            return true;
    }
    return false;
}
