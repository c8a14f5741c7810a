/* See gaze.h. */
#include "tests/screen/gaze.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct terminal_kind terminal_kinds[] = {
    {"mono", "vt100", NULL, DEPTH_MONO},
    {"8 colours", "xterm", NULL, DEPTH_8},
    {"256 colours", "xterm-256color", NULL, DEPTH_256},
    {"24 bits", "xterm-256color", "truecolor", DEPTH_TRUE},
    {NULL, NULL, NULL, DEPTH_MONO},
};

const char *gaze_path(void)
{
    static char path[1024];
    const char *own = getenv("GAZE"), *build = getenv("GAZE_BUILD");
    snprintf(path, sizeof path, "%s%s", own ? own : build ? build : "build", own ? "" : "/gaze");
    return path;
}

struct terminal *gaze_start(const char *const *arguments, const struct terminal_kind *kind, int rows, int cols,
                            const char *const *env)
{
    const char *argv[32] = {gaze_path()}, *all[16];
    char colorterm[64];
    size_t n = 0;
    for (size_t i = 0; arguments && arguments[i] && i < 30; i++)
        argv[i + 1] = arguments[i];
    for (; env && env[n] && n < 14; n++)
        all[n] = env[n];
    if (kind && kind->colorterm) {
        snprintf(colorterm, sizeof colorterm, "COLORTERM=%s", kind->colorterm);
        all[n++] = colorterm;
    }
    all[n] = NULL;
    return terminal_start(&(struct terminal_setup){.argv = argv, .env = all, .rows = rows, .cols = cols, .term = kind ? kind->term : NULL});
}

const char *without_asan_handler(void)
{
    static char options[2000];
    const char *now = getenv("ASAN_OPTIONS");
    snprintf(options, sizeof options, "ASAN_OPTIONS=%s%shandle_segv=0:handle_abort=0:handle_sigfpe=0", now ? now : "", now ? ":" : "");
    return options;
}

bool sync_frame(struct terminal *t)
{
    static unsigned n;
    char line[200], told[64];
    snprintf(line, sizeof line, ":save-display %s/frame-%u\r", t->home, ++n);
    snprintf(told, sizeof told, "frame-%u written", n);
    terminal_send(t, line);
    return terminal_wait_row(t, -1, told);
}

struct terminal *view_start(const char *model, const char *command, const struct terminal_kind *kind, int rows, int cols,
                            const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "examples/models/%s", model);
    struct terminal *t = gaze_start((const char *[]){"-X", path, SENTENCE, "-c", command, NULL}, kind, rows, cols, NULL);
    bool has_alternate = !kind || strcmp(kind->term, "vt100") != 0;
    if (!terminal_wait_text(t, text) || !sync_frame(t) || emulator_alternate(t->screen) != has_alternate) {
        terminal_dump(t, "the full screen did not come");
        terminal_free(t);
        return NULL;
    }
    return t;
}

void leave(struct terminal *t, int status)
{
    cr_expect_eq(terminal_wait_exit(t), status);
    cr_expect(terminal_modes_restored(t), "the terminal's modes are as they were");
    cr_expect(!emulator_alternate(t->screen), "the main screen is shown again");
    cr_expect(emulator_cursor_visible(t->screen), "the cursor is seen");
    cr_expect(!emulator_mouse(t->screen), "the mouse is the terminal's again");
    cr_expect(!emulator_keypad(t->screen) && !emulator_bidi_explicit(t->screen));
    cr_expect_str_eq(emulator_unknown(t->screen), "");
    terminal_free(t);
}

static void report_mouse(struct terminal *t, int button, int row, int col, char how)
{
    char report[64];
    snprintf(report, sizeof report, "\033[<%d;%d;%d%c", button, col + 1, row + 1, how);
    terminal_send(t, report);
}

void mouse(struct terminal *t, int button, int row, int col)
{
    report_mouse(t, button, row, col, 'M');
    if (!(button & (MOUSE_WHEEL_UP | MOUSE_DRAG)))
        report_mouse(t, button, row, col, 'm');
}

void mouse_press(struct terminal *t, int button, int row, int col)
{
    report_mouse(t, button, row, col, 'M');
}

void mouse_release(struct terminal *t, int button, int row, int col)
{
    report_mouse(t, button, row, col, 'm');
}

