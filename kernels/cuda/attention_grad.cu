// AttentionGrad: with p = exp(q*k^T/sqrt(size) - lse) and ds = p*(dy*v^T - delta)/sqrt(size), where delta = sum dy*y - dlse of each query, dq = ds*k, dk = ds^T*q and dv = p^T*dy. Three kernels: delta, in any
// number of blocks; and two that compute the scores anew, of which one has the queries of a tile in a block of attention_threads threads and goes over the keys, and the other, Keys in its name, the
// other way round: no two blocks add to one number. Tiles have 64 lines in bfloat16 and 16 in float. Dao et al. 2022, algorithm 4.
#include "attention.cuh"

// dlse may be null. delta and lse are [batch, head, token].
template <class T>
__device__ void attention_grad_deltas(const T* dy, const T* y, const float* dlse, float* delta, long long n, int heads, int tokens, int size) {
  for EACH(i, n) {
    const long long head = i / tokens, at = ((head / heads * tokens + i % tokens) * heads + head % heads) * size;
    float sum = dlse ? -dlse[i] : 0;
    for (int k = 0; k < size; k++) sum += number(dy[at + k]) * number(y[at + k]);
    delta[i] = sum;
  }
}
extern "C" __global__ void AttentionGradDeltas(const float* dy, const float* y, const float* dlse, float* delta, long long n, int heads, int tokens, int size) {
  attention_grad_deltas(dy, y, dlse, delta, n, heads, tokens, size);
}
extern "C" __global__ void AttentionGradDeltasBF16(const bf16* dy, const bf16* y, const float* dlse, float* delta, long long n, int heads, int tokens, int size) {
  attention_grad_deltas(dy, y, dlse, delta, n, heads, tokens, size);
}

// A head's two matrices of which a block has a tile, queries and dy or keys and v, and the two that it goes over; lse and delta are those of its queries.
template <class T>
struct Pass {
  Matrix<T> own[2], other[2];
  const float *lse, *delta;
  long long head;

  __device__ Pass(const Attended<const T>& in, const T* dy, const float* lse, const float* delta, bool keys, int rows) {
    const int tiles = ((keys ? in.keys : in.tokens) + rows - 1) / rows;
    head = blockIdx.x / tiles;
    Matrix<T>*const asked = keys ? other : own, *const asking = keys ? own : other;
    asked[0] = {in.head(in.q, head, in.tokens), in.tokens, in.size, in.distance};
    asked[1] = {in.result(dy, head), in.tokens, in.size, static_cast<long long>(in.heads) * in.size};
    asking[0] = {in.head(in.k, head, in.keys), in.keys, in.size, in.distance};
    asking[1] = {in.head(in.v, head, in.keys), in.keys, in.size, in.distance};
    this->lse = lse + head * in.tokens, this->delta = delta + head * in.tokens;
  }
};

