package resume

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ssc/runtime/checkpoint/safetensors"
	"ssc/runtime/train"
)

// TestNonFinite: steps whose loss or gradient is not finite change nothing and are counted; too many in a row end the run with a checkpoint, a bundle that runs the last of them again, and the
// name of the first value that went wrong.
func TestNonFinite(t *testing.T) {
	for _, precision := range []string{"fp32", "bf16"} {
		t.Run(precision, func(t *testing.T) { nonFinite(t, precision) })
	}
}

func nonFinite(t *testing.T, precision string) {
	const want = `The first value that is not finite is backbone\S*, by \S+ of .*\(up to [0-9.]+e\+[0-9]+\)`
	r := compile(t, images(), "optimizer.lr=1e30", "train.max_bad_steps=3", "train.precision="+precision)
	dir := filepath.Join(t.TempDir(), "run")
	said, err := r.run(context.Background(), train.Options{Dir: dir})
	if !errors.Is(err, train.ErrFailed) || !regexp.MustCompile(want).MatchString(err.Error()) || !strings.Contains(err.Error(), "3 steps in a row") {
		t.Fatalf("the run ended with %v, want a failure that names the first value: %s", err, want)
	}
	if n := strings.Count(said.said(), "not finite, nothing was changed"); n != 3 {
		t.Errorf("%d bad steps were told, want 3:\n%s", n, said.said())
	}
	checkGated(t, dir)
	if _, again := r.run(context.Background(), train.Options{Dir: dir}); !errors.Is(again, train.ErrFailed) || !strings.Contains(again.Error(), "4 steps in a row") {
		t.Errorf("resumed, the run ended with %v, want the fourth bad step", again)
	}
}

// checkGated demands that the checkpoint of the failure holds the weights of the one before, which bad steps have not changed.
func checkGated(t *testing.T, dir string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "checkpoints", "0*", "weights.safetensors"))
	if err != nil || len(names) < 2 {
		t.Fatalf("checkpoints = %v, %v, want some", names, err)
	}
	slices.Sort(names)
	var last, before []byte
	if last, err = os.ReadFile(names[len(names)-1]); err == nil {
		before, err = os.ReadFile(names[len(names)-2])
	}
	if err != nil {
		t.Fatal(err)
	}
	if string(last) != string(before) {
		t.Errorf("%s and %s differ, though the steps between them were bad", names[len(names)-2], names[len(names)-1])
	}
}

// TestReplay runs a bundle again, with the state and inputs that made the step bad and with others. With its run folder it can be taken to another place.
func TestReplay(t *testing.T) {
	r := compile(t, images(), "optimizer.lr=1e30", "train.max_bad_steps=2")
	dir := filepath.Join(t.TempDir(), "run")
	_, err := r.run(context.Background(), train.Options{Dir: dir})
	if !errors.Is(err, train.ErrFailed) {
		t.Fatalf("the run ended with %v", err)
	}
	moved := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	bundle, _ := filepath.Glob(filepath.Join(moved, "replay", "step-*"))
	if len(bundle) != 1 {
		t.Fatalf("bundles = %v, want one", bundle)
	}
	f, errReplay := train.Replay(bundle[0], 1)
	if errReplay != nil || f == nil || f.Op == "" || !strings.Contains(err.Error(), f.String()) {
		t.Fatalf("Replay = %v, %v, want what the run found: %v", f, errReplay, err)
	}
	for _, o := range f.Operands {
		if math.IsInf(o.Max, 0) || math.IsNaN(o.Max) {
			t.Errorf("the operand %s of the first value that is not finite reaches %g, want a finite number", o.Name, o.Max)
		}
	}
	initial := filepath.Join(tiny().stoppedAt(t, 1), "checkpoints", "000001")
	writeTensors(t, filepath.Join(bundle[0], "state.safetensors"), readTensors(t, filepath.Join(initial, "weights.safetensors"), filepath.Join(initial, "optimizer.safetensors")))
	if f, err := train.Replay(bundle[0], 1); err != nil || f != nil {
		t.Errorf("Replay of a finite step = %v, %v, want nothing", f, err)
	}
	inputs := readTensors(t, filepath.Join(bundle[0], "inputs.safetensors"))
	view := r.plan.Fields[0].Name
	for _, x := range inputs {
		if x.Name == view {
			binary.LittleEndian.PutUint32(x.Data[40:], math.Float32bits(float32(math.NaN())))
		}
	}
	writeTensors(t, filepath.Join(bundle[0], "inputs.safetensors"), inputs)
	if f, err := train.Replay(bundle[0], 1); err != nil || f == nil || f.Value != view || !strings.Contains(f.String(), "which the step is given") {
		t.Errorf("Replay with a pixel that is not a number = %v, %v, want the input %s", f, err, view)
	}
	if err := os.Remove(filepath.Join(moved, "plan.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := train.Replay(bundle[0], 1); err == nil || !strings.Contains(err.Error(), "plan.json") {
		t.Errorf("Replay without a plan = %v, want an error that names it", err)
	}
}

// readTensors reads safetensors files.
func readTensors(t *testing.T, names ...string) (all []safetensors.Tensor) {
	t.Helper()
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := safetensors.NewReader(bytes.NewReader(b), int64(len(b)))
		for err == nil {
			err = r.Next(func(i safetensors.Info) ([]byte, error) {
				n := map[string]int{"f32": 4, "i64": 8}[i.DType]
				for _, d := range i.Dims {
					n *= d
				}
				data := make([]byte, n)
				all = append(all, safetensors.Tensor{Info: i, Data: data})
				return data, nil
			})
		}
		if err != io.EOF {
			t.Fatal(err)
		}
	}
	return all
}

func writeTensors(t *testing.T, name string, all []safetensors.Tensor) {
	t.Helper()
	var out bytes.Buffer
	err := safetensors.Write(&out, all, nil)
	if err == nil {
		err = os.WriteFile(name, out.Bytes(), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}