/* ---- the prompt ---- */

static bool prompt_is_empty(struct terminal *t, const void *context)
{
    int row, col;
    (void)context;
    emulator_cursor(t->screen, &row, &col);
    char *line = emulator_row(t->screen, row);
    bool empty = strcmp(line, "gaze>") == 0 && col == (int)strlen(PROMPT);
    free(line);
    return empty;
}

bool wait_prompt(struct terminal *t)
{
    return terminal_wait_for(t, prompt_is_empty, NULL, PROMPT);
}

static bool prompt_is_back(struct terminal *t, const void *context)
{
    size_t from = *(const size_t *)context;
    return prompt_is_empty(t, NULL) && t->n_log > from && memchr(t->log + from, '\n', t->n_log - from);
}

size_t gaze_line(struct terminal *t, const char *line)
{
    size_t from = t->n_log;
    terminal_send(t, line);
    terminal_keys(t, "Enter");
    terminal_wait_for(t, prompt_is_back, &from, "the prompt after a line");
    return from;
}

bool screens_same(const struct emulator *a, const struct emulator *b, int rows)
{
    if (emulator_rows(a) != emulator_rows(b) || emulator_cols(a) != emulator_cols(b) || emulator_alternate(a) != emulator_alternate(b))
        return false;
    for (int row = 0; row < rows; row++)
        for (int col = 0; col < emulator_cols(a); col++) {
            const struct emu_cell *x = emulator_cell(a, row, col), *y = emulator_cell(b, row, col);
            bool blank = (!x->text[0] || strcmp(x->text, " ") == 0) && (!y->text[0] || strcmp(y->text, " ") == 0);
            if ((!blank && (strcmp(x->text, y->text) != 0 || x->width != y->width || x->fg != y->fg)) || x->bg != y->bg ||
                x->attributes != y->attributes)
                return false;
        }
    return true;
}

/* ---- recorded screens ---- */

static bool number_starts(const char *s)
{
    return (*s >= '0' && *s <= '9') || ((*s == '.' || *s == '-') && s[1] >= '0' && s[1] <= '9') ||
           (*s == '-' && s[1] == '.' && s[2] >= '0' && s[2] <= '9');
}

static bool number_like(double a, double b)
{
    return fabs(a - b) <= 0.011 || fabs(a - b) <= 1e-3 * fabs(a);
}

/* Equal but for the last digits of numbers with a point, and for the blanks after those. */
static bool same_screen(const char *a, const char *b)
{
    while (*a || *b) {
        if (number_starts(a) && number_starts(b)) {
            char *end_a, *end_b;
            double x = strtod(a, &end_a), y = strtod(b, &end_b);
            bool point = memchr(a, '.', (size_t)(end_a - a)) && memchr(b, '.', (size_t)(end_b - b));
            if (point ? !number_like(x, y) : (end_a - a != end_b - b || strncmp(a, b, (size_t)(end_a - a)) != 0))
                return false;
            for (a = end_a; point && *a == ' '; a++)
                ;
            for (b = end_b; point && *b == ' '; b++)
                ;
        } else if (*a++ != *b++) {
            return false;
        }
    }
    return true;
}

static bool write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    bool ok = file && fputs(text, file) >= 0;
    return file && fclose(file) == 0 && ok;
}

bool display_is(struct terminal *t, const char *name)
{
    char saved[200], expected[200], line[300], told[100];
    snprintf(saved, sizeof saved, "%s/%s.txt", t->home, name);
    snprintf(expected, sizeof expected, "tests/screen/expected/%s.txt", name);
    snprintf(line, sizeof line, ":save-display %s\r", saved);
    snprintf(told, sizeof told, "%s.txt written", name);
    terminal_send(t, line);
    if (!terminal_wait_row(t, -1, told))
        return false;
    char *found = file_text(saved);
    const char *update = getenv("GAZE_UPDATE_SCREENS");
    if (found && update && *update == '1' && !write_text(expected, found))
        perror(expected);
    char *wanted = file_text(expected);
    bool same = found && wanted && same_screen(wanted, found);
    if (!same)
        fprintf(stderr, "---- %s: expected\n%s---- found\n%s----\n", name, wanted ? wanted : "(no such file)\n", found ? found : "(nothing)\n");
    free(found);
    free(wanted);
    return same;
}

