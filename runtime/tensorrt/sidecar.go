package tensorrt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
)

// Format is the version of the file beside an engine. A reader accepts exactly its own.
const Format = 1

// Sidecar is what an engine is bound to, and what it was made of: the file ENGINE.json beside it. TensorRT has no question that could be asked of an engine before it is loaded.
type Sidecar struct {
	Format    int           `json:"format"`
	Compiler  string        `json:"compiler"` // version of ssc
	Builder   Kind          `json:"builder"`  // "onnx" for a model that no builder has seen
	TensorRT  string        `json:"tensorrt"` // version
	GPU       GPU           `json:"gpu"`      // that it was built on; empty for TensorRT-RTX, whose engines run on several
	Precision string        `json:"precision"`
	Profile   Profile       `json:"profile"` // batches
	Input     plan.TensorID `json:"input"`
	Output    plan.TensorID `json:"output"`
	Bytes     int           `json:"bytes"`  // of the engine …
	SHA256    string        `json:"sha256"` // … and its digest
	Model     string        `json:"model"`  // digest of the ONNX model that it was built from
	Graph     string        `json:"graph"`  // digest of the plan's extraction graph
	Plan      string        `json:"plan"`   // digest of the plan that was trained
	Run       string        `json:"run"`    // name of its pipeline
	Step      int           `json:"step"`
	Weights   string        `json:"weights"` // digest of the checkpoint's manifest, which has those of its files
}

// SidecarOf is the name of the file beside an engine.
func SidecarOf(engine string) string { return engine + ".json" }

// Digest is a sha256 in hexadecimal digits.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Write puts an engine and its sidecar into files. The old sidecar goes first and the new one comes last: an engine that was cut off has none that fits. A file of the sidecar's name that is none
// is left alone, and nothing is written.
func Write(f atomic.FS, name string, engine []byte, s Sidecar) error {
	if old, err := os.ReadFile(SidecarOf(name)); err == nil {
		var was Sidecar
		if json.Unmarshal(old, &was) != nil || was.Format == 0 || was.SHA256 == "" {
			return fmt.Errorf("writing the engine %s: %s is there and is not of an engine: name another file", name, SidecarOf(name))
		}
	}
	s.Format, s.Bytes, s.SHA256 = Format, len(engine), Digest(engine)
	text, err := json.MarshalIndent(s, "", "  ")
	if err == nil {
		err = atomic.MkdirAll(f, filepath.Dir(name))
	}
	if err == nil {
		err = f.RemoveAll(SidecarOf(name))
	}
	if err == nil {
		err = atomic.WriteBytes(f, name, engine)
	}
	if err == nil {
		err = atomic.WriteBytes(f, SidecarOf(name), append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("writing the engine %s: %w", name, err)
	}
	return nil
}

// Mismatch is an engine that must not be loaded. Field is the place in the sidecar that says so.
type Mismatch struct {
	File           string // the sidecar
	Line           int
	Summary, Found string
}

func (m Mismatch) Error() string {
	return fmt.Sprintf("%s:%d: %s: %s", m.File, m.Line, m.Summary, m.Found)
}

// mismatch is one at a field of the sidecar.
func mismatch(name string, text []byte, field, summary, format string, args ...any) error {
	line := 1
	if i := bytes.Index(text, []byte("\""+field+"\"")); i >= 0 {
		line += bytes.Count(text[:i], []byte("\n"))
	}
	return Mismatch{SidecarOf(name), line, summary, fmt.Sprintf(format, args...)}
}

// Wanted is what an engine must be made of; an empty field is not asked for.
type Wanted struct {
	Graph, Plan, Weights string
	Step                 int
}

// Read reads an engine with its sidecar and compares both, and what is wanted of it, before any library is asked. Errors: a [Mismatch], and those of reading.
func Read(name string, w Wanted) (engine []byte, s Sidecar, text []byte, err error) {
	if engine, err = os.ReadFile(name); err != nil {
		return nil, s, nil, fmt.Errorf("reading the engine: %w", err)
	}
	text, err = os.ReadFile(SidecarOf(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, s, nil, fmt.Errorf("%s has no %s beside it, which says what the engine was built for: build it with ssc compile -target tensorrt", name, filepath.Base(SidecarOf(name)))
	}
	if err != nil {
		return nil, s, nil, fmt.Errorf("reading the engine: %w", err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, s, nil, fmt.Errorf("%s: %w", SidecarOf(name), err)
	}
	fail := func(field, summary, format string, args ...any) error {
		return mismatch(name, text, field, summary, format, args...)
	}
	switch {
	case s.Format != Format:
		err = fail("format", "Another format", "It is of format %d, and this ssc reads %d. Build the engine again.", s.Format, Format)
	case len(engine) < s.Bytes:
		err = fail("bytes", "Truncated engine", "%s has %d bytes, but the engine that was built has %d. Copy it again, or build it again.", name, len(engine), s.Bytes)
	case len(engine) != s.Bytes || Digest(engine) != s.SHA256:
		err = fail("sha256", "Changed engine", "%s is not the file that was built: its sha256 is %.12s…. Copy it again, or build it again.", name, Digest(engine))
	case w.Graph != "" && w.Graph != s.Graph:
		err = fail("graph", "Engine of another network", "It computes other features than are asked for: another layer, image size or network. Build it again from this run, with the same export block.")
	case w.Plan != "" && w.Plan != s.Plan:
		err = fail("plan", "Engine of another run", "It was built from a plan %.12s…, and the run has %.12s…. Build it again from this run.", s.Plan, w.Plan)
	case w.Weights != "" && w.Weights != s.Weights:
		err = fail("step", "Engine of another checkpoint", "It has the weights of step %d, and those of step %d are asked for. Name that checkpoint, or build the engine again.", s.Step, w.Step)
	}
	return engine, s, text, err
}

// fits compares what the engine was built with and what is to run it: the version of TensorRT must be the same, and so must the GPU.
func (s Sidecar) fits(name string, text []byte, version string, gpu GPU) error {
	if version != "" && s.TensorRT != "" && version != s.TensorRT {
		return mismatch(name, text, "tensorrt", "Engine of another TensorRT", "It was built with TensorRT %s, and here is %s, which would refuse it. Build it again here.", s.TensorRT, version)
	}
	if s.GPU.Name != "" && (gpu.Name != s.GPU.Name || gpu.Capability != s.GPU.Capability) {
		return mismatch(name, text, "gpu", "Engine of another GPU", "It was built on %s, and here is %s: its kernels were chosen on the other. Build it again here.", s.GPU, gpu)
	}
	return nil
}
