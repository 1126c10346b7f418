// SumSquares: the sum of the squares of all elements. Two kernels: a part by each of any number of blocks, and their sum, in one block.
#include "block.cuh"

template <class T>
__device__ void sum_squares_parts(const T* x, float* parts, long long n) {
  const double sum = block_sum(n, [&](long long i) {
    const double v = number(x[i]);
    return v * v;
  });
  if (threadIdx.x == 0) parts[blockIdx.x] = static_cast<float>(sum);
}
extern "C" __global__ void SumSquaresParts(const float* x, float* parts, long long n) { sum_squares_parts(x, parts, n); }
extern "C" __global__ void SumSquaresPartsBF16(const bf16* x, float* parts, long long n) { sum_squares_parts(x, parts, n); }

extern "C" __global__ void SumSquares(const float* parts, float* y, int n) {
  const double sum = parts_sum(parts, n, 1);
  if (threadIdx.x == 0) *y = static_cast<float>(sum);
}
