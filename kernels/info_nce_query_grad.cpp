// InfoNCEQueryGrad: the slopes of the similarities times the keys, and the slopes of positives that are no keys.
#include "info_nce.h"

namespace ssc {
namespace {

template <class T>
class InfoNCEQueryGrad : public Kernel {
 public:
  explicit InfoNCEQueryGrad(const Attributes& a) : soft_(a) {}

  void compute(Call& call) override {
    const Slopes<T> slopes("InfoNCEQueryGrad", call, soft_);
    slopes.gradient(call, false, call.output<T>(0, call.dims(0)));
    if (!call.has(6)) return;
    if (call.dims(6) != Dims{slopes.rows(), 1}) mismatch("InfoNCEQueryGrad", "the positives are " + text(call.dims(6)) + ", the queries " + text(call.dims(0)));
    const float* const positive = call.input(6);
    float* const out = call.output(1, call.dims(6));
    for (int64_t r = 0; out && r < slopes.rows(); r++) out[r] = slopes.beside(r, positive[r]);
  }

 private:
  Softening soft_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) {
  if (in.size() < 7 || in[6].empty()) return {in.at(0)};
  return {in[0], in[6]};
}

template <class T>
Entry entry() {
  const Arg maybe{Type::f32, true};
  return {"InfoNCEQueryGrad", {{type_of<T>}, {type_of<T>}, {Type::i64, true}, {}, {}, maybe, maybe}, {{type_of<T>}, maybe}, shapes, make<InfoNCEQueryGrad<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(InfoNCEQueryGrad);

}  // namespace
}  // namespace ssc
