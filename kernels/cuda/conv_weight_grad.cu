// ConvWeightGrad. Two kernels: the products over pieces of the pixels, in groups times pieces times ceil(out/group/64) times ceil(taps*in/group/64) blocks of product_threads threads; and their totals, in
// any number of blocks.
#include "convolution.cuh"

// partial is [pieces][out][tap][in/group].
template <class T>
__device__ void conv_weight_grad(const T* x, const T* dy, float* partial, int pieces, const Convolution& s) {
  const Share share(s.group);
  const int out = s.out / s.group, width = s.in / s.group * s.taps();
  product<T, true, true>(share.block, out, width, s.out_pixels(), pieces, s.alone(dy, share.group), s.seen(x, share.group), [&](long long o, long long column, int piece, float v) {
    partial[(static_cast<long long>(piece) * s.out + share.group * out + o) * width + column] = v;
  });
}
extern "C" __global__ void __launch_bounds__(product_threads) ConvWeightGrad(const float* x, const float* dy, float* partial, int pieces, CONVOLUTION) {
  conv_weight_grad(x, dy, partial, pieces, CONVOLUTION_OF);
}
extern "C" __global__ void __launch_bounds__(product_threads) ConvWeightGradBF16(const bf16* x, const bf16* dy, float* partial, int pieces, CONVOLUTION) {
  conv_weight_grad(x, dy, partial, pieces, CONVOLUTION_OF);
}

// n is that of all elements, in that of a group's channels.
extern "C" __global__ void ConvWeightGradTotals(const float* partial, float* dw, int pieces, long long n, int in, int taps) {
  for EACH(i, n) {
    const long long from = (i / taps / in * taps + i % taps) * in + i / taps % in;
    float sum = 0;
    for (int p = 0; p < pieces; p++) sum += partial[p * n + from];
    dw[i] = sum;
  }
}

// The same of what a library gives, [out, tap, in/group].
extern "C" __global__ void ConvWeightGradOfLast(const bf16* from, float* dw, long long n, int in, int taps) {
  for EACH(i, n) dw[i] = number(from[(i / taps / in * taps + i % taps) * in + i / taps % in]);
}
