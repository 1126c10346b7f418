// Of the stub that the tests compile: not NVIDIA's header.
#pragma once
#include <cstddef>
#include <cstdint>

#include "NvInferVersion.h"
#include "cuda_runtime_api.h"

namespace nvinfer1 {

class ILogger {
public:
	enum class Severity : int32_t { kINTERNAL_ERROR = 0, kERROR = 1, kWARNING = 2, kINFO = 3, kVERBOSE = 4 };
	virtual void log(Severity severity, const char *text) noexcept = 0;
	virtual ~ILogger() = default;
};

struct Dims {
	int32_t nbDims;
	int64_t d[8];
};

enum class OptProfileSelector : int32_t { kMIN = 0, kOPT = 1, kMAX = 2 };
enum class MemoryPoolType : int32_t { kWORKSPACE = 0 };
enum class NetworkDefinitionCreationFlag : int32_t { kEXPLICIT_BATCH = 0, kSTRONGLY_TYPED = 1 };

struct IHostMemory {
	virtual void *data() const noexcept = 0;
	virtual size_t size() const noexcept = 0;
	virtual ~IHostMemory() = default;
};

struct IOptimizationProfile {
	virtual bool setDimensions(const char *input, OptProfileSelector which, Dims d) noexcept = 0;
	virtual ~IOptimizationProfile() = default;
};

struct IBuilderConfig {
	virtual int32_t addOptimizationProfile(IOptimizationProfile *profile) noexcept = 0;
	virtual void setMemoryPoolLimit(MemoryPoolType pool, size_t bytes) noexcept = 0;
	virtual void setBuilderOptimizationLevel(int32_t level) noexcept = 0;
	virtual ~IBuilderConfig() = default;
};

struct INetworkDefinition {
	virtual ~INetworkDefinition() = default;
};

struct IBuilder {
	virtual INetworkDefinition *createNetworkV2(uint32_t flags) noexcept = 0;
	virtual IBuilderConfig *createBuilderConfig() noexcept = 0;
	virtual IOptimizationProfile *createOptimizationProfile() noexcept = 0;
	virtual IHostMemory *buildSerializedNetwork(INetworkDefinition &network, IBuilderConfig &config) noexcept = 0;
	virtual ~IBuilder() = default;
};

struct IExecutionContext {
	virtual bool setInputShape(const char *name, const Dims &d) noexcept = 0;
	virtual bool setTensorAddress(const char *name, void *at) noexcept = 0;
	virtual bool enqueueV3(cudaStream_t stream) noexcept = 0;
	virtual ~IExecutionContext() = default;
};

struct ICudaEngine {
	virtual IExecutionContext *createExecutionContext() noexcept = 0;
	virtual Dims getTensorShape(const char *name) const noexcept = 0;
	virtual ~ICudaEngine() = default;
};

struct IRuntime {
	virtual ICudaEngine *deserializeCudaEngine(const void *plan, size_t size) noexcept = 0;
	virtual ~IRuntime() = default;
};

} // namespace nvinfer1
