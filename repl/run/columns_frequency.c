/* Frequencies of tokens, read from a list, and what goes with them. See columns_frequency.h; the numbers are
 * core/measure/dims_frequency.c. */
#include "repl/run/columns_frequency.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/dims_frequency.h"
#include "repl/terminal/progress.h"

/* ---- the list: a line each, a token of the vocabulary and its count behind a tab, else a blank, else a comma ---- */

/* False: the line has no count. */
static bool read_line(struct str line, struct str *token, double *count)
{
    char number[64], *end, gap = memchr(line.s, '\t', line.n) ? '\t' : memchr(line.s, ' ', line.n) ? ' ' : ','; /* a token may be a comma */
    size_t n = line.n;
    while (n && line.s[n - 1] != gap)
        n--;
    if (line.n - n == 0 || line.n - n >= sizeof number)
        return false;
    memcpy(number, line.s + n, line.n - n);
    number[line.n - n] = '\0';
    *count = strtod(number, &end);
    while (n && line.s[n - 1] == gap)
        n--;
    *token = (struct str){line.s, n};
    return n && !*end && isfinite(*count) && *count > 0;
}

/* counts [V]; lines of tokens that the vocabulary lacks are counted. */
static bool read_list(const struct call *call, const struct tokenizer *tokenizer, double *counts, size_t *known, size_t *unknown, struct err *err)
{
    char *path = mem_copy_str(call_str(call, "freq"), err);
    struct source *file = path ? source_text(path, "a token and its count a line", err) : NULL;
    bool ok = file != NULL;
    struct scan_lines lines = {0};
    struct str line, token;
    if (ok)
        lines.rest = (struct str){(const char *)file->data, file->size};
    while (ok && scan_next_line(&lines, &line)) {
        double count;
        if (!read_line(line, &token, &count)) {
            ok = lines.number == 1 || err_set(err, ERR_FORMAT, "%s:%zu: expected a token and its count, found \"%.*s\"", path, lines.line,
                                              (int)(line.n < 40 ? line.n : 40), line.s);
            continue; /* the first line may name the columns */
        }
        int32_t id = tokenizer_id(tokenizer, token);
        if (id >= 0)
            counts[id] += count;
        *(id >= 0 ? known : unknown) += 1;
    }
    if (ok && !*known)
        ok = err_set(err, ERR_FORMAT, "%s: none of its %zu tokens stands in the vocabulary; they are written as `tokens` and `vocab` write them", path,
                     *unknown);
    source_free(file);
    free(path);
    return ok || call_blame_option(call, "freq", err);
}

/* ---- the table ---- */

static bool say(const struct frequency *f, const struct texts_file *file, size_t known, size_t unknown, struct result *result, struct err *err)
{
    struct buf text = {0};
    buf_printf(&text,
               "%s: %zu texts; %zu tokens of the vocabulary at %zu places, each once with its mean; left out: %zu places of special tokens, %zu of tokens "
               "that the list has not (%zu of its lines are known, %zu not)\n",
               file->path, f->texts, f->types, f->tokens, f->specials, f->unlisted, known, unknown);
    buf_puts(&text, "\u03c1: Spearman's rank correlation with ln of the frequency [95 %, Bonett and Wright 2000]: of |h_d| after layer l (0: embeddings) and "
                    "of the mass n\u00b7c_j in layer l, mean over its heads (Puccetti et al. 2022); others: \u03c1 of other dimensions, 5th to 95th percentile\n");
    bool ok = result_say(result, &text, err);
    buf_free(&text);
    return ok;
}

static bool put_row(const struct frequency_row *r, struct result *result, struct err *err)
{
    char name[32];
    struct cell_value cells[9];
    size_t n = 0;
    const double numbers[] = {r->with.rho, r->with.low, r->with.high, r->others_low, r->others_high, r->specials, r->rest};
    if (r->dim == SIZE_MAX)
        snprintf(name, sizeof name, "mass");
    else
        snprintf(name, sizeof name, "h%zu", r->dim);
    cells[n++] = int_cell((long long)r->layer);
    cells[n++] = text_cell(str_of(name));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        cells[n++] = number_cell_or(isfinite(numbers[i]) ? numbers[i] : NAN, 3, STR("-"));
    return result_row(result, cells, n, err);
}

bool columns_frequency(struct session *session, const struct call *call, const struct texts_file *file, const struct dims *dims,
                       struct result *result, struct err *err)
{
    struct progress progress;
    struct frequency f = {0};
    size_t known = 0, unknown = 0;
    double *counts = mem_new(file->model->dim['V'], sizeof *counts, "frequencies", err);
    struct watch watch = progress_begin(&progress, session, "texts");
    struct frequency_options o = {.scan = file->scan, .texts = (size_t)call_int(call, "n"), .counts = counts, .dims = *dims,
                                  .others = (size_t)call_int(call, "controls"), .seed = (uint64_t)call_int(call, "seed")};
    o.scan.watch = &watch;
    bool ok = counts && read_list(call, file->model->tokenizer, counts, &known, &unknown, err) && dims_frequency(&o, &f, err);
    progress_end(&progress);
    ok = ok && result_columns(result, "layer,of,rho,low,high,others_low,others_high,at_special,at_others", err) &&
         say(&f, file, known, unknown, result, err);
    for (size_t i = 0; ok && i < f.n; i++)
        ok = put_row(&f.rows[i], result, err);
    free(f.rows);
    free(counts);
    return ok;
}
