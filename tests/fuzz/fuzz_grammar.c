/* Command lines, as at the prompt and as in a script. */
#include "tests/fuzz/fuzz.h"
#include "repl/grammar/call.h"
#include "repl/grammar/grammar.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *rest = text;
    memcpy(text, data, size);
    text[size] = 0;
    for (char *line; (line = strsep(&rest, "\n"));) {
        struct call call = {0};
        struct err err = {0};
        fuzz_check(call_parse(line, size & 1, &call, &err), &err, NULL);
        call_free(&call);
    }
    free(text);
    return 0;
}
