/* A long session holds no more memory than a short one: what is in use is counted after some rounds and after many. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/pool.h"
#include "repl/line/execute.h"

/* Bytes in use of the heap, without the session's history, which grows by what is typed. Under AddressSanitizer, whose heap
 * is another one, 0: there the rounds show that nothing is touched after it was freed, and are fewer. */
static size_t in_use(const struct session *session)
{
    struct mallinfo2 info = mallinfo2();
    size_t bytes = info.uordblks + info.hblkhd;
    return bytes > session->history.capacity ? bytes - session->history.capacity : 0;
}

static bool line(struct session *session, const char *text)
{
    return session_execute(session, text);
}

/* Texts of unlike lengths, in no order. */
static void text_line(char *out, size_t size, size_t round)
{
    static const char *const words[] = {"the cat", "a", "sat on", "every mat that there was", "and it", "rained and rained"};
    int n = snprintf(out, size, "run \"");
    for (size_t i = 0; i <= round * 7 % 5; i++)
        n += snprintf(out + n, size - (size_t)n, "%s ", words[(round * 13 + i * 5) % 6]);
    snprintf(out + n, size - (size_t)n, "\"");
}

static bool run_once(struct session *session, size_t round)
{
    char text[300];
    text_line(text, sizeof text, round);
    return line(session, text);
}

static bool load_once(struct session *session, size_t round)
{
    static const char *const folders[] = {"bert", "deberta-v1-emd", "roberta", "distilbert", "bert-sharded"};
    char load[100], unload[100];
    const char *name = folders[round % 5];
    snprintf(load, sizeof load, "load tests/data/golden/%s", name);
    snprintf(unload, sizeof unload, "unload %s", name);
    return line(session, load) && line(session, "run ids=1,2,3,4") && line(session, unload);
}

/* What is in use after a quarter of the rounds, when every table has its size, and after all of them. */
static void rounds(const char *first, const char *what, bool (*round)(struct session *, size_t), size_t n)
{
    struct session session;
    struct err err = {0};
    size_t early = 0;
    cr_assert(session_init(&session, NULL, &err), "%s", err.message);
    int told = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY); /* each line says what it did */
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    n = in_use(&session) ? n : n / 10;
    cr_assert(!first || line(&session, first));
    for (size_t i = 0; i < n; i++) {
        cr_assert(round(&session, i), "%s, round %zu", what, i);
        if (i + 1 == n / 4)
            early = in_use(&session);
    }
    size_t late = in_use(&session);
    dprintf(told, "memory after %zu %s: %zu KiB, after %zu: %zu KiB\n", n / 4, what, early / 1024, n, late / 1024);
    /* The smallest piece of the heap is 32 bytes a round. What threads keep for themselves counts as in use, and comes and goes
     * with how they are scheduled: by some thousands of bytes. */
    cr_expect(late <= early + (n - n / 4) * 24, "%zu bytes after %zu %s, %zu after %zu", early, n / 4, what, late, n);
    session_free(&session);
    pool_free();
    close(nowhere);
    close(told);
}

Test(memory, is_flat_over_5000_runs)
{
    rounds("load tests/data/golden/bert", "runs", run_once, 5000);
}

Test(memory, is_flat_over_1000_models_loaded_run_and_unloaded)
{
    rounds(NULL, "loads", load_once, 1000);
}
