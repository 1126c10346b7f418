// Of the stub that the tests compile: not NVIDIA's header. It has what shim.cpp calls, and no layout that anything else could rely on.
#pragma once
#define NV_TENSORRT_MAJOR 10
#define NV_TENSORRT_MINOR 9
#define NV_TENSORRT_PATCH 1
