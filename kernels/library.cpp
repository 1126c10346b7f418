// The entry of the library: joins kernels to ONNX Runtime as custom operators of domain ai.ssc.
//
// A session names the kernels that it wants in its configuration entry ssc.kernels, separated by commas, and gets just these: a
// registered name owns every call of that name, so what is not listed must stay with the body that the model carries.
#include <dnnl.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>

#include "kernel.h"

#define SSC_EXPORT extern "C" __attribute__((visibility("default")))

extern "C" const std::vector<ssc::Entry>* ssc_entries_v2();
extern "C" const std::vector<ssc::Entry>* ssc_entries_v3();
extern "C" const std::vector<ssc::Entry>* ssc_entries_v4();

namespace ssc {
namespace {

// A copy of the kernels.
struct Level {
  const char* name;  // of the level of x86-64 that it is compiled for
  const std::vector<Entry>* (*entries)();
};

// The copy for this processor. What oneDNN may use bounds the choice, so that its variable ONEDNN_MAX_CPU_ISA holds for all.
Level level() {
  const int isa = dnnl_get_effective_cpu_isa();
  const auto allowed = [isa](int set) { return (isa & set) == set; };
  if (allowed(dnnl_cpu_isa_avx512_core)) return {"x86-64-v4", ssc_entries_v4};
  if (allowed(dnnl_cpu_isa_avx2)) return {"x86-64-v3", ssc_entries_v3};
  return {"x86-64-v2", ssc_entries_v2};
}

const std::vector<Entry>& chosen() { return *level().entries(); }

OrtStatus* failure(const std::exception& e) { return api->CreateStatus(ORT_FAIL, e.what()); }

// Runs f and turns what it throws into a status.
template <class F>
OrtStatus* guarded(const F& f) {
  try {
    f();
    return nullptr;
  } catch (const std::exception& e) {
    return failure(e);
  } catch (...) {
    return api->CreateStatus(ORT_FAIL, "unknown exception");
  }
}

// Attributes of a node of a session.
class NodeAttributes : public Attributes {
 public:
  explicit NodeAttributes(const OrtKernelInfo* info) : info_(info) {}

  Dims ints(const char* name) const override {
    size_t n = 0;
    if (!found(api->KernelInfoGetAttributeArray_int64(info_, name, nullptr, &n))) return {};
    Dims d(n);
    if (n) check(api->KernelInfoGetAttributeArray_int64(info_, name, d.data(), &n));
    return d;
  }
  int64_t integer(const char* name, int64_t missing) const override {
    int64_t v = 0;
    return found(api->KernelInfoGetAttribute_int64(info_, name, &v)) ? v : missing;
  }
  float number(const char* name, float missing) const override {
    float v = 0;
    return found(api->KernelInfoGetAttribute_float(info_, name, &v)) ? v : missing;
  }

 private:
  static bool found(OrtStatus* s) {
    if (!s) return true;
    api->ReleaseStatus(s);
    return false;
  }
  const OrtKernelInfo* info_;
};

// Attributes while shapes are inferred.
class ShapeAttributes : public Attributes {
 public:
  explicit ShapeAttributes(const OrtShapeInferContext* context) : context_(context) {}

  Dims ints(const char* name) const override {
    const OrtOpAttr* a = find(name);
    size_t bytes = 0;
    if (!a) return {};
    if (OrtStatus* s = api->ReadOpAttr(a, ORT_OP_ATTR_INTS, nullptr, 0, &bytes)) api->ReleaseStatus(s);  // tells the size
    Dims d(bytes / sizeof(int64_t));
    if (bytes) check(api->ReadOpAttr(a, ORT_OP_ATTR_INTS, d.data(), bytes, &bytes));
    return d;
  }
  int64_t integer(const char* name, int64_t missing) const override { return scalar(name, ORT_OP_ATTR_INT, missing); }
  float number(const char* name, float missing) const override { return scalar(name, ORT_OP_ATTR_FLOAT, missing); }

