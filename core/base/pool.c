/* One pool of threads for the whole process. See pool.h.
 *
 * A job is a counter that the threads raise. Workers spin for a short while before they sleep, because a forward pass
 * hands out hundreds of short jobs in a row. A worker joins a job while it is open; the caller closes it when no task
 * is left and waits for those that joined, not for one that the system has not run yet. */
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

enum { SLOTS = 8, MAX_THREADS = 256, SPIN_NS = 50000, AWAKE = -1, MOVED = -2 };

#define OPEN ((uint64_t)1 << 31)
#define AT_IT (OPEN - 1)
#define NUMBER(job) ((job) >> 32)

static struct {
    size_t threads; /* 0: not decided yet */
    pthread_t ids[MAX_THREADS];
    size_t started; /* workers that run, the caller not counted */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_uint_least64_t job; /* its number, OPEN, and how many workers are at it; raised to stop, too */
    atomic_bool stop;
    void (*run)(void *, size_t, size_t); /* these four change while no worker is at the job */
    void *context;
    size_t tasks;
    atomic_size_t next;
    int asleep_at[MAX_THREADS]; /* under the lock: the CPU on which a worker went to sleep, AWAKE, or MOVED */
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

/* Waits for the job behind `seen`. */
static void sleep_until_job(size_t thread, uint64_t seen)
{
    pthread_mutex_lock(&pool.lock);
    pool.asleep_at[thread] = sched_getcpu();
    while (NUMBER(atomic_load(&pool.job)) == seen)
        pthread_cond_wait(&pool.wake, &pool.lock);
    cpu_set_t all;
    if (pool.asleep_at[thread] == MOVED && sched_getaffinity(getpid(), sizeof all, &all) == 0)
        pthread_setaffinity_np(pthread_self(), sizeof all, &all);
    pool.asleep_at[thread] = AWAKE;
    pthread_mutex_unlock(&pool.lock);
}

/* A sleeper wakes where it fell asleep. Where that is the caller's CPU and no other was idle at that moment, it would
 * wait behind the caller for milliseconds: it is sent to another. Under the lock. */
static void part_sleepers(void)
{
    int here = sched_getcpu();
    cpu_set_t others;
    for (size_t i = 1; i <= pool.started; i++) {
        if (pool.asleep_at[i] != here || here < 0 || sched_getaffinity(0, sizeof others, &others) != 0)
            continue;
        CPU_CLR((size_t)here, &others);
        if (CPU_COUNT(&others) > 0 && pthread_setaffinity_np(pool.ids[i - 1], sizeof others, &others) == 0)
            pool.asleep_at[i] = MOVED;
    }
}

static void *worker(void *argument)
{
    size_t thread = (size_t)(uintptr_t)argument;
    uint64_t seen = 0, job;
    for (;;) {
        long long until = now_ns() + SPIN_NS;
        while (NUMBER(job = atomic_load_explicit(&pool.job, memory_order_acquire)) == seen) {
            for (int i = 0; i < 64 && NUMBER(atomic_load_explicit(&pool.job, memory_order_relaxed)) == seen; i++)
                relax();
            if (now_ns() >= until)
                sleep_until_job(thread, seen);
        }
        if (atomic_load(&pool.stop))
            return NULL;
        seen = NUMBER(job);
        while ((job & OPEN) && NUMBER(job) == seen)
            if (atomic_compare_exchange_weak_explicit(&pool.job, &job, job + 1, memory_order_acquire, memory_order_acquire)) {
                drain(thread);
                atomic_fetch_sub_explicit(&pool.job, 1, memory_order_release);
                break;
            }
    }
}

/* The next job's number, with nobody at it yet, and whoever sleeps is woken. */
static void announce(uint64_t open)
{
    pthread_mutex_lock(&pool.lock);
    uint64_t number = NUMBER(atomic_load_explicit(&pool.job, memory_order_relaxed)) + 1;
    atomic_store_explicit(&pool.job, (number & UINT32_MAX) << 32 | open, memory_order_release);
    part_sleepers();
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
}

static void stop_workers(void)
{
    if (pool.started == 0)
        return;
    atomic_store(&pool.stop, true);
    announce(0);
    for (size_t i = 0; i < pool.started; i++)
        pthread_join(pool.ids[i], NULL);
    atomic_store(&pool.stop, false);
    atomic_store(&pool.job, 0);
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
        pool.asleep_at[pool.started + 1] = AWAKE;
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
    announce(OPEN);
    drain(0);
    /* The wait is as long as the slowest task's rest; yield, so that an overloaded machine goes on. */
    atomic_fetch_and_explicit(&pool.job, ~OPEN, memory_order_relaxed);
    for (unsigned spins = 0; atomic_load_explicit(&pool.job, memory_order_acquire) & AT_IT; spins++) {
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
