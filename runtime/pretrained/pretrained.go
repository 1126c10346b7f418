// Package pretrained starts the weights of a run from those of another, or from any safetensors file: weights alone, without optimizer state, position or random
// numbers. Every parameter, buffer and teacher of the run must find its tensor, and every tensor its place, unless a pattern of the init_from block names it.
//
// Neighbours: runtime/train calls it once, on the initial state of a new run; runtime/checkpoint/safetensors reads the file.
package pretrained

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
	"ssc/runtime/checkpoint/safetensors"
)

// Loaded is what came of Load.
type Loaded struct {
	File   string   // that was read
	Count  int      // tensors that were loaded …
	Wanted int      // … of those that the run has
	Fresh  []string // of the run, that keep their initial values
	Unused []string // of the file, that a pattern lets go
}

// String says it in a line: "60 of 62 tensors loaded from weights.safetensors; 2 keep their initial values: head.fc_cls.weight, head.fc_cls.bias".
func (l *Loaded) String() string {
	s := fmt.Sprintf("%d of %d tensors loaded from %s", l.Count, l.Wanted, l.File)
	if len(l.Fresh) > 0 {
		s += fmt.Sprintf("; %d keep their initial values: %s", len(l.Fresh), some(l.Fresh))
	}
	if len(l.Unused) > 0 {
		s += fmt.Sprintf("; %d of the file are left: %s", len(l.Unused), some(l.Unused))
	}
	return s
}

// shown is how many names of a list are spelled out.
const shown = 6

