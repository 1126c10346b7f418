package train

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"google.golang.org/protobuf/encoding/protowire"

	"ssc/compiler/plan"
	"ssc/runtime/ort"
)

// bound is a limit of the memory that this process may take.
type bound struct {
	bytes int64
	what  string
}

// checkMemory refuses a run whose step is predicted to need more memory than this process can have, unless it is forced: without it the system kills the process at a moment
// of its own choice. Limits are read below root.
func (r *run) checkMemory(root string) error {
	if r.plan.Target.Device != "cpu" {
		return nil
	}
	least := tightest(root)
	fixed, moving := predicted(r.plan, r.Threads)
	if fixed+moving <= least.bytes {
		return nil
	}
	text := fmt.Sprintf("a step needs about %s of memory (%s for the state, %s for the activations and batches of batch_size = %d), but %s is %s", size(fixed+moving), size(fixed), size(moving),
		r.plan.Loader.BatchSize, least.what, size(least.bytes))
	if r.Force {
		r.Report.Note("%s; going on, as -force says", text)
		return nil
	}
	fits := int(float64(least.bytes-fixed) / float64(moving) * float64(r.plan.Loader.BatchSize))
	if fits < 1 {
		return refuse("%s. Lower the width or depth of the backbone, or begin with -force all the same.", text)
	}
	help := "smaller crops help too"
	if r.plan.Stats.Recompute == 0 {
		help = "smaller crops help too, and so may train.recompute = \"block\""
	}
	return refuse("%s. loader.batch_size = %d would fit (train.accumulate keeps the batch of an update large); %s. -force begins all the same.", text, fits, help)
}

// tightest is the lowest of the limits that hold for this process; none is a limit beyond any need.
func tightest(root string) bound {
	least := bound{math.MaxInt64, ""}
	for _, b := range bounds(root) {
		if b.bytes < least.bytes {
			least = b
		}
	}
	return least
}

// Available is the memory in bytes that this process can have.
func Available() int64 { return tightest("/").bytes }

// Needed is the memory in bytes that a step of the plan is predicted to take on so many threads, 0 for one per physical core.
func Needed(p *plan.Plan, threads int) int64 {
	fixed, moving := predicted(p, threads)
	return fixed + moving
}

// predicted is the memory of a step in bytes: what does not depend on the batch size, and what grows with it.
func predicted(p *plan.Plan, threads int) (fixed, moving int64) {
	fixed, moving = p.Stats.StateBytes, between(p, threads)
	for _, s := range p.State {
		if s.Next != "" && !s.InPlace {
			fixed += elements(s.Dims) * 4 // the second buffer
		}
	}
	for _, f := range p.Fields {
		size, batches := int64(4), int64(p.Loader.Prefetch+2) // those of the loader and the graph's own
		if f.DType == "i64" {
			size = 8
		}
		if f.Kind == "noise" || f.Kind == "permutation" || f.Kind == "draw" {
			batches = 1
		}
		moving += batches * elements(f.Dims) * size
	}
	return fixed, moving
}

// between is what a step is predicted to take between its inputs and outputs in bytes.
func between(p *plan.Plan, threads int) int64 {
	return p.Stats.Peak(ort.Threads(threads)) - p.Stats.StateBytes
}

func elements(dims []int) int64 {
	n := int64(1)
	for _, d := range dims {
		n *= int64(d)
	}
	return n
}

// bounds are the limits that hold for this process: of its control groups, its address space, and what the machine has free.
func bounds(root string) []bound {
	out := groupBounds(root)
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_AS, &limit) == nil && limit.Cur < math.MaxInt64 {
		used := int64(0)
		if pages, ok := number64(firstField(filepath.Join(root, "proc/self/statm"))); ok {
			used = pages * int64(os.Getpagesize())
		}
		out = append(out, bound{int64(limit.Cur) - used, "what the limit of the address space (ulimit -v) leaves"})
	}
	text, err := os.ReadFile(filepath.Join(root, "proc/meminfo"))
	if err != nil {
		return out
	}
	free, known := int64(0), false
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && (f[0] == "MemAvailable:" || f[0] == "SwapFree:") {
			kilo, ok := number64(f[1])
			free, known = free+kilo<<10, known || ok && f[0] == "MemAvailable:"
		}
	}
	if known {
		out = append(out, bound{free, "what the machine has free"})
	}
	return out
}

// groupBounds are the limits of the control groups of both versions, from the process's own up. Seen from a container the groups above are not there.
func groupBounds(root string) (out []bound) {
	text, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) != 3 {
			continue
		}
		dir, file := "sys/fs/cgroup", "memory.max"
		switch {
		case part[1] == "memory":
			dir, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case part[0] != "0":
			continue
		}
		for group := path.Clean("/" + part[2]); ; group = path.Dir(group) {
			name := filepath.Join(dir, group, file)
			if n, ok := number64(firstField(filepath.Join(root, name))); ok && n < math.MaxInt64/2 { // "max", or a number beyond any machine
				out = append(out, bound{n, "the limit of the control group (/" + name + ")"})
			}
			if group == "/" {
				break
			}
		}
	}
	return out
}

func firstField(name string) string {
	text, _ := os.ReadFile(name) // a file that is not there has no number
	if f := strings.Fields(string(text)); len(f) > 0 {
		return f[0]
	}
	return ""
}

func number64(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}

