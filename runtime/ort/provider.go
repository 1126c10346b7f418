package ort

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	onnx "github.com/yalue/onnxruntime_go"

	"ssc/compiler/plan"
)

// cudaNames are the names of the CUDA provider: the one that is part of a build of ONNX Runtime, which its plugin took over, and that of the plugin's first release.
var cudaNames = []string{"CUDAExecutionProvider", "CudaPluginExecutionProvider"}

// cudaDefaults are what training wants of the CUDA provider: memory that grows by what is asked for, one stream, and an algorithm
// choice that does not depend on timing, so that a run can be repeated.
var cudaDefaults = map[string]string{"arena_extend_strategy": "kSameAsRequested", "do_copy_in_default_stream": "1",
	"cudnn_conv_algo_search": "HEURISTIC", "cudnn_conv_use_max_workspace": "1"}

// cudaOptions are the options of a provider; those that the session was given win.
func cudaOptions(given map[string]string) map[string]string {
	all := maps.Clone(cudaDefaults)
	maps.Copy(all, given)
	return all
}

// provide chooses the execution provider.
func (l *library) provide(opts *onnx.SessionOptions, o SessionOptions) error {
	if o.Provider == "tensorrt" {
		return engines(opts, o.ProviderOptions)
	}
	kind, index, err := plan.ParseDevice(o.Provider)
	switch {
	case err != nil:
		have, e := Providers()
		return cmp.Or(e, fmt.Errorf("execution provider %q is not supported; this ONNX Runtime has %s", o.Provider, strings.Join(have, ", ")))
	case kind == "cpu":
		return nil
	}
	options := cudaOptions(o.ProviderOptions)
	provider, missing := CUDAProvider(l.path) // what is missing matters only when the provider fails
	if missing == nil {
		_, missing = preload(provider)
	}
	if path := os.Getenv("SSC_CUDA_PLUGIN"); path != "" {
		err = l.plugin(opts, path, index, options)
	} else {
		options["device_id"] = strconv.Itoa(index)
		err = classic(opts, options)
	}
	if err != nil {
		err = errors.Join(err, missing)
		return fmt.Errorf("execution provider %s: %w; `ssc doctor` says what is missing", o.Provider, err)
	}
	return nil
}

// engines appends the provider that builds engines of TensorRT.
func engines(opts *onnx.SessionOptions, options map[string]string) error {
	trt, err := onnx.NewTensorRTProviderOptions()
	if err == nil {
		defer trt.Destroy()
		if len(options) > 0 {
			err = trt.Update(options)
		}
		err = errors.Join(err, opts.AppendExecutionProviderTensorRT(trt))
	}
	if err != nil {
		return fmt.Errorf("execution provider tensorrt: %w", err)
	}
	return nil
}

// classic appends the provider that is part of the library's build, and lies beside it.
func classic(opts *onnx.SessionOptions, options map[string]string) error {
	cuda, err := onnx.NewCUDAProviderOptions()
	if err != nil {
		return err
	}
	defer cuda.Destroy()
	return errors.Join(cuda.Update(options), opts.AppendExecutionProviderCUDA(cuda))
}

// pluginName is what a provider's library is registered under, once a process.
const pluginName = "ssc.cuda"

// plugin registers a library with the provider, and appends it for the GPU of a number.
func (l *library) plugin(opts *onnx.SessionOptions, path string, index int, options map[string]string) error {
	l.plugins.Do(func() { l.pluginErr = onnx.RegisterExecutionProviderLibrary(pluginName, path) })
	if l.pluginErr != nil {
		return fmt.Errorf("registering %s: %w", path, l.pluginErr)
	}
	all, err := onnx.GetEpDevices()
	if err != nil {
		return err
	}
	devices, names := cudaDevices(all, onnx.EpDevice.EpName)
	if index >= len(devices) {
		return fmt.Errorf("%s offers %d GPUs, number %d is not among them; this ONNX Runtime has the providers %s", path, len(devices), index, strings.Join(names, ", "))
	}
	return opts.AppendExecutionProviderV2(devices[index:index+1], options)
}

// cudaDevices are those devices that a CUDA provider offers, and the names of all providers, each once.
func cudaDevices[D any](all []D, name func(D) string) (devices []D, names []string) {
	for _, d := range all {
		n := name(d)
		if slices.Contains(cudaNames, n) {
			devices = append(devices, d)
		}
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return devices, names
}
