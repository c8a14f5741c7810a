/* Runs transcript tests: build/tests/transcript [--record] [--program build/gaze] [--tally FILE] FILE.test …
 *
 * A block's `>` lines go to one gaze as its standard input; each of its `$` lines to a shell. Where a block fails it is run
 * again with one more command at a time, which shows the output of each command apart. */
#include "transcript.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMEOUT_SECONDS = 600 };

struct runner {
    char root[4096];    /* the repository's */
    char program[4400]; /* gaze */
    char scratch[64];
    bool record;
    size_t passed, failed;
};

/* ---- text ---- */

static char *replace_all(const char *text, const char *from, const char *to)
{
    size_t n = strlen(from), m = strlen(to), count = 0;
    for (const char *p = text; (p = strstr(p, from)); p += n)
        count++;
    char *out = must(malloc(strlen(text) + count * m + 1)), *o = out;
    for (const char *hit; (hit = strstr(text, from)); text = hit + n) {
        memcpy(o, text, (size_t)(hit - text));
        o += hit - text;
        memcpy(o, to, m);
        o += m;
    }
    strcpy(o, text);
    return out;
}

/* {tmp}, {root} and {build} in what is typed. On the heap. */
static char *expand(const struct runner *runner, const char *text)
{
    char build[sizeof runner->program];
    snprintf(build, sizeof build, "%.*s", (int)(strrchr(runner->program, '/') - runner->program), runner->program);
    char *once = replace_all(text, "{tmp}", runner->scratch), *twice = replace_all(once, "{root}", runner->root);
    char *thrice = replace_all(twice, "{build}", build);
    free(once);
    free(twice);
    return thrice;
}

static struct lines output_lines(const struct runner *runner, const char *text)
{
    char *once = replace_all(text, runner->scratch, "{tmp}"), *twice = replace_all(once, runner->root, "{root}");
    struct lines lines = lines_split(twice);
    free(once);
    free(twice);
    return lines;
}

