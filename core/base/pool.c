/* One pool of threads for the whole process. See pool.h.
 *
 * A job is a counter that the threads raise; the last to finish wakes the caller. Workers spin for a short
 * while before they sleep, because a forward pass hands out hundreds of short jobs in a row. */
#include "core/base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 8, MAX_THREADS = 256, SPIN_NS = 50000 };

static struct {
    size_t threads; /* 0: not decided yet */
    pthread_t ids[MAX_THREADS];
    size_t started; /* workers that run, the caller not counted */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_size_t generation; /* raised for every job and to stop */
    atomic_bool stop;
    void (*run)(void *, size_t, size_t);
    void *context;
    size_t tasks;
    atomic_size_t next, busy;
    struct {
        void *data[SLOTS];
        size_t size[SLOTS];
    } scratch[MAX_THREADS];
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static _Thread_local bool inside;
static _Thread_local size_t own_number;

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* CPUs that the container's quota pays for, rounded up; 0 where there is no quota. */
static size_t cgroup_quota(void)
{
    long long quota = -1, period = 0;
    FILE *f = fopen("/sys/fs/cgroup/cpu.max", "r");
    if (f) {
        if (fscanf(f, "%lld %lld", &quota, &period) != 2)
            quota = -1;
        fclose(f);
    } else if ((f = fopen("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "r"))) {
        if (fscanf(f, "%lld", &quota) != 1)
            quota = -1;
        fclose(f);
        if ((f = fopen("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "r"))) {
            if (fscanf(f, "%lld", &period) != 1)
                period = 0;
            fclose(f);
        }
    }
    return quota > 0 && period > 0 ? (size_t)((quota + period - 1) / period) : 0;
}

static size_t default_threads(void)
{
    cpu_set_t set;
    size_t n = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        n = (size_t)CPU_COUNT(&set);
    size_t quota = cgroup_quota();
    if (quota && quota < n)
        n = quota;
    return n ? n : 1;
}

static void drain(size_t thread)
{
    own_number = thread;
    inside = true;
    for (size_t task; (task = atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed)) < pool.tasks;)
        pool.run(pool.context, task, thread);
    inside = false;
}

static long long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *worker(void *argument)
{
    size_t thread = (size_t)(uintptr_t)argument, seen = 0;
    for (;;) {
        long long until = now_ns() + SPIN_NS;
        while (atomic_load_explicit(&pool.generation, memory_order_acquire) == seen) {
            for (int i = 0; i < 64 && atomic_load_explicit(&pool.generation, memory_order_acquire) == seen; i++)
                relax();
            if (now_ns() < until)
                continue;
            pthread_mutex_lock(&pool.lock);
            while (atomic_load(&pool.generation) == seen)
                pthread_cond_wait(&pool.wake, &pool.lock);
            pthread_mutex_unlock(&pool.lock);
        }
        seen = atomic_load_explicit(&pool.generation, memory_order_acquire);
        if (atomic_load(&pool.stop))
            return NULL;
        drain(thread);
        atomic_fetch_sub_explicit(&pool.busy, 1, memory_order_release);
    }
}

static void stop_workers(void)
{
    if (pool.started == 0)
        return;
    pthread_mutex_lock(&pool.lock);
    atomic_store(&pool.stop, true);
    atomic_fetch_add(&pool.generation, 1);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
    for (size_t i = 0; i < pool.started; i++)
        pthread_join(pool.ids[i], NULL);
    atomic_store(&pool.stop, false);
    atomic_store(&pool.generation, 0);
    pool.started = 0;
}

/* Stacks of a size of their own: the default follows `ulimit -s`, which may be tiny. */
static void start_workers(void)
{
    enum { STACK = 8 << 20 };
    pthread_attr_t attributes;
    if (pool.started + 1 >= pool.threads || pthread_attr_init(&attributes) != 0)
        return;
    pthread_attr_setstacksize(&attributes, STACK);
    while (pool.started + 1 < pool.threads) {
        if (pthread_create(&pool.ids[pool.started], &attributes, worker, (void *)(uintptr_t)(pool.started + 1)) != 0)
            break;
        pool.started++;
    }
    pthread_attr_destroy(&attributes);
}

void pool_set_threads(size_t threads)
{
    stop_workers();
    pool.threads = threads ? threads : default_threads();
    if (pool.threads > MAX_THREADS)
        pool.threads = MAX_THREADS;
}

size_t pool_threads(void)
{
    if (pool.threads == 0)
        pool_set_threads(0);
    return pool.threads;
}

void pool_run(size_t tasks, void (*run)(void *context, size_t task, size_t thread), void *context)
{
    if (inside || tasks <= 1 || pool_threads() == 1) {
        bool was = inside;
        size_t thread = was ? own_number : 0;
        own_number = thread;
        inside = true;
        for (size_t i = 0; i < tasks; i++)
            run(context, i, thread);
        inside = was;
        return;
    }
    start_workers();
    pool.run = run;
    pool.context = context;
    pool.tasks = tasks;
    atomic_store_explicit(&pool.next, 0, memory_order_relaxed);
    atomic_store_explicit(&pool.busy, pool.started, memory_order_relaxed);
    pthread_mutex_lock(&pool.lock);
    atomic_fetch_add_explicit(&pool.generation, 1, memory_order_release);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
    drain(0);
    /* The wait is as long as the slowest task's rest; yield, so that an overloaded machine goes on. */
    for (unsigned spins = 0; atomic_load_explicit(&pool.busy, memory_order_acquire) > 0; spins++) {
        if (spins < 4096)
            relax();
        else
            sched_yield();
    }
}

size_t pool_thread(void)
{
    return inside ? own_number : 0;
}

void *pool_scratch(size_t thread, size_t slot, size_t bytes)
{
    if (thread >= MAX_THREADS || slot >= SLOTS)
        return NULL;
    if (pool.scratch[thread].size[slot] < bytes) {
        size_t size = (bytes + bytes / 4 + 4095) & ~(size_t)4095;
        free(pool.scratch[thread].data[slot]);
        pool.scratch[thread].data[slot] = aligned_alloc(64, size);
        pool.scratch[thread].size[slot] = pool.scratch[thread].data[slot] ? size : 0;
    }
    return pool.scratch[thread].data[slot];
}

void pool_free(void)
{
    stop_workers();
    for (size_t t = 0; t < MAX_THREADS; t++)
        for (size_t s = 0; s < SLOTS; s++) {
            free(pool.scratch[t].data[s]);
            pool.scratch[t].data[s] = NULL;
            pool.scratch[t].size[s] = 0;
        }
}
