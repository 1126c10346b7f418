package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ssc/compiler/plan"
)

// machine makes the files in which a system says how much memory there is.
func machine(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const meminfo = "MemTotal:       16000000 kB\nMemFree:  10 kB\nMemAvailable:    4000000 kB\nSwapFree: 1000000 kB\n"

func TestBounds(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"machine": {map[string]string{"proc/meminfo": meminfo}, []string{"5120000000 what the machine has free"}},
		"groups of version 2": {map[string]string{
			"proc/self/cgroup": "0::/user/job\n", "sys/fs/cgroup/user/memory.max": "2000000000\n", "sys/fs/cgroup/user/job/memory.max": "max\n", "sys/fs/cgroup/memory.max": "3000000000\n",
		}, []string{"2000000000 the limit of the control group (/sys/fs/cgroup/user/memory.max)", "3000000000 the limit of the control group (/sys/fs/cgroup/memory.max)"}},
		"groups of version 1": {map[string]string{
			"proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/job/1\n0::/\n",
			"sys/fs/cgroup/memory/job/1/memory.limit_in_bytes":   "9223372036854771712\n",
			"sys/fs/cgroup/memory/job/memory.limit_in_bytes":     "1000000000\n",
			"sys/fs/cgroup/memory/other/memory.limit_in_bytes":   "5\n",
			"sys/fs/cgroup/cpu,cpuacct/x/memory.limit_in_bytes":  "6\n",
			"sys/fs/cgroup/memory/job/1/memory.usage_in_bytes":   "7\n",
			"sys/fs/cgroup/memory/job/1/memory.max_usage_in_byt": "8\n",
		}, []string{"1000000000 the limit of the control group (/sys/fs/cgroup/memory/job/memory.limit_in_bytes)"}},
		"damaged": {map[string]string{"proc/meminfo": "MemAvailable: many kB\n:\n\n", "proc/self/cgroup": "::\nx\n\n"}, nil},
		"nothing": {nil, nil},
	} {
		var got []string
		for _, b := range bounds(machine(t, c.files)) {
			got = append(got, fmt.Sprint(b.bytes, " ", b.what))
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: bounds = %q, want %q", name, got, c.want)
		}
	}
}

func TestCheckMemory(t *testing.T) {
	p := &plan.Plan{Target: plan.Target{Device: "cpu"}, Loader: plan.Loader{BatchSize: 64, Prefetch: 2}, Stats: plan.Stats{StateBytes: 1 << 30, PeakBytes: 3 << 30},
		State:  []plan.State{{Name: "w", Next: "w.next", Dims: []int{1 << 20, 64}}, {Name: "frozen", Dims: []int{1 << 30}}, {Name: "in place", Next: "x", InPlace: true, Dims: []int{1 << 30}}},
		Fields: []plan.Field{{Name: "view", Dims: []int{64, 1 << 20}}, {Name: "draw", Kind: "draw", DType: "i64", Dims: []int{64, 1 << 17}}}}
	r := newRun(p, nil, Options{Report: quiet{}})
	fixed, moving := predicted(r.plan, 1)
	if fixed != 1<<30+1<<28 || moving != 2<<30+4<<28+1<<26 { // the second buffer of w; the view in four batches, the draws once
		t.Errorf("predicted() = %d, %d, want %d, %d", fixed, moving, 1<<30+1<<28, 2<<30+4<<28+1<<26)
	}
	limited := func(kilobytes int) string {
		return machine(t, map[string]string{"proc/meminfo": fmt.Sprintf("MemAvailable: %d kB\n", kilobytes)})
	}
	all := int(fixed+moving) >> 10
	for _, c := range []struct {
		kilobytes int
		want      string
	}{
		{all, ""},
		{all - 1, "loader.batch_size = 63 would fit"},
		{int(fixed+moving/2) >> 10, "loader.batch_size = 32 would fit"},
		{int(fixed) >> 10, "Lower the width or depth of the backbone"},
		{1, "Lower the width or depth of the backbone"},
	} {
		err := r.checkMemory(limited(c.kilobytes))
		var refused Refused
		if c.want == "" && err == nil {
			continue
		}
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "a step needs about 4416 MiB of memory (1280 MiB for the state, 3136 MiB for the activations and batches of batch_size = 64)") {
			t.Errorf("checkMemory with %d kB = %v, want a refusal with %q and the peak", c.kilobytes, err, c.want)
		}
	}
	r.Force = true
	if err := r.checkMemory(limited(1)); err != nil {
		t.Errorf("checkMemory when forced = %v, want none", err)
	}
}

// quiet reports nothing.
type quiet struct{}

func (quiet) Note(string, ...any) {}
func (quiet) Step(Status)         {}
