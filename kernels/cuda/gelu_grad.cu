// GeluGrad: dy times the derivative of Gelu at x. Any number of blocks.
#include "gelu.cuh"

template <class T>
__device__ void gelu_grad(const T* dy, const T* x, T* dx, int tanh, long long n) {
  for EACH(i, n) store(dx + i, number(dy[i]) * gelu_derivative(number(x[i]), tanh));
}
extern "C" __global__ void GeluGrad(const float* dy, const float* x, float* dx, int tanh, long long n) { gelu_grad(dy, x, dx, tanh, n); }
extern "C" __global__ void GeluGradBF16(const bf16* dy, const bf16* x, bf16* dx, int tanh, long long n) { gelu_grad(dy, x, dx, tanh, n); }
