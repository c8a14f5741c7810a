/* The line at the bottom that is typed into: editing, completion, recall of earlier lines. */
#include <string.h>

#include "core/base/text.h"
#include "repl/line/complete.h"
#include "repl/view/view.h"

void prompt_free(struct prompt *prompt)
{
    buf_free(&prompt->line);
    buf_free(&prompt->earlier);
    *prompt = (struct prompt){0};
}

static void set_line(struct prompt *prompt, struct str text)
{
    struct buf line = {0};
    buf_str(&line, text);
    buf_free(&prompt->line);
    prompt->line = line;
    prompt->cursor = line.n;
}

void prompt_open(struct viewer *viewer, const char *mark, const char *line, void (*done)(struct viewer *, struct str))
{
    struct prompt *prompt = &viewer->prompt;
    prompt->mark = mark;
    prompt->done = done;
    prompt->recalled = 0;
    viewer->before_prompt = viewer->before_key;
    set_line(prompt, str_of(line));
}

/* The line `back` lines before the end of those typed earlier. */
static bool earlier_line(const struct prompt *prompt, size_t back, struct str *out)
{
    size_t end = prompt->earlier.n;
    for (; back && end; back--) {
        size_t begin = end - 1;
        while (begin && prompt->earlier.data[begin - 1] != '\n')
            begin--;
        *out = (struct str){prompt->earlier.data + begin, end - 1 - begin};
        end = begin;
        if (back == 1)
            return true;
    }
    return false;
}

static void recall(struct prompt *prompt, int amount)
{
    struct str line = {0};
    if (amount < 0 && prompt->recalled <= 1) {
        prompt->recalled = 0;
        set_line(prompt, line);
    } else if (earlier_line(prompt, prompt->recalled + (size_t)(amount > 0 ? 1 : -1), &line)) {
        prompt->recalled += (size_t)(amount > 0 ? 1 : -1);
        set_line(prompt, line);
    }
}

static size_t cluster_after(const struct prompt *prompt)
{
    size_t left = prompt->line.n - prompt->cursor;
    return left ? text_grapheme((struct str){prompt->line.data + prompt->cursor, left}) : 0;
}

static size_t cluster_before(const struct prompt *prompt)
{
    size_t at = 0, n = 0;
    while (at < prompt->cursor) {
        n = text_grapheme((struct str){prompt->line.data + at, prompt->line.n - at});
        at += n;
    }
    return n;
}

/* Replace `cut` bytes at the cursor by text; the cursor stands behind it. */
static void replace(struct prompt *prompt, size_t cut, struct str text)
{
    struct buf line = {0};
    size_t end = prompt->cursor + cut;
    buf_str(&line, (struct str){prompt->line.data, prompt->cursor});
    buf_str(&line, text);
    buf_str(&line, (struct str){prompt->line.data + end, prompt->line.n - end});
    prompt->cursor += text.n;
    buf_free(&prompt->line);
    prompt->line = line;
}

/* The bytes that all candidates begin with, cut at a whole character. */
static size_t common(const struct completions *found)
{
    size_t n = found->items[0].text.n;
    for (size_t i = 1; i < found->n; i++) {
        size_t k = 0;
        while (k < n && k < found->items[i].text.n && found->items[i].text.s[k] == found->items[0].text.s[k])
            k++;
        n = k;
    }
    while (n && n < found->items[0].text.n && ((unsigned char)found->items[0].text.s[n] & 0xc0) == 0x80)
        n--;
    return n;
}

