package main

import (
	"path"
	"runtime"
	"strings"

	"ssc/setup/cache"
)

// An item is one entry of the cache: a package to download, what to keep of it, and what the kept files must be.
type item struct {
	name    string // folder in the cache: what and which version
	pkg     string // name and version as the package client spells them: "onnx==1.22.0"
	wheel   string // platform tag of a Python wheel; empty for a Debian package and for Maven's
	maven   bool   // pkg is group:artifact:version:type:classifier
	archive string // sha256 of the downloaded file
	tree    string // digest of the unpacked folder, see digest
	// keep maps a path of the archive to a path in the folder; empty leaves the file out.
	keep func(path string) string
	// raw holds the sha256 of gzip members once unpacked, by path in the folder: the data's own fingerprints.
	raw map[string]string
}

// The wheels are read as zip files, so the Python tag is fixed whatever Python the machine has.
const wheelPython = "3.11"

// items lists what the runtime and the tests need on this machine. Only the ONNX Runtime library depends on the processor.
func items() []item {
	ort := item{name: "onnxruntime-" + cache.ONNXRuntime, pkg: "onnxruntime==" + cache.ONNXRuntime, keep: keepLibrary,
		wheel:   "manylinux_2_28_x86_64",
		archive: "fd54b314ea385bcecac69ab431f020ba503e3878dad4ebb645fec5a24b041242",
		tree:    "1e71167388f6bbc793b2a5323a4e38906a71404cab07239870cf57f74a1dc5bd"}
	if runtime.GOARCH == "arm64" {
		ort.wheel = "manylinux_2_28_aarch64"
		ort.archive = "bac3aee7b40acd805659fd81a2acd6096312d5b0f014c97ddfe75fb4c1644627"
		ort.tree = "b950f16c9c100246a9f7bd149b438b512ecd6fe42a0e700dc1feab9e83bd5a79"
	}
	return []item{ort, {
		// The last release whose wheel holds the node tests.
		name: "onnx-" + cache.ONNX, pkg: "onnx==" + cache.ONNX, keep: keepNodeTests,
		wheel:   "manylinux_2_28_x86_64",
		archive: "1d0a2bdb15eb2b3cb65c438f3423d9620d14fdce32f92380e6bb1b2e09568ef5",
		tree:    "ecc02f8622216042c73d3124f874a2c0490f735aa7be251c66d30e8085eec717",
	}, {
		name: "fashion-mnist-" + cache.FashionMNIST, pkg: "dataset-fashion-mnist=0.0~git20200523.55506a9-1", keep: keepIDX,
		archive: "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
		tree:    "f37bf62265b0989968a94c78e420344f1ede1007dabf032a0dc5e88371fef370",
		raw: map[string]string{
			"train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
			"train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
			"t10k-images-idx3-ubyte.gz":  "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
			"t10k-labels-idx1-ubyte.gz":  "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
		},
	}}
}

// oneDNN is what native kernels are built with. The package carries what no other of the machine's clients has: the newest release, built for
// the threads of OpenMP and nothing of a graphics processor, with its headers. (Debian has 2.6, whose convolutions of plain NCHW tensors are
// twice as slow; the wheels that need no SYCL end with 3.2.)
func oneDNN() item {
	return item{name: "onednn-" + cache.OneDNN, pkg: "org.bytedeco:dnnl:" + cache.OneDNN + "-1.5.14:jar:linux-x86_64", keep: keepOneDNN, maven: true,
		archive: "9c9a46215ec11c7ceb442714083615c74104f4ad7181ff910bf5fa95999070f4",
		tree:    "5192a35e144b7634cd0da0c6ca9bed249c7bfb0b259031b83c52b81d334eb106"}
}

// nvrtc compiles CUDA C++ and needs no GPU for that.
func nvrtc() item {
	it := item{name: "nvrtc-" + cache.NVRTC, pkg: "nvidia-cuda-nvrtc==" + cache.NVRTC, keep: keepNVRTC,
		wheel:   "manylinux_2_12_x86_64",
		archive: "86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc",
		tree:    "8748987ca69773b63f653842058366b38ffa78ca4904cf4a517efd1139eca6c3"}
	if runtime.GOARCH == "arm64" {
		it.wheel = "manylinux_2_17_aarch64"
		it.archive = "36e4fa2a8ada293f5693d308e531c196ab6f91cf7a0ff479bf96a537d43a6096"
		it.tree = "6351c3ddb9ec88186e3cdfc267feea79547c57488e4d53a06c7d68927cae6bd9"
	}
	return it
}

// turboJPEGs are what JPEG images are decoded with, each from one release of Debian: package clients reach the release of the machine.
func turboJPEGs() []item {
	pins := map[string][2][2]string{ // archive and tree of each version
		"amd64": {{"466d8e2a6b501c43d9064e19972465e7703611a9c344f0244cb3bedbc2a328bc", "0f181eac016bf32b25fe1cffeb06ce5c1001f11fe69671fd3c92c8187da0c07f"},
			{"41e47391d822b61b7ca70002c793c1aa003bce6e31d30a28edda432e2b842a80", "f5932fa333ad47ac11a6a1ad200ecc0a90a1bf35eb92d2a7df5c1da9f811a087"}},
		"arm64": {{"85a0914484efe5bfa51c79bc45ccb5133373f65a94e7bd867c89a6a45188d148", "a9ec4e56e9fb03431fed58e223fbf08f676bf0ee27747881aa17fce79221e35b"},
			{"bfce9b617b7de2e313b701de3ad3611b764613820d690592e3e96f3a62f02cdf", "93e2e0df0102785e791b0886f69276524b0e1509d6da491186a768e6cd0566b0"}},
	}
	var out []item
	for i, version := range cache.TurboJPEGs {
		if p, ok := pins[runtime.GOARCH]; ok {
			out = append(out, item{name: "turbojpeg-" + version, pkg: "libturbojpeg0=1:" + version, keep: keepTurboJPEG, archive: p[i][0], tree: p[i][1]})
		}
	}
	return out
}

func keepTurboJPEG(p string) string {
	switch base := path.Base(p); {
	case strings.HasPrefix(base, "libturbojpeg.so.0."):
		return "libturbojpeg.so.0"
	case base == "copyright":
		return base
	}
	return ""
}

func keepNVRTC(p string) string {
	if base := path.Base(p); strings.HasPrefix(base, "libnvrtc") || base == "License.txt" {
		return base
	}
	return ""
}

func keepOneDNN(p string) string {
	rest, ok := strings.CutPrefix(p, "org/bytedeco/dnnl/linux-x86_64/")
	if ok && (strings.HasPrefix(rest, "include/") || rest == "libdnnl.so.3" || rest == "libgomp.so.1") {
		return rest
	}
	return ""
}

func keepLibrary(p string) string {
	if p == "onnxruntime/LICENSE" || strings.HasPrefix(p, "onnxruntime/capi/libonnxruntime.so.") {
		return path.Base(p)
	}
	return ""
}

func keepNodeTests(p string) string {
	if rest, ok := strings.CutPrefix(p, "onnx/backend/test/data/node/"); ok {
		return path.Join("node", rest)
	}
	return ""
}

func keepIDX(p string) string {
	if path.Dir(p) == "usr/share/datasets/fashion-mnist" {
		return path.Base(p)
	}
	return ""
}
