// The list of kernels, once for each instruction set: SSC_LEVEL is its name.
#include "kernel.h"

#define SSC_JOIN(a, b) a##b
#define SSC_NAME(prefix, level) SSC_JOIN(prefix, level)

namespace ssc {

std::vector<Entry>& entries() {
  static std::vector<Entry> list;
  return list;
}

}  // namespace ssc

// The constructors of this copy's files. The build has put them here, since they are of its instruction set too: a processor without
// it must be able to load the library.
using Constructor = void (*)();
extern "C" __attribute__((visibility("hidden"))) const Constructor SSC_NAME(__start_ssc_init_, SSC_LEVEL)[], SSC_NAME(__stop_ssc_init_, SSC_LEVEL)[];

// Runs them, the first time, and returns what they have entered.
extern "C" const std::vector<ssc::Entry>* SSC_NAME(ssc_entries_, SSC_LEVEL)() {
  static const std::vector<ssc::Entry>* const all = [] {
    for (const Constructor* c = SSC_NAME(__start_ssc_init_, SSC_LEVEL); c != SSC_NAME(__stop_ssc_init_, SSC_LEVEL); c++) (*c)();
    return &ssc::entries();
  }();
  return all;
}
