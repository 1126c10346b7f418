// Add: a + b, element by element. The result may lie where an input does. Any number of blocks.
#include "block.cuh"

template <class T>
__device__ void add(const T* a, const T* b, T* y, long long n) {
  for EACH(i, n) store(y + i, number(a[i]) + number(b[i]));
}
extern "C" __global__ void Add(const float* a, const float* b, float* y, long long n) { add(a, b, y, n); }
extern "C" __global__ void AddBF16(const bf16* a, const bf16* b, bf16* y, long long n) { add(a, b, y, n); }
