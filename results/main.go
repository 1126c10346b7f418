// Command results trains every small example with three seeds and keeps what its encoder is worth: `make results`. A row, an example with one seed, is written into spec/results.json as soon as it is
// measured, and spec/results.md is printed from that file. Rows whose recipe, the settings of the pipeline, has not changed are left as they are, also when a newer ssc computes it otherwise; `make results ONLY=byol` makes those of one method again. What was interrupted goes on.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"ssc/runtime/checkpoint/atomic"
)

// Files, from the root of the source tree.
const (
	dataFile  = "spec/results.json"
	tableFile = "spec/results.md"
	runFolder = "runs/results"
)

func main() {
	only := flag.String("only", "", "make the rows of the example or method with this name again, and no others")
	print := flag.Bool("print", false, "measure nothing: print the table again")
	seeds := []int{0, 1, 2}
	flag.Func("seeds", "rows of each example: its seeds, in order (default 0,1,2)", func(text string) error { return json.Unmarshal([]byte("["+text+"]"), &seeds) })
	jobs := flag.Int("jobs", 1, "rows that are made at a time, each with its share of the cores")
	flag.Parse()
	t, err := read(dataFile)
	if err == nil && !*print {
		err = measureAll(t, *only, seeds, max(*jobs, 1))
	}
	if err == nil {
		err = t.write()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "results:", err)
		os.Exit(1)
	}
}

// job is a row to make.
type job struct {
	example
	seed   int
	recipe string
}

// measureAll makes what is missing, several rows at a time, and forgets rows of examples that are no longer there.
func measureAll(t *table, only string, seeds []int, jobs int) error {
	examples, err := smallExamples(".")
	if err != nil {
		return err
	}
	t.Rows = slices.DeleteFunc(t.Rows, func(r row) bool {
		return !slices.ContainsFunc(examples, func(e example) bool { return e.name == r.Example })
	})
	todo, err := missing(t, examples, only, seeds)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(jobs)
	for _, j := range todo {
		group.Go(func() error {
			if ctx.Err() != nil { // another row has failed
				return nil
			}
			return j.make(t, jobs)
		})
	}
	return group.Wait()
}

// missing are the rows to make: those that are not there or whose recipe has changed, or all of the example or method that is named.
func missing(t *table, examples []example, only string, seeds []int) (todo []job, err error) {
	found := false
	for _, seed := range seeds {
		for _, e := range examples {
			if only != "" && only != e.name && only != e.method {
				continue
			}
			found = true
			if e.alone && seed != 0 {
				continue
			}
			p, err := e.compiled(seed, false)
			if err != nil {
				return nil, err
			}
			digest, err := recipe(p)
			if err != nil {
				return nil, err
			}
			if have := t.row(e.name, seed); have == nil || have.Recipe != digest || only != "" {
				todo = append(todo, job{e, seed, digest})
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("there is no example or method %q", only)
	}
	return todo, nil
}

// make makes a row and writes it down, beside jobs-1 others.
func (j job) make(t *table, jobs int) error {
	r, err := j.measure(t, j.seed, jobs)
	if err != nil {
		return fmt.Errorf("%s, seed %d: %w", j.name, j.seed, err)
	}
	r.Recipe = j.recipe
	t.Lock()
	defer t.Unlock()
	t.put(*r)
	fmt.Printf("%s, seed %d: kNN %.2f %% (untrained %.2f), linear %.2f %% (untrained %.2f), rank %.1f of %d, %.0f s\n", j.name, j.seed, 100*r.KNN.Encoder, 100*r.KNN.Untrained,
		100*r.Linear.Encoder, 100*r.Linear.Untrained, r.Rank, r.Dimensions, r.Seconds)
	return t.write()
}

// example is a pipeline file that names its meter.
type example struct {
	file, name, method, meter string
	alone                     bool // it has a row of its first seed and no more
}

// meter is the line by which an example says what it is measured with.
var meter = regexp.MustCompile(`(?m)^# Meter: (kNN|linear probe)(, one seed)?\.$`)

// smallExamples are the pipeline files below a folder that name their meter, by method and name.
func smallExamples(root string) (out []example, err error) {
	err = filepath.WalkDir(filepath.Join(root, "examples", "selfsup"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".hcl" {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if m := meter.FindSubmatch(text); m != nil {
			out = append(out, example{name, strings.TrimSuffix(filepath.Base(name), ".hcl"), filepath.Base(filepath.Dir(name)), string(m[1]), len(m[2]) > 0})
		}
		return nil
	})
	if err == nil && len(out) == 0 {
		err = errors.New("no example below examples/selfsup names its meter")
	}
	slices.SortFunc(out, func(a, b example) int { return strings.Compare(a.name, b.name) })
	return out, err
}

// table is what was measured.
type table struct {
	sync.Mutex `json:"-"`

	Raw  *pixels `json:"raw_pixels"`
	Rows []row   `json:"rows"`
}

// pixels is what raw pixels are worth, as shares.
type pixels struct {
	KNN    float64 `json:"knn"`
	Linear float64 `json:"linear"`
}

// row is an example with one seed.
type row struct {
	Example string `json:"example"`
	Method  string `json:"method"`
	Seed    int    `json:"seed"`
	Meter   string `json:"meter"`
	Recipe  string `json:"recipe"` // digest of the pipeline's settings
	Epochs  int    `json:"epochs"`
	Steps   int    `json:"steps"`

	KNN        shares  `json:"knn"`
	Linear     shares  `json:"linear"`
	Rank       float64 `json:"rank"` // effective rank of the features of the test images, averaged over the map
	Dimensions int     `json:"dimensions"`

	Seconds          float64 `json:"seconds"`           // of training, from the start of the process to its end
	ProcessorSeconds float64 `json:"processor_seconds"` // of the same; 0 where it was interrupted
	MFU              float64 `json:"mfu"`               // median over the run
	Note             string  `json:"note,omitempty"`    // written by hand: what was unusual as the row was made; one that is made again has none
}

// shares are of right answers.
type shares struct {
	Encoder   float64 `json:"encoder"`
	Untrained float64 `json:"untrained"`
}

// read reads the file; one that is not there is empty.
func read(name string) (*table, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &table{}, nil
	}
	if err != nil {
		return nil, err
	}
	t := new(table)
	if err := json.Unmarshal(text, t); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// write writes the file and the page, each whole or not at all.
func (t *table) write() error {
	text, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(atomic.WriteBytes(atomic.OS{}, dataFile, append(text, '\n')), atomic.WriteBytes(atomic.OS{}, tableFile, []byte(t.page())))
}

// row finds one, or nil.
func (t *table) row(example string, seed int) *row {
	for i := range t.Rows {
		if r := &t.Rows[i]; r.Example == example && r.Seed == seed {
			return r
		}
	}
	return nil
}

// put enters a row, in order.
func (t *table) put(r row) {
	if have := t.row(r.Example, r.Seed); have != nil {
		*have = r
		return
	}
	t.Rows = append(t.Rows, r)
	slices.SortFunc(t.Rows, func(a, b row) int {
		if c := strings.Compare(a.Example, b.Example); c != 0 {
			return c
		}
		return a.Seed - b.Seed
	})
}
