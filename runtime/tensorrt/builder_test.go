package tensorrt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func request(model string) Request {
	return Request{Model: []byte(model), Input: "images", Image: [3]int{3, 4, 5}, Profile: Profile{1, 4, 8}, Level: 3, Workspace: 16}
}

// script puts a program of the shell onto an otherwise small PATH.
func script(t *testing.T, name, text string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

const smi = `[ "$1" = "--query-gpu=name,compute_cap,driver_version" ] && echo "NVIDIA Stub 4, 8.9, 580.1"` + "\n"

func TestProfile(t *testing.T) {
	for text, want := range map[string]string{"1:64:256": "1:64:256", "32": "1:32:32", "0:1:2": "", "4:2:8": "", "1:2": "", "1:x:3": "", "1:2:3:4": "", "-1:2:3": "", "": ""} {
		p, err := ParseProfile(text)
		if got := p.String(); (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("ParseProfile(%q) = %s, %v, want %q", text, got, err, want)
		}
	}
}

func TestVersionText(t *testing.T) {
	for n, want := range map[int]string{101303: "10.13.3", 110100: "11.1.0", 8601: "8.6.1", 10701: "1.7.1"} {
		if got := versionText(n); got != want {
			t.Errorf("versionText(%d) = %s, want %s", n, got, want)
		}
	}
}

// TestTrtexec: the command line follows the help of the version that is there, and the engine is what the program wrote.
func TestTrtexec(t *testing.T) {
	t.Setenv("SSC_CACHE", t.TempDir())
	script(t, "nvidia-smi", smi)
	for _, c := range []struct {
		help, version string
		want, never   string
	}{
		{"[TensorRT v101303]\n --saveEngine --skipInference --stronglyTyped", "10.13.3", "--skipInference --minShapes=images:1x3x4x5 --optShapes=images:4x3x4x5 --maxShapes=images:8x3x4x5 --stronglyTyped --builderOptimizationLevel=3 --memPoolSize=workspace:16 --timingCacheFile=", "--buildOnly"},
		{"[TensorRT v110400]\n --saveEngine --skipInference", "11.4.0", "--skipInference", "--stronglyTyped"},
	} {
		script(t, "trtexec", `if [ "$1" = --help ]; then echo "`+c.help+`"; exit 0; fi
for a in "$@"; do case "$a" in --onnx=*) cat "${a#--onnx=}" >/dev/null || exit 1;; --saveEngine=*) echo "$@" >"${a#--saveEngine=}";; esac; done`)
		m := Look(t.Context(), nil, errors.New("none"))
		k, why, err := m.Choose(Auto)
		if err != nil || k != Trtexec || !strings.Contains(why, "NVIDIA Stub 4 (compute capability 8.9)") {
			t.Fatalf("Choose() = %s, %q, %v", k, why, err)
		}
		r := request("model")
		r.Folder = t.TempDir()
		b, err := m.Build(t.Context(), k, r)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(b.Engine); !strings.Contains(got, c.want) || strings.Contains(got, c.never) {
			t.Errorf("the arguments are %s, want %s in them and %s not", got, c.want, c.never)
		}
		if b.GPU.Driver != "580.1" || b.Version != c.version {
			t.Errorf("built by TensorRT %s on %+v", b.Version, b.GPU)
		}
	}
}

// TestTrtexecFails: its last errors are passed on; an old one, and another program of the name, are told apart.
func TestTrtexecFails(t *testing.T) {
	t.Setenv("SSC_CACHE", t.TempDir())
	script(t, "nvidia-smi", smi)
	for _, c := range []struct{ script, want string }{
		{`[ "$1" = --help ] && echo " --saveEngine --skipInference" && exit
echo "[01/01/2026] [I] fine"; echo "[01/01/2026] [E] In node 3 with name: backbone/conv1 and operator: Conv: bad"; exit 1`, "trtexec built no engine: In node 3 with name: backbone/conv1 and operator: Conv: bad\nexit status 1"},
		{`[ "$1" = --help ] && echo " --saveEngine --skipInference" && exit
exit 0`, "it wrote no engine"},
		{`echo "[TensorRT v8601] --saveEngine --buildOnly"`, "is of TensorRT 8.6.1, which chooses types itself; 10 or newer is needed"},
		{`echo hello`, "it is not TensorRT's trtexec"},
	} {
		script(t, "trtexec", c.script)
		r := request("model")
		r.Folder = t.TempDir()
		_, err := Look(t.Context(), nil, errors.New("none")).Build(t.Context(), Trtexec, r)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// TestChoose: what is missing is said for each builder, and a builder that times kernels is not chosen without a GPU.
func TestChoose(t *testing.T) {
	none := errors.New("not there")
	all := Machine{Trtexec: "/bin/trtexec", Provider: true}
	for _, c := range []struct {
		change func(*Machine)
		ask    Kind
		want   Kind
		err    string
	}{
		{func(m *Machine) {}, Auto, Trtexec, ""},
		{func(m *Machine) { m.Trtexec = "" }, Auto, Provider, ""},
		{func(m *Machine) { m.Trtexec, m.NoORT = "", none }, Auto, NVInfer, ""},
		{func(m *Machine) { m.NoGPU = none }, Auto, RTX, ""},
		{func(m *Machine) { m.NoGPU, m.NoRTX = none, errors.New("no rtx") }, Auto, "", "rtx: no rtx"},
		{func(m *Machine) { m.NoGPU = none }, NVInfer, "", "the builder nvinfer cannot work here: it needs a GPU: not there"},
		{func(m *Machine) { m.Trtexec = "" }, Trtexec, "", "trtexec is not on PATH"},
		{func(m *Machine) {}, RTX, RTX, ""},
	} {
		m := all
		c.change(&m)
		got, why, err := m.Choose(c.ask)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || err == nil && (why == "" || strings.Contains(why, "\n")) {
			t.Errorf("Choose(%s) = %s, %q, %v, want %s, %q", c.ask, got, why, err, c.want, c.err)
		}
	}
}

// built is a folder as TENSORRT_ROOT is one, with stand-ins for TensorRT's libraries that are compiled once.
var built = sync.OnceValues(func() (root string, err error) {
	root, err = os.MkdirTemp("", "ssc-stub-")
	if err != nil {
		return "", err
	}
	stubRoot = root
	lib := filepath.Join(root, "lib", "libnvinfer.so.10")
	err = errors.Join(os.Mkdir(filepath.Join(root, "lib"), 0o777), os.Mkdir(filepath.Join(root, "include"), 0o777))
	if err == nil {
		var out []byte
		if out, err = exec.Command("c++", "-std=c++17", "-O0", "-shared", "-fPIC", "-Ishim", "-Itestdata/stub", "testdata/stub/stub.cpp", "-o", lib).CombinedOutput(); err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		}
	}
	return root, errors.Join(err, os.Link(lib, filepath.Join(root, "lib", "libnvonnxparser.so.10")), os.CopyFS(filepath.Join(root, "include"), headers{os.DirFS("testdata/stub")}))
})

// stubRoot is that folder, if it was made.
var stubRoot string

// headers are the files of a folder that end in .h.
type headers struct{ fs.FS }

func (h headers) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(h.FS, name)
	return slices.DeleteFunc(list, func(e fs.DirEntry) bool { return filepath.Ext(e.Name()) != ".h" }), err
}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(stubRoot) // the tests are over
	os.Exit(code)
}

