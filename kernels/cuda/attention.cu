// Attention: softmax(q*k^T/sqrt(size))*v of each head, and the logarithm of the softmax's denominator, if it is asked for. A block of attention_threads threads has the queries of a tile, 64 of them in
// bfloat16 and 16 in float, and goes over the keys, so that there are batch times heads times tiles of blocks. Scores are never stored: what is summed is brought into the measure of the largest
// score so far. Dao et al. 2022, algorithm 1.
#include "attention.cuh"

// Heads of up to so many numbers, by tensor cores.
template <int most>
__device__ void attention(const Attended<const bf16>& in, bf16* y, float* lse) {
  constexpr int rows = 64, columns = 64;
  struct Keys {
    alignas(16) bf16 k[columns * (most + 8)];
    bf16 v[most * (columns + 8)];
  };
  __shared__ Keys tile;
  const int tiles = (in.tokens + rows - 1) / rows, size = in.size, g = threadIdx.x % 32 / 4, t = 2 * (threadIdx.x % 4);
  const long long head = blockIdx.x / tiles;
  const int first = blockIdx.x % tiles * rows + threadIdx.x / 32 * 16;
  const Matrix<bf16> q{in.head(in.q, head, in.tokens), in.tokens, size, in.distance}, k{in.head(in.k, head, in.keys), in.keys, size, in.distance}, v{in.head(in.v, head, in.keys), in.keys, size, in.distance};
  const float scale = 1 / sqrtf(size);
  unsigned query[most / 16][4];
  left_parts(query, q, first, g, t);
  float out[most / 8][4] = {}, top[2] = {-infinity(), -infinity()}, sum[2] = {};
  for (int from = 0; from < in.keys; from += columns) {
    __syncthreads();
    take<columns, most>(k, from, tile.k, nullptr);
    take<columns, most>(v, from, nullptr, tile.v);
    __syncthreads();
    float score[columns / 8][4] = {}, high[2] = {top[0], top[1]};
    UNROLLED
    for (int n = 0; n < columns / 8; n++) {
      UNROLLED
      for (int d = 0; d < most / 16; d++) {
        unsigned b[2];
        right_part(b, tile.k, most + 8, 8 * n, 16 * d, g, t);
        multiply_add(score[n], query[d], b);
      }
      UNROLLED
      for (int e = 0; e < 4; e++) {
        score[n][e] = from + 8 * n + t + e % 2 < in.keys ? score[n][e] * scale : -infinity();
        high[e / 2] = Largest()(score[n][e], high[e / 2]);
      }
    }
    UNROLLED
    for (int r = 0; r < 2; r++) {  // four threads have a row
      high[r] = Largest()(high[r], __shfl_xor_sync(0xffffffff, high[r], 1));
      high[r] = Largest()(high[r], __shfl_xor_sync(0xffffffff, high[r], 2));
      const float kept = expf(top[r] - high[r]);
      top[r] = high[r], sum[r] *= kept;
      UNROLLED
      for (int n = 0; n < most / 8; n++) out[n][2 * r] *= kept, out[n][2 * r + 1] *= kept;
    }
    UNROLLED
    for (int n = 0; n < columns / 8; n++) {
      UNROLLED
      for (int e = 0; e < 4; e++) score[n][e] = expf(score[n][e] - top[e / 2]), sum[e / 2] += score[n][e];
    }
    UNROLLED
    for (int j = 0; j < columns / 16; j++) {
      unsigned p[4];
      left_part(p, score[2 * j], score[2 * j + 1]);
      UNROLLED
      for (int n = 0; n < most / 8; n++) {
        unsigned b[2];
        right_part(b, tile.v, columns + 8, 8 * n, 16 * j, g, t);
        multiply_add(out[n], p, b);
      }
    }
  }
  bf16* const to = in.result(y, head);
  UNROLLED
  for (int r = 0; r < 2; r++) {
    sum[r] += __shfl_xor_sync(0xffffffff, sum[r], 1);
    sum[r] += __shfl_xor_sync(0xffffffff, sum[r], 2);
    const int row = first + g + 8 * r;
    if (row >= in.tokens) continue;
    if (lse && t == 0) lse[head * in.tokens + row] = top[r] + logf(sum[r]);
    UNROLLED
    for (int n = 0; n < most / 8; n++) {
      UNROLLED
      for (int e = 0; e < 2; e++) {
        if (8 * n + t + e < size) store(to + static_cast<long long>(row) * in.heads * size + 8 * n + t + e, out[n][2 * r + e] / sum[r]);
      }
    }
  }
}
extern "C" __global__ void __launch_bounds__(attention_threads) Attention32BF16(const bf16* q, const bf16* k, const bf16* v, bf16* y, float* lse, int heads, int tokens, int keys, int size) {
  attention<32>({q, k, v, heads, tokens, keys, size}, y, lse);
}
extern "C" __global__ void __launch_bounds__(attention_threads) Attention64BF16(const bf16* q, const bf16* k, const bf16* v, bf16* y, float* lse, int heads, int tokens, int keys, int size) {
  attention<64>({q, k, v, heads, tokens, keys, size}, y, lse);
}
extern "C" __global__ void __launch_bounds__(attention_threads) Attention128BF16(const bf16* q, const bf16* k, const bf16* v, bf16* y, float* lse, int heads, int tokens, int keys, int size) {
  attention<128>({q, k, v, heads, tokens, keys, size}, y, lse);
}

