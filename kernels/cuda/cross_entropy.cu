// CrossEntropy: the mean over the rows of log(sum exp(logits)) - logits[target]. Two kernels: the loss of each row, in any number of blocks; and their mean, in one block. A target that is no class gives no
// number.
#include "block.cuh"

extern "C" __global__ void CrossEntropyRows(const float* logits, const long long* target, float* losses, int rows, int classes) {
  for (int row = blockIdx.x; row < rows; row += gridDim.x) {
    const float* const x = logits + static_cast<long long>(row) * classes;
    float most_of = -infinity(), sum = 0;
    for (int k = threadIdx.x; k < classes; k += blockDim.x) most_of = Largest()(x[k], most_of);
    most_of = joined<Largest>(most_of);
    for (int k = threadIdx.x; k < classes; k += blockDim.x) sum += expf(x[k] - most_of);
    sum = joined<Sum>(sum);
    if (threadIdx.x == 0) losses[row] = target[row] < 0 || target[row] >= classes ? infinity() - infinity() : logf(sum) - (x[target[row]] - most_of);
  }
}

extern "C" __global__ void CrossEntropy(const float* losses, float* loss, int rows) {
  double sum = 0;
  for (int row = threadIdx.x; row < rows; row += blockDim.x) sum += losses[row];
  sum = joined<Sum>(sum);
  if (threadIdx.x == 0) *loss = static_cast<float>(sum / rows);
}
