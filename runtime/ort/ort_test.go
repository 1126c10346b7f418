package ort_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssc/runtime/ort"
)

// scale is y = w * x with a symbolic batch and w given from outside.
func scale() []byte {
	return model([]node{{op: "Mul", in: []string{"x", "w"}, out: []string{"y"}}}, []value{f32("x", "batch", 2)},
		[]value{f32("y", "batch", 2)}, external{"w", []int{2}})
}

func TestExternalInitializersAndSymbolicBatch(t *testing.T) {
	w := tensor(t, "f32", 2)
	copy(w.Float32(), []float32{2, -3})
	s := session(t, scale(), ort.SessionOptions{Initializers: map[string]*ort.Tensor{"w": w}})
	copy(w.Float32(), []float32{0, 0}) // the session has its own copy
	want := []ort.Port{{Name: "x", DType: "f32", Dims: []int{-1, 2}}}
	if diff := cmp.Diff(want, s.Inputs()); diff != "" {
		t.Errorf("Inputs() differ (-want +got):\n%s", diff)
	}
	for _, n := range []int{1, 3} {
		x, y := tensor(t, "f32", n, 2), tensor(t, "f32", n, 2)
		for i := range x.Float32() {
			x.Float32()[i] = float32(i + 1)
		}
		b := bind(t, s, map[string]*ort.Tensor{"x": x}, map[string]*ort.Tensor{"y": y})
		if err := b.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, got := range y.Float32() {
			if want := float32(i+1) * []float32{2, -3}[i%2]; got != want {
				t.Errorf("batch %d: y[%d] = %v, want %v", n, i, got, want)
			}
		}
		b.Close()
	}
}

func TestSetInput(t *testing.T) {
	w := tensor(t, "f32", 2)
	copy(w.Float32(), []float32{10, 10})
	s := session(t, scale(), ort.SessionOptions{Initializers: map[string]*ort.Tensor{"w": w}})
	x1, y := tensor(t, "f32", 1, 2), tensor(t, "f32", 1, 2)
	b := bind(t, s, map[string]*ort.Tensor{"x": x1}, map[string]*ort.Tensor{"y": y})
	x2, err := ort.NewTensor("f32", []int{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	copy(x2.Float32(), []float32{4, 5})
	if err := b.SetInput("x", x2); err != nil {
		t.Fatal(err)
	}
	x2.Close() // the binding keeps the memory
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{40, 50}, y.Float32()); diff != "" {
		t.Errorf("y differs (-want +got):\n%s", diff)
	}
	if err := b.SetInput("x", x2); err == nil {
		t.Error("SetInput of a closed tensor succeeded, want an error")
	}
}

func TestBindErrors(t *testing.T) {
	s := session(t, stepModel(false), ort.SessionOptions{})
	good := func() (in, out map[string]*ort.Tensor) {
		in = map[string]*ort.Tensor{}
		for _, p := range s.Inputs() {
			in[p.Name] = tensor(t, p.DType, p.Dims...)
		}
		return in, map[string]*ort.Tensor{"w1_next": in["w1"]}
	}
	closed := tensor(t, "f32")
	closed.Close()
	for _, c := range []struct {
		want string
		edit func(in, out map[string]*ort.Tensor)
	}{
		{"no tensor for input w2: f32[16 3]", func(in, _ map[string]*ort.Tensor) { delete(in, "w2") }},
		{"input x: f32[8 4]: the tensor is f32[8 5]", func(in, _ map[string]*ort.Tensor) { in["x"] = tensor(t, "f32", 8, 5) }},
		{"input gate: bool[]: the tensor is f32[]", func(in, _ map[string]*ort.Tensor) { in["gate"] = tensor(t, "f32") }},
		{`the model has no input "z"`, func(in, _ map[string]*ort.Tensor) { in["z"] = closed }},
		{`the model has no output "z"`, func(_, out map[string]*ort.Tensor) { out["z"] = closed }},
		{"output loss: f32[]: the tensor is closed", func(_, out map[string]*ort.Tensor) { out["loss"] = closed }},
		{"no tensor for any output", func(_, out map[string]*ort.Tensor) { clear(out) }},
		{"outputs loss and w1_next have the same tensor", func(_, out map[string]*ort.Tensor) { out["loss"] = out["w1_next"] }},
	} {
		in, out := good()
		c.edit(in, out)
		_, err := s.Bind(in, out)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Bind: error = %v, want one with %q", err, c.want)
		}
	}
	in, out := good()
	b := bind(t, s, in, out)
	b.Close()
	b.Close()
	if err := b.Run(t.Context()); err == nil {
		t.Error("Run of a closed binding succeeded, want an error")
	}
}

