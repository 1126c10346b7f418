package pth

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/runtime/checkpoint/safetensors"
)

func read(t *testing.T, name string) (*Weights, error) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return Read(bytes.NewReader(text), int64(len(text)))
}

// TestWeights compares with what PyTorch itself says of the files that it wrote (testdata/make.py): names, types, shapes and values, in both forms.
func TestWeights(t *testing.T) {
	type want struct {
		DType  string    `json:"dtype"`
		Shape  []int     `json:"shape"`
		Values []float64 `json:"values"`
	}
	text, err := os.ReadFile("testdata/want.json")
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]want{}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	types := map[string]string{"f64": "torch.float64", "f32": "torch.float32", "f16": "torch.float16", "bf16": "torch.bfloat16", "i64": "torch.int64", "i32": "torch.int32", "u8": "torch.uint8", "bool": "torch.bool"}
	for _, file := range []string{"zip.pth", "stream.pth"} {
		w, err := read(t, file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		got := map[string]want{}
		for _, x := range w.Tensors {
			got[x.Name] = want{types[x.DType], x.Dims, values(x)}
		}
		if d := cmp.Diff(expected, got); d != "" {
			t.Errorf("%s (-PyTorch +ssc):\n%s", file, d)
		}
		if want := []string{"meta", "optimizer"}; !slices.Equal(w.Others, want) {
			t.Errorf("%s: others %v, want %v", file, w.Others, want)
		}
		var b bytes.Buffer
		if err := safetensors.Write(&b, w.Tensors, nil); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	w, err := read(t, "plain.pth")
	if err != nil || len(w.Tensors) != 1 || !slices.Equal(values(w.Tensors[0]), []float64{1, 3, 2, 4}) {
		t.Errorf("plain.pth: %v, %v", w, err)
	}
}

// values are the elements as numbers.
func values(x safetensors.Tensor) []float64 {
	out := []float64{}
	w := width(x.DType)
	for b := x.Data; len(b) > 0; b = b[w:] {
		var v float64
		switch x.DType {
		case "f64":
			v = math.Float64frombits(binary.LittleEndian.Uint64(b))
		case "f32":
			v = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		case "bf16":
			v = float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16))
		case "f16":
			h := binary.LittleEndian.Uint16(b) // normal numbers only
			v = math.Ldexp(1+float64(h&0x3ff)/1024, int(h>>10&31)-15)
			if h>>15 == 1 {
				v = -v
			}
		case "i64":
			v = float64(int64(binary.LittleEndian.Uint64(b)))
		case "i32":
			v = float64(int32(binary.LittleEndian.Uint32(b)))
		default:
			v = float64(b[0])
		}
		out = append(out, v)
	}
	return out
}

// TestNoCode reads files that would run code in Python, and files that cannot be read without it.
func TestNoCode(t *testing.T) {
	if w, err := read(t, "evil.pth"); err == nil || !strings.Contains(err.Error(), "it names posix.system") {
		t.Errorf("evil.pth: %v, %v; want that it names posix.system", w, err)
	}
	if _, err := os.Stat("evil"); err == nil {
		t.Error("code was run")
	}
	if _, err := read(t, "model.pth"); err == nil || !strings.Contains(err.Error(), "needs its code") {
		t.Errorf("model.pth: %v, want that it needs its code", err)
	}
}

// TestGadgets: what the published malicious pickles call is refused by name, in both instructions that name something; names that stand beside weights are passed over.
func TestGadgets(t *testing.T) {
	for _, name := range []string{
		"os system", "posix system", "nt system", "os popen", "subprocess Popen", "subprocess check_output", "commands getoutput", "builtins eval", "builtins exec", "builtins compile", "builtins __import__",
		"__builtin__ eval", "__builtin__ execfile", "runpy _run_code", "pty spawn", "importlib import_module", "importlib.util spec_from_loader", "ctypes CDLL", "ctypes.util find_library", "socket create_connection",
		"webbrowser open", "urllib.request urlopen", "requests.api get", "shutil rmtree", "sys setprofile", "code InteractiveInterpreter", "pdb run", "bdb Bdb.run", "timeit timeit", "cProfile runctx", "pydoc pipepager",
		"pip main", "marshal loads", "pickle loads", "dill loads", "torch.hub load", "torch.serialization load", "operator attrgetter", "numpy.testing._private.utils runstring", "asyncio.unix_events _UnixSubprocessTransport._start",
	} {
		module, fn, _ := strings.Cut(name, " ")
		for form, text := range map[string]string{
			"GLOBAL":       "\x80\x02c" + module + "\n" + fn + "\nX\x01\x00\x00\x00x\x85R.",
			"STACK_GLOBAL": "\x80\x04\x8c" + string(rune(len(module))) + module + "\x8c" + string(rune(len(fn))) + fn + "\x93\x8c\x01x\x85R.",
		} {
			if _, _, err := unpickle([]byte(text)); err == nil || !strings.Contains(err.Error(), "it names "+module+"."+fn+",") {
				t.Errorf("%s %s: %v, want that it is named", form, name, err)
			}
		}
	}
	for _, name := range []string{"argparse Namespace", "pathlib PosixPath", "numpy.core.multiarray scalar", "numpy dtype", "builtins set", "builtins getattr", "builtins slice", "functools partial", "collections defaultdict",
		"mmcv.utils.config ConfigDict", "torch.optim.sgd SGD", "osmodule system", "test Config", "code Model", "codec x", "torch.serialization x", "_codecs encode"} {
		module, fn, _ := strings.Cut(name, " ")
		if v, _, err := unpickle([]byte("\x80\x02c" + module + "\n" + fn + "\n)R.")); err != nil || v != any(opaque{module + "." + fn}) {
			t.Errorf("%s: %v, %v; want it opaque", name, v, err)
		}
	}
}

