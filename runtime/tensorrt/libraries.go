package tensorrt

import (
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"ssc/runtime/checkpoint/atomic"
)

// product is TensorRT or TensorRT-RTX.
type product struct {
	kind            Kind
	root            string   // the environment variable that names its folder
	infer, parser   []string // names of its libraries, newest first
	headers         []string // where headers lie besides
	oldest, newest  int      // major versions of the headers that go with it
	defines, remedy string
}

var infer = product{kind: NVInfer, root: "TENSORRT_ROOT", infer: []string{"libnvinfer.so.11", "libnvinfer.so.10", "libnvinfer.so"}, parser: []string{"libnvonnxparser.so.11", "libnvonnxparser.so.10", "libnvonnxparser.so"},
	headers: []string{"/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu", "/usr/include", "/usr/local/tensorrt/include"}, oldest: 10, newest: 11,
	remedy: "install TensorRT 10 or 11 with its headers and set TENSORRT_ROOT to its folder"}

// Of TensorRT's own headers those of 11 fit TensorRT-RTX 1.7, whose version says 1; those of 10 do not.
var rtx = product{kind: RTX, root: "TENSORRT_RTX_ROOT", infer: []string{"libtensorrt_rtx.so.1", "libtensorrt_rtx.so"}, parser: []string{"libtensorrt_onnxparser_rtx.so.1", "libtensorrt_onnxparser_rtx.so"},
	oldest: 11, newest: 11, defines: "SSC_RTX", remedy: "set TENSORRT_RTX_ROOT to the folder of TensorRT-RTX, its SDK or what the wheel tensorrt-rtx-cu12-libs holds"}

// Libraries are those of a product, and its headers.
type Libraries struct {
	Infer, Parser string // paths
	Include       string // the folder with NvInfer.h
	of            product
	version       [2]int // major and minor of the headers
}

// findLibraries looks in the folder that the product's variable names, and then where the loader would look.
func findLibraries(p product) (Libraries, error) {
	l := Libraries{of: p}
	var dirs []string
	root := os.Getenv(p.root)
	if root != "" {
		dirs = append(dirs, filepath.Join(root, "lib"), filepath.Join(root, "lib64"), root, filepath.Join(root, "tensorrt_libs"), filepath.Join(root, "tensorrt_rtx_libs"))
	}
	dirs = append(dirs, filepath.SplitList(os.Getenv("LD_LIBRARY_PATH"))...)
	dirs = append(dirs, "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/local/tensorrt/lib", "/usr/local/lib")
	if l.Infer, l.Parser = first(dirs, p.infer), first(dirs, p.parser); l.Infer == "" || l.Parser == "" {
		return l, fmt.Errorf("%s and %s are in none of %s; %s", p.infer[0], p.parser[0], strings.Join(dirs, ", "), p.remedy)
	}
	var includes []string
	if dir := os.Getenv("SSC_TENSORRT_INCLUDE"); dir != "" {
		includes = append(includes, dir)
	}
	if root != "" {
		includes = append(includes, filepath.Join(root, "include"))
	}
	includes = append(includes, p.headers...)
	header := first(includes, []string{"NvInfer.h"})
	if header == "" || first([]string{filepath.Dir(header)}, []string{"NvOnnxParser.h"}) == "" {
		return l, fmt.Errorf("%s is there, but NvInfer.h and NvOnnxParser.h are in none of %s; set SSC_TENSORRT_INCLUDE to their folder", l.Infer, strings.Join(includes, ", "))
	}
	l.Include = filepath.Dir(header)
	var err error
	if l.version, err = headerVersion(l.Include); err != nil {
		return l, err
	}
	if m := l.version[0]; (m < p.oldest || m > p.newest) && (p.kind != RTX || m != 1) {
		return l, fmt.Errorf("the headers in %s are of version %d.%d; %s goes with those of %d to %d", l.Include, m, l.version[1], filepath.Base(l.Infer), p.oldest, p.newest)
	}
	return l, nil
}

// first is the path of the first name that is in one of the folders, empty when none is.
func first(dirs, names []string) string {
	for _, name := range names {
		for _, dir := range dirs {
			if path := filepath.Join(dir, name); dir != "" && exists(path) {
				return path
			}
		}
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

var versionMacro = regexp.MustCompile(`(?m)^#define\s+(?:NV_TENSORRT|TRT)_(MAJOR|MINOR)(?:_[A-Z]+)?\s+(\d+)`)

// headerVersion reads NvInferVersion.h.
func headerVersion(include string) (v [2]int, err error) {
	name := filepath.Join(include, "NvInferVersion.h")
	b, err := os.ReadFile(name)
	if err != nil {
		return v, fmt.Errorf("reading TensorRT's headers: %w", err)
	}
	found := 0
	for _, m := range versionMacro.FindAllStringSubmatch(string(b), -1) {
		at := 0
		if m[1] == "MINOR" {
			at = 1
		}
		v[at], _ = strconv.Atoi(m[2]) // digits
		found++
	}
	if found < 2 {
		return v, fmt.Errorf("%s does not say of which version it is", name)
	}
	return v, nil
}

//go:embed shim/shim.cpp shim/cuda_runtime_api.h
var shimSource embed.FS

// compileShim is the path of the bridge to the libraries, compiled for their headers. Of the CUDA headers that those include, two names of pointers are all that is used, and ssc brings them.
func (l Libraries) compileShim(ctx context.Context) (string, error) {
	text, err := shimSource.ReadFile("shim/shim.cpp")
	if err != nil {
		return "", err
	}
	version, err := os.ReadFile(filepath.Join(l.Include, "NvInferVersion.h"))
	if err != nil {
		return "", fmt.Errorf("reading TensorRT's headers: %w", err)
	}
	h := sha256.New()
	for _, part := range [][]byte{text, version, []byte(l.Include), []byte(l.of.defines)} {
		h.Write(part) // a hash does not fail
	}
	dir := folder()
	if dir == "" {
		return "", errors.New("compiling the bridge to TensorRT: there is no cache folder; set SSC_CACHE")
	}
	out := filepath.Join(dir, fmt.Sprintf("shim-%.16x.so", h.Sum(nil)))
	if exists(out) {
		return out, nil
	}
	compiler := os.Getenv("CXX")
	if compiler == "" {
		compiler = "c++"
	}
	work, err := os.MkdirTemp(dir, "shim-")
	if err != nil {
		return "", fmt.Errorf("compiling the bridge to TensorRT: %w", err)
	}
	defer os.RemoveAll(work)
	for _, name := range []string{"shim.cpp", "cuda_runtime_api.h"} {
		b, err := shimSource.ReadFile("shim/" + name)
		if err == nil {
			err = atomic.WriteBytes(atomic.OS{}, filepath.Join(work, name), b)
		}
		if err != nil {
			return "", fmt.Errorf("compiling the bridge to TensorRT: %w", err)
		}
	}
	made := filepath.Join(work, "shim.so")
	args := []string{"-std=c++17", "-O1", "-fPIC", "-shared", "-Wno-deprecated-declarations", "-I" + work, "-I" + l.Include, filepath.Join(work, "shim.cpp"), "-o", made, "-ldl"}
	if l.of.defines != "" {
		args = append(args, "-D"+l.of.defines)
	}
	if text, err := exec.CommandContext(ctx, compiler, args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("compiling the bridge to TensorRT with %s against the headers in %s: %w\n%s", compiler, l.Include, err, text)
	}
	if err := (atomic.OS{}).Rename(made, out); err != nil {
		return "", fmt.Errorf("compiling the bridge to TensorRT: %w", err)
	}
	return out, nil
}
