// The list of kernels, once for each instruction set: the build gives its accessor a name of its own.
#include "kernel.h"

namespace ssc {

std::vector<Entry>& entries() {
  static std::vector<Entry> list;
  return list;
}

}  // namespace ssc

extern "C" const std::vector<ssc::Entry>* SSC_ENTRIES() { return &ssc::entries(); }
