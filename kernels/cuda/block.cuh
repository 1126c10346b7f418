// What the threads of a block do together. No sum depends on which thread is the first.
#pragma once

constexpr int most = 1024;  // threads of a block

__device__ inline float infinity() { return __uint_as_float(0x7f800000); }

// A number of 16 bits, as large tensors are stored where a kernel's name ends in BF16. Kernels compute in float.
struct bf16 {
  unsigned short bits;
};

__device__ inline float number(float v) { return v; }
__device__ inline float number(bf16 v) { return __uint_as_float(static_cast<unsigned>(v.bits) << 16); }

__device__ inline void store(float* p, float v) { *p = v; }

// Rounds to the nearest, halves to even.
__device__ inline void store(bf16* p, float v) {
  const unsigned u = __float_as_uint(v);
  p->bits = static_cast<unsigned short>(v != v ? u >> 16 | 0x40 : (u + 0x7fff + (u >> 16 & 1)) >> 16);
}

// Loops whose variables index what should lie in registers.
#ifdef __CUDACC__
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED
#endif

// The elements that are this thread's, of n that all blocks share.
#define EACH(i, n) (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < (n); i += static_cast<long long>(gridDim.x) * blockDim.x)

struct Sum {
  template <class T>
  __device__ T operator()(T a, T b) const { return a + b; }
};

struct Largest {
  template <class T>
  __device__ T operator()(T a, T b) const { return a > b || a != a ? a : b; }  // no number wins
};

// Joins a value of each thread; all have the result. All threads of the block must call it.
template <class F, class T>
__device__ T joined(T v, F join = F()) {
  __shared__ T values[most];
  values[threadIdx.x] = v;
  __syncthreads();
  for (unsigned n = blockDim.x; n > 1;) {
    const unsigned half = (n + 1) / 2;
    if (threadIdx.x < n - half) values[threadIdx.x] = join(values[threadIdx.x], values[threadIdx.x + half]);
    n = half;
    __syncthreads();
  }
  v = values[0];
  __syncthreads();
  return v;
}

// This block's part of a sum over n elements, which all blocks share: f(element) is a summand. All threads of the block must call it.
template <class F>
__device__ double block_sum(long long n, const F& f) {
  double sum = 0;
  for EACH(i, n) sum += f(i);
  return joined<Sum>(sum);
}

// The sum of n parts, for each block by itself; stride lies between them.
__device__ inline double parts_sum(const float* parts, int n, int stride) {
  double sum = 0;
  for (int k = threadIdx.x; k < n; k += blockDim.x) sum += parts[k * stride];
  return joined<Sum>(sum);
}

constexpr int tile = 32;  // columns that a block sums

// Two sums of each column of a matrix, of which f(row, column, a, b) adds an element's part to a and b. A block has the rows of one piece and a tile of columns, so that there are pieces times
// tiles of blocks, each of a multiple of tile threads; partial gets [piece][2][column]. Rows of a thread are added in single precision: pieces are chosen so that these are few.
template <class F>
__device__ void column_sums(long long rows, int columns, int pieces, float* partial, const F& f) {
  __shared__ float sums[2][most];
  const int tiles = (columns + tile - 1) / tile, piece = blockIdx.x / tiles, column = blockIdx.x % tiles * tile + threadIdx.x % tile;
  const int line = threadIdx.x / tile, lines = blockDim.x / tile;
  const long long size = (rows + pieces - 1) / pieces, from = piece * size, to = from + size < rows ? from + size : rows;
  float a = 0, b = 0;
  if (column < columns) {
    for (long long row = from + line; row < to; row += lines) f(row, column, a, b);
  }
  sums[0][threadIdx.x] = a, sums[1][threadIdx.x] = b;
  __syncthreads();
  if (line == 0 && column < columns) {
    for (int k = 1; k < lines; k++) a += sums[0][threadIdx.x + k * tile], b += sums[1][threadIdx.x + k * tile];
    partial[static_cast<long long>(2 * piece) * columns + column] = a;
    partial[static_cast<long long>(2 * piece + 1) * columns + column] = b;
  }
}

// The same two sums of each channel, where the matrix is images x channels x plane: f(element, channel, a, b) adds an element's part. A block has a channel of the images of one piece, so that there are
// pieces times channels of blocks. A channel of a piece has fewer than 2^31 elements.
template <class F>
__device__ void plane_sums(int images, int channels, int plane, int pieces, float* partial, const F& f) {
  const int piece = blockIdx.x / channels, c = blockIdx.x % channels;
  const int size = (images + pieces - 1) / pieces, from = piece * size, count = max(0, min(size, images - from)) * plane;
  float a = 0, b = 0;
  for (int k = threadIdx.x; k < count; k += blockDim.x) f((static_cast<long long>(from + k / plane) * channels + c) * plane + k % plane, c, a, b);
  a = joined<Sum>(a), b = joined<Sum>(b);
  if (threadIdx.x == 0) {
    partial[static_cast<long long>(2 * piece) * channels + c] = a;
    partial[static_cast<long long>(2 * piece + 1) * channels + c] = b;
  }
}

// Calls f(element, channel) for this block's planes of images x channels x plane, which all blocks share.
template <class F>
__device__ void each_plane(int images, int channels, int plane, const F& f) {
  for (long long p = blockIdx.x; p < static_cast<long long>(images) * channels; p += gridDim.x) {
    const int c = static_cast<int>(p % channels);
    for (int k = threadIdx.x; k < plane; k += blockDim.x) f(p * plane + k, c);
  }
}

// The sums of a column, over all pieces.
__device__ inline void column_total(const float* partial, int pieces, int columns, int column, double& a, double& b) {
  a = b = 0;
  for (int p = 0; p < pieces; p++) {
    a += partial[static_cast<long long>(2 * p) * columns + column];
    b += partial[static_cast<long long>(2 * p + 1) * columns + column];
  }
}