 private:
  template <class T>
  T scalar(const char* name, OrtOpAttrType type, T missing) const {
    T v = missing;
    size_t bytes = sizeof v;
    if (const OrtOpAttr* a = find(name)) check(api->ReadOpAttr(a, type, &v, sizeof v, &bytes));
    return v;
  }
  const OrtOpAttr* find(const char* name) const {
    const OrtOpAttr* a = nullptr;
    if (OrtStatus* s = api->ShapeInferContext_GetAttribute(context_, name, &a)) {
      api->ReleaseStatus(s);
      return nullptr;
    }
    return a;
  }
  const OrtShapeInferContext* context_;
};

// The entry of the function's name for an element type of the first input. Results have types and shapes by it: ONNX Runtime asks the first entry of a name for all of them.
const Entry& entry_for(const Entry& e, ONNXTensorElementDataType type) {
  for (const Entry& other : chosen()) {
    if (std::strcmp(other.name, e.name) == 0 && static_cast<ONNXTensorElementDataType>(other.inputs[0].type) == type) return other;
  }
  return e;
}

// Gives the results their types and shapes; leaves them open where an input's shape is.
void infer(const Entry& first, OrtShapeInferContext* context) {
  size_t n = 0;
  check(api->ShapeInferContext_GetInputCount(context, &n));
  std::vector<Dims> in(n);
  const Entry* found = &first;
  for (size_t i = 0; i < n; i++) {
    OrtTensorTypeAndShapeInfo* info = nullptr;
    if (OrtStatus* s = api->ShapeInferContext_GetInputTypeShape(context, i, &info)) {
      api->ReleaseStatus(s);
      if (first.inputs[i].optional) continue;
      return;
    }
    if (i == 0) {
      ONNXTensorElementDataType type;
      check(api->GetTensorElementType(info, &type));
      found = &entry_for(first, type);
    }
    size_t rank = 0;
    check(api->GetDimensionsCount(info, &rank));
    in[i].resize(rank);
    check(api->GetDimensions(info, in[i].data(), rank));
    if (std::any_of(in[i].begin(), in[i].end(), [](int64_t d) { return d < 0; })) return;
  }
  const Entry& e = *found;
  const std::vector<Dims> out = e.shapes(in, ShapeAttributes(context));
  for (size_t i = 0; i < out.size(); i++) {
    OrtTensorTypeAndShapeInfo* info = nullptr;
    check(api->CreateTensorTypeAndShapeInfo(&info));
    check(api->SetTensorElementType(info, static_cast<ONNXTensorElementDataType>(e.outputs[i].type)));
    check(api->SetDimensions(info, out[i].data(), out[i].size()));
    OrtStatus* s = api->ShapeInferContext_SetOutputTypeShape(context, i, info);
    api->ReleaseTensorTypeAndShapeInfo(info);
    check(s);
  }
}

OrtCustomOpInputOutputCharacteristic characteristic(const Arg& a) { return a.optional ? INPUT_OUTPUT_OPTIONAL : INPUT_OUTPUT_REQUIRED; }

// A kernel as ONNX Runtime sees it.
struct Operator : OrtCustomOp {
  const Entry* entry;

  static const Entry& of(const OrtCustomOp* op) { return *static_cast<const Operator*>(op)->entry; }