func TestSessionErrors(t *testing.T) {
	unknown := model([]node{{op: "Frobnicate", in: []string{"x"}, out: []string{"y"}}}, []value{f32("x", 2)}, []value{f32("y", 2)})
	for _, c := range []struct {
		name  string
		model []byte
		o     ort.SessionOptions
		want  string
	}{
		{"empty", nil, ort.SessionOptions{}, "creating session: the model is empty"},
		{"no protobuf", []byte("hello"), ort.SessionOptions{}, "creating session: "},
		{"operator", unknown, ort.SessionOptions{}, "Frobnicate"},
		{"provider", scale(), ort.SessionOptions{Provider: "abacus"}, `execution provider "abacus" is not supported; this ONNX Runtime has `},
		{"kernels", scale(), ort.SessionOptions{Kernels: "nowhere.so"}, "loading kernels from nowhere.so"},
		{"threads", scale(), ort.SessionOptions{Threads: -1}, "-1 threads"},
		{"level", scale(), ort.SessionOptions{OptLevel: 9}, "there is no optimisation level 9"},
		{"initializer missing", scale(), ort.SessionOptions{}, "creating session: "},
	} {
		s, err := ort.NewSession(c.model, c.o)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: NewSession error = %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestClosedSession(t *testing.T) {
	s, err := ort.NewSession(stepModel(false), ort.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := newTrainer(t, s, false)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	_, errBind := s.Bind(nil, nil)
	_, errProfile := s.EndProfile()
	for what, err := range map[string]error{"Run": r.bindings[0].Run(t.Context()), "Bind": errBind, "EndProfile": errProfile} {
		if err == nil || !strings.Contains(err.Error(), "is closed") {
			t.Errorf("%s after Close: error = %v, want one that says so", what, err)
		}
	}
}

// TestFallbackIsKnown: this ONNX Runtime understands the entry that sessions for a GPU carry, and refuses a session with a node that would run on the CPU.
func TestFallbackIsKnown(t *testing.T) {
	_, err := ort.NewSession(stepModel(true), ort.SessionOptions{Config: map[string]string{"session.disable_cpu_ep_fallback": "1"}})
	if err == nil || !strings.Contains(err.Error(), "fallback") {
		t.Errorf("NewSession error = %v, want one that speaks of the fallback", err)
	}
}

func TestCUDAIsRefusedWithoutItsProvider(t *testing.T) {
	have, err := ort.Providers()
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(have, "cuda") {
		t.Skip("this ONNX Runtime has the CUDA provider")
	}
	_, err = ort.NewSession(scale(), ort.SessionOptions{Provider: "cuda"})
	if err == nil || !strings.Contains(err.Error(), "execution provider cuda: ") {
		t.Errorf("NewSession error = %v, want one that names the provider", err)
	}
}

func TestTensor(t *testing.T) {
	for _, c := range []struct {
		dtype string
		dims  []int
		want  string
	}{
		{"f31", nil, `no element type is called "f31"`},
		{"f32", []int{2, -1}, "no size that fits"},
		{"f32", []int{1 << 31, 1 << 31, 2}, "no size that fits"},
		{"u8", []int{1 << 50}, "no memory for"},
		{"u8", make([]int, 33), "33 axes"},
	} {
		if _, err := ort.NewTensor(c.dtype, c.dims); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("NewTensor(%q, %v) error = %v, want one with %q", c.dtype, c.dims, err, c.want)
		}
	}
	big := tensor(t, "bf16", 3<<20, 1)
	if got, want := len(big.Bytes()), 6<<20; got != want {
		t.Errorf("len(Bytes()) = %d, want %d", got, want)
	}
	if i := slices.IndexFunc(big.Bytes(), func(b byte) bool { return b != 0 }); i >= 0 {
		t.Errorf("byte %d of a new tensor is not zero", i)
	}
	if n := len(tensor(t, "i64", 0, 3).Int64()); n != 0 {
		t.Errorf("a tensor of [0 3] has %d elements, want 0", n)
	}
	defer func() {
		if recover() == nil {
			t.Error("Float32() of an f64 tensor did not panic")
		}
	}()
	tensor(t, "f64", 1).Float32()
}

// slow is a chain of matrix products that takes seconds.
func slow() []byte {
	nodes := make([]node, 400)
	last := "x"
	for i := range nodes {
		out := "y" + strings.Repeat("'", i)
		nodes[i] = node{op: "MatMul", in: []string{last, "x"}, out: []string{out}}
		last = out
	}
	return model(nodes, []value{f32("x", 1000, 1000)}, []value{f32(last, 1000, 1000)})
}

func TestRunStopsWithItsContext(t *testing.T) {
	s := session(t, slow(), ort.SessionOptions{DisableMemPattern: true})
	b := bind(t, s, map[string]*ort.Tensor{"x": tensor(t, "f32", 1000, 1000)},
		map[string]*ort.Tensor{s.Outputs()[0].Name: tensor(t, "f32", 1000, 1000)})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := b.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run error = %v, want %v", err, context.DeadlineExceeded)
	}
	if err := b.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run with an ended context: error = %v, want %v", err, context.DeadlineExceeded)
	}
	small := session(t, stepModel(false), ort.SessionOptions{})
	r := newTrainer(t, small, false)
	r.run()
}

