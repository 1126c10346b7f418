// Package cache knows where the native library and the test data lie: one folder, filled by `make deps`, whose entries carry the
// version of what they hold, so that an upgrade never meets the files of its predecessor.
//
//	$SSC_CACHE/
//	  onnxruntime-1.30.0/libonnxruntime.so.1.30.0
//	  onnx-1.22.0/node/test_*/model.onnx
//	  onednn-3.13/libdnnl.so.3
//	  turbojpeg-2.1.5-2/libturbojpeg.so.0
//	  fashion-mnist-20200523/train-images-idx3-ubyte.gz
//	  nvrtc-13.5.37/libnvrtc.so.13
//	  peers-<digest of the pins>/bin/python
//	  gpu-<digest of the pins>/lib/python3.13/site-packages/{onnxruntime/capi,nvidia/*/lib}
//
// The package only names places. Neighbours: setup fills them, runtime/ort and tests look there.
package cache

import (
	"os"
	"path/filepath"
)

// Versions of what the entries hold.
const (
	ONNXRuntime  = "1.30.0"
	ONNX         = "1.22.0"
	FashionMNIST = "20200523"
	OneDNN       = "3.13"
	NVRTC        = "13.5.37"
)

// TurboJPEGs are the versions of libjpeg-turbo: of Debian 12 and 13.
var TurboJPEGs = [...]string{"2.1.5-2", "2.1.5-4"}

// Dir is the cache folder: $SSC_CACHE, else ssc in the user's cache folder ($XDG_CACHE_HOME or ~/.cache). It is empty when neither is
// known.
func Dir() string {
	if dir := os.Getenv("SSC_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "ssc")
}

// Folder is a folder of the cache for what is made at run time, there or not; empty when there is no place for it.
func Folder(name string) string {
	if Dir() == "" {
		return ""
	}
	return filepath.Join(Dir(), name)
}

// Library is the path of the ONNX Runtime library, there or not.
func Library() string {
	return filepath.Join(Dir(), "onnxruntime-"+ONNXRuntime, "libonnxruntime.so."+ONNXRuntime)
}

// NodeTests is the folder of ONNX's node tests: test_<name>/model.onnx with test_data_set_<n>/{input,output}_<i>.pb.
func NodeTests() string { return filepath.Join(Dir(), "onnx-"+ONNX, "node") }

// FashionMNISTDir is the folder of the four gzip IDX files, named as Debian's package names them.
func FashionMNISTDir() string { return filepath.Join(Dir(), "fashion-mnist-"+FashionMNIST) }

// OneDNNDir is the folder of oneDNN, which native kernels are built with: its libraries and, in include, its headers.
func OneDNNDir() string { return filepath.Join(Dir(), "onednn-"+OneDNN) }

// NVRTCDir is the folder of NVIDIA's compiler of CUDA C++, a library.
func NVRTCDir() string { return filepath.Join(Dir(), "nvrtc-"+NVRTC) }

// TurboJPEGDir is the folder of a version of libjpeg-turbo.
func TurboJPEGDir(version string) string { return filepath.Join(Dir(), "turbojpeg-"+version) }

// TurboJPEG lists the paths where libjpeg-turbo may lie; at most one is there.
func TurboJPEG() []string {
	var out []string
	for _, v := range TurboJPEGs {
		out = append(out, filepath.Join(TurboJPEGDir(v), "libturbojpeg.so.0"))
	}
	return out
}

// gpuPackages is the folder of Python packages of the GPU's parts, as far as that is complete; empty when there is none.
func gpuPackages() string {
	done, err := filepath.Glob(filepath.Join(Dir(), "gpu-*", "complete"))
	if err != nil || len(done) == 0 {
		return ""
	}
	site, err := filepath.Glob(filepath.Join(filepath.Dir(done[len(done)-1]), "lib", "python3*", "site-packages"))
	if err != nil || len(site) == 0 {
		return ""
	}
	return site[0]
}

// GPULibrary is the path of the ONNX Runtime library with the CUDA provider beside it; empty when it is not there.
func GPULibrary() string {
	if site := gpuPackages(); site != "" {
		if found, err := filepath.Glob(filepath.Join(site, "onnxruntime", "capi", "libonnxruntime.so.*")); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// GPUFolders are the folders of NVIDIA's libraries, as far as they are there.
func GPUFolders() (found []string) {
	if site := gpuPackages(); site != "" {
		found, _ = filepath.Glob(filepath.Join(site, "nvidia", "*", "lib")) // the pattern is right
	}
	if _, err := os.Stat(NVRTCDir()); err == nil {
		found = append(found, NVRTCDir())
	}
	return found
}
