package tensorrt

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
)

// write puts an engine and its sidecar into a folder.
func write(t *testing.T, engine []byte, s Sidecar) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "m.plan")
	s.Input, s.Output = plan.TensorID{Name: "images", DType: "f32", Dims: []int{-1, 3, 4, 5}}, plan.TensorID{Name: "features", DType: "f32", Dims: []int{-1, 3}}
	if err := Write(atomic.OS{}, name, engine, s); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestMismatch: an engine that does not fit is refused with the line of the sidecar that says so, before any library is looked for.
func TestMismatch(t *testing.T) {
	here := GPU{Name: "GPU B", Capability: "9.0"}
	made := Sidecar{Builder: NVInfer, TensorRT: "10.9.1", GPU: GPU{Name: "GPU A", Capability: "8.6"}, Profile: Profile{1, 4, 8}, Graph: "g", Plan: "p", Weights: "w", Step: 12}
	for _, c := range []struct {
		what    string
		damage  func(name string) error
		wanted  Wanted
		summary string
		line    string // the text at the line
	}{
		{"cut off", func(name string) error { return os.Truncate(name, 3) }, Wanted{}, "Truncated engine", `"bytes": 6`},
		{"another byte", func(name string) error { return os.WriteFile(name, []byte("ENGINe"), 0o666) }, Wanted{}, "Changed engine", `"sha256"`},
		{"longer", func(name string) error { return os.WriteFile(name, []byte("ENGINE!"), 0o666) }, Wanted{}, "Changed engine", `"sha256"`},
		{"another network", nil, Wanted{Graph: "h"}, "Engine of another network", `"graph"`},
		{"another run", nil, Wanted{Graph: "g", Plan: "q"}, "Engine of another run", `"plan"`},
		{"another step", nil, Wanted{Graph: "g", Plan: "p", Weights: "v", Step: 13}, "Engine of another checkpoint", `"step": 12`},
		{"another GPU", nil, Wanted{Graph: "g", Plan: "p", Weights: "w"}, "Engine of another GPU", `"gpu"`},
	} {
		name := write(t, []byte("ENGINE"), made)
		if c.damage != nil {
			if err := c.damage(name); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Open(t.Context(), name, Machine{GPU: here, NoInfer: errors.New("no library was to be asked for")}, OpenOptions{Wanted: c.wanted})
		var m Mismatch
		if !errors.As(err, &m) || m.Summary != c.summary {
			t.Errorf("%s: error %v, want %s", c.what, err, c.summary)
			continue
		}
		text, err := os.ReadFile(m.File)
		if err != nil {
			t.Fatal(err)
		}
		if line := strings.Split(string(text), "\n")[m.Line-1]; !strings.Contains(line, c.line) {
			t.Errorf("%s: line %d is %s, want one with %s", c.what, m.Line, line, c.line)
		}
	}
}

// TestAnotherTensorRT: the version is compared with that of the library, before the library sees the engine.
func TestAnotherTensorRT(t *testing.T) {
	stub(t, 100901)
	script(t, "nvidia-smi", smi)
	m := Look(t.Context(), nil, errors.New("none"))
	name := write(t, []byte("not an engine at all"), Sidecar{Builder: NVInfer, TensorRT: "10.13.0", GPU: m.GPU, Profile: Profile{1, 4, 8}})
	_, err := Open(t.Context(), name, m, OpenOptions{})
	var got Mismatch
	if !errors.As(err, &got) || got.Summary != "Engine of another TensorRT" || !strings.Contains(got.Found, "10.13.0, and here is 10.9.1") {
		t.Errorf("error %v", err)
	}
	name = write(t, []byte("not an engine at all"), Sidecar{Builder: NVInfer, TensorRT: "10.9.1", GPU: m.GPU, Profile: Profile{1, 4, 8}})
	if _, err := Open(t.Context(), name, m, OpenOptions{}); err == nil || !strings.Contains(err.Error(), "reading the engine: the magic tag does not match") {
		t.Errorf("what TensorRT says of the engine: %v", err)
	}
}

// TestNoSidecar: an engine of unknown origin is not loaded.
func TestNoSidecar(t *testing.T) {
	name := write(t, []byte("ENGINE"), Sidecar{Builder: NVInfer})
	if err := os.Remove(SidecarOf(name)); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := Read(name, Wanted{}); err == nil || !strings.Contains(err.Error(), "has no m.plan.json beside it") {
		t.Errorf("error %v", err)
	}
}

// TestForeignFile: somebody else's file of the sidecar's name stays.
func TestForeignFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(SidecarOf(name), []byte(`{"mine": 1}`), 0o666); err != nil {
		t.Fatal(err)
	}
	err := Write(atomic.OS{}, name, []byte("ENGINE"), Sidecar{})
	if err == nil || !strings.Contains(err.Error(), "is not of an engine: name another file") {
		t.Errorf("error %v", err)
	}
	if b, err := os.ReadFile(SidecarOf(name)); err != nil || string(b) != `{"mine": 1}` {
		t.Errorf("the file is %s, %v", b, err)
	}
	if _, err := os.Stat(name); err == nil {
		t.Error("an engine was written")
	}
}
