// CrossEntropyGrad: (softmax(logits) - onehot(target))*dy/rows.
#include "softmax.h"

namespace ssc {
namespace {

class CrossEntropyGrad : public Kernel {
 public:
  explicit CrossEntropyGrad(const Attributes&) {}

  void compute(Call& call) override {
    const Rows rows(call, "CrossEntropyGrad");
    float* const out = call.output(0, call.dims(0));
    const float scale = *call.input(2) / static_cast<float>(rows.count);
    rows.each(call, [&](size_t, int64_t from, int64_t to) {
      for (int64_t r = from; r < to; r++) {
        float* const d = out + r * rows.classes;
        float sum;
        exponentials(rows.logits + r * rows.classes, rows.classes, d, &sum);
        const float f = scale / sum;
#pragma omp simd
        for (int64_t i = 0; i < rows.classes; i++) d[i] *= f;
        d[rows.target[r]] -= scale;
      }
    });
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(0)}; }

const Register entry{{"CrossEntropyGrad", {{}, {Type::i64}, {}}, {{}}, shapes, make<CrossEntropyGrad>}};
SSC_LISTED(CrossEntropyGrad);

}  // namespace
}  // namespace ssc
