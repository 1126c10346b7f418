// SGD: d = g + decay*w, v = momentum*v + share*d, w -= rate*v, with nesterov rate*(d + momentum*v); without v, w -= rate*d. ok, decay and share, if they are there, and rate are one number. Results may
// lie where the old values do. Any number of blocks.
#include "block.cuh"

extern "C" __global__ void SGD(const bool* ok, const float* rate, const float* decay, const float* share, const float* g, const float* w, const float* v, float* wn, float* vn, long long n, float momentum,
                               int nesterov) {
  const bool counts = !ok || *ok;
  if (!counts && wn == w && vn == v) return;
  const float wd = decay ? *decay : 0, entering = share ? *share : 1, ahead = nesterov ? momentum : 1, now = nesterov ? 1 : 0;
  for EACH(i, n) {
    const float old = w[i], d = g[i] + wd * old;
    if (!v) {
      wn[i] = counts ? old - d * *rate : old;
      continue;
    }
    const float was = v[i], moved = momentum * was + entering * d;
    vn[i] = counts ? moved : was;
    wn[i] = counts ? old - (now * d + ahead * moved) * *rate : old;
  }
}
