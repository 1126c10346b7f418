// A libnvinfer, an ONNX parser and a CUDA runtime for tests, in one library. An engine is the text "STUB " and the profile that it was built for; its feature k of an image is k + 1 times the sum
// of the image's numbers. A model that begins with "refuse" is not parsed, one that begins with "fail" not built. The version of the library is the
// environment's SSC_STUB_VERSION.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "NvInfer.h"
#include "NvOnnxParser.h"

using namespace nvinfer1;

namespace {

constexpr int features = 3;

struct Memory : IHostMemory {
	explicit Memory(std::string s) : text(std::move(s)) {}
	void *data() const noexcept override { return const_cast<char *>(text.data()); }
	size_t size() const noexcept override { return text.size(); }
	std::string text;
};

struct Profile : IOptimizationProfile {
	bool setDimensions(const char *input, OptProfileSelector which, Dims d) noexcept override {
		batch[static_cast<int>(which)] = d.d[0];
		name = input;
		return d.nbDims == 4;
	}
	int64_t batch[3] = {};
	std::string name;
};

struct Config : IBuilderConfig {
	int32_t addOptimizationProfile(IOptimizationProfile *p) noexcept override { return profile = static_cast<Profile *>(p), 0; }
	void setMemoryPoolLimit(MemoryPoolType, size_t bytes) noexcept override { workspace = bytes; }
	void setBuilderOptimizationLevel(int32_t l) noexcept override { level = l; }
	Profile *profile = nullptr;
	size_t workspace = 0;
	int level = -1;
};

struct Network : INetworkDefinition {
	std::string model;
	uint32_t flags = 0;
};

struct Builder : IBuilder {
	explicit Builder(ILogger *l) : log(l) {}
	INetworkDefinition *createNetworkV2(uint32_t flags) noexcept override {
		auto n = new Network;
		n->flags = flags;
		return n;
	}
	IBuilderConfig *createBuilderConfig() noexcept override { return new Config; }
	IOptimizationProfile *createOptimizationProfile() noexcept override { return &profile; }
	IHostMemory *buildSerializedNetwork(INetworkDefinition &n, IBuilderConfig &c) noexcept override {
		auto &network = static_cast<Network &>(n);
		auto &config = static_cast<Config &>(c);
		if (network.model.rfind("fail", 0) == 0) {
			log->log(ILogger::Severity::kWARNING, "a warning");
			log->log(ILogger::Severity::kERROR, "Error Code 10: could not find any implementation for node backbone/conv1");
			return nullptr;
		}
		char text[256];
		snprintf(text, sizeof text, "STUB %s %lld:%lld:%lld flags %u workspace %zu level %d", config.profile->name.c_str(), (long long)config.profile->batch[0], (long long)config.profile->batch[1],
			(long long)config.profile->batch[2], network.flags, config.workspace, config.level);
		return new Memory(text);
	}
	ILogger *log;
	Profile profile;
};

struct Refusal : nvonnxparser::IParserError {
	const char *desc() const override { return "no importer"; }
	int node() const override { return 4; }
	const char *nodeName() const override { return "backbone/conv1"; }
	const char *nodeOperator() const override { return "Conv"; }
};

struct Parser : nvonnxparser::IParser {
	explicit Parser(Network *n) : network(n) {}
	bool parse(const void *model, size_t size, const char *) noexcept override {
		network->model.assign(static_cast<const char *>(model), size);
		refused = network->model.rfind("refuse", 0) == 0;
		return !refused;
	}
	int32_t getNbErrors() const noexcept override { return refused; }
	const nvonnxparser::IParserError *getError(int32_t) const noexcept override { return &refusal; }
	Network *network;
	bool refused = false;
	Refusal refusal;
};

struct Context : IExecutionContext {
	bool setInputShape(const char *, const Dims &given) noexcept override { return d = given, d.d[0] <= 8; }
	bool setTensorAddress(const char *name, void *p) noexcept override { return at[name] = static_cast<float *>(p), true; }
	bool enqueueV3(cudaStream_t) noexcept override {
		size_t per = static_cast<size_t>(d.d[1] * d.d[2] * d.d[3]);
		for (int64_t i = 0; i < d.d[0]; i++) {
			float sum = 0;
			for (size_t k = 0; k < per; k++) sum += at["images"][i * per + k];
			for (int k = 0; k < features; k++) at["features"][i * features + k] = sum * static_cast<float>(k + 1);
		}
		return true;
	}
	Dims d{};
	std::map<std::string, float *> at;
};

struct Engine : ICudaEngine {
	IExecutionContext *createExecutionContext() noexcept override { return new Context; }
	Dims getTensorShape(const char *name) const noexcept override {
		Dims d{};
		d.nbDims = strcmp(name, "features") ? -1 : 2;
		d.d[0] = -1, d.d[1] = features;
		return d;
	}
};

struct Runtime : IRuntime {
	explicit Runtime(ILogger *l) : log(l) {}
	ICudaEngine *deserializeCudaEngine(const void *plan, size_t size) noexcept override {
		if (size >= 4 && !memcmp(plan, "STUB", 4)) return new Engine;
		log->log(ILogger::Severity::kERROR, "the magic tag does not match");
		return nullptr;
	}
	ILogger *log;
};

} // namespace

extern "C" {

int32_t getInferLibVersion() noexcept { return atoi(getenv("SSC_STUB_VERSION")); }
void *createInferBuilder_INTERNAL(void *log, int32_t) noexcept { return static_cast<IBuilder *>(new Builder(static_cast<ILogger *>(log))); }
void *createInferRuntime_INTERNAL(void *log, int32_t) noexcept { return static_cast<IRuntime *>(new Runtime(static_cast<ILogger *>(log))); }
void *createNvOnnxParser_INTERNAL(void *network, void *, int) noexcept {
	return static_cast<nvonnxparser::IParser *>(new Parser(static_cast<Network *>(static_cast<INetworkDefinition *>(network))));
}

int cudaMalloc(void **p, size_t n) { return *p = malloc(n), *p ? 0 : 2; }
int cudaFree(void *p) { return free(p), 0; }
int cudaMemcpy(void *to, const void *from, size_t n, int) { return memcpy(to, from, n), 0; }
int cudaDeviceSynchronize() { return 0; }
const char *cudaGetErrorString(int) { return "out of memory"; }
}
