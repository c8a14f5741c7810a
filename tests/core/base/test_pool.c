/* The pool of threads: every task once, whatever the number of threads. */
#include <criterion/criterion.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "core/base/pool.h"

enum { TASKS = 5000 };

struct count {
    atomic_uint times[TASKS];
    atomic_uint bad_threads;
};

static void count_one(void *context, size_t task, size_t thread)
{
    struct count *count = context;
    atomic_fetch_add(&count->times[task], 1);
    if (thread >= pool_threads() || thread != pool_thread())
        atomic_fetch_add(&count->bad_threads, 1);
}

Test(pool, every_task_is_called_once_by_a_thread_that_knows_its_number)
{
    static const size_t threads[] = {1, 2, 3, 8, 2};
    static const size_t tasks[] = {0, 1, 2, 7, TASKS};
    for (size_t i = 0; i < 5; i++) {
        pool_set_threads(threads[i]);
        cr_assert_eq(pool_threads(), threads[i]);
        for (size_t k = 0; k < 5; k++) {
            static struct count count;
            memset(&count, 0, sizeof count);
            pool_run(tasks[k], count_one, &count);
            cr_expect_eq(atomic_load(&count.bad_threads), 0);
            for (size_t t = 0; t < TASKS; t++)
                cr_assert_eq(atomic_load(&count.times[t]), t < tasks[k], "task %zu of %zu on %zu threads: %u times", t, tasks[k],
                             threads[i], atomic_load(&count.times[t]));
        }
    }
    pool_free();
}

static void add_one(void *context, size_t task, size_t thread)
{
    (void)task, (void)thread;
    atomic_fetch_add((atomic_uint *)context, 1);
}

Test(pool, a_job_is_whole_before_the_next_begins)
{
    pool_set_threads(4);
    atomic_uint sum = 0;
    for (unsigned job = 1; job <= 20000; job++) {
        pool_run(3, add_one, &sum);
        cr_assert_eq(atomic_load(&sum), 3 * job, "after job %u", job);
    }
    pool_free();
}

static void run_within(void *context, size_t task, size_t thread)
{
    struct count *count = context;
    struct count inner = {0};
    (void)task;
    pool_run(10, count_one, &inner);
    for (size_t t = 0; t < 10; t++)
        atomic_fetch_add(&count->times[t], atomic_load(&inner.times[t]));
    if (pool_thread() != thread)
        atomic_fetch_add(&count->bad_threads, 1);
}

Test(pool, a_call_from_within_a_task_runs_in_place)
{
    pool_set_threads(3);
    static struct count count;
    pool_run(50, run_within, &count);
    for (size_t t = 0; t < 10; t++)
        cr_expect_eq(atomic_load(&count.times[t]), 50);
    cr_expect_eq(atomic_load(&count.bad_threads), 0);
    cr_expect_eq(pool_thread(), 0, "outside of tasks");
    pool_free();
}

Test(pool, scratch_is_aligned_apart_and_kept_until_more_is_asked_for)
{
    unsigned char *a = pool_scratch(0, 0, 1000), *b = pool_scratch(0, 1, 1000), *c = pool_scratch(1, 0, 1000);
    cr_assert(a && b && c && a != b && a != c && b != c);
    cr_expect((uintptr_t)a % 64 == 0 && (uintptr_t)b % 64 == 0 && (uintptr_t)c % 64 == 0);
    memset(a, 1, 1000);
    memset(b, 2, 1000);
    memset(c, 3, 1000);
    cr_expect(pool_scratch(0, 0, 500) == a && a[0] == 1 && a[999] == 1);
    cr_expect(pool_scratch(0, 0, 1 << 20) && b[999] == 2 && c[999] == 3);
    cr_expect_null(pool_scratch(0, 99, 10), "there is no such slot");
    cr_expect_null(pool_scratch(100000, 0, 10), "there is no such thread");
    pool_free();
    cr_expect(pool_scratch(0, 0, 10), "after pool_free it begins anew");
    pool_free();
}

Test(pool, without_a_number_no_more_threads_are_used_than_the_process_may_run_on)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
    pool_set_threads(0);
    cr_expect_eq(pool_threads(), 1);
    pool_free();
}
