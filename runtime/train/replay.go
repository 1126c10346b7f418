package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/checkpoint/safetensors"
	"ssc/runtime/ort"
)

// Files of a replay bundle, the folder replay/step-<n> of a run: what the step n read, and where the plan is.
const (
	replayFile   = "replay.json"
	inputsFile   = "inputs.safetensors" // batch fields and scalars
	stateFile    = "state.safetensors"
	replayFormat = 1
)

// bundle is the content of replay.json.
type bundle struct {
	Format int    `json:"format"`
	Step   int    `json:"step"`
	Plan   string `json:"plan"`   // the run folder, from the bundle's
	Digest string `json:"digest"` // of the plan
}

// writeReplay keeps the last step, which changed nothing, so that it can be run again. It returns the bundle's folder.
func (r *run) writeReplay() (string, error) {
	name := filepath.Join("replay", fmt.Sprintf("step-%d", r.loop.Step))
	dir := filepath.Join(r.Dir, name)
	if err := atomic.MkdirAll(r.FS, filepath.Dir(dir)); err != nil {
		return dir, err
	}
	if r.engine.far != nil {
		if err := r.engine.far.fetchBatch(r.engine); err != nil {
			return dir, err
		}
	}
	var inputs, state []safetensors.Tensor
	for _, f := range r.plan.Fields {
		inputs = append(inputs, safetensors.Tensor{Info: safetensors.Info{Name: f.Name, DType: f.DType, Dims: f.Dims}, Data: r.engine.fields[f.Name].Bytes()})
	}
	inputs = append(inputs, safetensors.Tensor{Info: safetensors.Info{Name: "scalars", DType: "f32", Dims: []int{len(r.plan.Scalars)}}, Data: r.engine.scalars.Bytes()})
	host, err := r.engine.onHost()
	if err != nil {
		return dir, err
	}
	for _, t := range stateTensors(r.plan, host) {
		state = append(state, safetensors.Tensor{Info: safetensors.Info{Name: t.Name, DType: t.DType, Dims: t.Dims}, Data: t.Data})
	}
	text, err := json.MarshalIndent(bundle{replayFormat, r.loop.Step, filepath.Join("..", ".."), r.digest}, "", "  ")
	if err != nil {
		return dir, err
	}
	return dir, atomic.WriteDir(r.FS, dir, func(add func(string, func(io.Writer) error) error) error {
		for _, file := range []struct {
			name    string
			tensors []safetensors.Tensor
		}{{inputsFile, inputs}, {stateFile, state}} {
			if err := add(file.name, func(w io.Writer) error { return safetensors.Write(w, file.tensors, nil) }); err != nil {
				return err
			}
		}
		return add(replayFile, func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err })
	})
}

// Finding is the first value of a training step, in the order of the graph, that is not finite.
type Finding struct {
	Step     int
	Value    string    // its name
	Op       string    // what computed it; empty for an input of the graph
	Operands []Operand // what it was computed from
}

// Operand is an input of an operator.
type Operand struct {
	Name string  `json:"name"`
	Max  float64 `json:"max"` // largest absolute value
}

// String says what was found, for people.
func (f *Finding) String() string {
	if f == nil {
		return "Run again, every value of the step is finite."
	}
	if f.Op == "" {
		return fmt.Sprintf("The first value that is not finite is %q, which the step is given.", f.Value)
	}
	var from []string
	for _, o := range f.Operands {
		from = append(from, fmt.Sprintf("%s (up to %.3g)", o.Name, o.Max))
	}
	return fmt.Sprintf("The first value that is not finite is %s, by %s of %s.", f.Value, f.Op, strings.Join(from, ", "))
}

// Replay runs the step of a bundle again, on threads threads, and looks at every value between the nodes. It returns nil when all of them are finite. The bundle may have been moved with
// its run folder.
func Replay(dir string, threads int) (*Finding, error) {
	b, p, model, err := openBundle(dir)
	if err != nil {
		return nil, fmt.Errorf("replaying %s: %w", dir, err)
	}
	in := map[string]*ort.Tensor{}
	defer func() {
		for _, t := range in {
			t.Close()
		}
	}()
	for _, file := range []string{inputsFile, stateFile} {
		if err := readTensors(filepath.Join(dir, file), in); err != nil {
			return nil, fmt.Errorf("replaying %s: %s: %w", dir, file, err)
		}
	}
	f, err := firstBad(p, model, in, threads)
	if err != nil {
		return nil, fmt.Errorf("replaying %s: %w", dir, err)
	}
	if f != nil {
		f.Step = b.Step
	}
	return f, nil
}

