// InfoNCEKeyGrad: the slopes of the similarities, turned round, times the queries.
#include "info_nce.h"

namespace ssc {
namespace {

template <class T>
class InfoNCEKeyGrad : public Kernel {
 public:
  explicit InfoNCEKeyGrad(const Attributes& a) : soft_(a) {}

  void compute(Call& call) override { Slopes<T>("InfoNCEKeyGrad", call, soft_).gradient(call, true, call.output<T>(0, call.dims(1))); }

 private:
  Softening soft_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(1)}; }

template <class T>
Entry entry() {
  return {"InfoNCEKeyGrad", {{type_of<T>}, {type_of<T>}, {Type::i64, true}, {}, {}, {Type::f32, true}}, {{type_of<T>}}, shapes, make<InfoNCEKeyGrad<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(InfoNCEKeyGrad);

}  // namespace
}  // namespace ssc
