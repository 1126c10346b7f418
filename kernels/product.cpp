#include "product.h"

#include <array>
#include <map>
#include <mutex>

#include "one_thread.h"

namespace ssc {

void product(int64_t m, int64_t n, int64_t k, float alpha, Matrix a, Matrix b, float beta, float* c, int64_t stride) {
  const OneThread one;
  const dnnl_status_t s = dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', m, n, k, alpha, a.data, a.stride, b.data, b.stride, beta, c, stride);
  if (s != dnnl_success) throw Error("matrix product of [" + std::to_string(m) + ", " + std::to_string(k) + "] and [" + std::to_string(k) + ", " + std::to_string(n) + "]: oneDNN status " + std::to_string(s));
}

namespace {

// A product of matrices of BFloat16 for fixed sizes.
struct Narrow {
  dnnl::matmul product;
  dnnl::memory::desc a, b, c, scratch;

  using Key = std::array<int64_t, 9>;

  explicit Narrow(const Key& key) {
    using dnnl::memory;
    const auto [m, n, k, a_stride, a_transposed, b_stride, b_transposed, stride, adds] = key;
    const auto strides = [](int64_t s, bool transposed) { return transposed ? memory::dims{1, s} : memory::dims{s, 1}; };
    a = memory::desc({m, k}, memory::data_type::bf16, strides(a_stride, a_transposed));
    b = memory::desc({k, n}, memory::data_type::bf16, strides(b_stride, b_transposed));
    c = memory::desc({m, n}, memory::data_type::f32, strides(stride, false));
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (adds) {
      dnnl::post_ops sum;
      sum.append_sum();
      attr.set_post_ops(sum);
    }
    const dnnl::matmul::primitive_desc d(one_engine(), a, b, c, attr);
    product = dnnl::matmul(d);
    scratch = d.scratchpad_desc();
  }

  // The product for these sizes, made when they are first seen and kept.
  static const Narrow& of(const Key& key) {
    static std::mutex mutex;
    static std::map<Key, std::unique_ptr<Narrow>> made;
    const std::lock_guard<std::mutex> lock(mutex);
    std::unique_ptr<Narrow>& p = made[key];
    if (!p) p = std::make_unique<Narrow>(key);
    return *p;
  }
};

// A matrix of rows x columns before transposition as float, its rows side by side.
Buffer dense(const Call& call, MatrixOf<BFloat16> x, int64_t rows, int64_t columns) {
  Buffer to = call.scratch(rows * columns * sizeof(float));
  for (int64_t r = 0; r < rows; r++) convert(x.data + r * x.stride, to.floats() + r * columns, columns);
  return to;
}

}  // namespace

void product(const Call& call, int64_t m, int64_t n, int64_t k, MatrixOf<BFloat16> a, MatrixOf<BFloat16> b, float* c, int64_t stride, bool adds) {
  if (!has_bfloat16()) {
    const int64_t ac = a.transposed ? m : k, bc = b.transposed ? k : n;
    const Buffer x = dense(call, a, a.transposed ? k : m, ac), y = dense(call, b, b.transposed ? n : k, bc);
    return product(m, n, k, 1, {x.floats(), ac, a.transposed}, {y.floats(), bc, b.transposed}, adds ? 1.0f : 0.0f, c, stride);
  }
  const OneThread one;
  const Narrow& p = Narrow::of({m, n, k, a.stride, a.transposed, b.stride, b.transposed, stride, adds});
  const Buffer scratch = call.scratch(p.scratch.get_size());
  execute_one(p.product, {{DNNL_ARG_SRC, view(p.a, a.data)}, {DNNL_ARG_WEIGHTS, view(p.b, b.data)}, {DNNL_ARG_DST, view(p.c, c)},
                          {DNNL_ARG_SCRATCHPAD, view(p.scratch, scratch.data())}});
}

}  // namespace ssc
