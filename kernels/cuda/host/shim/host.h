// What CUDA C++ has beside C++, for kernels that run on the processor: the threads of a block run one after the other, each up to the next barrier.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <math.h>
#include <string.h>

#define __global__
#define __device__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __shared__ static  // blocks run one after the other
#define __launch_bounds__(n)

struct Place {
  unsigned x = 0, y = 0, z = 0;
};

extern Place threadIdx, blockIdx, blockDim, gridDim;

void __syncthreads();

// What tensor cores do, by the parts of the matrices that PTX gives to each thread of a warp. Like all that a warp does together it is a barrier, here of the whole block.
void multiply_add(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]);

float __shfl_xor_sync(unsigned threads, float v, int other);

inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }
inline float __uint_as_float(unsigned v) {
  float f;
  memcpy(&f, &v, sizeof f);
  return f;
}
inline unsigned __float_as_uint(float f) {
  unsigned v;
  memcpy(&v, &f, sizeof v);
  return v;
}

// A kernel by its name.
struct Kernel {
  const char* name;
  void (*run)(void* kernel, void** args);
  void* kernel;
  Kernel* next;

  Kernel(const char* name, void (*run)(void*, void**), void* kernel);
};

template <class... A, size_t... i>
void call_with(void (*kernel)(A...), void** args, std::index_sequence<i...>) {
  kernel(*static_cast<std::remove_cv_t<A>*>(args[i])...);
}

template <class... A>
Kernel kernel_of(const char* name, void (*kernel)(A...)) {
  return {name, [](void* k, void** args) { call_with(reinterpret_cast<void (*)(A...)>(k), args, std::index_sequence_for<A...>()); }, reinterpret_cast<void*>(kernel)};
}