// TestDamaged cuts and changes files: each is an error or still weights, never a panic.
func TestDamaged(t *testing.T) {
	for _, file := range []string{"zip.pth", "stream.pth"} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(text); n += 37 {
			if w, err := Read(bytes.NewReader(text[:n]), int64(n)); err == nil {
				t.Errorf("%s cut at %d gives %d tensors", file, n, len(w.Tensors))
			}
			changed := bytes.Clone(text)
			changed[n] ^= 0xff
			_, _ = Read(bytes.NewReader(changed), int64(len(changed))) // either is right
		}
	}
	for _, c := range []struct{ name, text string }{
		{"empty", ""}, {"text", "hello"}, {"pickle", "\x80\x02K\x01."}, {"huge text", "\x80\x02X\xff\xff\xff\xff."}, {"huge long", "\x80\x02\x8a\xff."},
		{"deep", "\x80\x02" + strings.Repeat("]", 1<<20+9) + "."}, {"no stop", "\x80\x02N"}, {"unknown memo", "\x80\x02h\x07."}, {"text opcode", "\x80\x02I12\n."},
	} {
		if _, err := Read(strings.NewReader(c.text), int64(len(c.text))); err == nil {
			t.Errorf("%s: no error", c.name)
		}
	}
}

// TestViews checks bounds of views on a storage.
func TestViews(t *testing.T) {
	mem := func(storage) ([]byte, error) { return make([]byte, 40), nil }
	for _, c := range []struct {
		name string
		t    tensor
		ok   bool
	}{
		{"whole", tensor{storage{dtype: "f32"}, 0, []int64{2, 5}, []int64{5, 1}}, true},
		{"one too far", tensor{storage{dtype: "f32"}, 1, []int64{2, 5}, []int64{5, 1}}, false},
		{"strides too far", tensor{storage{dtype: "f32"}, 0, []int64{2, 2}, []int64{9, 1}}, false},
		{"repeated", tensor{storage{dtype: "f32"}, 0, []int64{3, 2}, []int64{0, 1}}, true},
		{"too many copies", tensor{storage{dtype: "f32"}, 0, []int64{1 << 40}, []int64{0}}, false},
		{"overflow", tensor{storage{dtype: "f32"}, 0, []int64{1 << 40, 1 << 40}, []int64{0, 0}}, false},
		{"overflowing stride", tensor{storage{dtype: "f32"}, 0, []int64{3}, []int64{math.MaxInt64 / 2}}, false},
		{"overflowing offset", tensor{storage{dtype: "f32"}, math.MaxInt64 - 1, []int64{3}, []int64{1}}, false},
		{"scalar", tensor{storage{dtype: "f32"}, 9, nil, nil}, true},
		{"unknown elements", tensor{storage{typ: "QInt8Storage"}, 0, []int64{1}, []int64{1}}, false},
	} {
		left := int64(1 << 20)
		if _, err := c.t.copy(mem, &left); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"zip.pth", "stream.pth", "plain.pth", "evil.pth"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if w, err := Read(bytes.NewReader(text), int64(len(text))); err == nil && len(w.Tensors) == 0 {
			t.Error("no error and no weights")
		}
	})
}

// TestWrite reads what Write writes: names, types, shapes and bytes, in both forms. That PyTorch reads it is checked by runtime/export/testdata/check.py.
func TestWrite(t *testing.T) {
	list := []safetensors.Tensor{
		{Info: safetensors.Info{Name: "conv1.weight", DType: "f32", Dims: []int{2, 1, 3}}, Data: bytes.Repeat([]byte{1, 2, 3, 4}, 6)},
		{Info: safetensors.Info{Name: "bn1.num_batches_tracked", DType: "i64", Dims: []int{}}, Data: []byte{7, 0, 0, 0, 0, 0, 0, 0}},
		{Info: safetensors.Info{Name: "é", DType: "bf16", Dims: []int{0, 4}}},
	}
	for _, meta := range []map[string]string{nil, {"ssc.version": "1", "a": "b"}} {
		var b, again bytes.Buffer
		if err := Write(&b, list, meta); err != nil {
			t.Fatal(err)
		}
		if err := Write(&again, list, meta); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("written twice, the bytes differ: %v", err)
		}
		w, err := Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(list, w.Tensors); d != "" {
			t.Errorf("-written +read:\n%s", d)
		}
		if (len(w.Others) > 0) != (meta != nil) {
			t.Errorf("others %v with meta %v", w.Others, meta)
		}
	}
	if err := Write(&bytes.Buffer{}, []safetensors.Tensor{{Info: safetensors.Info{Name: "x", DType: "u64"}}}, nil); err == nil || !strings.Contains(err.Error(), "u64") {
		t.Errorf("an unknown type gives %v, want an error", err)
	}
}