// The gradients of scores in bfloat16, times others[0], and, for keys, p times others[1].
template <int most, bool keys>
__device__ void attention_grad(const Attended<const bf16>& in, const Attended<bf16>& out, const bf16* dy, const float* lse, const float* delta) {
  constexpr int rows = 64, columns = 32;
  struct Others {
    alignas(16) bf16 plain[2][columns * (most + 8)];
    bf16 turned[keys ? 2 : 1][most * (columns + 8)];
  };
  __shared__ Others tile;
  const Pass<bf16> pass(in, dy, lse, delta, keys, rows);
  const int own = static_cast<int>(pass.own[0].lines), others = static_cast<int>(pass.other[0].lines), g = threadIdx.x % 32 / 4, t = 2 * (threadIdx.x % 4);
  const int first = blockIdx.x % ((own + rows - 1) / rows) * rows + threadIdx.x / 32 * 16;
  const float scale = 1 / sqrtf(in.size);
  unsigned left[2][most / 16][4];
  left_parts(left[0], pass.own[0], first, g, t), left_parts(left[1], pass.own[1], first, g, t);
  float sums[keys ? 2 : 1][most / 8][4] = {};
  for (int from = 0; from < others; from += columns) {
    __syncthreads();
    take<columns, most>(pass.other[0], from, tile.plain[0], tile.turned[0]);
    take<columns, most>(pass.other[1], from, tile.plain[1], keys ? tile.turned[keys] : nullptr);
    __syncthreads();
    float p[columns / 8][4] = {}, ds[columns / 8][4] = {};
    UNROLLED
    for (int n = 0; n < columns / 8; n++) {
      UNROLLED
      for (int d = 0; d < most / 16; d++) {
        unsigned b[2];
        right_part(b, tile.plain[0], most + 8, 8 * n, 16 * d, g, t);
        multiply_add(p[n], left[0][d], b);
        right_part(b, tile.plain[1], most + 8, 8 * n, 16 * d, g, t);
        multiply_add(ds[n], left[1][d], b);
      }
      UNROLLED
      for (int e = 0; e < 4; e++) {
        const int row = first + g + e / 2 * 8, column = from + 8 * n + t + e % 2, query = keys ? column : row;
        const bool there = row < own && column < others;
        p[n][e] = there ? expf(p[n][e] * scale - pass.lse[query]) : 0;
        ds[n][e] = there ? p[n][e] * (ds[n][e] - pass.delta[query]) * scale : 0;
      }
    }
    UNROLLED
    for (int j = 0; j < columns / 16; j++) {
      unsigned a[2][4];
      left_part(a[0], ds[2 * j], ds[2 * j + 1]), left_part(a[1], p[2 * j], p[2 * j + 1]);
      UNROLLED
      for (int n = 0; n < most / 8; n++) {
        UNROLLED
        for (int m = 0; m < (keys ? 2 : 1); m++) {
          unsigned b[2];
          right_part(b, tile.turned[m], columns + 8, 8 * n, 16 * j, g, t);
          multiply_add(sums[m][n], a[m], b);
        }
      }
    }
  }
  UNROLLED
  for (int m = 0; m < (keys ? 2 : 1); m++) {
    bf16* const to = out.head(!keys ? out.q : m ? out.v : out.k, pass.head, own);
    UNROLLED
    for (int n = 0; n < most / 8; n++) {
      UNROLLED
      for (int e = 0; e < 4; e++) {
        const int row = first + g + e / 2 * 8, column = 8 * n + t + e % 2;
        if (row < own && column < in.size) store(to + row * out.distance + column, sums[m][n][e]);
      }
    }
  }
}
extern "C" __global__ void __launch_bounds__(attention_threads) AttentionGrad32BF16(const bf16* dy, const bf16* q, const bf16* k, const bf16* v, const float* lse, const float* delta, bf16* dq, bf16* dk,
                                                                                    bf16* dv, int heads, int tokens, int keys, int size) {
  attention_grad<32, false>({q, k, v, heads, tokens, keys, size}, {dq, dk, dv, heads, tokens, keys, size}, dy, lse, delta);
}
extern "C" __global__ void __launch_bounds__(attention_threads) AttentionGradKeys32BF16(const bf16* dy, const bf16* q, const bf16* k, const bf16* v, const float* lse, const float* delta, bf16* dq, bf16* dk,
                                                                                        bf16* dv, int heads, int tokens, int keys, int size) {
  attention_grad<32, true>({q, k, v, heads, tokens, keys, size}, {dq, dk, dv, heads, tokens, keys, size}, dy, lse, delta);
}
extern "C" __global__ void __launch_bounds__(attention_threads) AttentionGrad64BF16(const bf16* dy, const bf16* q, const bf16* k, const bf16* v, const float* lse, const float* delta, bf16* dq, bf16* dk,
                                                                                    bf16* dv, int heads, int tokens, int keys, int size) {
  attention_grad<64, false>({q, k, v, heads, tokens, keys, size}, {dq, dk, dv, heads, tokens, keys, size}, dy, lse, delta);
}
extern "C" __global__ void __launch_bounds__(attention_threads) AttentionGradKeys64BF16(const bf16* dy, const bf16* q, const bf16* k, const bf16* v, const float* lse, const float* delta, bf16* dq, bf16* dk,
                                                                                        bf16* dv, int heads, int tokens, int keys, int size) {
  attention_grad<64, true>({q, k, v, heads, tokens, keys, size}, {dq, dk, dv, heads, tokens, keys, size}, dy, lse, delta);
}
extern "C" __global__ void __launch_bounds__(attention_threads) AttentionGrad128BF16(const bf16* dy, const bf16* q, const bf16* k, const bf16* v, const float* lse, const float* delta, bf16* dq, bf16* dk,
                                                                                     bf16* dv, int heads, int tokens, int keys, int size) {
  attention_grad<128, false>({q, k, v, heads, tokens, keys, size}, {dq, dk, dv, heads, tokens, keys, size}, dy, lse, delta);
}
extern "C" __global__ void __launch_bounds__(attention_threads) AttentionGradKeys128BF16(const bf16* dy, const bf16* q, const bf16* k, const bf16* v, const float* lse, const float* delta, bf16* dq, bf16* dk,
                                                                                         bf16* dv, int heads, int tokens, int keys, int size) {
  attention_grad<128, true>({q, k, v, heads, tokens, keys, size}, {dq, dk, dv, heads, tokens, keys, size}, dy, lse, delta);
}