/* ---- the scratch folder ---- */

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static void scratch_remove(struct runner *runner)
{
    if (runner->scratch[0])
        nftw(runner->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    runner->scratch[0] = 0;
}

static void scratch_make(struct runner *runner)
{
    scratch_remove(runner);
    strcpy(runner->scratch, "/tmp/transcript-XXXXXX");
    if (!mkdtemp(runner->scratch)) {
        perror("transcript: a scratch folder in /tmp");
        exit(2);
    }
}

/* ---- one process ---- */

static void set_environment(const struct runner *runner, const struct block *block)
{
    static const char *const kept[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "ADDRESS_SPACE"};
    char path[8192], home[256], folder[300], *values[4];
    for (size_t i = 0; i < 4; i++)
        values[i] = getenv(kept[i]);
    const char *old = getenv("PATH");
    int slash = (int)(strrchr(runner->program, '/') - runner->program);
    snprintf(path, sizeof path, "%.*s:%s", slash, runner->program, old ? old : "/usr/bin:/bin");
    clearenv();
    for (size_t i = 0; i < 4; i++)
        if (values[i])
            setenv(kept[i], values[i], 1);
    setenv("PATH", path, 1);
    snprintf(home, sizeof home, "%s/home", runner->scratch);
    setenv("HOME", home, 1);
    static const char *const xdg[][2] = {{"XDG_CONFIG_HOME", ".config"}, {"XDG_STATE_HOME", ".state"}, {"XDG_CACHE_HOME", ".cache"},
                                         {"XDG_DATA_HOME", ".data"}};
    for (size_t i = 0; i < sizeof xdg / sizeof *xdg; i++) {
        snprintf(folder, sizeof folder, "%s/%s", home, xdg[i][1]);
        setenv(xdg[i][0], folder, 1);
    }
    setenv("TMPDIR", runner->scratch, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("COLUMNS", "80", 1);
    const char *pair;
    for (size_t i = 0; (pair = block_header(block, "env", i)); i++)
        putenv(expand(runner, pair)); /* kept for the child's life */
}

/* Read until the end of file or the time limit; then the process group is ended. */
static char *read_output(int from, pid_t group, bool *late_out)
{
    size_t n = 0, capacity = 1 << 16;
    char *text = must(malloc(capacity));
    time_t limit = time(NULL) + TIMEOUT_SECONDS;
    *late_out = false;
    for (;;) {
        struct pollfd wait = {.fd = from, .events = POLLIN};
        int ready = poll(&wait, 1, 1000);
        if (ready <= 0) {
            if (time(NULL) < limit)
                continue;
            *late_out = true;
            break;
        }
        if (capacity - n < 4096)
            text = must(realloc(text, capacity *= 2));
        ssize_t got = read(from, text + n, capacity - n - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        for (ssize_t i = 0; i < got; i++) /* NUL would end the text */
            if (!text[n + (size_t)i])
                text[n + (size_t)i] = '?';
        n += (size_t)got;
    }
    text[n] = 0;
    if (*late_out)
        kill(-group, SIGKILL);
    return text;
}

/* Run `sh -c command` in the root with that standard input; output on the heap, exit status as a shell gives it. */
static char *run_shell(const struct runner *runner, const struct block *block, const char *command, const char *input,
                       int *status_out)
{
    int ends[2];
    FILE *in = tmpfile();
    if (!in || pipe(ends) != 0) {
        perror("transcript: a pipe");
        exit(2);
    }
    fputs(input, in);
    rewind(in);
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        perror("transcript: fork");
        exit(2);
    }
    if (child == 0) {
        static const int usual[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE};
        for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) /* nohup and background jobs leave some ignored */
            signal(usual[i], SIG_DFL);
        setpgid(0, 0);
        set_environment(runner, block);
        lseek(fileno(in), 0, SEEK_SET);
        dup2(fileno(in), 0);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    fclose(in);
    bool late;
    char *text = read_output(ends[0], child, &late);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    *status_out = late ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return text;
}

/* ---- a block ---- */

static char *append(char *text, const char *more)
{
    size_t n = strlen(text), m = strlen(more);
    text = must(realloc(text, n + m + 2));
    memcpy(text + n, more, m + 1);
    return text;
}

static char *run_setup(const struct runner *runner, const struct block *block)
{
    const char *setup;
    for (size_t i = 0; (setup = block_header(block, "setup", i)); i++) {
        int status;
        char *command = expand(runner, setup), *text = run_shell(runner, block, command, "", &status);
        free(command);
        if (status != 0) {
            char *line = must(malloc(strlen(text) + strlen(setup) + 64));
            sprintf(line, "setup failed (%d): %s\n%s", status, setup, text);
            free(text);
            return line;
        }
        free(text);
    }
    return NULL;
}

static char *run_typed(const struct runner *runner, const struct block *block, size_t n, int *status_out)
{
    const char *args = block_header(block, "args", 0);
    char *input = must(strdup("")), *command = must(malloc(strlen(runner->program) + (args ? strlen(args) : 0) + 64));
    sprintf(command, "exec '%s' -X --keep-going %s", runner->program, args ? args : "");
    for (size_t s = 0; s < n; s++)
        input = append(append(input, block->steps[s].line), "\n");
    char *typed = expand(runner, input), *full = expand(runner, command);
    char *text = run_shell(runner, block, full, typed, status_out);
    free(input);
    free(command);
    free(typed);
    free(full);
    return text;
}

static char *run_commands(const struct runner *runner, const struct block *block, size_t n)
{
    char *all = must(strdup(""));
    for (size_t s = 0; s < n; s++) {
        int status;
        char *command = expand(runner, block->steps[s].line), *text = run_shell(runner, block, command, "", &status), note[32];
        all = append(all, text);
        if (*text && text[strlen(text) - 1] != '\n')
            all = append(all, "\n");
        snprintf(note, sizeof note, "[%d]\n", status);
        if (status < 0)
            all = append(all, "[timed out]\n");
        else if (status > 0)
            all = append(all, note);
        free(command);
        free(text);
    }
    return all;
}

/* Run the first n steps in a new scratch folder; the lines that they print. The exit status of typed lines. */
static struct lines run_steps(struct runner *runner, const struct block *block, size_t n, int *status_out)
{
    scratch_make(runner);
    *status_out = 0;
    char *text = run_setup(runner, block);
    if (!text)
        text = block->steps[0].kind == '>' ? run_typed(runner, block, n, status_out) : run_commands(runner, block, n);
    struct lines lines = output_lines(runner, text);
    free(text);
    return lines;
}

static int wanted_status(const struct block *block)
{
    const char *status = block_header(block, "status", 0);
    return status ? atoi(status) : 0;
}

static const char *missing_file(const struct runner *runner, const struct block *block)
{
    const char *name;
    for (size_t i = 0; (name = block_header(block, "file", i)); i++) {
        char path[4096];
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", runner->scratch, name);
        if (stat(path, &info) != 0 || info.st_size == 0)
            return name;
    }
    return NULL;
}

/* ---- reports ---- */

static void show_step(const struct script *script, const struct step *step, const struct lines *got, size_t from)
{
    printf("  %s:%zu: %c %s\n", script->path, step->number, step->kind, step->line);
    for (size_t i = 0; i < step->count; i++)
        if (script->file.at[step->first + i][0])
            printf("    expected  %s\n", script->file.at[step->first + i]);
    for (size_t i = from; i < got->n; i++)
        printf("    printed   %s\n", got->at[i]);
}

/* Name the first command whose own output is not as expected. */
static void blame(struct runner *runner, const struct script *script, const struct block *block)
{
    size_t before = 0;
    for (size_t s = 0; s < block->n_steps; s++) {
        int status;
        size_t wrong;
        struct lines all = run_steps(runner, block, s + 1, &status), own = {all.at + before, all.n > before ? all.n - before : 0, 0};
        bool good = output_matches(script, &block->steps[s], 1, &own, &wrong);
        if (!good)
            show_step(script, &block->steps[s], &all, before);
        before = all.n;
        lines_free(&all);
        if (!good)
            return;
    }
    printf("  each command printed what is expected when the block was run again: its output is not the same each time\n");
}

static bool block_passes(struct runner *runner, const struct script *script, const struct block *block, bool quiet)
{
    int status;
    size_t wrong;
    struct lines output = run_steps(runner, block, block->n_steps, &status);
    bool same = output_matches(script, block->steps, block->n_steps, &output, &wrong);
    const char *missing = missing_file(runner, block);
    bool good = same && status == wanted_status(block) && !missing;
    if (!good && !quiet) {
        printf("not ok %s:%zu: %s\n", script->path, block->number, block->claim);
        if (!same && wrong < output.n)
            printf("  line %zu of the output was not expected: %s\n", wrong + 1, output.at[wrong]);
        if (!same)
            blame(runner, script, block);
        if (status < 0)
            printf("  ended after %d s\n", TIMEOUT_SECONDS);
        else if (status != wanted_status(block))
            printf("  exit status %d, expected %d\n", status, wanted_status(block));
        if (missing)
            printf("  no file, or an empty one: {tmp}/%s\n", missing);
    }
    lines_free(&output);
    return good;
}

/* ---- recording ---- */

static bool needs_backslash(const char *line)
{
    return ((strchr(">$!", line[0]) && line[0] && (line[1] == ' ' || !line[1])) || strncmp(line, "== ", 3) == 0 ||
            strncmp(line, "...", 3) == 0 || line[0] == '\\');
}

static void record_block(struct runner *runner, const struct block *block, FILE *out)
{
    size_t before = 0;
    int status = 0;
    for (size_t s = 0; s < block->n_steps; s++) {
        struct lines all = run_steps(runner, block, s + 1, &status);
        fprintf(out, "%c %s\n", block->steps[s].kind, block->steps[s].line);
        for (size_t i = before; i < all.n; i++)
            fprintf(out, "%s%s\n", needs_backslash(all.at[i]) ? "\\" : "", all.at[i]);
        before = all.n;
        lines_free(&all);
    }
    if (status != wanted_status(block))
        printf("  exit status %d: write '! status %d' below '== %s'\n", status, status, block->claim);
}

static void record_script(struct runner *runner, const struct script *script)
{
    char name[4096];
    snprintf(name, sizeof name, "%s.new", script->path);
    FILE *out = must(fopen(name, "w"));
    size_t line = 0;
    for (size_t b = 0; b < script->n_blocks; b++) {
        const struct block *block = &script->blocks[b];
        size_t end = b + 1 < script->n_blocks ? script->blocks[b + 1].number - 1 : script->file.n;
        if (block_passes(runner, script, block, true)) {
            runner->passed++;
            for (; line < end; line++)
                fprintf(out, "%s\n", script->file.at[line]);
            continue;
        }
        printf("recorded %s:%zu: %s\n", script->path, block->number, block->claim);
        for (; line + 1 < block->steps[0].number; line++)
            fprintf(out, "%s\n", script->file.at[line]);
        record_block(runner, block, out);
        line = end;
        if (line < script->file.n)
            fputc('\n', out);
    }
    if (fclose(out) != 0 || rename(name, script->path) != 0)
        perror(script->path);
}

static void run_script(struct runner *runner, const char *path)
{
    struct script script;
    if (!script_read(path, &script)) {
        runner->failed++;
        return;
    }
    if (runner->record)
        record_script(runner, &script);
    else
        for (size_t b = 0; b < script.n_blocks; b++)
            if (block_passes(runner, &script, &script.blocks[b], false))
                runner->passed++;
            else
                runner->failed++;
    script_free(&script);
}

static bool write_tally(const char *path, const struct runner *runner)
{
    FILE *file = fopen(path, "w");
    return file && fprintf(file, "%zu %zu\n", runner->passed, runner->failed) > 0 && fclose(file) == 0;
}

int main(int argc, char **argv)
{
    struct runner runner = {0};
    const char *program = "build/gaze", *tally = NULL;
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++)
        if (strcmp(argv[i], "--record") == 0)
            runner.record = true;
        else if (strcmp(argv[i], "--program") == 0 && i + 1 < argc)
            program = argv[++i];
        else if (strcmp(argv[i], "--tally") == 0 && i + 1 < argc)
            tally = argv[++i];
        else
            i = argc;
    if (i >= argc) {
        fputs("usage: transcript [--record] [--program build/gaze] [--tally FILE] FILE.test …\n", stderr);
        return 2;
    }
    if (!getcwd(runner.root, sizeof runner.root) || access(program, X_OK) != 0) {
        perror(program);
        return 2;
    }
    snprintf(runner.program, sizeof runner.program, "%s%s%s", program[0] == '/' ? "" : runner.root, program[0] == '/' ? "" : "/",
             program);
    for (; i < argc; i++)
        run_script(&runner, argv[i]);
    scratch_remove(&runner);
    printf("transcripts: %zu passed, %zu failed\n", runner.passed, runner.failed);
    if (tally && !write_tally(tally, &runner)) {
        perror(tally);
        return 2;
    }
    return runner.failed ? 1 : 0;
}
