// What a kernel is. A file <function>.cpp holds the kernel of the function of that name in compiler/fn: a class with compute, the rule
// for the shapes of its results, and one Entry.
//
// Every file but library.cpp is compiled once for each instruction set; the build hides all names of these copies but entries'.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ort.h"

namespace ssc {

struct Kernel {
  virtual ~Kernel() = default;
  // Runs the node once. It may be called from several threads at a time.
  virtual void compute(Call& call) = 0;
};

enum class Type { f32 = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, i64 = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, boolean = ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL };

struct Arg {
  Type type = Type::f32;
  bool optional = false;
};

struct Entry {
  const char* name;  // of the function
  std::vector<Arg> inputs, outputs;
  // Shapes of the results from those of the inputs (an absent input has none) and the attributes.
  std::vector<Dims> (*shapes)(const std::vector<Dims>& inputs, const Attributes& attributes);
  std::unique_ptr<Kernel> (*make)(const Attributes& attributes);
};

// The kernels of the instruction set that the file is compiled for.
std::vector<Entry>& entries();

// A file-level variable of this type enters a kernel.
struct Register {
  explicit Register(Entry e) { entries().push_back(std::move(e)); }
};

template <class K>
std::unique_ptr<Kernel> make(const Attributes& a) {
  return std::make_unique<K>(a);
}

// Says that a kernel was given what its function does not take.
[[noreturn]] inline void mismatch(const char* name, const std::string& what) { throw Error(std::string(name) + ": " + what); }

}  // namespace ssc
