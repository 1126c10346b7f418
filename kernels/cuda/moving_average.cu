// MovingAverage: old + (1-m)*(target - old). ok, if it is there, and m are one number. The result may lie where the old values do. Any number of blocks.
#include "block.cuh"

extern "C" __global__ void MovingAverage(const bool* ok, const float* m, const float* old, const float* target, float* y, long long n) {
  const bool counts = !ok || *ok;
  if (!counts && y == old) return;
  const float rest = 1 - *m;
  for EACH(i, n) y[i] = counts ? old[i] + (target[i] - old[i]) * rest : old[i];
}