func some(names []string) string {
	text := strings.Join(names[:min(shown, len(names))], ", ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Load fills the state, which must hold its initial values, from the file that the block names; state gives the memory of a tensor. Tensors that start as copies of loaded ones, such
// as a teacher's, are copied again. After an error the state is undefined.
func Load(from plan.InitFrom, specs []plan.State, state func(name string) []float32) (*Loaded, error) {
	l, err := load(from, specs, state)
	if err != nil {
		return nil, fmt.Errorf("%s: init_from: %w", from.At, err)
	}
	return l, nil
}

func load(from plan.InitFrom, specs []plan.State, state func(name string) []float32) (*Loaded, error) {
	name, err := find(from.Checkpoint)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	r, err := safetensors.NewReader(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m, err := match(from, specs, r.Tensors())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m.File = name
	if err := m.read(r, state); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, s := range specs {
		if s.Init.Kind == "copy" && m.at[s.Name] == "" && m.at[s.Init.Of] != "" {
			copy(state(s.Name), state(s.Init.Of))
		}
	}
	return &m.Loaded, nil
}

// folder is where a run keeps its checkpoints.
const folder = "checkpoints"

// find is the safetensors file that a path means.
func find(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s: there is no such file or folder", path)
	case err != nil:
		return "", err
	case !info.IsDir():
		return path, nil
	}
	var c *checkpoint.Checkpoint
	if step, bad := strconv.Atoi(filepath.Base(path)); bad == nil && filepath.Base(filepath.Dir(path)) == folder {
		c, err = checkpoint.Open(filepath.Dir(path), 0).Load(step)
	} else {
		c, _, err = checkpoint.Open(filepath.Join(path, folder), 0).Latest()
	}
	if err != nil {
		return "", err
	}
	if c == nil {
		return "", fmt.Errorf("%s has no checkpoint; name a run folder, a checkpoint of one, or a safetensors file", path)
	}
	return filepath.Join(c.Path, "weights.safetensors"), nil
}

// matched is which tensor of the file goes where.
type matched struct {
	Loaded
	to map[string]string // name in the file: name in the run
	at map[string]string // the reverse
}

// counters are PyTorch's counts of batches, which no norm here has.
const counters = ".num_batches_tracked"

// matching is a pairing under way.
type matching struct {
	*matched
	from          plan.InitFrom
	specs         []plan.State
	fresh, unused []*regexp.Regexp
	met           map[string]bool // tensors of the run that the file has, fitting or not
	strange       []string        // tensors of the file without a place
	errs          []error
}

// match pairs the run's tensors with the file's, or says what has no counterpart.
func match(from plan.InitFrom, specs []plan.State, tensors []safetensors.Info) (*matched, error) {
	m := &matching{matched: &matched{to: map[string]string{}, at: map[string]string{}}, from: from, specs: specs, met: map[string]bool{}}
	var err error
	if m.fresh, err = compile(from.Fresh); err != nil {
		return nil, err
	}
	if m.unused, err = compile(from.Unused); err != nil {
		return nil, err
	}
	for _, t := range tensors {
		if rest, ok := strings.CutPrefix(t.Name, from.From); ok && !strings.HasSuffix(t.Name, counters) {
			m.place(t, from.To+rest)
		}
	}
	missing := m.account()
	if more := len(m.errs) - shown; more > 0 {
		m.errs = append(m.errs[:shown], fmt.Errorf("and %d more tensors that do not fit", more))
	}
	if n := len(m.strange); n > 0 {
		m.errs = append(m.errs, fmt.Errorf("%d of its tensors have no place in the pipeline: %s; name them in unused, or set from to the beginning of the names that are wanted", n, some(m.strange)))
	}
	if n := len(missing); n > 0 {
		m.errs = append(m.errs, fmt.Errorf("it has no tensor for %d of the pipeline's %d: %s; name them in fresh, or set from and to", n, m.Wanted, some(missing)))
	}
	if len(m.errs) == 0 && len(m.to) == 0 {
		m.errs = append(m.errs, errors.New("nothing would be loaded: fresh names every tensor"))
	}
	return m.matched, errors.Join(m.errs...)
}

// place finds the place of a tensor of the file that would be called name in the run.
func (m *matching) place(t safetensors.Info, name string) {
	i := slices.IndexFunc(m.specs, func(s plan.State) bool { return s.Name == name && wanted(s) })
	m.met[name] = true
	switch {
	case i < 0 && fits(m.unused, t.Name):
		m.Unused = append(m.Unused, t.Name)
	case i < 0:
		m.strange = append(m.strange, t.Name)
	case fits(m.fresh, name): // it stays as it is
	case !slices.Equal(m.specs[i].Dims, t.Dims):
		m.errs = append(m.errs, fmt.Errorf("%s has the shape %v, but %s of the pipeline has %v; make the networks alike, or name it in fresh", t.Name, t.Dims, name, m.specs[i].Dims))
	case convert[t.DType] == nil:
		m.errs = append(m.errs, fmt.Errorf("%s has elements of type %s; weights are f32, f64, f16 or bf16", t.Name, t.DType))
	default:
		m.to[t.Name], m.at[name] = name, t.Name
	}
}

// account counts the run's tensors and returns those that nothing is known of.
func (m *matching) account() (missing []string) {
	for _, s := range m.specs {
		if !wanted(s) {
			continue
		}
		m.Wanted++
		switch {
		case m.at[s.Name] != "" || s.Init.Kind == "copy" && m.at[s.Init.Of] != "":
			m.Count++
		case fits(m.fresh, s.Name):
			m.Fresh = append(m.Fresh, s.Name)
		case !m.met[s.Name]:
			missing = append(missing, s.Name)
		}
	}
	return missing
}

// wanted reports whether the tensor is of the network, not of its training.
func wanted(s plan.State) bool {
	return s.Role == plan.RoleParam || s.Role == plan.RoleBuffer || s.Role == plan.RoleTeacher
}

func compile(patterns []string) ([]*regexp.Regexp, error) {
	var out []*regexp.Regexp
	for _, p := range patterns {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, err
		}
		out = append(out, re)
	}
	return out, nil
}

func fits(patterns []*regexp.Regexp, name string) bool {
	return slices.ContainsFunc(patterns, func(re *regexp.Regexp) bool { return re.MatchString(name) })
}

// read brings the tensors to their places.
func (m *matched) read(r *safetensors.Reader, state func(name string) []float32) error {
	var raw []byte
	for {
		var t safetensors.Info
		err := r.Next(func(info safetensors.Info) ([]byte, error) {
			t = info
			n := width[info.DType]
			for _, d := range info.Dims {
				n *= d
			}
			raw = slices.Grow(raw[:0], n)[:n]
			return raw, nil
		})
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if name := m.to[t.Name]; name != "" {
			convert[t.DType](state(name), raw)
		}
	}
}