// size prints bytes for people.
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d bytes", max(n, 0))
	}
	if n < 10<<30 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// outOfMemory adds to an error of a device that is out of memory what takes it, and a batch that fits; other errors stay as they are. free is what the device had free before the first tensor in
// bytes, 0 where that is not known.
func outOfMemory(p *plan.Plan, model []byte, free int64, err error) error {
	if !lacksMemory(err) {
		return err
	}
	fixed, moving := predictedFar(p)
	text := fmt.Sprintf("a step needs about %s (%s for the state, %s for the activations and the batch of batch_size = %d)", size(fixed+moving), size(fixed), size(moving), p.Loader.BatchSize)
	if free > 0 {
		text += fmt.Sprintf(", and %s had %s free", p.Target.Device, size(free))
	}
	if large := largest(p, model, 3); len(large) > 0 {
		text += "; the largest tensors of the step are " + strings.Join(large, ", ")
	}
	return fmt.Errorf("%w: %s. %s", err, text, smaller(p, free))
}

// lacksMemory recognises what ONNX Runtime and CUDA's libraries say of a device without memory.
func lacksMemory(err error) bool {
	if err == nil {
		return false
	}
	says := func(words string) bool { return strings.Contains(err.Error(), words) }
	return errors.Is(err, ort.ErrDeviceMemory) || says("Failed to allocate memory") || says("out of memory") || says("CUBLAS_STATUS_ALLOC_FAILED") || says("CUDNN_STATUS_ALLOC_FAILED")
}

// predictedFar is the memory of a step on a device in bytes: what does not depend on the batch size, and what grows with it. The loader's batches are not there.
func predictedFar(p *plan.Plan) (fixed, moving int64) {
	fixed, _ = predicted(p, 1)
	moving = between(p, 1)
	for _, f := range p.Fields {
		bytes := int64(4)
		if f.DType == "i64" {
			bytes = 8
		}
		moving += 2 * elements(f.Dims) * bytes // the next batch comes while a step reads one
	}
	return fixed, moving
}

// smaller says what makes a step fit that did not. A step that was predicted to fit took more than that for workspace: then half of the batch is next.
func smaller(p *plan.Plan, free int64) string {
	fixed, moving := predictedFar(p)
	fits := p.Loader.BatchSize / 2
	if free > 0 && fixed+moving > free {
		fits = int(float64(free-fixed) / float64(moving) * float64(p.Loader.BatchSize))
	}
	text := "Lower the width or depth of the backbone"
	if fits > 0 {
		text = fmt.Sprintf("loader.batch_size = %d would fit (train.accumulate keeps the batch of an update large)", fits)
	}
	if p.Stats.Recompute == 0 {
		text += "; train.recompute = \"block\" may help too"
	}
	return text + "."
}

// sized is a tensor and what it takes.
type sized struct {
	name  string
	bytes int64
}

// largest describes the n largest tensors of a step: of its state, its batch, and what its model computes.
func largest(p *plan.Plan, model []byte, n int) (out []string) {
	all := values(model)
	for _, s := range p.State {
		all = append(all, sized{s.Name, 4 * elements(s.Dims)})
	}
	for _, f := range p.Fields {
		all = append(all, sized{f.Name, 4 * elements(f.Dims)})
	}
	slices.SortStableFunc(all, func(a, b sized) int { return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.name, b.name)) })
	for _, s := range all[:min(n, len(all))] {
		out = append(out, fmt.Sprintf("%s (%s)", s.name, size(s.bytes)))
	}
	return out
}

// Field numbers of onnx.proto: of a graph, a value, its type, a tensor's type, a shape and an axis.
const (
	graphValue, valueType, typeTensor             = 13, 2, 1
	tensorElement, tensorShape, shapeDim, dimSize = 1, 2, 1, 1
)

// values are those between the nodes of a model, as far as their sizes are known. A damaged model has fewer.
func values(model []byte) (out []sized) {
	_ = fields(model, func(num protowire.Number, graph []byte, _ uint64) error {
		if num != modelGraph {
			return nil
		}
		return fields(graph, func(num protowire.Number, v []byte, _ uint64) error {
			if s := (sized{bytes: 1}); num == graphValue && s.read(v) {
				out = append(out, s)
			}
			return nil
		})
	})
	return out
}

// widths are the bytes of an element by ONNX's number of its type.
var widths = map[uint64]int64{1: 4, 2: 1, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 16: 2}

// read takes up a ValueInfoProto, and reports whether its size is known.
func (s *sized) read(value []byte) bool {
	known := false
	var visit func(level int) func(protowire.Number, []byte, uint64) error
	visit = func(level int) func(protowire.Number, []byte, uint64) error {
		return func(num protowire.Number, v []byte, n uint64) error {
			switch {
			case level == 0 && num == valueName:
				s.name = string(v)
			case level == 2 && num == tensorElement:
				s.bytes, known = s.bytes*widths[n], widths[n] > 0
			case level == 4 && num == dimSize && int64(n) > 0 && s.bytes < math.MaxInt64/int64(n):
				s.bytes *= int64(n)
			case level == 4:
				s.bytes = 0
			case level == 0 && num == valueType, level == 1 && num == typeTensor, level == 2 && num == tensorShape, level == 3 && num == shapeDim:
				return fields(v, visit(level+1))
			}
			return nil
		}
	}
	return fields(value, visit(0)) == nil && known && s.bytes > 0
}