func TestMemoryAndProfile(t *testing.T) {
	s := session(t, stepModel(false), ort.SessionOptions{OptLevel: ort.OptOff, Profile: filepath.Join(t.TempDir(), "trace")})
	ort.BeginPeak()
	newTrainer(t, s, false).run()
	if m := ort.MemoryUse(); m.Peak <= m.InUse || m.InUse < 0 {
		t.Errorf("MemoryUse() = %+v, want 0 <= InUse < Peak", m)
	}
	name, err := s.EndProfile()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var events []struct{ Name string }
	if err := json.Unmarshal(data, &events); err != nil {
		t.Fatalf("the profile is no JSON: %v", err)
	}
	if !slices.ContainsFunc(events, func(e struct{ Name string }) bool { return e.Name == "dw1_kernel_time" }) {
		t.Error("the profile has no event for node dw1")
	}
}

func TestVersion(t *testing.T) {
	v, err := ort.Version()
	if err != nil || !regexp.MustCompile(`^1\.(29|[3-9]\d)\.\d+$`).MatchString(v) {
		t.Errorf("Version() = %q, %v, want 1.29 or newer", v, err)
	}
	p, err := ort.Providers()
	if err != nil || !slices.Contains(p, "cpu") {
		t.Errorf("Providers() = %v, %v, want cpu among them", p, err)
	}
}

