// What attention and its gradient share: heads of samples as matrices of tokens, and their tiles in the memory of a block.
#pragma once

#include "product.cuh"

constexpr int attention_threads = 128;
constexpr int widest = 128, apart = widest + 1;  // the largest size of a head, and the distance of its tokens as floats

// Queries, keys and values [batch, token, dim], or all in one [batch, token, 3*dim] where k is null. The heads lie side by side.
template <class T>
struct Attended {
  T *q, *k, *v;
  int heads, tokens, keys, size;
  long long distance;  // of tokens

  __device__ Attended(T* q, T* k, T* v, int heads, int tokens, int keys, int size)
      : q(q), k(k ? k : q + heads * size), v(k ? v : q + 2 * heads * size), heads(heads), tokens(tokens), keys(keys), size(size), distance((k ? 1 : 3) * heads * size) {}

  // Head i of all samples' heads, in one of the three tensors.
  __device__ T* head(T* p, long long i, int tokens) const { return p + i / heads * tokens * distance + i % heads * size; }
  // The same in a tensor of the shape of the result.
  template <class Y>
  __device__ Y* result(Y* p, long long i) const {
    return p + i / heads * tokens * heads * size + i % heads * size;
  }
};

// A pair of a line; what is behind its end, or without a line, is 0.
__device__ inline unsigned pair(const bf16* line, int at, int size) {
  if (!line || at >= size) return 0;
  if (at + 1 < size && reinterpret_cast<size_t>(line + at) % sizeof(unsigned) == 0) return pair(line + at);
  return line[at].bits | (at + 1 < size ? static_cast<unsigned>(line[at + 1].bits) << 16 : 0);
}

// The parts that a thread holds of 16 lines, as the left matrix of products.
template <int steps>
__device__ void left_parts(unsigned (&a)[steps][4], const Matrix<bf16>& m, int first, int g, int t) {
  UNROLLED
  for (int k = 0; k < steps; k++) {
    UNROLLED
    for (int e = 0; e < 4; e++) a[k][e] = pair(m.line(first + g + e % 2 * 8), 16 * k + t + e / 2 * 8, static_cast<int>(m.length));
  }
}

// The same of 16 x 16 results of products.
__device__ inline void left_part(unsigned (&a)[4], const float (&low)[4], const float (&high)[4]) {
  a[0] = pair(low[0], low[1]), a[1] = pair(low[2], low[3]), a[2] = pair(high[0], high[1]), a[3] = pair(high[2], high[3]);
}

// The parts of the right matrix, whose columns are lines in the memory of the block.
__device__ inline void right_part(unsigned (&b)[2], const bf16* lines, int distance, int column, int k, int g, int t) {
  b[0] = pair(lines + (column + g) * distance + k + t), b[1] = pair(lines + (column + g) * distance + k + t + 8);
}

// Lines of a matrix, padded by zeros, as they are and turned round; either may be null.
template <int lines, int size>
__device__ void take(const Matrix<bf16>& m, int first, bf16* plain, bf16* turned) {
  constexpr int packs = size / Pack<bf16>::size;
  for (int k = threadIdx.x; k < lines * packs; k += attention_threads) {
    const int line = k / packs, at = k % packs * Pack<bf16>::size;
    const Pack<bf16> x = m(m.line(first + line), at);
    if (plain) *reinterpret_cast<Pack<bf16>*>(plain + line * (size + 8) + at) = x;
    for (int i = 0; turned && i < Pack<bf16>::size; i++) turned[(at + i) * (lines + 8) + line] = x.v[i];
  }
}

__device__ inline void take(const Matrix<float>& m, int first, int lines, float* to) {
  const int size = static_cast<int>(m.length);
  for (int k = threadIdx.x; k < lines * size; k += attention_threads) {
    const float* const line = m.line(first + k / size);
    to[k / size * apart + k % size] = line ? line[k % size] : 0;
  }
}

__device__ inline float dot(const float* a, const float* b, int n) {
  float sum = 0;
  for (int i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}
