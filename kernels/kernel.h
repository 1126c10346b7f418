// What a kernel is. A file <function>.cpp holds the kernel of the function of that name in compiler/fn: a class with compute, the rule
// for the shapes of its results, and one Entry.
//
// Every file but library.cpp is compiled once for each instruction set; the build hides all names of these copies but entries'.
#pragma once

#include <dnnl.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bfloat16.h"
#include "ort.h"

namespace ssc {

struct Kernel {
  virtual ~Kernel() = default;
  // Runs the node once. It may be called from several threads at a time.
  virtual void compute(Call& call) = 0;
};

enum class Type {
  f32 = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
  bf16 = ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16,
  i64 = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64,
  boolean = ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL
};

// The type of elements that are stored as T.
template <class T>
constexpr Type type_of = Type::f32;
template <>
constexpr Type type_of<BFloat16> = Type::bf16;
template <>
constexpr Type type_of<int64_t> = Type::i64;

struct Arg {
  Type type = Type::f32;
  bool optional = false;
};

struct Entry {
  const char* name;  // of the function; it may have several entries, for inputs of other types
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

// Names a function with a kernel in a section of the library's file, for a compiler that reads the list before the library is loaded.
#define SSC_LISTED(name) __attribute__((used, section("ssc_kernels"))) const char listed_##name[] = #name

template <class K>
std::unique_ptr<Kernel> make(const Attributes& a) {
  return std::make_unique<K>(a);
}

// Whether the processor has instructions for products of BFloat16; without them oneDNN takes longer than in float32, or cannot at all.
inline bool has_bfloat16() {
  static const bool has = (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
  return has;
}

// The number of pieces of a size that n items make.
inline int64_t pieces_of(int64_t n, int64_t size) { return (n + size - 1) / size; }

// Converts n elements on the session's threads.
template <class From, class To>
void convert_all(const Call& call, const From* from, To* to, int64_t n) {
  constexpr int64_t piece = int64_t{1} << 16;
  call.parallel(pieces_of(n, piece), [&](size_t i) {
    const int64_t begin = static_cast<int64_t>(i) * piece;
    convert(from + begin, to + begin, std::min(piece, n - begin));
  });
}

// n elements as float.
inline Buffer widened(const Call& call, const BFloat16* from, int64_t n) {
  Buffer b = call.scratch(n * sizeof(float));
  convert_all(call, from, b.floats(), n);
  return b;
}

// Sums are the floats that a part of a result of n elements is computed as: its own memory, or scratch memory that is rounded to it in the end.
template <class T>
class Sums {
 public:
  Sums(const Call& call, T* result, int64_t n) : result_(result), n_(n), spare_(call.scratch(n * sizeof(float))) {}
  float* data() const { return spare_.floats(); }
  void store() const { convert(spare_.floats(), result_, n_); }

 private:
  T* result_;
  int64_t n_;
  Buffer spare_;
};

template <>
class Sums<float> {
 public:
  Sums(const Call&, float* result, int64_t) : result_(result) {}
  float* data() const { return result_; }
  void store() const {}

 private:
  float* result_;
};

// Says that a kernel was given what its function does not take.
[[noreturn]] inline void mismatch(const char* name, const std::string& what) { throw Error(std::string(name) + ": " + what); }

}  // namespace ssc
