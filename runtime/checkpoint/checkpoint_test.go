package checkpoint_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
	"ssc/runtime/checkpoint/safetensors"
)

type loop struct {
	Epoch, Position int
	Plan            string
}

// state is a small state whose bytes tell the step.
func state(step int) []checkpoint.Tensor {
	fill := func(n int) []byte { return bytes.Repeat([]byte{byte(step)}, n) }
	return []checkpoint.Tensor{
		{Name: "conv.weight", DType: "f32", Dims: []int{2, 3}, Role: plan.RoleParam, Data: fill(24)},
		{Name: "bn.mean", DType: "f32", Dims: []int{3}, Role: plan.RoleBuffer, Data: fill(12)},
		{Name: "conv.weight", DType: "f32", Dims: []int{2, 3}, Role: plan.RoleOptimizer, Data: fill(24)},
		{Name: "count", DType: "i64", Dims: []int{}, Role: plan.RoleAccum, Data: fill(8)},
	}
}

func save(t *testing.T, s *checkpoint.Store, steps ...int) {
	t.Helper()
	for _, step := range steps {
		if err := s.Save(step, state(step), loop{Epoch: step / 10, Position: step, Plan: "ab<c"}); err != nil {
			t.Fatal(err)
		}
	}
}

// verify reads c and compares it with the state of its step.
func verify(c *checkpoint.Checkpoint) error {
	var l loop
	if err := c.Loop(&l); err != nil {
		return err
	}
	if l.Position != c.Step || l.Epoch != c.Step/10 || l.Plan != "ab<c" {
		return fmt.Errorf("loop state of step %d = %+v", c.Step, l)
	}
	var tensors, size int
	err := c.Read(func(i safetensors.Info) ([]byte, error) { return make([]byte, size), nil })
	if err == nil {
		return errors.New("reading into the wrong size succeeded")
	}
	var got [][]byte
	err = c.Read(func(i safetensors.Info) ([]byte, error) {
		tensors++
		n := map[string]int{"conv.weight": 24, "bn.mean": 12, "count": 8}[i.Name]
		got = append(got, make([]byte, n))
		return got[len(got)-1], nil
	})
	if err != nil {
		return err
	}
	if tensors != 4 {
		return fmt.Errorf("%d tensors of step %d, want 4", tensors, c.Step)
	}
	for _, data := range got {
		if !bytes.Equal(data, bytes.Repeat([]byte{byte(c.Step)}, len(data))) {
			return fmt.Errorf("data of step %d = %v", c.Step, data)
		}
	}
	return nil
}

// latest opens the newest checkpoint and verifies it; step 0 means none.
func latest(s *checkpoint.Store) (step int, passed []error, err error) {
	c, passed, err := s.Latest()
	if err != nil || c == nil {
		return 0, passed, err
	}
	return c.Step, passed, verify(c)
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestSaveAndLatest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run", "checkpoints")
	s := checkpoint.Open(dir, 2)
	if step, _, err := latest(s); step != 0 || err != nil {
		t.Errorf("Latest() of nothing = %d, %v, want none", step, err)
	}
	save(t, s, 9, 120, 1000000)
	if step, passed, err := latest(s); step != 1000000 || len(passed) > 0 || err != nil {
		t.Errorf("Latest() = %d, %v, %v, want 1000000", step, passed, err)
	}
	if diff := cmp.Diff([]string{"000120", "1000000", "latest"}, names(t, dir)); diff != "" {
		t.Errorf("files differ (-want +got):\n%s", diff)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "latest")); string(text) != "1000000\n" || err != nil {
		t.Errorf("latest = %q, %v", text, err)
	}
	c, err := s.Load(120)
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(c); err != nil {
		t.Error(err)
	}
	if _, err := s.Load(9); err == nil || !strings.Contains(err.Error(), "checkpoints/000009: manifest.json is missing") {
		t.Errorf("Load(9) error = %v, want one that says what is missing", err)
	}
}

func TestSameStateSameBytes(t *testing.T) {
	var sums [2]string
	for i := range sums {
		dir := t.TempDir()
		save(t, checkpoint.Open(dir, 0), 7)
		h := sha256.New()
		for _, name := range names(t, filepath.Join(dir, "000007")) {
			text, err := os.ReadFile(filepath.Join(dir, "000007", name))
			if err != nil {
				t.Fatal(err)
			}
			h.Write(text)
		}
		sums[i] = hex.EncodeToString(h.Sum(nil))
	}
	if sums[0] != sums[1] {
		t.Errorf("two checkpoints of one state have digests %s and %s", sums[0], sums[1])
	}
}

