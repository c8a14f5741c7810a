/* PCRE2 behind a small door. See regex.h. Just-in-time where the machine allows it; a match limit makes
 * hostile patterns an error instead of a hang. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/base/regex.h"

#include <pcre2.h>
#include <stdlib.h>

struct regex {
    pcre2_code *code;
    pcre2_match_context *context;
    pcre2_match_data *match;
    pcre2_jit_stack *stack;
    uint32_t options; /* of every match */
};

void regex_free(struct regex *regex)
{
    if (!regex)
        return;
    pcre2_match_data_free(regex->match);
    pcre2_jit_stack_free(regex->stack);
    pcre2_match_context_free(regex->context);
    pcre2_code_free(regex->code);
    free(regex);
}

struct regex *regex_new(struct str pattern, struct err *err)
{
    return regex_new_with(pattern, 0, err);
}

struct regex *regex_new_with(struct str pattern, unsigned flags, struct err *err)
{
    struct regex *regex = mem_new(1, sizeof *regex, "a regular expression", err);
    if (!regex)
        return NULL;
    int code;
    PCRE2_SIZE at;
    uint32_t options = PCRE2_UTF | PCRE2_UCP | (flags & REGEX_VALID ? 0 : PCRE2_MATCH_INVALID_UTF) |
                       (flags & REGEX_LINES ? PCRE2_MULTILINE : 0);
    regex->options = flags & REGEX_VALID ? PCRE2_NO_UTF_CHECK : 0;
    regex->code = pcre2_compile((PCRE2_SPTR)(pattern.s ? pattern.s : ""), pattern.n, options, &code, &at, NULL);
    if (!regex->code) {
        PCRE2_UCHAR text[160] = "?";
        pcre2_get_error_message(code, text, sizeof text);
        err_set(err, ERR_FORMAT, "regular expression \"%.*s\": %s at byte %zu", STR_ARGS(pattern), (char *)text, (size_t)at);
        goto fail;
    }
    (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE); /* without it the interpreter serves */
    regex->context = pcre2_match_context_create(NULL);
    regex->match = pcre2_match_data_create_from_pattern(regex->code, NULL);
    regex->stack = pcre2_jit_stack_create(32 * 1024, 1024 * 1024, NULL);
    if (!regex->context || !regex->match || !regex->stack) {
        err_memory(err, 0, "a regular expression");
        goto fail;
    }
    pcre2_set_match_limit(regex->context, 2000000);
    pcre2_set_heap_limit(regex->context, 65536); /* KiB */
    pcre2_jit_stack_assign(regex->context, NULL, regex->stack);
    return regex;
fail:
    regex_free(regex);
    return NULL;
}

int regex_find(const struct regex *regex, struct str text, size_t from, size_t *begin_out, size_t *end_out, struct err *err)
{
    int found = pcre2_match(regex->code, (PCRE2_SPTR)(text.s ? text.s : ""), text.n, from, regex->options,
                            regex->match, regex->context);
    if (found == PCRE2_ERROR_NOMATCH)
        return 0;
    if (found < 0) {
        PCRE2_UCHAR message[160] = "?";
        pcre2_get_error_message(found, message, sizeof message);
        err_set(err, ERR_LIMIT, "regular expression gave up at byte %zu: %s", from, (char *)message);
        return -1;
    }
    const PCRE2_SIZE *ovector = pcre2_get_ovector_pointer(regex->match);
    *begin_out = ovector[0];
    *end_out = ovector[1] > ovector[0] ? ovector[1] : ovector[0]; /* \K may turn them round */
    return 1;
}

#define TEXT_OF(x) #x
#define VERSION(major, minor) TEXT_OF(major) "." TEXT_OF(minor)

const char *regex_library(void)
{
    return VERSION(PCRE2_MAJOR, PCRE2_MINOR);
}
