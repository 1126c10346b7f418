// Conv. Two kernels: the weight as [out, tap, in/group], unless it has one tap and is so already, in any number of blocks; and the products, in groups times ceil(pixels/64) times ceil(out/group/64) blocks of
// product_threads threads.
#include "convolution.cuh"

extern "C" __global__ void ConvWeights(const float* w, float* to, long long n, int in, int taps) { last_weights(w, to, n, in, taps); }
extern "C" __global__ void ConvWeightsBF16(const bf16* w, bf16* to, long long n, int in, int taps) { last_weights(w, to, n, in, taps); }

// b may be absent.
template <class T>
__device__ void conv(const T* x, const T* w, const float* b, T* y, const Convolution& s) {
  const Share share(s.group);
  const int out = s.out / s.group, width = s.in / s.group * s.taps(), first = share.group * out;
  const Map<T> to = s.small(y, share.group);
  product<T, false, false>(share.block, s.out_pixels(), out, width, 1, s.seen(x, share.group), Matrix<T>{w + static_cast<long long>(first) * width, out, width, width},
                           [&](long long pixel, long long c, int, float v) { store(to.at(pixel, c), b ? v + b[first + c] : v); });
}
extern "C" __global__ void __launch_bounds__(product_threads) Conv(const float* x, const float* w, const float* b, float* y, CONVOLUTION) { conv(x, w, b, y, CONVOLUTION_OF); }
extern "C" __global__ void __launch_bounds__(product_threads) ConvBF16(const bf16* x, const bf16* w, const float* b, bf16* y, CONVOLUTION) { conv(x, w, b, y, CONVOLUTION_OF); }
