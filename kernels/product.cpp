#include "product.h"

#include <dnnl.h>

#include "kernel.h"
#include "one_thread.h"

namespace ssc {

void product(int64_t m, int64_t n, int64_t k, float alpha, Matrix a, Matrix b, float beta, float* c, int64_t stride) {
  const OneThread one;
  const dnnl_status_t s = dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', m, n, k, alpha, a.data, a.stride, b.data, b.stride, beta, c, stride);
  if (s != dnnl_success) throw Error("matrix product of [" + std::to_string(m) + ", " + std::to_string(k) + "] and [" + std::to_string(k) + ", " + std::to_string(n) + "]: oneDNN status " + std::to_string(s));
}

}  // namespace ssc
