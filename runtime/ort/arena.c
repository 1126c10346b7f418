#define _GNU_SOURCE
#include "arena.h"

#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// Blocks lie side by side in a region, each behind a head of 64 bytes. A region ends in a head without a block, which is never free.
typedef struct block {
	size_t size;            // head included
	struct block *before;   // the block that ends where this one begins; NULL for the first
	struct block *next, *last; // in the list of free blocks
	struct region *region;  // NULL: of malloc
	int free;
} block;

typedef struct region {
	struct region *next;
	size_t size;
} region;

enum { line = 64 };
static const size_t huge = 2 << 20;       // bytes of a huge page
static const size_t least = 8 << 20;     // bytes of a region, so that growth is rare
static size_t small = 4 << 10;            // requests up to here go to malloc: they would lie scattered between the large blocks
static const size_t shred = 4 << 10;      // a block is not cut for less

_Static_assert(sizeof(block) <= line && sizeof(region) <= line, "a head is one cache line");

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static block frees = {.next = &frees, .last = &frees}; // the list's ends
static region *regions;
static arena_numbers now;

static size_t up(size_t n, size_t to) { return (n + to - 1) / to * to; }
static block *after(block *b) { return (block *)((char *)b + b->size); }

static void hang(block *b) {
	b->free = 1;
	b->next = frees.next, b->last = &frees;
	frees.next->last = b, frees.next = b;
}

static void unhang(block *b) {
	b->free = 0;
	b->next->last = b->last, b->last->next = b->next;
}

// Takes a region from the system with one free block of at least size bytes.
static block *grow(size_t size) {
	size = up(size + 2 * line, huge);
	if (size < least) size = least;
	char *p = mmap(NULL, size + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED) return NULL;
	char *start = (char *)up((uintptr_t)p, huge), *end = p + size + huge;
	if (start > p) munmap(p, start - p);
	if (end > start + size) munmap(start + size, end - start - size);
#ifdef MADV_HUGEPAGE
	madvise(start, size, MADV_HUGEPAGE);
#endif
	region *r = (region *)start;
	*r = (region){regions, size};
	regions = r;
	now.held += size;
	block *b = (block *)(start + line), *stop = (block *)(start + size - line);
	*b = (block){.size = size - 2 * line, .region = r};
	*stop = (block){.size = line, .before = b, .region = r};
	hang(b);
	return b;
}

// The smallest free block of at least size bytes, of equal ones that with the lowest address.
static block *best(size_t size) {
	block *found = NULL;
	for (block *b = frees.next; b != &frees; b = b->next)
		if (b->size >= size && (!found || b->size < found->size || (b->size == found->size && b < found))) found = b;
	return found;
}

// Cuts what a block has beyond size bytes off, as a free block.
static void cut(block *b, size_t size) {
	if (b->size - size < shred) return;
	block *rest = (block *)((char *)b + size);
	*rest = (block){.size = b->size - size, .before = b, .region = b->region};
	b->size = size;
	after(rest)->before = rest;
	hang(rest);
}

static void take(size_t size) {
	now.in_use += size;
	if (now.in_use > now.peak) now.peak = now.in_use;
}

void *arena_alloc(size_t bytes) {
	if (bytes > SIZE_MAX / 2) return NULL;
	size_t size = up(bytes, line) + line;
	block *b;
	if (size <= small) {
		void *p;
		if (posix_memalign(&p, line, size)) return NULL;
		b = p;
		*b = (block){.size = size};
	}
	pthread_mutex_lock(&lock);
	if (size > small) {
		b = best(size);
		if (!b) b = grow(size);
		if (b) {
			unhang(b);
			cut(b, size);
		}
	}
	if (b) take(b->size);
	pthread_mutex_unlock(&lock);
	return b ? (char *)b + line : NULL;
}

void arena_free(void *p) {
	if (!p) return;
	block *b = (block *)((char *)p - line);
	pthread_mutex_lock(&lock);
	now.in_use -= b->size;
	if (!b->region) {
		pthread_mutex_unlock(&lock);
		free(b);
		return;
	}
	block *n = after(b);
	if (n->free) {
		unhang(n);
		b->size += n->size;
	}
	if (b->before && b->before->free) {
		block *first = b->before;
		unhang(first);
		first->size += b->size;
		b = first;
	}
	after(b)->before = b;
	hang(b);
	pthread_mutex_unlock(&lock);
}

int arena_reserve(size_t bytes) {
	pthread_mutex_lock(&lock);
	int ok = best(bytes + line) || grow(bytes + line);
	pthread_mutex_unlock(&lock);
	return ok;
}

void arena_off(void) { small = SIZE_MAX; }

void arena_trim(void) {
	pthread_mutex_lock(&lock);
	for (region **r = &regions; *r;) {
		region *whole = *r;
		block *first = (block *)((char *)whole + line);
		if (!first->free || first->size != whole->size - 2 * line) {
			r = &whole->next;
			continue;
		}
		unhang(first);
		*r = whole->next;
		now.held -= whole->size;
		munmap(whole, whole->size);
	}
	pthread_mutex_unlock(&lock);
	malloc_trim(0);
}

// What is small, and what building a session takes, is malloc's. It would keep a heap of megabytes for each of up to eight threads a core, and a process that opens sessions again and again
// would grow until every heap had been through one.
__attribute__((constructor)) static void few_heaps(void) {
	if (!getenv("MALLOC_ARENA_MAX")) mallopt(M_ARENA_MAX, 2);
}

arena_numbers arena_stats(void) {
	pthread_mutex_lock(&lock);
	arena_numbers s = now;
	pthread_mutex_unlock(&lock);
	return s;
}

void arena_begin(void) {
	pthread_mutex_lock(&lock);
	now.peak = now.in_use;
	pthread_mutex_unlock(&lock);
}
