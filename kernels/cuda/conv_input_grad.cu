// ConvInputGrad. Two kernels: the weight as [group, tap, out/group, in/group], unless it has one tap and is so already, in any number of blocks; and the products, in groups times ceil(pixels/64) times
// ceil(in/group/64) blocks of product_threads threads. A pixel gathers from the windows that see it, so that no two threads add to one number.
#include "convolution.cuh"

// n is that of all elements, in and out those of a group's channels.
template <class T>
__device__ void conv_input_grad_weights(const T* w, T* to, long long n, int in, int out, int taps) {
  for EACH(i, n) {
    const long long c = i % in, o = i / in % out, tap = i / in / out % taps, group = i / in / out / taps;
    to[i] = w[((group * out + o) * in + c) * taps + tap];
  }
}
extern "C" __global__ void ConvInputGradWeights(const float* w, float* to, long long n, int in, int out, int taps) { conv_input_grad_weights(w, to, n, in, out, taps); }
extern "C" __global__ void ConvInputGradWeightsBF16(const bf16* w, bf16* to, long long n, int in, int out, int taps) { conv_input_grad_weights(w, to, n, in, out, taps); }

// As libraries take it.
extern "C" __global__ void ConvInputGradLastWeightsBF16(const bf16* w, bf16* to, long long n, int in, int taps) { last_weights(w, to, n, in, taps); }

template <class T>
__device__ void conv_input_grad(const T* dy, const T* w, T* dx, const Convolution& s) {
  const Share share(s.group);
  const int in = s.in / s.group, depth = s.out / s.group * s.taps();
  const Map<T> to = s.large(dx, share.group);
  product<T, false, true>(share.block, s.pixels(), in, depth, 1, s.seeing(dy, share.group), Matrix<T>{w + static_cast<long long>(share.group) * depth * in, depth, in, in},
                          [&](long long pixel, long long c, int, float v) { store(to.at(pixel, c), v); });
}
extern "C" __global__ void __launch_bounds__(product_threads) ConvInputGrad(const float* dy, const float* w, float* dx, CONVOLUTION) { conv_input_grad(dy, w, dx, CONVOLUTION_OF); }
extern "C" __global__ void __launch_bounds__(product_threads) ConvInputGradBF16(const bf16* dy, const bf16* w, bf16* dx, CONVOLUTION) { conv_input_grad(dy, w, dx, CONVOLUTION_OF); }
