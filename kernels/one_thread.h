// oneDNN inside a task of the session's threads.
#pragma once

#include <dnnl.hpp>
#include <unordered_map>

extern "C" void omp_set_num_threads(int);
extern "C" int omp_get_max_threads(void);

namespace ssc {

// Keeps oneDNN, built with OpenMP, to the calling thread while it lives.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

inline const dnnl::engine& one_engine() {
  static const dnnl::engine e(dnnl::engine::kind::cpu, 0);
  return e;
}

inline void execute_one(const dnnl::primitive& p, const std::unordered_map<int, dnnl::memory>& args) {
  dnnl::stream s(one_engine());
  p.execute(s, args);
  s.wait();
}

inline dnnl::memory view(const dnnl::memory::desc& d, const void* data) { return dnnl::memory(d, one_engine(), const_cast<void*>(data)); }

}  // namespace ssc
