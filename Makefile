# make run     install what is needed, build, train the example, print its evaluation. Again: the finished run in runs/ is found and
#              only evaluated; an interrupted one goes on where it stopped. `make clean` forgets both.
# make test    every test                      make check   what a change must pass: tests and static checks
# make build   bin/ssc and the native kernels  make docs    print spec/reference/ from the code
# make kernels the native kernels alone        make kernels-asan  their tests under the address and undefined-behaviour sanitizers
# make new KIND=head NAME=x                    skeleton of a component
# make peers   the Python environment of the comparisons (some gigabytes), ONNX's checker on emitted models, and exported weights in torchvision
# make bench   the comparisons; ONLY=loader makes one of them: step, loader, start, run
# make faults  the long campaign of kills, power cuts and failing calls (some 20 minutes)      make soak   hours of random faults (SOAK=2h)
# make results what every small example's encoder is worth, with three seeds, into spec/results.md (hours; ONLY=byol makes those rows again)
# make photos  a folder of 5,000 photographs, 40 of them damaged, from ssc init to a finished epoch without an edit; and a step of each example on ImageNet, on photographs
# make corpus UPSTREAM=DIR   upstream's configurations evaluated as upstream's own classes do, converted and compiled (conformance/corpus/main.go)
# make gpu     installs the CUDA provider (some gigabytes) and checks on a machine with a GPU what spec/gpu.md claims; DEVICE=cuda:1 for another
# make nvrtc   NVIDIA's compiler of CUDA C++, which needs no GPU (60 MB): with it the tests compile all CUDA sources
# make gpu-less   engines of ResNet-50 and ViT-S/16 by TensorRT-RTX, which needs no GPU (90 MB; SSC_TENSORRT_INCLUDE=DIR with TensorRT's headers)
# make clean   remove what was built and run; the cache folder stays
#
# SSC_CACHE    folder of the native parts and the example's data (default: the user's cache folder)
# EXAMPLE      the pipeline of run and gpu          SSC_DATA   its data (default: Fashion-MNIST in the cache)

SOAK ?= 2h
DEVICE ?= cuda
EXAMPLE ?= examples/selfsup/simclr/simclr_resnet10-w32_1xb256-adamw-10e_fmnist.hcl
STATICCHECK_VERSION = v0.8.2

SETUP = CGO_ENABLED=0 go run ./setup
SOURCES = find . -name '*.go' -not -path './.*'
EXAMPLES = find examples -name '*.hcl' -not -path '*/_base_/*'

DATA = $${SSC_DATA:-$$($(SETUP) path fashion-mnist)}
STATICCHECK = bin/staticcheck-$(STATICCHECK_VERSION)

.PHONY: run test check build kernels kernels-asan bench results peers docs new faults soak photos corpus gpu gpu-less nvrtc clean deps static
.DELETE_ON_ERROR:

run: build
	SSC_DATA=$(DATA) bin/ssc run $(EXAMPLE)

# Go's modules come first: one of them holds the header that the native kernels include.
deps:
	@go mod download
	@$(SETUP) deps

build: deps kernels
	go build -o bin/ssc ./cmd/ssc

# Without a C++ compiler or oneDNN everything works too: the bodies of the functions run.
kernels: deps
	@if $(SETUP) kernels; then $(MAKE) --no-print-directory -C kernels; else \
		echo "native kernels are not built, so training steps take longer; mend what is said above and run: make kernels"; fi

kernels-asan: deps
	$(SETUP) kernels
	$(MAKE) --no-print-directory -C kernels OUT=../bin/asan SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined"
	SSC_KERNELS=$(CURDIR)/bin/asan/libssc_kernels.so ASAN_OPTIONS=detect_leaks=0 SSC_ORT_MALLOC=1 go test ./conformance -run "TestKernel|StepByKernels" -count 1 \
		-exec "env LD_PRELOAD=$$(gcc -print-file-name=libasan.so):$$(gcc -print-file-name=libubsan.so)"

test: build
	go test -timeout 20m ./...

check: static nvrtc test
	@if [ "$$CI" = true ] && [ -n "$$(git status --porcelain)" ]; then \
		echo "the tests changed the tree:"; git status --short; exit 1; fi

static: build $(STATICCHECK)
	go vet ./...
	@unformatted=$$($(SOURCES) -exec gofmt -l {} +); \
		if [ -n "$$unformatted" ]; then echo "not in gofmt's form:"; echo "$$unformatted"; exit 1; fi
	$(STATICCHECK) ./...
	bin/ssc docs -check -out spec/reference
	@$(EXAMPLES) -print0 | xargs -0 -n 1 bin/ssc validate

# The checker is built apart from this module, so that its dependencies stay out of go.mod.
$(STATICCHECK):
	@mkdir -p bin/tmp
	cd / && GOFLAGS= GOBIN=$(CURDIR)/bin/tmp go install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)
	@mv bin/tmp/staticcheck $@ && rmdir bin/tmp

docs: build
	bin/ssc docs -out spec/reference

new: build
	bin/ssc new -kind $(KIND) -name $(NAME)

peers: build
	@$(SETUP) peers
	@$$($(SETUP) path peers)/bin/python compiler/onnx/testdata/check.py
	@$$($(SETUP) path peers)/bin/python runtime/export/testdata/check.py bin/ssc

bench: build peers
	SSC_PEERS=$$($(SETUP) path peers)/bin/python SSC_KERNELS=$${SSC_KERNELS:-$(CURDIR)/bin/libssc_kernels.so} go run ./bench $(if $(ONLY),-only $(ONLY))

results: build
	SSC_DATA=$(DATA) go run ./results $(if $(ONLY),-only $(ONLY))

# What they find stays beside the program: bin/faults.json, bin/soak.json.
faults: build
	go test ./conformance/resume -v -timeout 0 -run 'TestCampaign$$|TestPowerCut|TestFailingCalls|TestSignals' -faults.kills 200 -faults.figures $(CURDIR)/bin/faults.json

soak: build
	go test ./conformance/resume -v -timeout 0 -run TestSoak -soak $(SOAK) -soak.figures $(CURDIR)/bin/soak.json

photos: build
	SSC_KERNELS=$${SSC_KERNELS:-$(CURDIR)/bin/libssc_kernels.so} go test ./conformance/photos -v -timeout 0 -photos 5000 -photos.damaged 40 -photos.least 90 -photos.most 220 -photos.recipes .

# SSC_UPSTREAM_PYTHON is a Python with mmcv 1.7 and mmengine 0.7; without it the files are evaluated and nothing is compared.
corpus:
	go run ./conformance/corpus -upstream $(UPSTREAM)

# What is found is told first; a warning of it is the likely cause of what fails then.
gpu: build
	@$(SETUP) gpu
	bin/ssc doctor
	SSC_DATA=$(DATA) go run ./conformance/gpu -device $(DEVICE) $(EXAMPLE)
	go test ./kernels/cuda ./runtime/augment -count 1 -args -gpu $$(echo $(DEVICE) | sed 's/[^0-9]//g;s/^$$/0/')

nvrtc:
	@$(SETUP) nvrtc

gpu-less: build
	@$(SETUP) rtx
	TENSORRT_RTX_ROOT=$$(echo $$($(SETUP) path rtx)/lib/python3*/site-packages) go test ./conformance -count 1 -v -timeout 0 -run TestAheadOfTime -ahead-of-time

clean:
	rm -rf bin runs