/* ---- attention computed here ---- */

/* Read what `export L0.H0 tensor=q.0 > FILE.csv` writes: a header, then "head,token," and a row's numbers a line. */
static bool read_csv(const char *path, size_t T, float **out, size_t *D_out)
{
    char *text = file_text(path), *line = text ? strchr(text, '\n') : NULL;
    size_t n = 0, capacity = 0;
    float *values = NULL;
    for (; line && line[1]; line = strchr(line + 1, '\n')) {
        char *at = strchr(line, ',');
        at = at ? strchr(at + 1, ',') : NULL;
        while (at && *at == ',') {
            if (n == capacity) {
                capacity = capacity ? 2 * capacity : 1024;
                values = realloc(values, capacity * sizeof *values);
            }
            values[n++] = strtof(at + 1, &at);
        }
    }
    free(text);
    *out = values;
    *D_out = n / T;
    return n && n % T == 0;
}

static void attend(struct own_map *map)
{
    for (size_t i = 0; i < map->T; i++) {
        double sum = 0, *row = map->probs + i * map->T;
        for (size_t j = 0; j < map->T; j++) {
            double s = 0;
            for (size_t d = 0; d < map->D; d++)
                s += (double)map->q[i * map->D + d] * (double)map->k[j * map->D + d];
            sum += row[j] = exp(s / sqrt((double)map->D));
        }
        for (size_t j = 0; j < map->T; j++) {
            row[j] /= sum;
            map->largest = row[j] > map->largest ? row[j] : map->largest;
        }
    }
}

bool own_map_make(struct own_map *map, const char *head)
{
    char command[2][600], path[2][200], layer[8] = "0";
    const char *names = "qk";
    sscanf(head, "L%7[0-9]", layer);
    *map = (struct own_map){.T = ROBERTA_TOKENS};
    struct terminal *t = terminal_start(&(struct terminal_setup){.argv = (const char *[]){"/bin/true", NULL}});
    for (size_t i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/%c.csv", t->home, names[i]);
        snprintf(command[i], sizeof command[i], "export %s tensor=%c.%s > %s", head, names[i], layer, path[i]);
    }
    struct terminal *gaze = gaze_start((const char *[]){"-X", "examples/models/roberta-tiny", SENTENCE, "-c", command[0], "-c",
                                                        command[1], NULL}, NULL, 24, 80, NULL);
    size_t D = 0;
    bool ok = terminal_wait_exit(gaze) == 0 && read_csv(path[0], map->T, &map->q, &map->D) &&
              read_csv(path[1], map->T, &map->k, &D) && D == map->D;
    if (!ok)
        terminal_dump(gaze, "queries and keys could not be exported");
    map->probs = calloc(map->T * map->T, sizeof *map->probs);
    if (ok)
        attend(map);
    terminal_free(gaze);
    terminal_free(t);
    return ok;
}

void own_map_free(struct own_map *map)
{
    free(map->q);
    free(map->k);
    free(map->probs);
}

struct rgb table_colour(const struct palette *palette, double position)
{
    double x = position * (double)(palette->n - 1);
    size_t i = x >= (double)(palette->n - 1) ? palette->n - 2 : (size_t)x;
    unsigned char out[3];
    for (int shift = 16, c = 0; shift >= 0; shift -= 8, c++) {
        double a = palette->table[i] >> shift & 255, b = palette->table[i + 1] >> shift & 255;
        out[c] = (unsigned char)lround(a + (b - a) * (x - (double)i));
    }
    return (struct rgb){out[0], out[1], out[2]};
}

bool find_query_row(const struct terminal *t, size_t number, const char *token, int *row_out, int *after_out)
{
    for (int row = 0; row < emulator_rows(t->screen); row++) {
        char *line = emulator_row(t->screen, row), found[64];
        size_t n;
        int read = 0;
        bool here = strspn(line, " ") <= 4 /* not in the lists at the right */ &&
                    sscanf(line, " %zu %63[^ \xe2]%n", &n, found, &read) == 2 && n == number && strcmp(found, token) == 0;
        free(line);
        if (!here)
            continue;
        *row_out = row;
        *after_out = read;
        return true;
    }
    return false;
}
