// cuDNN and cuBLASLt, as far as ssc uses them, on the processor: in plain loops over what their descriptors say. What a caller leaves out or passes twice is an error.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <vector>

namespace {

enum { OK = 0, BAD = 2000, UNSUPPORTED = 3000, INVALID = 7, NOT_SUPPORTED = 15 };  // the first two of cuDNN, the others of cuBLASLt

float number(uint16_t bits) {
  const uint32_t u = static_cast<uint32_t>(bits) << 16;
  float f;
  memcpy(&f, &u, sizeof f);
  return f;
}

uint16_t narrow(float v) {
  uint32_t u;
  memcpy(&u, &v, sizeof u);
  return static_cast<uint16_t>((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

struct Four {
  int n = 0, c = 0, h = 0, w = 0;
  long at(long i, long row, long column, long channel) const { return ((i * h + row) * w + column) * c + channel; }
  long size() const { return static_cast<long>(n) * c * h * w; }
};

struct Shape {
  int top = 0, left = 0, down = 0, across = 0, far = 0, wide = 0, groups = 1, math = 0;
};

struct Handle {
  void* stream = nullptr;
};

constexpr size_t workspace = 640;

// Calls f(image, row and column of y, output's channel, row and column of x, tap's row and column, channel in the group).
template <class F>
void windows(const Four& x, const Four& w, const Four& y, const Shape& s, const F& f) {
  for (int i = 0; i < y.n; i++)
    for (int r = 0; r < y.h; r++)
      for (int c = 0; c < y.w; c++)
        for (int o = 0; o < y.c; o++)
          for (int a = 0; a < w.h; a++)
            for (int b = 0; b < w.w; b++) {
              const int row = r * s.down - s.top + a * s.far, column = c * s.across - s.left + b * s.wide;
              if (row < 0 || column < 0 || row >= x.h || column >= x.w) continue;
              for (int k = 0; k < w.c; k++) f(y.at(i, r, c, o), x.at(i, row, column, o / (y.c / s.groups) * w.c + k), w.at(o, a, b, k));
            }
}

bool fits(const Four& x, const Four& w, const Four& y, const Shape& s) {
  const auto size = [](int n, int pad, int window, int dilation, int stride) { return (n + 2 * pad - dilation * (window - 1) - 1) / stride + 1; };
  return s.math == 1 && x.n == y.n && w.c * s.groups == x.c && w.n == y.c && y.c % s.groups == 0 && y.h == size(x.h, s.top, w.h, s.far, s.down) && y.w == size(x.w, s.left, w.w, s.wide, s.across);
}

// Whatever was in the workspace before.
bool scribble(void* at, size_t n) { return n == workspace && at && memset(at, 0xff, n); }

void put(uint16_t* to, const std::vector<float>& sums) {
  for (size_t i = 0; i < sums.size(); i++) to[i] = narrow(sums[i]);
}

}  // namespace

extern "C" {

int cudnnCreate(Handle** h) { return *h = new Handle, OK; }
int cudnnDestroy(Handle* h) { return delete h, OK; }
int cudnnSetStream(Handle* h, void* stream) { return h->stream = stream, OK; }
const char* cudnnGetErrorString(int e) { return e == UNSUPPORTED ? "not supported" : "bad parameter"; }
int cudnnCreateTensorDescriptor(Four** d) { return *d = new Four, OK; }
int cudnnSetTensor4dDescriptor(Four* d, int format, int type, int n, int c, int h, int w) {
  *d = {n, c, h, w};
  return format == 1 && type == 9 && d->size() > 0 ? OK : BAD;
}
int cudnnDestroyTensorDescriptor(Four* d) { return delete d, OK; }
int cudnnCreateFilterDescriptor(Four** d) { return *d = new Four, OK; }
int cudnnSetFilter4dDescriptor(Four* d, int type, int format, int n, int c, int h, int w) { return cudnnSetTensor4dDescriptor(d, format, type, n, c, h, w); }
int cudnnDestroyFilterDescriptor(Four* d) { return delete d, OK; }
int cudnnCreateConvolutionDescriptor(Shape** s) { return *s = new Shape, OK; }
int cudnnSetConvolution2dDescriptor(Shape* s, int top, int left, int down, int across, int far, int wide, int mode, int type) {
  *s = {top, left, down, across, far, wide, 1, 0};
  return mode == 1 && type == 0 && top >= 0 && left >= 0 && down > 0 && across > 0 && far > 0 && wide > 0 ? OK : BAD;
}
int cudnnSetConvolutionGroupCount(Shape* s, int n) { return s->groups = n, n > 0 ? OK : BAD; }
int cudnnSetConvolutionMathType(Shape* s, int math) { return s->math = math, OK; }
int cudnnDestroyConvolutionDescriptor(Shape* s) { return delete s, OK; }

// It does not support maps of 13 channels.
int cudnnGetConvolutionForwardWorkspaceSize(Handle*, const Four* x, const Four* w, const Shape* s, const Four* y, int algorithm, size_t* n) {
  *n = workspace;
  return x->c == 13 || algorithm != 1 ? UNSUPPORTED : fits(*x, *w, *y, *s) ? OK : BAD;
}
int cudnnGetConvolutionBackwardDataWorkspaceSize(Handle* h, const Four* w, const Four* dy, const Shape* s, const Four* dx, int algorithm, size_t* n) {
  return cudnnGetConvolutionForwardWorkspaceSize(h, dx, w, s, dy, algorithm, n);
}
int cudnnGetConvolutionBackwardFilterWorkspaceSize(Handle* h, const Four* x, const Four* dy, const Shape* s, const Four* dw, int algorithm, size_t* n) {
  return cudnnGetConvolutionForwardWorkspaceSize(h, x, dw, s, dy, algorithm, n);
}

int cudnnConvolutionForward(Handle*, const float* one, const Four* x, const uint16_t* from, const Four* w, const uint16_t* weight, const Shape* s, int algorithm, void* space, size_t n, const float* zero,
                            const Four* y, uint16_t* to) {
  if (*one != 1 || *zero != 0 || algorithm != 1 || !scribble(space, n)) return BAD;
  std::vector<float> sums(y->size());
  windows(*x, *w, *y, *s, [&](long i, long j, long k) { sums[i] += number(from[j]) * number(weight[k]); });
  return put(to, sums), OK;
}
int cudnnConvolutionBackwardData(Handle*, const float* one, const Four* w, const uint16_t* weight, const Four* dy, const uint16_t* from, const Shape* s, int algorithm, void* space, size_t n, const float* zero,
                                 const Four* dx, uint16_t* to) {
  if (*one != 1 || *zero != 0 || algorithm != 1 || !scribble(space, n)) return BAD;
  std::vector<float> sums(dx->size());
  windows(*dx, *w, *dy, *s, [&](long i, long j, long k) { sums[j] += number(from[i]) * number(weight[k]); });
  return put(to, sums), OK;
}
int cudnnConvolutionBackwardFilter(Handle*, const float* one, const Four* x, const uint16_t* from, const Four* dy, const uint16_t* gradient, const Shape* s, int algorithm, void* space, size_t n,
                                   const float* zero, const Four* dw, uint16_t* to) {
  if (*one != 1 || *zero != 0 || algorithm != 1 || !scribble(space, n)) return BAD;
  std::vector<float> sums(dw->size());
  windows(*x, *dw, *dy, *s, [&](long i, long j, long k) { sums[k] += number(from[j]) * number(gradient[i]); });
  return put(to, sums), OK;
}

// Columns lie one after the other, as cuBLAS has them.
struct Layout {
  int type;
  uint64_t rows, columns;
  int64_t distance;

  float get(const void* p, uint64_t row, uint64_t column) const {
    const uint64_t i = column * distance + row;
    return type == 14 ? number(static_cast<const uint16_t*>(p)[i]) : static_cast<const float*>(p)[i];
  }
};

struct Product {
  int32_t down[2] = {0, 0};
  uint32_t epilogue = 1;
  const void* offsets = nullptr;
};

struct Wish {
  size_t most = 0;
  uint32_t aligned[4] = {256, 256, 256, 256};
};

struct Found {
  uint64_t algorithm[8];
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};

int cublasLtCreate(Handle** h) { return *h = new Handle, OK; }
int cublasLtDestroy(Handle* h) { return delete h, OK; }
const char* cublasLtGetStatusString(int e) { return e == NOT_SUPPORTED ? "not supported" : "invalid value"; }
int cublasLtMatrixLayoutCreate(Layout** l, int type, uint64_t rows, uint64_t columns, int64_t distance) {
  *l = new Layout{type, rows, columns, distance};
  return (type == 0 || type == 14) && distance >= static_cast<int64_t>(rows) ? OK : INVALID;
}
int cublasLtMatrixLayoutDestroy(Layout* l) { return delete l, OK; }
int cublasLtMatmulDescCreate(Product** p, int sums, int scale) { return *p = new Product, sums == 68 && scale == 0 ? OK : INVALID; }
int cublasLtMatmulDescSetAttribute(Product* p, int which, const void* from, size_t n) {
  void* const to = which == 3 ? static_cast<void*>(&p->down[0]) : which == 4 ? &p->down[1] : which == 7 ? static_cast<void*>(&p->epilogue) : which == 8 ? static_cast<void*>(&p->offsets) : nullptr;
  if (!to || n != (which == 8 ? sizeof p->offsets : 4)) return INVALID;
  return memcpy(to, from, n), OK;
}
int cublasLtMatmulDescDestroy(Product* p) { return delete p, OK; }
int cublasLtMatmulPreferenceCreate(Wish** w) { return *w = new Wish, OK; }
int cublasLtMatmulPreferenceSetAttribute(Wish* w, int which, const void* from, size_t n) {
  if (which == 1 && n == sizeof w->most) return memcpy(&w->most, from, n), OK;
  if (which >= 5 && which <= 8 && n == 4) return memcpy(&w->aligned[which - 5], from, n), OK;
  return INVALID;
}
int cublasLtMatmulPreferenceDestroy(Wish* w) { return delete w, OK; }

// It does not support a depth of 13, and one of 19 only seemingly.
int cublasLtMatmulAlgoGetHeuristic(Handle*, const Product* p, const Layout* a, const Layout* b, const Layout* c, const Layout* d, const Wish* w, int most, Found* found, int* n) {
  const uint64_t depth = p->down[0] ? a->rows : a->columns;
  if (c != d || a->type != b->type || (p->down[0] ? a->columns : a->rows) != d->rows || (p->down[1] ? b->rows : b->columns) != d->columns || (p->down[1] ? b->columns : b->rows) != depth || most != 1) return INVALID;
  *n = 0;
  if (depth == 13 || w->most < workspace) return NOT_SUPPORTED;
  for (const uint32_t aligned : w->aligned)
    if (aligned > 16) return NOT_SUPPORTED;
  *n = 1;
  *found = {{42}, workspace, OK, 1, {}};
  return OK;
}

int cublasLtMatmul(Handle*, const Product* p, const float* one, const void* a, const Layout* la, const void* b, const Layout* lb, const float* zero, const void* c, const Layout*, void* d, const Layout* ld,
                   const uint64_t* algorithm, void* space, size_t n, void*) {
  if (*one != 1 || *zero != 0 || c != d || algorithm[0] != 42 || !scribble(space, n) || (p->epilogue & 4) != (p->offsets ? 4 : 0)) return INVALID;
  const uint64_t depth = p->down[0] ? la->rows : la->columns;
  if (depth == 19) return NOT_SUPPORTED;
  for (uint64_t column = 0; column < ld->columns; column++) {
    for (uint64_t row = 0; row < ld->rows; row++) {
      float sum = 0;
      for (uint64_t k = 0; k < depth; k++) {
        sum += (p->down[0] ? la->get(a, k, row) : la->get(a, row, k)) * (p->down[1] ? lb->get(b, column, k) : lb->get(b, k, column));
      }
      if (p->epilogue & 4) sum += Layout{ld->type, 0, 0, 0}.get(p->offsets, row, 0);
      if (p->epilogue & 2) sum = sum < 0 ? 0 : sum;
      const uint64_t i = column * ld->distance + row;
      if (ld->type == 14) static_cast<uint16_t*>(d)[i] = narrow(sum);
      else static_cast<float*>(d)[i] = sum;
    }
  }
  return OK;
}

}  // extern "C"