  explicit Operator(const Entry& e) : OrtCustomOp{}, entry(&e) {
    version = ORT_API_VERSION;
    GetName = [](const OrtCustomOp* op) { return of(op).name; };
    GetExecutionProviderType = [](const OrtCustomOp*) -> const char* { return nullptr; };
    GetInputTypeCount = [](const OrtCustomOp* op) { return of(op).inputs.size(); };
    GetOutputTypeCount = [](const OrtCustomOp* op) { return of(op).outputs.size(); };
    GetInputType = [](const OrtCustomOp* op, size_t i) { return static_cast<ONNXTensorElementDataType>(of(op).inputs[i].type); };
    GetOutputType = [](const OrtCustomOp* op, size_t i) { return static_cast<ONNXTensorElementDataType>(of(op).outputs[i].type); };
    GetInputCharacteristic = [](const OrtCustomOp* op, size_t i) { return characteristic(of(op).inputs[i]); };
    GetOutputCharacteristic = [](const OrtCustomOp* op, size_t i) { return characteristic(of(op).outputs[i]); };
    GetInputMemoryType = [](const OrtCustomOp*, size_t) { return OrtMemTypeDefault; };
    GetVariadicInputMinArity = [](const OrtCustomOp*) { return 1; };
    GetVariadicOutputMinArity = [](const OrtCustomOp*) { return 1; };
    GetVariadicInputHomogeneity = [](const OrtCustomOp*) { return 1; };
    GetVariadicOutputHomogeneity = [](const OrtCustomOp*) { return 1; };
    GetStartVersion = [](const OrtCustomOp*) { return 1; };
    GetEndVersion = [](const OrtCustomOp*) { return 1; };
    CreateKernelV2 = [](const OrtCustomOp* op, const OrtApi*, const OrtKernelInfo* info, void** kernel) {
      return guarded([&] { *kernel = of(op).make(NodeAttributes(info)).release(); });
    };
    KernelComputeV2 = [](void* kernel, OrtKernelContext* context) {
      return guarded([&] {
        Call call(context);
        static_cast<Kernel*>(kernel)->compute(call);
      });
    };
    KernelDestroy = [](void* kernel) { delete static_cast<Kernel*>(kernel); };
    InferOutputShapeFn = [](const OrtCustomOp* op, OrtShapeInferContext* context) { return guarded([&] { infer(of(op), context); }); };
  }
};

// What the session asks for; empty when it does not.
std::string wanted(const OrtSessionOptions* options) {
  size_t n = 0;
  int has = 0;
  check(api->HasSessionConfigEntry(options, "ssc.kernels", &has));
  if (!has) return "";
  check(api->GetSessionConfigEntry(options, "ssc.kernels", nullptr, &n));
  std::string s(n, 0);
  check(api->GetSessionConfigEntry(options, "ssc.kernels", &s[0], &n));
  s.resize(n ? n - 1 : 0);  // without the final zero
  return s;
}

// The domain with the kernels of the list. Sessions keep pointers into it, so it stays for good; equal lists share one.
OrtCustomOpDomain* domain(const std::string& list) {
  static std::mutex mutex;
  static std::map<std::string, OrtCustomOpDomain*> made;
  static std::vector<std::unique_ptr<Operator>> operators;
  const std::lock_guard<std::mutex> lock(mutex);
  OrtCustomOpDomain*& d = made[list];
  if (d) return d;
  const std::vector<Entry>& all = chosen();
  std::vector<std::unique_ptr<Operator>> ops;
  std::istringstream names(list);
  for (std::string name; std::getline(names, name, ',');) {
    const size_t before = ops.size();
    for (const Entry& e : all) {
      if (name == e.name) ops.push_back(std::make_unique<Operator>(e));
    }
    if (ops.size() == before) throw Error("ssc.kernels: this library has no kernel " + name);
  }
  OrtCustomOpDomain* fresh = nullptr;
  check(api->CreateCustomOpDomain("ai.ssc", &fresh));
  for (auto& op : ops) {
    check(api->CustomOpDomain_Add(fresh, op.get()));
    operators.push_back(std::move(op));
  }
  return d = fresh;
}

}  // namespace
}  // namespace ssc

// The names of the kernels in the library, separated by commas.
SSC_EXPORT const char* SscKernels() {
  static const std::string names = [] {
    std::vector<std::string> list;
    for (const ssc::Entry& e : ssc::chosen()) list.push_back(e.name);
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
    std::string all;
    for (const std::string& name : list) all += (all.empty() ? "" : ",") + name;
    return all;
  }();
  return names.c_str();
}

// The level of x86-64 of the copy for this processor.
SSC_EXPORT const char* SscLevel() { return ssc::level().name; }

// Whether the processor has instructions for what the kernels store as bfloat16.
SSC_EXPORT int SscBFloat16() { return ssc::has_bfloat16(); }

SSC_EXPORT OrtStatus* ORT_API_CALL RegisterCustomOps(OrtSessionOptions* options, const OrtApiBase* base) {
  const OrtApi* const api = base->GetApi(ORT_API_VERSION);
  if (!api) return base->GetApi(1)->CreateStatus(ORT_FAIL, "the kernels are built for a newer ONNX Runtime");
  ssc::api = api;
  return ssc::guarded([&] {
    const std::string list = ssc::wanted(options);
    if (!list.empty()) ssc::check(ssc::api->AddCustomOpDomain(options, ssc::domain(list)));
  });
}
