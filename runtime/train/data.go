package train

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/datasource"
	"ssc/runtime/decoded"
	"ssc/runtime/probe"
)

// dataset is an opened dataset of the plan.
type dataset struct {
	spec     plan.Dataset
	at       string // file:line,col of the source block
	samples  datasource.Samples
	channels int
	list     *datasource.List // what it is made of
	digest   string           // of the list
}

// named are the datasets that a block names in one of its arguments.
func named(datasets []plan.Dataset, blocks []plan.Component) []plan.Dataset {
	return slices.DeleteFunc(slices.Clone(datasets), func(d plan.Dataset) bool {
		return !slices.ContainsFunc(blocks, func(c plan.Component) bool {
			for _, v := range c.Args {
				if v == d.Name {
					return true
				}
			}
			return false
		})
	})
}

// openData opens some of the plan's datasets, side by side and together; what is wrong with one is said at its source block.
func openData(ctx context.Context, p *plan.Plan, datasets []plan.Dataset, note func(format string, args ...any)) (map[string]*dataset, error) {
	list := make([]*dataset, len(datasets))
	errs := make([]error, len(datasets))
	var wg sync.WaitGroup
	together := datasource.Together(ctx)
	for i, d := range datasets {
		wg.Go(func() { list[i], errs[i] = openDataset(together, d) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, Refused{err}
	}
	out := map[string]*dataset{}
	for _, d := range list {
		var err error
		if d.samples, err = decoded.Open(ctx, d.samples, d.spec.Source, d.channels, p.Loader, note); err != nil {
			return nil, Refused{err}
		}
		out[d.spec.Name] = d
	}
	return out, nil
}

// moveable adds what to do about data that a run, begun before, does not find any more.
func (r *run) moveable(err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, none := os.Stat(filepath.Join(r.Dir, plan.File)); none != nil {
		return err
	}
	return Refused{fmt.Errorf("%w\nIf the data lies elsewhere by now, write its new place into the pipeline file, or give it with -var, and go on with: ssc run FILE -run %s", err, r.Dir)}
}

func openDataset(ctx context.Context, spec plan.Dataset) (*dataset, error) {
	d, err := probe.Open(ctx, spec)
	if err != nil {
		return nil, err
	}
	list := datasource.ListOf(d.Samples)
	return &dataset{spec, spec.Source.At, d.Samples, d.Channels, list, list.Digest()}, nil
}

// listName is the file of the run folder that lists what a dataset was made of when the run began.
func (r *run) listName(d *dataset) string {
	return filepath.Join(r.Dir, "data", url.PathEscape(d.spec.Name)+".list.gz")
}

// checkData compares the datasets with those that the run was saved with. A run without a checkpoint begins anew, with the data as it is.
func (r *run) checkData() error {
	if r.loop.Data == nil {
		r.loop.Data = map[string]string{}
	}
	var others []error
	for _, spec := range r.plan.Datasets {
		d := r.data[spec.Name]
		was := r.loop.Data[spec.Name]
		if was == d.digest {
			continue
		}
		if r.saved >= 0 {
			change := r.change(d)
			if !slices.Contains(r.Accept, AcceptData) {
				others = append(others, fmt.Errorf("%s: dataset %q is not what it was when the run was saved:\n%s\nRestore it, begin anew in another folder with -run, or go on with what is there now: -accept %s",
					d.at, spec.Name, change, AcceptData))
				continue
			}
			r.Report.Note("dataset %q is not what it was when the run was saved; going on, as -accept %s says:\n%s", spec.Name, AcceptData, change)
		}
		r.loop.Data[spec.Name] = d.digest
		if err := r.writeList(d); err != nil {
			return refuse("writing the list of dataset %q: %w", spec.Name, err)
		}
	}
	if others != nil {
		return Refused{errors.Join(others...)}
	}
	return nil
}

// checkLength compares the number of training images with what the pipeline says of it.
func (r *run) checkLength(images int) error {
	for _, f := range r.plan.Fields {
		if f.Kind == "idx" && f.Below > 0 && f.Below != images {
			return refuse("%s: a row is kept for each of %d images, but dataset \"train\" (%s) has %d. Write length = %d", f.At, f.Below, r.data["train"].at, images, images)
		}
	}
	return nil
}

// noteChanges says which of the opened datasets are not what the run was saved with: what is measured on them is not comparable with what was.
func (r *run) noteChanges() {
	for _, spec := range r.plan.Datasets {
		d, opened := r.data[spec.Name]
		if was := r.loop.Data[spec.Name]; opened && was != "" && was != d.digest {
			r.Report.Note("warning: dataset %q is not what it was when the run was saved:\n%s", spec.Name, r.change(d))
		}
	}
}

func (r *run) writeList(d *dataset) error {
	if err := atomic.MkdirAll(r.FS, filepath.Join(r.Dir, "data")); err != nil {
		return err
	}
	return atomic.WriteFile(r.FS, r.listName(d), func(w io.Writer) error { _, err := d.list.WriteTo(w); return err })
}

// change says in what a dataset differs from its stored list.
func (r *run) change(d *dataset) string {
	f, err := os.Open(r.listName(d))
	if err != nil {
		return fmt.Sprintf("(what it was made of is not known: %s)", err)
	}
	defer f.Close()
	before, err := datasource.ReadList(f)
	if err != nil {
		return fmt.Sprintf("(what it was made of is not known: %s)", err)
	}
	return datasource.Changes(before, d.list).Error()
}

// readBad returns the samples that the lines of bad_samples.jsonl name.
func readBad(j *journal) ([]int, error) {
	f, err := os.Open(j.name)
	if err != nil {
		return nil, refuse("reading the unreadable samples so far: %w", err)
	}
	defer f.Close()
	var out []int
	lines := bufio.NewReader(f)
	for range j.lines {
		text, err := lines.ReadBytes('\n')
		var line badRecord
		if err == nil {
			err = json.Unmarshal(text, &line)
		}
		if err != nil {
			return nil, refuse("%s:%d: %w", j.name, len(out)+1, err)
		}
		out = append(out, line.Index)
	}
	return out, nil
}
