// Gelu: x*Φ(x).
#include "gelu.h"

namespace ssc {
namespace {

constexpr int64_t piece = int64_t{1} << 15;

class Gelu : public Kernel {
 public:
  explicit Gelu(const Attributes& a) : tanh_(a.integer("tanh", 0) != 0) {}

  void compute(Call& call) override {
    const float* const x = call.input(0);
    const int64_t n = size_of(call.dims(0));
    float* const y = call.output(0, call.dims(0));
    call.parallel((n + piece - 1) / piece, [&](size_t i) {
      const int64_t from = static_cast<int64_t>(i) * piece;
      gelu_row(x + from, y + from, std::min(piece, n - from), tanh_);
    });
  }

 private:
  bool tanh_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(0)}; }

const Register entry{{"Gelu", {{}}, {{}}, shapes, make<Gelu>}};

}  // namespace
}  // namespace ssc
