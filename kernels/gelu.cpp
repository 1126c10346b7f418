// Gelu: x*Φ(x).
#include "gelu.h"

namespace ssc {
namespace {

constexpr int64_t piece = int64_t{1} << 15;

template <class T>
class Gelu : public Kernel {
 public:
  explicit Gelu(const Attributes& a) : tanh_(a.integer("tanh", 0) != 0) {}

  void compute(Call& call) override {
    const T* const x = call.input<T>(0);
    const int64_t n = size_of(call.dims(0));
    T* const y = call.output<T>(0, call.dims(0));
    call.parallel(pieces_of(n, piece), [&](size_t i) {
      const int64_t from = static_cast<int64_t>(i) * piece;
      gelu_row(x + from, y + from, std::min(piece, n - from), tanh_);
    });
  }

 private:
  bool tanh_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(0)}; }

template <class T>
Entry entry() {
  return {"Gelu", {{type_of<T>}}, {{type_of<T>}}, shapes, make<Gelu<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(Gelu);

}  // namespace
}  // namespace ssc
