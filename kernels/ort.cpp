#include "ort.h"

#include <exception>
#include <mutex>

namespace ssc {

const OrtApi* api = nullptr;

void check(OrtStatus* status) {
  if (!status) return;
  const std::string message = api->GetErrorMessage(status);
  api->ReleaseStatus(status);
  throw Error(message);
}

std::string text(const Dims& d) {
  std::string s = "[";
  for (size_t i = 0; i < d.size(); i++) s += (i ? ", " : "") + std::to_string(d[i]);
  return s + "]";
}

namespace {

Dims dims_of(const OrtValue* v) {
  OrtTensorTypeAndShapeInfo* info = nullptr;
  check(api->GetTensorTypeAndShape(v, &info));
  const std::unique_ptr<OrtTensorTypeAndShapeInfo, void (*)(OrtTensorTypeAndShapeInfo*)> guard(info, api->ReleaseTensorTypeAndShapeInfo);
  size_t rank = 0;
  check(api->GetDimensionsCount(info, &rank));
  Dims d(rank);
  check(api->GetDimensions(info, d.data(), rank));
  return d;
}

// The memory of the processor, described once.
const OrtMemoryInfo* memory_info() {
  static const OrtMemoryInfo* const info = [] {
    OrtMemoryInfo* made = nullptr;
    check(api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &made));
    return made;
  }();
  return info;
}

}  // namespace

Call::Call(OrtKernelContext* context) : context_(context) {
  size_t inputs = 0;
  check(api->KernelContext_GetInputCount(context, &inputs));
  check(api->KernelContext_GetOutputCount(context, &outputs_));
  dims_.resize(inputs);
  data_.resize(inputs);
  for (size_t i = 0; i < inputs; i++) {
    const OrtValue* v = nullptr;
    check(api->KernelContext_GetInput(context, i, &v));
    if (!v) continue;
    dims_[i] = dims_of(v);
    check(api->GetTensorMutableData(const_cast<OrtValue*>(v), const_cast<void**>(&data_[i])));
  }
  check(api->KernelContext_GetAllocator(context, memory_info(), &allocator_));
}

Call::~Call() {
  if (allocator_) api->ReleaseAllocator(allocator_);
}

bool Call::has(size_t input) const { return input < data_.size() && data_[input]; }

void* Call::make(size_t i, const Dims& d) {
  if (i >= outputs_) return nullptr;
  OrtValue* v = nullptr;
  check(api->KernelContext_GetOutput(context_, i, d.data(), d.size(), &v));
  if (!v) return nullptr;
  void* data = nullptr;
  check(api->GetTensorMutableData(v, &data));
  return data;
}

namespace {

struct Tasks {
  const std::function<void(size_t)>& f;
  std::mutex mutex;
  std::exception_ptr failed;

  static void run(void* self, size_t i) {
    auto* const t = static_cast<Tasks*>(self);
    try {
      t->f(i);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(t->mutex);
      if (!t->failed) t->failed = std::current_exception();
    }
  }
};

}  // namespace

void Call::parallel(size_t n, const std::function<void(size_t)>& f) const {
  if (n == 1) return f(0);
  if (n == 0) return;
  Tasks tasks{f, {}, nullptr};
  check(api->KernelContext_ParallelFor(context_, Tasks::run, n, n, &tasks));
  if (tasks.failed) std::rethrow_exception(tasks.failed);
}

}  // namespace ssc