// In single precision. Eight threads have a row, each every eighth column.
__device__ void attention(const Attended<const float>& in, float* y, float* lse) {
  constexpr int rows = 16, columns = 32, part = 8;
  __shared__ float qs[rows * apart], ks[columns * apart], vs[columns * apart], scores[rows][columns + 1];
  const int tiles = (in.tokens + rows - 1) / rows, size = in.size, row = threadIdx.x / part, lane = threadIdx.x % part;
  const long long head = blockIdx.x / tiles;
  const int first = blockIdx.x % tiles * rows;
  const Matrix<float> k{in.head(in.k, head, in.keys), in.keys, size, in.distance}, v{in.head(in.v, head, in.keys), in.keys, size, in.distance};
  const float scale = 1 / sqrtf(size);
  take({in.head(in.q, head, in.tokens), in.tokens, size, in.distance}, first, rows, qs);
  float out[widest / part] = {}, top = -infinity(), sum = 0;
  for (int from = 0; from < in.keys; from += columns) {
    take(k, from, columns, ks), take(v, from, columns, vs);
    __syncthreads();
    for (int c = lane; c < columns; c += part) scores[row][c] = from + c < in.keys ? dot(qs + row * apart, ks + c * apart, size) * scale : -infinity();
    __syncthreads();
    float high = top;
    for (int c = 0; c < columns; c++) high = Largest()(scores[row][c], high);
    const float kept = expf(top - high);
    top = high;
    __syncthreads();
    for (int c = lane; c < columns; c += part) scores[row][c] = expf(scores[row][c] - top);
    __syncthreads();
    sum *= kept;
    for (int c = 0; c < columns; c++) sum += scores[row][c];
    UNROLLED
    for (int i = 0; i < widest / part; i++) {
      out[i] *= kept;
      if (lane + part * i >= size) continue;
      for (int c = 0; c < columns; c++) out[i] += scores[row][c] * vs[c * apart + lane + part * i];
    }
    __syncthreads();
  }
  if (first + row >= in.tokens) return;
  if (lse && lane == 0) lse[head * in.tokens + first + row] = top + logf(sum);
  float* const to = in.result(y, head) + static_cast<long long>(first + row) * in.heads * size;
  UNROLLED
  for (int i = 0; i < widest / part; i++) {
    if (lane + part * i < size) to[lane + part * i] = out[i] / sum;
  }
}
extern "C" __global__ void __launch_bounds__(attention_threads) Attention(const float* q, const float* k, const float* v, float* y, float* lse, int heads, int tokens, int keys, int size) {
  attention({q, k, v, heads, tokens, keys, size}, y, lse);
}
