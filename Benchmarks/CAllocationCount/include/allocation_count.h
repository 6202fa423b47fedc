#ifndef WEIR_ALLOCATION_COUNT_H
#define WEIR_ALLOCATION_COUNT_H

/// How often the process has asked for memory so far (malloc, calloc, realloc, aligned forms), by all threads.
/// 0 where the platform does not let us count.
unsigned long weir_allocations(void);

/// The bytes that the process holds on the heap. 0 where the platform does not tell.
unsigned long weir_heap_bytes(void);

/// Starts a thread that does nothing for as long as the process lives: glibc leaves out locks and atomics while there is
/// one thread only, which no server ever enjoys.
void weir_park_thread(void);

#endif
