// LayerNorm: y = (x - mean)/sqrt(variance + epsilon)*w + b of each row. Any number of blocks, each of which does a row after the other; a row is read three times, twice from the cache.
#include "block.cuh"

template <class T>
__device__ void layer_norm(const T* x, const float* w, const float* b, T* y, long long rows, int width, float epsilon) {
  for (long long row = blockIdx.x; row < rows; row += gridDim.x) {
    const T* const from = x + row * width;
    float sum = 0, squares = 0;
    for (int k = threadIdx.x; k < width; k += blockDim.x) sum += number(from[k]);
    const float mean = joined<Sum>(sum) / width;
    for (int k = threadIdx.x; k < width; k += blockDim.x) squares += (number(from[k]) - mean) * (number(from[k]) - mean);
    const float r = 1 / sqrtf(joined<Sum>(squares) / width + epsilon);
    for (int k = threadIdx.x; k < width; k += blockDim.x) store(y + row * width + k, (number(from[k]) - mean) * r * w[k] + b[k]);
  }
}
extern "C" __global__ void LayerNorm(const float* x, const float* w, const float* b, float* y, long long rows, int width, float epsilon) {
  layer_norm(x, w, b, y, rows, width, epsilon);
}
extern "C" __global__ void LayerNormBF16(const bf16* x, const float* w, const float* b, bf16* y, long long rows, int width, float epsilon) {
  layer_norm(x, w, b, y, rows, width, epsilon);
}
