// BatchNorm and BatchNormRelu: y = (x - mean)/sqrt(variance + epsilon)*w + b of each channel, and max(y + shortcut, 0). Three kernels, one after the other: sums over pieces of the elements; moments, a
// thread for each channel; and the result, in any number of blocks. Sums are those of x less the channel's first element, so that a large mean costs no digits.
//
// There are two of each. One has rows of channels, as maps are with their channels last, and sums in pieces times ceil(channels/32) blocks of a multiple of 32 threads; the other, Plane in its name, has
// images x channels x plane, as other maps are, and sums in pieces times channels blocks.
#include "block.cuh"

template <class T>
__device__ void batch_norm_add(const T* x, long long i, long long first, float& a, float& b) {
  const float d = number(x[i]) - number(x[first]);
  a += d, b += d * d;
}

// partial is [pieces][2][channels].
template <class T>
__device__ void batch_norm_sums(const T* x, float* partial, long long rows, int channels, int pieces) {
  column_sums(rows, channels, pieces, partial, [&](long long row, int c, float& a, float& b) { batch_norm_add(x, row * channels + c, c, a, b); });
}
extern "C" __global__ void BatchNormSums(const float* x, float* partial, long long rows, int channels, int pieces) {
  batch_norm_sums(x, partial, rows, channels, pieces);
}
extern "C" __global__ void BatchNormSumsBF16(const bf16* x, float* partial, long long rows, int channels, int pieces) {
  batch_norm_sums(x, partial, rows, channels, pieces);
}

template <class T>
__device__ void batch_norm_plane_sums(const T* x, float* partial, int images, int channels, int plane, int pieces) {
  plane_sums(images, channels, plane, pieces, partial, [&](long long i, int c, float& a, float& b) { batch_norm_add(x, i, static_cast<long long>(c) * plane, a, b); });
}
extern "C" __global__ void BatchNormPlaneSums(const float* x, float* partial, int pieces, int images, int channels, int plane) {
  batch_norm_plane_sums(x, partial, images, channels, plane, pieces);
}
extern "C" __global__ void BatchNormPlaneSumsBF16(const bf16* x, float* partial, int pieces, int images, int channels, int plane) {
  batch_norm_plane_sums(x, partial, images, channels, plane, pieces);
}

// fold is [2][channels]: y is x*fold[0] + fold[1]. Channels begin a plane after the other.
template <class T>
__device__ void batch_norm_moments(const T* x, const float* partial, const float* w, const float* b, float* mean, float* variance, float* fold, long long rows, int channels, int plane, int pieces,
                                   float epsilon) {
  for EACH(c, channels) {
    double sum, squares;
    column_total(partial, pieces, channels, static_cast<int>(c), sum, squares);
    const double shift = sum / rows, spread = squares / rows - shift * shift, m = number(x[c * plane]) + shift;
    mean[c] = static_cast<float>(m);
    variance[c] = spread < 0 ? 0 : static_cast<float>(spread);
    const float scale = w[c] / sqrtf(variance[c] + epsilon);
    fold[c] = scale, fold[channels + c] = b[c] - mean[c] * scale;
  }
}
extern "C" __global__ void BatchNormMoments(const float* x, const float* partial, const float* w, const float* b, float* mean, float* variance, float* fold, long long rows, int channels, int pieces,
                                            float epsilon) {
  batch_norm_moments(x, partial, w, b, mean, variance, fold, rows, channels, 1, pieces, epsilon);
}
extern "C" __global__ void BatchNormMomentsBF16(const bf16* x, const float* partial, const float* w, const float* b, float* mean, float* variance, float* fold, long long rows, int channels, int pieces,
                                                float epsilon) {
  batch_norm_moments(x, partial, w, b, mean, variance, fold, rows, channels, 1, pieces, epsilon);
}
extern "C" __global__ void BatchNormPlaneMoments(const float* x, const float* partial, const float* w, const float* b, float* mean, float* variance, float* fold, int pieces, float epsilon,
                                                 int images, int channels, int plane) {
  batch_norm_moments(x, partial, w, b, mean, variance, fold, static_cast<long long>(images) * plane, channels, plane, pieces, epsilon);
}
extern "C" __global__ void BatchNormPlaneMomentsBF16(const bf16* x, const float* partial, const float* w, const float* b, float* mean, float* variance, float* fold, int pieces, float epsilon,
                                                     int images, int channels, int plane) {
  batch_norm_moments(x, partial, w, b, mean, variance, fold, static_cast<long long>(images) * plane, channels, plane, pieces, epsilon);
}

// shortcut may be absent.
template <class T>
__device__ void batch_norm_element(const T* x, const T* shortcut, const float* fold, T* y, long long i, int c, int channels, int relu) {
  float v = number(x[i]) * fold[c] + fold[channels + c];
  if (shortcut) v += number(shortcut[i]);
  store(y + i, relu && v < 0 ? 0 : v);  // what is no number stays
}

template <class T>
__device__ void batch_norm(const T* x, const T* shortcut, const float* fold, T* y, long long rows, int channels, int relu) {
  for EACH(i, rows * channels) batch_norm_element(x, shortcut, fold, y, i, static_cast<int>(i % channels), channels, relu);
}
extern "C" __global__ void BatchNorm(const float* x, const float* shortcut, const float* fold, float* y, long long rows, int channels, int relu) {
  batch_norm(x, shortcut, fold, y, rows, channels, relu);
}
extern "C" __global__ void BatchNormBF16(const bf16* x, const bf16* shortcut, const float* fold, bf16* y, long long rows, int channels, int relu) {
  batch_norm(x, shortcut, fold, y, rows, channels, relu);
}

template <class T>
__device__ void batch_norm_planes(const T* x, const T* shortcut, const float* fold, T* y, int images, int channels, int plane, int relu) {
  each_plane(images, channels, plane, [&](long long i, int c) { batch_norm_element(x, shortcut, fold, y, i, c, channels, relu); });
}
extern "C" __global__ void BatchNormPlanes(const float* x, const float* shortcut, const float* fold, float* y, int relu, int images, int channels, int plane) {
  batch_norm_planes(x, shortcut, fold, y, images, channels, plane, relu);
}
extern "C" __global__ void BatchNormPlanesBF16(const bf16* x, const bf16* shortcut, const float* fold, bf16* y, int relu, int images, int channels, int plane) {
  batch_norm_planes(x, shortcut, fold, y, images, channels, plane, relu);
}
