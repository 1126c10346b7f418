package ort

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	onnx "github.com/yalue/onnxruntime_go"

	"ssc/setup/cache"
)

// library is the loaded ONNX Runtime. There is one per process: the C library keeps its own global state.
type library struct {
	*api
	path, version string

	plugins   sync.Once // registers the provider's library
	pluginErr error
}

var open = sync.OnceValues(func() (*library, error) {
	path, err := LibraryPath()
	if err != nil {
		return nil, err
	}
	level, err := logLevel(os.Getenv("SSC_ORT_LOG"))
	if err != nil {
		return nil, err
	}
	return load(path, level)
})

func load(path string, level onnx.EnvironmentOption) (*library, error) {
	const remedy = "run `make deps`, or set SSC_ORT_LIB to another library"
	// DisableTelemetry below comes after the library has made up an identifier of this machine, kept it in the user's cache folder, and begun a log in the folder for temporary files.
	if err := os.Setenv("ORT_DISABLE_TELEMETRY", "1"); err != nil {
		return nil, fmt.Errorf("switching off ONNX Runtime's telemetry: %w", err)
	}
	a, version, err := loadLibrary(path)
	if err != nil {
		return nil, fmt.Errorf("loading ONNX Runtime: %w; %s", err, remedy)
	}
	if a == nil {
		return nil, fmt.Errorf("loading ONNX Runtime: %s is version %s, 1.%d or newer is needed; %s", path, version, apiVersion, remedy)
	}
	onnx.SetSharedLibraryPath(path)
	if err := onnx.InitializeEnvironment(level); err != nil {
		return nil, fmt.Errorf("starting ONNX Runtime: %w", err)
	}
	if err := onnx.DisableTelemetry(); err != nil {
		return nil, fmt.Errorf("starting ONNX Runtime: %w", err)
	}
	if os.Getenv("SSC_ORT_MALLOC") != "" { // for sanitizers
		arenaOff()
	}
	if err := a.useArena(); err != nil {
		return nil, fmt.Errorf("starting ONNX Runtime: giving it an allocator: %w", err)
	}
	return &library{api: a, path: path, version: version}, nil
}

// Init loads ONNX Runtime and starts its environment, once; sessions do it by themselves. The environment variable SSC_ORT_LOG sets
// how much ONNX Runtime says on stderr: verbose, info, warning, error, fatal. The default is fatal, since errors are also returned.
func Init() error {
	_, err := open()
	return err
}

// Version is the version of the loaded library, such as 1.30.0.
func Version() (string, error) {
	lib, err := open()
	if err != nil {
		return "", err
	}
	return lib.version, nil
}

// Providers lists the execution providers of the loaded library by the names that [SessionOptions] takes, best first.
func Providers() ([]string, error) {
	lib, err := open()
	if err != nil {
		return nil, err
	}
	list, err := lib.providers()
	for i, name := range list {
		list[i] = strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(name, "ExecutionProvider"), "Plugin"))
	}
	return list, err
}

// LibraryPath is where the ONNX Runtime library lies: $SSC_ORT_LIB if set, else the cache folder, else beside the program or in the
// lib folder next to its own. The error names every place that was looked at.
func LibraryPath() (string, error) {
	if path := os.Getenv("SSC_ORT_LIB"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("SSC_ORT_LIB: %w", err)
		}
		return path, nil
	}
	places := []string{cache.Library()}
	if exe, err := os.Executable(); err == nil {
		dir := filepath.Dir(exe)
		for _, name := range []string{"libonnxruntime.so." + cache.ONNXRuntime, "libonnxruntime.so.1", "libonnxruntime.so"} {
			places = append(places, filepath.Join(dir, name), filepath.Join(dir, "..", "lib", name))
		}
	}
	for _, path := range places {
		switch _, err := os.Stat(path); {
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("looking for ONNX Runtime: %w", err)
		}
	}
	return "", fmt.Errorf("ONNX Runtime is not there; run `make deps`, or set SSC_ORT_LIB to its library; looked for\n\t%s",
		strings.Join(places, "\n\t"))
}

var logLevels = []string{"verbose", "info", "warning", "error", "fatal"}

func logLevel(name string) (onnx.EnvironmentOption, error) {
	if name == "" {
		name = "fatal"
	}
	options := []onnx.EnvironmentOption{onnx.WithLogLevelVerbose(), onnx.WithLogLevelInfo(), onnx.WithLogLevelWarning(),
		onnx.WithLogLevelError(), onnx.WithLogLevelFatal()}
	i := slices.Index(logLevels, name)
	if i < 0 {
		return nil, fmt.Errorf("SSC_ORT_LOG is %q, want one of %s", name, strings.Join(logLevels, ", "))
	}
	return options[i], nil
}
