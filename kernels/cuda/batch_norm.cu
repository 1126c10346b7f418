// BatchNorm and BatchNormRelu on rows of channels, as maps are with their channels last: y = (x - mean)/sqrt(variance + epsilon)*w + b, and max(y + shortcut, 0). Three kernels, one after the other:
// sums over pieces of the rows, in pieces times ceil(channels/32) blocks of a multiple of 32 threads; moments, a thread for each channel; and the result, in any number of blocks. Sums are those of x less
// the first row, so that a large mean costs no digits.
#include "block.cuh"

// partial is [pieces][2][channels].
template <class T>
__device__ void batch_norm_sums(const T* x, float* partial, long long rows, int channels, int pieces) {
  column_sums(rows, channels, pieces, partial, [&](long long row, int c, float& a, float& b) {
    const float d = number(x[row * channels + c]) - number(x[c]);
    a += d, b += d * d;
  });
}
extern "C" __global__ void BatchNormSums(const float* x, float* partial, long long rows, int channels, int pieces) {
  batch_norm_sums(x, partial, rows, channels, pieces);
}
extern "C" __global__ void BatchNormSumsBF16(const bf16* x, float* partial, long long rows, int channels, int pieces) {
  batch_norm_sums(x, partial, rows, channels, pieces);
}

// fold is [2][channels]: y is x*fold[0] + fold[1].
template <class T>
__device__ void batch_norm_moments(const T* x, const float* partial, const float* w, const float* b, float* mean, float* variance, float* fold, long long rows, int channels, int pieces, float epsilon) {
  for EACH(c, channels) {
    double sum, squares;
    column_total(partial, pieces, channels, static_cast<int>(c), sum, squares);
    const double shift = sum / rows, spread = squares / rows - shift * shift, m = number(x[c]) + shift;
    mean[c] = static_cast<float>(m);
    variance[c] = spread < 0 ? 0 : static_cast<float>(spread);
    const float scale = w[c] / sqrtf(variance[c] + epsilon);
    fold[c] = scale, fold[channels + c] = b[c] - mean[c] * scale;
  }
}
extern "C" __global__ void BatchNormMoments(const float* x, const float* partial, const float* w, const float* b, float* mean, float* variance, float* fold, long long rows, int channels, int pieces,
                                            float epsilon) {
  batch_norm_moments(x, partial, w, b, mean, variance, fold, rows, channels, pieces, epsilon);
}
extern "C" __global__ void BatchNormMomentsBF16(const bf16* x, const float* partial, const float* w, const float* b, float* mean, float* variance, float* fold, long long rows, int channels, int pieces,
                                                float epsilon) {
  batch_norm_moments(x, partial, w, b, mean, variance, fold, rows, channels, pieces, epsilon);
}

// shortcut may be absent.
template <class T>
__device__ void batch_norm(const T* x, const T* shortcut, const float* fold, T* y, long long rows, int channels, int relu) {
  for EACH(i, rows * channels) {
    const int c = static_cast<int>(i % channels);
    float v = number(x[i]) * fold[c] + fold[channels + c];
    if (shortcut) v += number(shortcut[i]);
    store(y + i, relu && v < 0 ? 0 : v);  // what is no number stays
  }
}
extern "C" __global__ void BatchNorm(const float* x, const float* shortcut, const float* fold, float* y, long long rows, int channels, int relu) {
  batch_norm(x, shortcut, fold, y, rows, channels, relu);
}
extern "C" __global__ void BatchNormBF16(const bf16* x, const bf16* shortcut, const float* fold, bf16* y, long long rows, int channels, int relu) {
  batch_norm(x, shortcut, fold, y, rows, channels, relu);
}
