// LinearInputGrad: dy*w of dy, rows x out, and w, out x in. Of product_threads threads there are ceil(rows/64) times ceil(in/64) blocks.
#include "product.cuh"

template <class T>
__device__ void linear_input_grad(const T* dy, const T* w, T* dx, long long rows, int in, int out) {
  product<T, false, true>(blockIdx.x, rows, in, out, 1, Matrix<T>{dy, rows, out, out}, Matrix<T>{w, out, in, in}, [&](long long row, long long column, int, float v) { store(dx + row * in + column, v); });
}
extern "C" __global__ void __launch_bounds__(product_threads) LinearInputGrad(const float* dy, const float* w, float* dx, long long rows, int in, int out) {
  linear_input_grad(dy, w, dx, rows, in, out);
}
extern "C" __global__ void __launch_bounds__(product_threads) LinearInputGradBF16(const bf16* dy, const bf16* w, bf16* dx, long long rows, int in, int out) {
  linear_input_grad(dy, w, dx, rows, in, out);
}