// ReplayPlan is the step of a bundle, and the plan that it is a step of.
func ReplayPlan(dir string) (step int, p *plan.Plan, err error) {
	b, p, _, err := openBundle(dir)
	if err != nil {
		return 0, nil, fmt.Errorf("replaying %s: %w", dir, err)
	}
	return b.Step, p, nil
}

// openBundle reads what a bundle says of itself, and the plan that it names.
func openBundle(dir string) (b bundle, p *plan.Plan, model []byte, err error) {
	text, err := os.ReadFile(filepath.Join(dir, replayFile))
	if err != nil {
		return b, nil, nil, err
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return b, nil, nil, fmt.Errorf("%s: %w", replayFile, err)
	}
	if b.Format != replayFormat {
		return b, nil, nil, fmt.Errorf("%s has format %d, this version of ssc reads format %d", replayFile, b.Format, replayFormat)
	}
	folder := filepath.Join(dir, b.Plan)
	if text, err = os.ReadFile(filepath.Join(folder, plan.File)); err != nil {
		return b, nil, nil, err
	}
	if p, err = plan.Decode(text); err != nil {
		return b, nil, nil, err
	}
	if d, err := p.Digest(); err != nil || d != b.Digest {
		return b, nil, nil, fmt.Errorf("the plan in %s is another one", folder)
	}
	g := p.Graphs["train"]
	if model, err = os.ReadFile(filepath.Join(folder, g.File)); err != nil {
		return b, nil, nil, err
	}
	if sum := sha256.Sum256(model); hex.EncodeToString(sum[:]) != g.SHA256 {
		return b, nil, nil, fmt.Errorf("%s is not the file that plan.json describes", filepath.Join(folder, g.File))
	}
	return b, p, model, nil
}

// readTensors reads a safetensors file into new tensors.
func readTensors(name string, into map[string]*ort.Tensor) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	r, err := safetensors.NewReader(f, info.Size())
	for err == nil {
		err = r.Next(func(t safetensors.Info) ([]byte, error) {
			if into[t.Name] != nil {
				return nil, fmt.Errorf("%q is there twice", t.Name)
			}
			x, err := ort.NewTensor(t.DType, t.Dims)
			if err != nil {
				return nil, err
			}
			into[t.Name] = x
			return x.Bytes(), nil
		})
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// firstBad runs the training graph, watching its values some hundred at a time: watched values stay in memory, and most often the first ones tell already.
func firstBad(p *plan.Plan, model []byte, in map[string]*ort.Tensor, threads int) (*Finding, error) {
	values, nodes, err := valuesOf(model)
	if err != nil {
		return nil, err
	}
	const window = 256
	largest := map[string]float64{}
	for part := range slices.Chunk(values, window) {
		bad, high, err := watch(p, model, part, in, threads)
		if err != nil {
			return nil, err
		}
		for i, v := range part {
			largest[v] = float64(high[i])
			if bad[i] == 0 {
				continue
			}
			f := &Finding{Value: v}
			if n, ok := nodes[v]; ok {
				f.Op = n.op
				for _, name := range n.inputs {
					if max, seen := largest[name]; seen {
						f.Operands = append(f.Operands, Operand{name, max})
					}
				}
			}
			return f, nil
		}
	}
	return nil, nil
}

// watch runs the graph once. For each value it returns 1 if any of its elements is not finite, and its largest finite magnitude.
func watch(p *plan.Plan, model []byte, values []string, in map[string]*ort.Tensor, threads int) (bad, high []float32, err error) {
	o := sessionOptions(p, threads)
	o.OptLevel = ort.OptOff
	s, err := ort.NewSession(append(slices.Clone(model), watching(values)...), o)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	out := map[string]*ort.Tensor{}
	for _, name := range []string{watchBad, watchHigh} {
		t, err := ort.NewTensor("f32", []int{len(values)})
		if err != nil {
			return nil, nil, err
		}
		defer t.Close()
		out[name] = t
	}
	b, err := s.Bind(in, out)
	if err != nil {
		return nil, nil, err
	}
	defer b.Close()
	if err := b.Run(context.Background()); err != nil {
		return nil, nil, err
	}
	return slices.Clone(out[watchBad].Float32()), slices.Clone(out[watchHigh].Float32()), nil
}