// stub lets the stand-ins be found, as a version.
func stub(t *testing.T, version int) (root string) {
	t.Helper()
	if program("c++") == "" {
		t.Skip("no C++ compiler: c++ is not on PATH")
	}
	root, err := built()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TENSORRT_ROOT", root)
	t.Setenv("SSC_STUB_VERSION", fmt.Sprint(version))
	t.Setenv("SSC_CUDART", filepath.Join(root, "lib", "libnvinfer.so.10"))
	t.Setenv("SSC_CACHE", filepath.Join(root, "cache"))
	t.Setenv("SSC_TENSORRT_INCLUDE", "")
	return root
}

// TestLibrary builds and runs an engine through the compiled bridge, which calls the stub as it would call libnvinfer.
func TestLibrary(t *testing.T) {
	stub(t, 100901)
	script(t, "nvidia-smi", smi)
	m := Look(t.Context(), nil, errors.New("none"))
	if m.NoInfer != nil {
		t.Fatal(m.NoInfer)
	}
	for model, want := range map[string]string{
		"refuse": "nvinfer built no engine: reading the model: node backbone/conv1 (Conv): no importer",
		"fail":   "nvinfer built no engine: building the engine: Error Code 10: could not find any implementation for node backbone/conv1",
	} {
		var f Failure
		if _, err := m.Build(t.Context(), NVInfer, request(model)); !errors.As(err, &f) || err.Error() != want {
			t.Errorf("%s: error %v, want %s", model, err, want)
		}
	}
	b, err := m.Build(t.Context(), NVInfer, request("model"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(b.Engine), "STUB images 1:4:8 flags 2 workspace 16777216 level 3"; got != want || b.Version != "10.9.1" {
		t.Errorf("the engine is %q by %s, want %q by 10.9.1", got, b.Version, want)
	}
	name := write(t, b.Engine, Sidecar{Builder: NVInfer, TensorRT: b.Version, GPU: b.GPU, Profile: Profile{2, 4, 8}})
	e, err := Open(t.Context(), name, m, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if got := fmt.Sprint(e.Dims(), e.Batch()); got != "[3] 8" {
		t.Errorf("features and batch are %s, want [3] 8", got)
	}
	for _, n := range []int{3, 1} { // the second is below the profile's least
		images, features := make([]float32, n*60), make([]float32, n*3)
		for i := range images {
			images[i] = float32(i / 60)
		}
		if err := e.Run(t.Context(), images, []int{n, 3, 4, 5}, features); err != nil {
			t.Fatal(err)
		}
		for i, got := range features {
			if want := float32(60 * (i / 3) * (i%3 + 1)); got != want {
				t.Errorf("batch %d: feature %d = %g, want %g", n, i, got, want)
			}
		}
	}
	if err := e.Run(t.Context(), make([]float32, 9*60), []int{9, 3, 4, 5}, make([]float32, 27)); err == nil || !strings.Contains(err.Error(), "at most 8") {
		t.Errorf("nine images: error %v", err)
	}
}

// TestLibraryVersion: headers of another major version would put functions elsewhere.
func TestLibraryVersion(t *testing.T) {
	stub(t, 110001)
	script(t, "nvidia-smi", smi)
	_, err := Look(t.Context(), nil, errors.New("none")).Build(t.Context(), NVInfer, request("model"))
	if err == nil || !strings.Contains(err.Error(), "is of version 11.0.1, but the headers in") {
		t.Errorf("error %v", err)
	}
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, "NvInfer.h"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSC_TENSORRT_INCLUDE", empty)
	if m := Look(t.Context(), nil, nil); m.NoInfer == nil || !strings.Contains(m.NoInfer.Error(), "set SSC_TENSORRT_INCLUDE to their folder") {
		t.Errorf("without a header: %v", m.NoInfer)
	}
}