// In single precision. Eight threads have a row, each every eighth column.
template <bool keys>
__device__ void attention_grad(const Attended<const float>& in, const Attended<float>& out, const float* dy, const float* lse, const float* delta) {
  constexpr int rows = 16, columns = 16, part = 8;
  __shared__ float left[2][rows * apart], right[2][columns * apart], p[rows][columns + 1], ds[rows][columns + 1];
  const Pass<float> pass(in, dy, lse, delta, keys, rows);
  const int own = static_cast<int>(pass.own[0].lines), others = static_cast<int>(pass.other[0].lines), row = threadIdx.x / part, lane = threadIdx.x % part, size = in.size;
  const int first = blockIdx.x % ((own + rows - 1) / rows) * rows;
  const float scale = 1 / sqrtf(size);
  take(pass.own[0], first, rows, left[0]), take(pass.own[1], first, rows, left[1]);
  float sums[keys ? 2 : 1][widest / part] = {};
  for (int from = 0; from < others; from += columns) {
    take(pass.other[0], from, columns, right[0]), take(pass.other[1], from, columns, right[1]);
    __syncthreads();
    for (int c = lane; c < columns; c += part) {
      const int query = keys ? from + c : first + row;
      const bool there = first + row < own && from + c < others;
      p[row][c] = there ? expf(dot(left[0] + row * apart, right[0] + c * apart, size) * scale - pass.lse[query]) : 0;
      ds[row][c] = there ? p[row][c] * (dot(left[1] + row * apart, right[1] + c * apart, size) - pass.delta[query]) * scale : 0;
    }
    __syncthreads();
    UNROLLED
    for (int i = 0; i < widest / part; i++) {
      const int at = lane + part * i;
      if (at >= size) continue;
      for (int c = 0; c < columns; c++) {
        sums[0][i] += ds[row][c] * right[0][c * apart + at];
        if (keys) sums[keys][i] += p[row][c] * right[1][c * apart + at];
      }
    }
    __syncthreads();
  }
  if (first + row >= own) return;
  UNROLLED
  for (int m = 0; m < (keys ? 2 : 1); m++) {
    float* const to = out.head(!keys ? out.q : m ? out.v : out.k, pass.head, own) + (first + row) * out.distance;
    UNROLLED
    for (int i = 0; i < widest / part; i++) {
      if (lane + part * i < size) to[lane + part * i] = sums[m][i];
    }
  }
}
extern "C" __global__ void __launch_bounds__(attention_threads) AttentionGrad(const float* dy, const float* q, const float* k, const float* v, const float* lse, const float* delta, float* dq, float* dk,
                                                                              float* dv, int heads, int tokens, int keys, int size) {
  attention_grad<false>({q, k, v, heads, tokens, keys, size}, {dq, dk, dv, heads, tokens, keys, size}, dy, lse, delta);
}
extern "C" __global__ void __launch_bounds__(attention_threads) AttentionGradKeys(const float* dy, const float* q, const float* k, const float* v, const float* lse, const float* delta, float* dq, float* dk,
                                                                                  float* dv, int heads, int tokens, int keys, int size) {
  attention_grad<true>({q, k, v, heads, tokens, keys, size}, {dq, dk, dv, heads, tokens, keys, size}, dy, lse, delta);
}