/* Tab: what all candidates share is put in; where there are several they are told. */
static void complete(struct viewer *viewer)
{
    struct prompt *prompt = &viewer->prompt;
    struct completions found = {0};
    struct str line = {prompt->line.data, prompt->cursor};
    if (prompt->done != viewer_execute || !line.n)
        return;
    if (complete_line(viewer->session, line, &found, NULL) && found.n && found.start <= prompt->cursor) {
        size_t n = common(&found), typed = prompt->cursor - found.start;
        struct buf text = {0}, all = {0};
        buf_str(&text, (struct str){found.items[0].text.s, n});
        if (found.n == 1 && completion_is_whole(found.items[0].text))
            buf_char(&text, ' ');
        if (n >= typed) {
            prompt->cursor = found.start;
            replace(prompt, typed, buf_view(&text));
        }
        for (size_t i = 0; found.n > 1 && i < found.n; i++) {
            buf_str(&all, found.items[i].text);
            buf_puts(&all, "  ");
        }
        viewer_say(viewer, "%s", buf_cstr(&all));
        buf_free(&text);
        buf_free(&all);
    }
    completions_free(&found);
}

static void finish(struct viewer *viewer)
{
    struct prompt *prompt = &viewer->prompt;
    struct buf line = prompt->line;
    prompt->line = (struct buf){0};
    prompt->mark = NULL;
    if (line.n) {
        if (prompt->done == viewer_execute) {
            buf_str(&prompt->earlier, buf_view(&line));
            buf_char(&prompt->earlier, '\n');
        }
        prompt->done(viewer, buf_view(&line));
    }
    buf_free(&line);
}

void prompt_key(struct viewer *viewer, int key)
{
    struct prompt *prompt = &viewer->prompt;
    size_t n;
    char utf8[4];
    switch (key) {
    case KEY_RETURN:
        finish(viewer);
        return;
    case KEY_ESCAPE: case KEY_INTERRUPT:
        prompt->mark = NULL;
        return;
    case KEY_BACK:
        n = cluster_before(prompt);
        if (!prompt->line.n)
            prompt->mark = NULL;
        prompt->cursor -= n;
        replace(prompt, n, (struct str){0});
        return;
    case KEY_REMOVE: replace(prompt, cluster_after(prompt), (struct str){0}); return;
    case KEY_ARROW_LEFT: prompt->cursor -= cluster_before(prompt); return;
    case KEY_ARROW_RIGHT: prompt->cursor += cluster_after(prompt); return;
    case KEY_FIRST: case 1: prompt->cursor = 0; return;
    case KEY_LAST: case 5: prompt->cursor = prompt->line.n; return;
    case 21: /* Ctrl-U */
        n = prompt->cursor;
        prompt->cursor = 0;
        replace(prompt, n, (struct str){0});
        return;
    case KEY_TABULATOR: complete(viewer); return;
    case KEY_ARROW_UP: recall(prompt, 1); return;
    case KEY_ARROW_DOWN: recall(prompt, -1); return;
    default:
        if (key >= 0x20 && key < SCREEN_KEYS && key != 0x7f)
            replace(prompt, 0, (struct str){utf8, utf8_encode((int32_t)key, utf8)});
    }
}

size_t prompt_draw(const struct viewer *viewer, struct cell_grid *grid, size_t row)
{
    const struct prompt *prompt = &viewer->prompt;
    struct str line = buf_view(&prompt->line);
    size_t mark = grid_text(grid, row, 0, grid->columns, str_of(prompt->mark), style_bold);
    size_t room = grid->columns > mark + 1 ? grid->columns - mark - 1 : 0, begin = 0;
    while (begin < prompt->cursor && text_columns((struct str){line.s + begin, prompt->cursor - begin}) > room)
        begin += text_grapheme((struct str){line.s + begin, line.n - begin});
    struct buf shown = {0}, before = {0};
    screen_text(&shown, (struct str){line.s + begin, line.n - begin});
    screen_text(&before, (struct str){line.s + begin, prompt->cursor - begin});
    if (line.n)
        grid_text(grid, row, mark, room, buf_view(&shown), style_plain);
    size_t column = mark + (before.n ? text_columns(buf_view(&before)) : 0);
    buf_free(&shown);
    buf_free(&before);
    return column;
}
