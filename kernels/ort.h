// The part of ONNX Runtime's C interface that kernels use, as C++: errors are exceptions, resources free themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "onnxruntime_c_api.h"

namespace ssc {

using Dims = std::vector<int64_t>;

inline int64_t size_of(const Dims& d) {
  int64_t n = 1;
  for (int64_t x : d) n *= x;
  return n;
}

std::string text(const Dims& d);  // "[2, 3]"

// The function table that the host passed in. It is set before anything else of this header is used.
extern const OrtApi* api;

// Throws what a status says, and releases it.
void check(OrtStatus* status);

// Error is thrown by kernels; its text reaches the caller of the session.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Attributes of a node. A missing attribute has the value given as its default.
class Attributes {
 public:
  virtual ~Attributes() = default;
  virtual Dims ints(const char* name) const = 0;  // empty when missing
  virtual int64_t integer(const char* name, int64_t missing) const = 0;
  virtual float number(const char* name, float missing) const = 0;
};

// Bytes from the session's allocator, so that what kernels need is part of the session's memory.
class Buffer {
 public:
  Buffer(OrtAllocator* from, size_t bytes) : from_(from), data_(bytes ? from->Alloc(from, bytes) : nullptr) {
    if (bytes && !data_) throw Error("out of memory: " + std::to_string(bytes) + " bytes of scratch");
  }
  Buffer(Buffer&& b) noexcept : from_(b.from_), data_(b.data_) { b.data_ = nullptr; }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    if (data_) from_->Free(from_, data_);
  }
  void* data() const { return data_; }
  float* floats() const { return static_cast<float*>(data_); }

 private:
  OrtAllocator* from_;
  void* data_;
};

// One call of a kernel.
class Call {
 public:
  explicit Call(OrtKernelContext* context);
  ~Call();

  bool has(size_t input) const;  // whether an optional input is given
  const Dims& dims(size_t input) const { return dims_.at(input); }
  template <class T = float>
  const T* input(size_t i) const {
    return static_cast<const T*>(data_.at(i));
  }
  // The memory of an output; nullptr when nobody reads it.
  template <class T = float>
  T* output(size_t i, const Dims& d) {
    return static_cast<T*>(make(i, d));
  }
  Buffer scratch(size_t bytes) const { return Buffer(allocator_, bytes); }

  // Runs f(0) … f(n-1) on the session's threads. A task that throws makes the whole throw, after all have ended. What n is must not
  // depend on the number of threads, so that no result does.
  void parallel(size_t n, const std::function<void(size_t)>& f) const;

 private:
  void* make(size_t i, const Dims& d);

  OrtKernelContext* context_;
  OrtAllocator* allocator_ = nullptr;
  size_t outputs_ = 0;
  std::vector<Dims> dims_;
  std::vector<const void*> data_;
};

}  // namespace ssc
