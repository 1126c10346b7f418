// Matrix products by oneDNN, on the calling thread alone: kernels cut their work into pieces themselves. dnnl_sgemm takes rows at any
// distance and needs no preparation for a shape; oneDNN's matmul took 0.9 to 1.1 times as long on the products of ViT-S (AVX-512).
#pragma once

#include <cstdint>

#include "kernel.h"

namespace ssc {

// A matrix in row-major order; stride is the distance of its rows. Transposed, it stands for its mirror image.
template <class T>
struct MatrixOf {
  const T* data;
  int64_t stride;
  bool transposed = false;
};

using Matrix = MatrixOf<float>;

// c = alpha*a*b + beta*c, where a is [m, k] and b [k, n] after transposition. With beta 0 c is only written.
void product(int64_t m, int64_t n, int64_t k, float alpha, Matrix a, Matrix b, float beta, float* c, int64_t stride);

// c = a*b in float, or c += a*b, and the same product of matrices of float that takes no scratch memory.
void product(const Call& call, int64_t m, int64_t n, int64_t k, MatrixOf<BFloat16> a, MatrixOf<BFloat16> b, float* c, int64_t stride, bool adds = false);
inline void product(const Call&, int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float* c, int64_t stride, bool adds = false) {
  product(m, n, k, 1, a, b, adds ? 1.0f : 0.0f, c, stride);
}

// Cuts n items into pieces of equal size, none above most: the size, from which the number follows.
inline int64_t even(int64_t n, int64_t most) {
  const int64_t pieces = n > most ? pieces_of(n, most) : 1;
  return n > 0 ? pieces_of(n, pieces) : 1;
}

}  // namespace ssc
