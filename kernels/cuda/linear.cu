// Linear: act(x*w^T + b) of x, rows x in, and w, out x in. z, if it is there, gets what the activation is applied to. Of product_threads threads there are ceil(rows/64) times ceil(out/64) blocks.
#include "gelu.cuh"
#include "product.cuh"

enum Activation { none, relu, by_erf, by_tanh };

template <class T>
__device__ void linear(const T* x, const T* w, const float* b, T* y, T* z, long long rows, int in, int out, int activation) {
  product<T, false, false>(blockIdx.x, rows, out, in, 1, Matrix<T>{x, rows, in, in}, Matrix<T>{w, out, in, in}, [&](long long row, long long column, int, float v) {
    if (b) v += b[column];
    if (z) store(z + row * out + column, v);
    if (activation == relu) v = v < 0 ? 0 : v;  // what is no number stays
    if (activation > relu) v = gelu_of(v, activation == by_tanh);
    store(y + row * out + column, v);
  });
}
extern "C" __global__ void __launch_bounds__(product_threads) Linear(const float* x, const float* w, const float* b, float* y, float* z, long long rows, int in, int out, int activation) {
  linear(x, w, b, y, z, rows, in, out, activation);
}
extern "C" __global__ void __launch_bounds__(product_threads) LinearBF16(const bf16* x, const bf16* w, const float* b, bf16* y, bf16* z, long long rows, int in, int out, int activation) {
  linear(x, w, b, y, z, rows, in, out, activation);
}

// What a library leaves to do: the offsets in the type of its result, and GELU.
extern "C" __global__ void LinearOffsetsBF16(const float* b, bf16* to, long long n) {
  for EACH(i, n) store(to + i, b[i]);
}

template <class T>
__device__ void linear_gelu(const T* z, T* y, int activation, long long n) {
  for EACH(i, n) store(y + i, gelu_of(number(z[i]), activation == by_tanh));
}
extern "C" __global__ void LinearGelu(const float* z, float* y, int activation, long long n) { linear_gelu(z, y, activation, n); }
extern "C" __global__ void LinearGeluBF16(const bf16* z, bf16* y, int activation, long long n) { linear_gelu(z, y, activation, n); }
