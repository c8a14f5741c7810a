/* What is wanted of maps, and sites as they are written, on attentions made by hand. */
#include <criterion/criterion.h>
#include <string.h>

#include "repl/grammar/grammar.h"
#include "repl/map/map_request.h"
#include "repl/run/site.h"

static const struct term content = {.name = "c2c"}, position = {.name = "c2p"}, bias = {.name = "bias"};
static const struct term *const encoder[] = {&content, &position, NULL}, *const decoder[] = {&bias, &content, NULL};

static struct map_request read(const char *line, struct call *call)
{
    struct map_request request;
    struct err err = {0};
    cr_assert(call_parse(line, false, call, &err), "%s: %s", line, err.message);
    cr_assert(map_request_read(call, &request, &err), "%s: %s", line, err.message);
    return request;
}

Test(map_request, a_part_is_found_among_the_terms_of_each_attention)
{
    struct attention a = {.terms = encoder}, b = {.terms = decoder};
    struct call call;
    struct err err = {0};
    struct part part;
    struct map_request request = read("show part=c2c", &call);
    cr_assert(map_request_part(&request, &a, &part, &err) && part.kind == PART_LOGITS && part.terms == 1);
    cr_assert(map_request_part(&request, &b, &part, &err) && part.kind == PART_LOGITS && part.terms == 2);
    call_free(&call);
    request = read("show without=c2p", &call);
    cr_assert(map_request_part(&request, &a, &part, &err) && part.kind == PART_SOFTMAX && part.terms == 1);
    cr_assert(!map_request_part(&request, &b, &part, &err));
    cr_assert(strstr(err.message, "no term \"c2p\" here") && strstr(err.message, "bias, c2c"), "%s", err.message);
    cr_assert_eq(err.column, 14, "the caret stands under the value, at %ld", err.column);
    call_free(&call);
}

Test(map_request, lists_of_parts_are_split)
{
    static const struct {
        const char *line;
        size_t n;
    } rows[] = {{"show", 0}, {"show part=c2c", 0}, {"show part=c2c+c2p,probs", 2}, {"show part=a,b,c", 3}, {"show softmax=c2c", 0},
                {"show part=a,b,c,d", SIZE_MAX}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct part_request parts[3];
        struct call call;
        struct err err = {0};
        struct map_request request = read(rows[i].line, &call);
        cr_expect_eq(part_request_split(request.part, parts, 3, &err), rows[i].n, "%s", rows[i].line);
        call_free(&call);
    }
}

Test(map_request, says_what_was_asked_for_as_it_is_typed)
{
    static const char *const rows[][2] = {
        {"show", ""}, {"show part=probs", ""}, {"show part=scores", " part=scores"}, {"show softmax=c2c+c2p", " softmax=c2c+c2p"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct call call;
        struct buf text = {0};
        part_request_put(read(rows[i][0], &call).part, &text);
        cr_expect(str_is(buf_view(&text), rows[i][1]), "%s: \"%s\"", rows[i][0], buf_cstr(&text));
        buf_free(&text);
        call_free(&call);
    }
}

Test(site, rows_tell_the_stack_only_where_it_is_not_the_main_one)
{
    struct site site = {STACK_CROSS, 0, 2, 1};
    struct cell_value cells[SITE_CELLS];
    cr_assert_str_eq(site_header((struct site_row){0}), "layer,head");
    cr_assert_eq(site_cells(site, (struct site_row){.no_head = true}, cells), 2);
    cr_assert(cells[0].kind == CELL_INT && cells[0].integer == 2 && cells[1].kind == CELL_NONE);
    cr_assert_str_eq(site_header((struct site_row){.stack = true}), "stack,layer,head");
    cr_assert_eq(site_cells(site, (struct site_row){.stack = true}, cells), 3);
    cr_assert(str_is(cells[0].text, "X") && cells[2].integer == 1);
    struct buf json = {0};
    site_json(site, (struct site_row){.stack = true, .no_layer = true}, &json);
    cr_assert(str_is(buf_view(&json), "\"stack\":\"X\",\"layer\":null,\"head\":1"), "%s", buf_cstr(&json));
    buf_free(&json);
}
