// Convolutions by oneDNN: the forward pass and both gradients for fixed shapes.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "kernel.h"

namespace ssc {

// The attributes that Conv, ConvInputGrad and ConvWeightGrad share.
struct Window {
  Dims strides, pads, dilations;
  int64_t group = 1;
  bool channels_last = false;

  explicit Window(const Attributes& a);
  // The shape of the result for input x and weight w; x and the result are in the layout of the window.
  Dims result(const Dims& x, const Dims& w) const;
};

// A map with channels last.
struct Map {
  int64_t rows, columns, channels;
};

enum class Pass { forward, input_grad, weight_grad };

// Convolution runs one pass. oneDNN's code for a shape is made when the shape is first seen and kept.
class Convolution {
 public:
  // Maps and weights are of the type, f32 or bf16; the offset and the gradient of a weight are f32.
  Convolution(Pass pass, const Window& window, Type type = Type::f32);
  ~Convolution();
  // Shapes are those of the forward pass. first and second are the two inputs: x, w; dy, w; or x, dy. bias may be nullptr.
  void run(Call& call, const Dims& x, const Dims& w, const Dims& y, const void* first, const void* second, const float* bias, void* out);

 private:
  struct Plan;
  template <class T>
  void run_typed(Call& call, const Dims& x, const Dims& w, const Dims& y, const T* first, const T* second, const float* bias, void* out);
  template <class T>
  bool run_product(const Call& call, const Dims& x, const Dims& w, const Dims& y, const T* first, const T* second, const float* bias, void* out) const;
  void run_direct(Call& call, const Plan& p, const Dims& x, const Dims& w, const Dims& y, const void* first, const void* second, const float* bias, void* out) const;
  void run_wide(Call& call, const Dims& x, const Dims& w, const Dims& y, const void* first, const void* second, const float* bias, void* out);
  std::shared_ptr<Plan> plan(const Dims& x, const Dims& w, const Dims& y, bool bias);

  const Pass pass_;
  const Window window_;
  const Type type_;
  std::unique_ptr<Convolution> wide_;  // of float32, where the processor has no instructions for bfloat16
  std::mutex mutex_;
  std::vector<std::shared_ptr<Plan>> plans_;
};

}  // namespace ssc
