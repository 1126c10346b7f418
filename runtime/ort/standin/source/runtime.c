// See standin.go.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
static struct { void *to; const void *from; size_t n; } queue[256];
static int waiting, device = -1;
static size_t taken;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of the queue
int cudaSetDevice(int d) { return d > 1 ? 101 : (device = d, 0); }
int cudaMalloc(void **p, size_t n) {
	if (device < 0) return 999;
	if (taken + n > 2 << 20) return 2;
	size_t *block = aligned_alloc(64, (n + 127) / 64 * 64);
	*block = n, taken += n, *p = block + 8;
	return memset(*p, 0xff, n), 0;
}
int cudaFree(void *p) { size_t *block = (size_t *)p - 8; return taken -= *block, free(block), 0; }
int cudaMallocHost(void **p, size_t n) { return *p = aligned_alloc(64, (n + 63) / 64 * 64), 0; }
int cudaFreeHost(void *p) { return free(p), 0; }
int cudaMemset(void *p, int c, size_t n) { return memset(p, c, n), 0; }
int cudaStreamCreateWithFlags(void **s, unsigned f) { return *s = queue, f != 1; }
int cudaStreamDestroy(void *s) { return s != queue; }
int cudaMemcpyAsync(void *to, const void *from, size_t n, int kind, void *s) {
	pthread_mutex_lock(&lock);
	int e = s != queue || kind < 1 || kind > 2 || waiting == sizeof queue / sizeof *queue ? 21 : 0;
	if (!e) queue[waiting].to = to, queue[waiting].from = from, queue[waiting++].n = n;
	pthread_mutex_unlock(&lock);
	return e;
}
int cudaStreamSynchronize(void *s) {
	pthread_mutex_lock(&lock);
	for (int i = 0; i < waiting; i++) memcpy(queue[i].to, queue[i].from, queue[i].n);
	waiting = 0;
	pthread_mutex_unlock(&lock);
	return s != queue;
}
int cudaMemGetInfo(size_t *left, size_t *total) { return *left = (2 << 20) - taken, *total = 2 << 20, 0; }
const char *cudaGetErrorString(int e) { return e == 2 ? "out of memory" : "something else"; }
