// CrossEntropy: the mean over the rows of -log softmax(logits)[target].
#include <algorithm>
#include <vector>

#include "softmax.h"

namespace ssc {
namespace {

class CrossEntropy : public Kernel {
 public:
  explicit CrossEntropy(const Attributes&) {}

  void compute(Call& call) override {
    const Rows rows(call, "CrossEntropy");
    std::vector<double> loss(rows.pieces());
    rows.each(call, [&](size_t piece, int64_t from, int64_t to) {
      for (int64_t r = from; r < to; r++) {
        const float* const x = rows.logits + r * rows.classes;
        float sum;
        const float top = exponentials(x, rows.classes, nullptr, &sum);
        loss[piece] += std::log(sum) - (x[rows.target[r]] - top);
      }
    });
    double total = 0;
    for (double l : loss) total += l;
    *call.output(0, {}) = static_cast<float>(total / static_cast<double>(rows.count));
  }
};

std::vector<Dims> shapes(const std::vector<Dims>&, const Attributes&) { return {{}}; }

const Register entry{{"CrossEntropy", {{}, {Type::i64}}, {{}}, shapes, make<CrossEntropy>}};
SSC_LISTED(CrossEntropy);

}  // namespace
}  // namespace ssc
