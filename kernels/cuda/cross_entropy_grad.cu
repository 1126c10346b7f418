// CrossEntropyGrad: (softmax(logits) - 1 at the target)*dy/rows. Any number of blocks, each of which does a row after the other.
#include "block.cuh"

extern "C" __global__ void CrossEntropyGrad(const float* logits, const long long* target, const float* dy, float* d, int rows, int classes) {
  const float scale = *dy / rows;
  for (int row = blockIdx.x; row < rows; row += gridDim.x) {
    const long long at = static_cast<long long>(row) * classes;
    float most_of = -infinity(), sum = 0;
    for (int k = threadIdx.x; k < classes; k += blockDim.x) most_of = Largest()(logits[at + k], most_of);
    most_of = joined<Largest>(most_of);
    for (int k = threadIdx.x; k < classes; k += blockDim.x) sum += expf(logits[at + k] - most_of);
    const float part = 1 / joined<Sum>(sum);
    for (int k = threadIdx.x; k < classes; k += blockDim.x) d[at + k] = (expf(logits[at + k] - most_of) * part - (k == target[row] ? 1 : 0)) * scale;
  }
}