func TestLibraryPath(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SSC_ORT_LIB", filepath.Join(dir, "gone.so"))
	if _, err := ort.LibraryPath(); err == nil || !strings.Contains(err.Error(), "SSC_ORT_LIB: ") {
		t.Errorf("LibraryPath() error = %v, want one that names SSC_ORT_LIB", err)
	}
	t.Setenv("SSC_ORT_LIB", "")
	t.Setenv("SSC_CACHE", dir)
	_, err := ort.LibraryPath()
	if err == nil || !strings.Contains(err.Error(), "make deps") || !strings.Contains(err.Error(), dir) {
		t.Errorf("LibraryPath() error = %v, want one that names %s and the command", err, dir)
	}
	want := filepath.Join(dir, "mine.so")
	if err := os.WriteFile(want, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSC_ORT_LIB", want)
	if got, err := ort.LibraryPath(); got != want || err != nil {
		t.Errorf("LibraryPath() = %q, %v, want %q", got, err, want)
	}
}

// TestBadLibraries runs this test binary again for each library, since a process loads one only.
func TestBadLibraries(t *testing.T) {
	if os.Getenv("SSC_TEST_INIT") != "" {
		os.Stdout.WriteString("error: " + errorText(ort.Init()))
		return
	}
	cc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no C compiler to build an old library with")
	}
	dir := t.TempDir()
	build := func(name, code string) string {
		src, lib := filepath.Join(dir, name+".c"), filepath.Join(dir, name+".so")
		if err := os.WriteFile(src, []byte(code), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(cc, "-shared", "-fPIC", "-o", lib, src).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return lib
	}
	garbage := filepath.Join(dir, "garbage.so")
	if err := os.WriteFile(garbage, []byte("\x7fELF and nothing else"), 0o644); err != nil {
		t.Fatal(err)
	}
	old := build("old", `static const void *get(unsigned v) { return 0; }
		static const char *version(void) { return "1.20.1"; }
		static const struct { const void *(*get)(unsigned); const char *(*version)(void); } base = {get, version};
		const void *OrtGetApiBase(void) { return &base; }`)
	other := build("other", "int answer(void) { return 42; }")
	for lib, want := range map[string]string{
		old:     "is version 1.20.1, 1.29 or newer is needed; run `make deps`",
		other:   "OrtGetApiBase",
		garbage: "garbage.so",
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestBadLibraries$")
		cmd.Env = append(os.Environ(), "SSC_TEST_INIT=1", "SSC_ORT_LIB="+lib)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) || !strings.Contains(string(out), "make deps") {
			t.Errorf("Init() with %s: %v, %s, want %q", filepath.Base(lib), err, out, want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return "none"
	}
	return err.Error()
}

// members is the text of a struct in a source, without comments.
func members(t *testing.T, source, name string) string {
	t.Helper()
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(text), "struct "+name+" {")
	body, _, _ = strings.Cut(body, "\n};")
	return regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`).ReplaceAllString(body, "")
}

// header is the path of the header that onnxruntime_go is built with.
func header(t *testing.T) string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yalue/onnxruntime_go").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(dir)), "onnxruntime_c_api.h")
}

// TestOperatorMembers compares the members of an operator with those of the header.
func TestOperatorMembers(t *testing.T) {
	list := func(source, name string) (out []string) {
		for _, m := range regexp.MustCompile(`\*\s*(\w+)\s*\)\s*\(|\bvoid \*(\w+);`).FindAllStringSubmatch(members(t, source, name), -1) {
			out = append(out, m[1]+m[2])
		}
		return out
	}
	want, got := list(header(t), "OrtCustomOp"), list("operators.c", "operator")
	if len(want) != 25 || len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("members are %v, want %v", got, want)
	}
}

// TestTablePositions compares the positions in the sources with the header that onnxruntime_go is built with.
func TestTablePositions(t *testing.T) {
	body := members(t, header(t), "OrtApi")
	member := regexp.MustCompile(`ORT_API2_STATUS\(\s*(\w+)|ORT_CLASS_(RELEASE)\((\w+)\)|\(\s*ORT_API_CALL\s*\*\s*(\w+)\s*\)`)
	want := map[string]int{}
	for i, m := range member.FindAllStringSubmatch(body, -1) {
		name := m[1] + m[4]
		if m[2] != "" {
			name = "Release" + m[3]
		}
		want[name] = i
	}
	got := map[string]int{}
	for _, name := range []string{"native.go", "device.go", "operators.c"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^\t(\w+) = (\d+),$`).FindAllStringSubmatch(string(source), -1) {
			if got[m[1]], err = strconv.Atoi(m[2]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(want) < 400 || len(got) < 60 {
		t.Fatalf("read %d positions from the header and %d from the sources", len(want), len(got))
	}
	for name, n := range got {
		if w, ok := want[name]; !ok || n != w {
			t.Errorf("position of %s = %d, want %d", name, n, w)
		}
	}
}

// TestLeavesNothing: the library writes no file of its own, neither an identifier of the machine nor a log.
func TestLeavesNothing(t *testing.T) {
	if os.Getenv("SSC_TEST_LEAVES_NOTHING") != "" {
		if err := ort.Init(); err != nil {
			t.Fatal(err)
		}
		return
	}
	path, err := ort.LibraryPath()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	c := exec.Command(os.Args[0], "-test.run=^TestLeavesNothing$")
	c.Env = append(os.Environ(), "SSC_TEST_LEAVES_NOTHING=1", "SSC_ORT_LIB="+path, "HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, "cache"), "TMPDIR="+home)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	left, err := os.ReadDir(home)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		t.Errorf("loading ONNX Runtime leaves %s behind", f.Name())
	}
}