func TestSaveAgainReplaces(t *testing.T) {
	dir := t.TempDir()
	s := checkpoint.Open(dir, 0)
	save(t, s, 5)
	if err := os.Truncate(filepath.Join(dir, "000005", "weights.safetensors"), 3); err != nil {
		t.Fatal(err)
	}
	save(t, s, 5)
	if step, passed, err := latest(s); step != 5 || len(passed) > 0 || err != nil {
		t.Errorf("Latest() = %d, %v, %v, want 5", step, passed, err)
	}
	if diff := cmp.Diff([]string{"000005", "latest"}, names(t, dir)); diff != "" {
		t.Errorf("files differ (-want +got):\n%s", diff)
	}
}

// overwrite changes a file in its place: some file systems take their time to replace one that was emptied.
func overwrite(t *testing.T, name string, text []byte) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(text, 0)
	if err := errors.Join(err, f.Truncate(int64(len(text))), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestDamageFallsBack(t *testing.T) {
	for _, file := range []string{"weights.safetensors", "optimizer.safetensors", "manifest.json"} {
		dir := filepath.Join(t.TempDir(), "checkpoints")
		s := checkpoint.Open(dir, 0)
		save(t, s, 110, 120)
		name := filepath.Join(dir, "000120", file)
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		expect := func(what string, text []byte) {
			t.Helper()
			overwrite(t, name, text)
			step, passed, err := latest(s)
			if step != 110 || err != nil || len(passed) != 1 || !strings.HasPrefix(passed[0].Error(), "checkpoints/000120: "+file) {
				t.Errorf("%s: Latest() = %d, %v, %v, want 110 and why 120 was passed over", what, step, passed, err)
			}
		}
		for n := range whole {
			expect(fmt.Sprintf("%s cut to %d bytes", file, n), whole[:n])
		}
		every := 29
		if file == "manifest.json" {
			every = 1
		}
		for bit := 0; bit < 8*len(whole); bit += every {
			flipped := bytes.Clone(whole)
			flipped[bit/8] ^= 1 << (bit % 8)
			expect(fmt.Sprintf("%s with bit %d flipped", file, bit), flipped)
		}
		expect(file+" with a byte more", append(bytes.Clone(whole), ' '))
	}
}

func TestDamageMessages(t *testing.T) {
	for _, c := range []struct {
		want   string
		damage func(dir string) error
	}{
		{"checkpoints/000120: weights.safetensors is 20 of ", func(d string) error { return os.Truncate(d+"/weights.safetensors", 20) }},
		{"checkpoints/000120: optimizer.safetensors is missing", func(d string) error { return os.Remove(d + "/optimizer.safetensors") }},
		{"checkpoints/000120: manifest.json is missing", func(d string) error { return os.Remove(d + "/manifest.json") }},
		{"checkpoints/000120: manifest.json is that of step 7", func(d string) error {
			return errors.Join(os.RemoveAll(d), os.Rename(filepath.Join(filepath.Dir(d), "000007"), d))
		}},
		{"it has format 2, this version of ssc reads format 1", func(d string) error {
			return os.WriteFile(d+"/manifest.json", []byte(`{"format": 2}`), 0o666)
		}},
	} {
		dir := filepath.Join(t.TempDir(), "checkpoints")
		s := checkpoint.Open(dir, 0)
		save(t, s, 7, 120)
		if err := c.damage(filepath.Join(dir, "000120")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(120); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Load error = %v, want one with %q", err, c.want)
		}
	}
}

func TestAllDamagedIsAnError(t *testing.T) {
	dir := t.TempDir()
	s := checkpoint.Open(dir, 0)
	save(t, s, 1, 2)
	for _, name := range []string{"000001", "000002"} {
		if err := os.Remove(filepath.Join(dir, name, "manifest.json")); err != nil {
			t.Fatal(err)
		}
	}
	_, passed, err := latest(s)
	if err == nil || !strings.Contains(err.Error(), "no checkpoint is complete") || len(passed) != 2 {
		t.Errorf("Latest() = %v, %v, want an error that names both", passed, err)
	}
}

func TestFallenBackRunPrunesRightly(t *testing.T) {
	dir := t.TempDir()
	s := checkpoint.Open(dir, 2)
	save(t, s, 10, 20)
	if err := os.Truncate(filepath.Join(dir, "000020", "weights.safetensors"), 1); err != nil {
		t.Fatal(err)
	}
	save(t, s, 12, 14)
	if diff := cmp.Diff([]string{"000012", "000014", "000020", "latest"}, names(t, dir)); diff != "" {
		t.Errorf("files differ (-want +got):\n%s", diff)
	}
	if step, passed, err := latest(s); step != 14 || len(passed) != 1 || err != nil {
		t.Errorf("Latest() = %d, %v, %v, want 14 past the damaged 20", step, passed, err)
	}
}

func TestCleanRemovesLeftovers(t *testing.T) {
	dir := t.TempDir()
	s := checkpoint.Open(dir, 0)
	save(t, s, 1)
	if err := os.MkdirAll(filepath.Join(dir, "000002.tmp-4711", "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	got, err := s.Clean()
	if diff := cmp.Diff([]string{"000002.tmp-4711"}, got); diff != "" || err != nil {
		t.Errorf("Clean() error %v, differs (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff([]string{"000001", "latest"}, names(t, dir)); diff != "" {
		t.Errorf("files differ (-want +got):\n%s", diff)
	}
}

// TestTidy finishes saves that were killed after the checkpoint was there.
func TestTidy(t *testing.T) {
	for name, interrupt := range map[string]func(dir string) error{
		"latest not written": func(d string) error { return os.WriteFile(d+"/latest", []byte("000002\n"), 0o666) },
		"latest missing":     func(d string) error { return os.Remove(d + "/latest") },
		"not pruned":         func(d string) error { return os.CopyFS(d+"/000001", os.DirFS(d+"/000002")) },
		"set aside":          func(d string) error { return os.Rename(d+"/000003", d+"/000003.replaced") },
		"set aside for a damaged one": func(d string) error {
			return errors.Join(os.Rename(d+"/000003", d+"/000003.replaced"), os.Mkdir(d+"/000003", 0o777))
		},
		"old one not removed": func(d string) error { return os.CopyFS(d+"/000003.replaced", os.DirFS(d+"/000003")) },
	} {
		dir := filepath.Join(t.TempDir(), "checkpoints")
		s := checkpoint.Open(dir, 2)
		save(t, s, 1, 2, 3)
		if err := interrupt(dir); err != nil {
			t.Fatal(err)
		}
		c, _, err := s.Latest()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Tidy(c); err != nil {
			t.Errorf("%s: Tidy = %v, want none", name, err)
		}
		if err := verify(c); err != nil || filepath.Base(c.Path) != "000003" {
			t.Errorf("%s: after Tidy the checkpoint at %s is %v, want it complete at 000003", name, c.Path, err)
		}
		if diff := cmp.Diff([]string{"000002", "000003", "latest"}, names(t, dir)); diff != "" {
			t.Errorf("%s: files after Tidy differ (-want +got):\n%s", name, diff)
		}
		if text, err := os.ReadFile(dir + "/latest"); string(text) != "000003\n" {
			t.Errorf("%s: after Tidy latest = %q, %v, want 000003", name, text, err)
		}
	}
}

// TestOrderIsByStep: what the clock said when a checkpoint was made does not matter.
func TestOrderIsByStep(t *testing.T) {
	dir := t.TempDir()
	s := checkpoint.Open(dir, 0)
	save(t, s, 9, 10, 11)
	for name, year := range map[string]int{"000009": 2100, "000010": 2030, "000011": 1970} {
		for _, file := range []string{"", "manifest.json", "weights.safetensors"} {
			when := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
			if err := os.Chtimes(filepath.Join(dir, name, file), when, when); err != nil {
				t.Fatal(err)
			}
		}
	}
	if step, _, err := latest(s); step != 11 || err != nil {
		t.Errorf("Latest() with the clock turned back = %d, %v, want 11", step, err)
	}
}

func TestSaveErrors(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoints")
	s := checkpoint.Open(dir, 0)
	twice := append(state(1), state(1)[0])
	if err := s.Save(1, twice, nil); err == nil || !strings.Contains(err.Error(), `checkpoints/000001: saving: weights.safetensors: `) {
		t.Errorf("Save error = %v, want one that names the file", err)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("a failed save left %v", got)
	}
	if err := s.Save(1, state(1), func() {}); err == nil {
		t.Error("Save of a loop state that is no JSON succeeded, want an error")
	}
	if err := os.WriteFile(dir+".file", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.Open(dir+".file", 0).Save(1, state(1), nil); err == nil || !strings.Contains(err.Error(), "no folder") {
		t.Errorf("Save into a file: error = %v, want one that says so", err)
	}
}
