/* Other position ids. See position_rule.h. */
#include "core/position_rule.h"

#include <stdlib.h>

#include "core/base/number.h"
#include "core/base/random.h"

static bool number_of(struct str text, size_t *out)
{
    long n;
    if (!number_whole(text, &n) || n < 0 || n > INT32_MAX)
        return false;
    *out = (size_t)n;
    return true;
}

static bool bad(struct str text, struct err *err)
{
    return err_set(err, ERR_ARG, "positions= takes shift:K, permute:SEED or a list of ids (0,2,1), not \"%.*s\"", STR_ARGS(text));
}

static bool parse_list(struct str text, struct position_rule *out, struct err *err)
{
    size_t n = 1, k = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.s[i] == ',';
    int32_t *list = mem_new(n, sizeof *list, "position ids", err);
    if (!list)
        return false;
    for (struct str rest = text; k < n; k++) {
        size_t length = 0, id;
        while (length < rest.n && rest.s[length] != ',')
            length++;
        if (!number_of((struct str){rest.s, length}, &id)) {
            free(list);
            return bad(text, err);
        }
        list[k] = (int32_t)id;
        rest = (struct str){rest.s + length + (k + 1 < n), rest.n - length - (k + 1 < n)};
    }
    *out = (struct position_rule){.kind = POSITIONS_LISTED, .list = list, .n = n};
    return true;
}

bool position_rule_parse(struct str text, struct position_rule *out, struct err *err)
{
    const struct str shift = STR("shift:"), permute = STR("permute:");
    size_t number;
    *out = (struct position_rule){0};
    if (str_starts(text, shift)) {
        if (!number_of((struct str){text.s + shift.n, text.n - shift.n}, &number))
            return bad(text, err);
        *out = (struct position_rule){.kind = POSITIONS_SHIFTED, .shift = number};
        return true;
    }
    if (str_starts(text, permute)) {
        if (!number_of((struct str){text.s + permute.n, text.n - permute.n}, &number))
            return bad(text, err);
        *out = (struct position_rule){.kind = POSITIONS_PERMUTED, .seed = number};
        return true;
    }
    return parse_list(text, out, err);
}

void position_rule_free(struct position_rule *rule)
{
    free((void *)(uintptr_t)rule->list);
    *rule = (struct position_rule){0};
}

void position_rule_name(const struct position_rule *rule, struct buf *out)
{
    if (rule->kind == POSITIONS_SHIFTED)
        buf_printf(out, "shift:%zu", rule->shift);
    else if (rule->kind == POSITIONS_PERMUTED)
        buf_printf(out, "permute:%llu", (unsigned long long)rule->seed);
    else if (rule->kind == POSITIONS_LISTED)
        buf_printf(out, "list of %zu", rule->n);
}

/* Durstenfeld 1964. */
static void permute(int32_t *ids, size_t n, uint64_t state)
{
    for (; n > 1; n--) {
        size_t j = random_below((uint32_t)(random_next(&state) >> 32), (uint32_t)n);
        int32_t last = ids[n - 1];
        ids[n - 1] = ids[j];
        ids[j] = last;
    }
}

bool position_rule_apply(const struct position_rule *rule, struct tokens *tokens, size_t most, struct err *err)
{
    for (size_t t = 0; t < tokens->n_texts && rule->kind != POSITIONS_OWN; t++) {
        int32_t *ids = tokens->positions + tokens->starts[t];
        size_t n = tokens_length(tokens, t);
        if (rule->kind == POSITIONS_LISTED && rule->n != n)
            return err_set(err, ERR_ARG, "%zu position ids for %zu tokens", rule->n, n);
        if (rule->kind == POSITIONS_PERMUTED)
            permute(ids, n, random_stream(rule->seed, t));
        for (size_t i = 0; i < n; i++) {
            size_t id = rule->kind == POSITIONS_LISTED ? (size_t)rule->list[i] : (size_t)ids[i] + rule->shift;
            if ((most && id >= most) || id > INT32_MAX)
                return err_set(err, ERR_LIMIT, "position id %zu is beyond the %zu that the model knows (0-%zu)", id, most, most - 1);
            ids[i] = (int32_t)id;
        }
    }
    return true;
}
