#include "allocation_count.h"

#include <pthread.h>
#include <unistd.h>

static void *park(void *unused) {
    for (;;) pause();
    return unused;
}

void weir_park_thread(void) {
    pthread_t thread;
    if (pthread_create(&thread, 0, park, 0) == 0) pthread_detach(thread);
}

#if defined(__GLIBC__)

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>

// The executable's definitions take the place of glibc's for the whole process; these are glibc's own names for the same.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_ulong allocations;

static void count(void) {
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void *calloc(size_t count_of_items, size_t size) {
    count();
    return __libc_calloc(count_of_items, size);
}

void *realloc(void *memory, size_t size) {
    count();
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    void *memory = memalign(alignment, size);
    if (memory == 0) return ENOMEM;
    *result = memory;
    return 0;
}

unsigned long weir_allocations(void) {
    return atomic_load_explicit(&allocations, memory_order_relaxed);
}

unsigned long weir_heap_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

#else

unsigned long weir_allocations(void) {
    return 0;
}

unsigned long weir_heap_bytes(void) {
    return 0;
}

#endif
