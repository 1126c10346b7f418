// Gelu of each element, by the error function or by tanh. Any number of blocks.
#include "gelu.cuh"

template <class T>
__device__ void gelu(const T* x, T* y, int tanh, long long n) {
  for EACH(i, n) store(y + i, gelu_of(number(x[i]), tanh));
}
extern "C" __global__ void Gelu(const float* x, float* y, int tanh, long long n) { gelu(x, y, tanh, n); }
extern "C" __global__ void GeluBF16(const bf16* x, bf16* y, int tanh, long long n) { gelu(x, y, tanh, n); }
