// A library in the place of CUDA's driver. Its two GPUs are the processor: they run kernels that were compiled into it, whatever the binary that is loaded, and differ in the order in which the threads of a
// block run. What a kernel computes on both alike does not depend on that order.
//
// Memory of the device begins with bytes that are no numbers, and ends before a page that nobody may touch.
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <map>
#include <memory>
#include <vector>

#include "host.h"

Place threadIdx, blockIdx, blockDim, gridDim;

namespace {

Kernel* kernels;

// A thread of a block, with a stack of its own. Contexts begin it; between barriers it is switched to by jumps, which ask nothing of the system.
struct Fiber {
  ucontext_t context;
  jmp_buf place;
  std::unique_ptr<char[]> stack;
  bool begun, ended;
};

constexpr size_t stack = 128 << 10;

std::vector<Fiber> fibers;
jmp_buf scheduler;
Fiber* running;
const Kernel* kernel;
void** arguments;

void begin() {
  kernel->run(kernel->kernel, arguments);
  running->ended = true;
  _longjmp(scheduler, 1);
}

// Runs a thread up to its next barrier, or its end.
__attribute__((noinline)) void enter(Fiber& f) {
  if (_setjmp(scheduler)) return;
  running = &f;
  if (f.begun) _longjmp(f.place, 1);
  f.begun = true;
  setcontext(&f.context);
}

// Runs the threads of a block, up to barrier after barrier. False means that some have ended where others wait.
bool run_block(unsigned threads, bool backwards) {
  while (fibers.size() < threads) fibers.push_back({{}, {}, std::make_unique<char[]>(stack), false, false});
  for (unsigned i = 0; i < threads; i++) {
    Fiber& f = fibers[i];
    f.begun = f.ended = false;
    getcontext(&f.context);
    f.context.uc_stack.ss_sp = f.stack.get();
    f.context.uc_stack.ss_size = stack;
    f.context.uc_link = nullptr;
    makecontext(&f.context, begin, 0);
  }
  for (;;) {
    unsigned ended = 0;
    for (unsigned k = 0; k < threads; k++) {
      const unsigned i = backwards ? threads - 1 - k : k;
      threadIdx.x = i;
      enter(fibers[i]);
      ended += fibers[i].ended;
    }
    if (ended == threads) return true;
    if (ended) return false;
  }
}

enum { OK = 0, INVALID = 1, MEMORY = 2, NO_DEVICE = 101, NO_IMAGE = 200, NOT_FOUND = 500, FAILED = 719 };

int device = -1;       // that is open
thread_local bool current = false;  // whether a context was named
std::map<uint64_t, size_t> blocks;

}  // namespace

Kernel::Kernel(const char* name, void (*run)(void*, void**), void* kernel) : name(name), run(run), kernel(kernel), next(kernels) { kernels = this; }

void __syncthreads() {
  if (!_setjmp(running->place)) _longjmp(scheduler, 1);
}

void multiply_add(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  static float left[32][16][16], right[32][16][8];  // of each warp
  const unsigned warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = 2 * (threadIdx.x % 4);
  const auto half = [](unsigned word, int which) { return __uint_as_float(which ? word & 0xffff0000 : word << 16); };
  for (int i = 0; i < 2; i++) {
    left[warp][g][t + i] = half(a[0], i), left[warp][g + 8][t + i] = half(a[1], i);
    left[warp][g][t + 8 + i] = half(a[2], i), left[warp][g + 8][t + 8 + i] = half(a[3], i);
    right[warp][t + i][g] = half(b[0], i), right[warp][t + 8 + i][g] = half(b[1], i);
  }
  __syncthreads();
  for (int e = 0; e < 4; e++) {
    for (int k = 0; k < 16; k++) c[e] += left[warp][g + e / 2 * 8][k] * right[warp][k][t + e % 2];
  }
  __syncthreads();
}

float __shfl_xor_sync(unsigned, float v, int other) {
  static float values[1024];
  values[threadIdx.x] = v;
  __syncthreads();
  v = values[threadIdx.x ^ other];
  __syncthreads();
  return v;
}

extern "C" {

int cuInit(unsigned) { return OK; }
int cuDeviceGet(int* d, int i) { return i < 0 || i > 1 ? NO_DEVICE : (*d = i, OK); }
int cuDeviceGetAttribute(int* v, int which, int) { return *v = which == 75 ? 9 : which == 16 ? 2 : 0, OK; }
int cuDevicePrimaryCtxRetain(void** c, int d) { return device = d, *c = &device, OK; }
int cuDevicePrimaryCtxRelease_v2(int) { return current = false, OK; }
int cuCtxSetCurrent(void* c) { return current = c == &device, current ? OK : INVALID; }
int cuModuleLoadData(void** m, const void* binary) { return memcmp(binary, "\x7f" "ELF", 4) ? NO_IMAGE : (*m = &kernels, OK); }
int cuModuleUnload(void*) { return OK; }
int cuModuleGetFunction(void** f, void*, const char* name) {
  for (Kernel* k = kernels; k; k = k->next)
    if (!strcmp(k->name, name)) return *f = k, OK;
  return NOT_FOUND;
}
int cuStreamCreate(void** s, unsigned) { return *s = &device, OK; }
int cuStreamDestroy_v2(void*) { return OK; }
int cuStreamSynchronize(void*) { return OK; }
int cuLaunchKernel(void* f, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned ty, unsigned tz, unsigned shared, void* stream, void** args, void** extra) {
  if (!current || y * z * ty * tz != 1 || shared || extra || (stream && stream != &device) || threads > 1024) return INVALID;
  kernel = static_cast<Kernel*>(f);
  arguments = args;
  gridDim = {x, 1, 1}, blockDim = {threads, 1, 1};
  for (unsigned k = 0; k < x; k++) {
    blockIdx.x = device == 1 ? x - 1 - k : k;
    if (!run_block(threads, device == 1)) return FAILED;
  }
  return OK;
}

int cuMemAlloc_v2(uint64_t* at, size_t n) {
  const size_t page = 4096, size = (n + page - 1) / page * page;
  char* const p = static_cast<char*>(mmap(nullptr, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (p == MAP_FAILED || mprotect(p + size, page, PROT_NONE)) return MEMORY;
  memset(p, 0xff, size);
  *at = reinterpret_cast<uint64_t>(p + (size - n) / 16 * 16);
  blocks[*at] = size + page;
  return OK;
}
int cuMemFree_v2(uint64_t at) {
  const auto b = blocks.find(at);
  if (b == blocks.end()) return INVALID;
  munmap(reinterpret_cast<void*>(at / 4096 * 4096), b->second);
  blocks.erase(b);
  return OK;
}
int cuMemAllocHost_v2(void** p, size_t n) { return (*p = malloc(n)) ? OK : MEMORY; }
int cuMemFreeHost(void* p) { return free(p), OK; }
int cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t n, void*) { return memcpy(reinterpret_cast<void*>(to), from, n), OK; }
int cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t n, void*) { return memcpy(to, reinterpret_cast<void*>(from), n), OK; }
int cuGetErrorString(int e, const char** text) {
  *text = e == NO_DEVICE ? "no such device" : e == NO_IMAGE ? "no binary for this device" : e == NOT_FOUND ? "named symbol not found" : e == FAILED ? "threads wait at a barrier that others do not reach" : "failed";
  return OK;
}

}  // extern "C"
