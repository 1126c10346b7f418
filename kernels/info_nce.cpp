// InfoNCE: the mean over the queries of -log softmax(q*kᵀ/τ) at the positive. Logits exist one tile at a time; the sums of a row's tiles are brought together in their order.
#include "info_nce.h"

namespace ssc {
namespace {

template <class T>
class InfoNCE : public Kernel {
 public:
  explicit InfoNCE(const Attributes& a) : soft_(a) {}

  void compute(Call& call) override {
    const Logits<T> s("InfoNCE", call, soft_);
    const float* const positive = call.has(3) ? call.input(3) : nullptr;
    if (!positive == !s.target || (positive && call.dims(3) != Dims{s.rows, 1})) mismatch("InfoNCE", "the positive is to be one of the keys or beside them, [" + std::to_string(s.rows) + ", 1]");
    const int64_t across = s.across();
    const Buffer scratch = call.scratch(s.rows * (2 * across + 1) * sizeof(float));
    float* const top = scratch.floats();
    float* const sum = top + s.rows * across;
    float* const found = sum + s.rows * across;
    for (int64_t r = 0; positive && r < s.rows; r++) found[r] = positive[r] * soft_.scale;
    call.parallel(s.down() * across, [&](size_t i) {
      const int64_t j = i % across;
      const Buffer room = s.room(call);
      const auto t = s.tile(i / across, j, room);
      for (int64_t r = t.row; r < t.row + t.rows; r++) {
        top[r * across + j] = exponentials(&t.at(r, t.column), t.columns, nullptr, sum + r * across + j);
        if (s.target && t.has(s.target[r])) found[r] = t.at(r, s.target[r]);
      }
    });
    float* const lse = call.output(1, {s.rows});
    double total = 0;
    for (int64_t r = 0; r < s.rows; r++) {
      const float l = joined(top + r * across, sum + r * across, across, positive ? found + r : nullptr);
      if (lse) lse[r] = l;
      total += l - found[r];
    }
    *call.output(0, {}) = static_cast<float>(total / static_cast<double>(s.rows));
  }

 private:
  Softening soft_;

  // The logarithm of the sum of n sums, each of exponentials over its own largest logit, and of one more logit's, unless that is nullptr.
  static float joined(const float* top, const float* sum, int64_t n, const float* more) {
    float high = more ? *more : top[0];
    for (int64_t j = 0; j < n; j++) high = top[j] > high ? top[j] : high;
    float all = more ? exp_negative(*more - high) : 0;
    for (int64_t j = 0; j < n; j++) all += sum[j] * exp_negative(top[j] - high);
    return high + std::log(all);
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {{}, {in.at(0).at(0)}}; }

template <class T>
Entry entry() {
  return {"InfoNCE", {{type_of<T>}, {type_of<T>}, {Type::i64, true}, {Type::f32, true}}, {{}, {Type::f32, true}}, shapes, make<InfoNCE<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(InfoNCE);

}  // namespace
}  // namespace ssc
