package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
)

// File is the name of the plan's description in its directory.
const File = "plan.json"

// maxFile bounds plan.json; the largest pipelines describe some ten thousand tensors in a few megabytes.
const maxFile = 64 << 20

// Encode writes plan.json. Equal plans give equal bytes.
func Encode(p *Plan) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("encoding the plan: %w", err)
	}
	return b.Bytes(), nil
}

// Decode reads plan.json and checks everything that the runtime relies on.
func Decode(b []byte) (*Plan, error) {
	if len(b) > maxFile {
		return nil, fmt.Errorf("plan.json has %d bytes, more than the limit of %d", len(b), maxFile)
	}
	var head struct {
		Format   int    `json:"format"`
		Compiler string `json:"compiler"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("plan.json: %w", err)
	}
	if head.Format != Format {
		return nil, fmt.Errorf("plan.json has format %d, made by ssc %s; this ssc reads format %d: compile the pipeline again", head.Format, head.Compiler, Format)
	}
	p := &Plan{}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("plan.json: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("plan.json: data after the plan")
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("plan.json: %w", err)
	}
	return p, nil
}

// Digest identifies what a plan computes: the sha256 of its bytes without the places in files that its blocks came from, so that moving a file or a line does not make
// another plan.
func (p *Plan) Digest() (string, error) {
	q := *p
	q.Pipeline = q.Pipeline.placeless()
	q.Monitors, q.Evaluate = placeless(q.Monitors), placeless(q.Evaluate)
	q.Datasets = slices.Clone(q.Datasets)
	for i, d := range q.Datasets {
		d.Source = d.Source.placeless()
		d.Views = slices.Clone(d.Views)
		for j := range d.Views {
			d.Views[j].Transforms = placeless(d.Views[j].Transforms)
		}
		q.Datasets[i] = d
	}
	b, err := Encode(&q)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Dataset returns the dataset of that name, or nil.
func (p *Plan) Dataset(name string) *Dataset {
	for i := range p.Datasets {
		if p.Datasets[i].Name == name {
			return &p.Datasets[i]
		}
	}
	return nil
}

// check tests what a damaged or hostile file could break.
func (p *Plan) check() error {
	if len(p.Scalars) < 2 || p.Scalars[0].Name != "gate" || p.Scalars[1].Name != "apply" {
		return fmt.Errorf("the first scalars must be gate and apply")
	}
	if p.Loader.BatchSize < 1 || p.Train.Epochs < 1 || p.Train.Accumulate < 1 || p.Loader.Prefetch < 1 {
		return fmt.Errorf("batch_size, epochs, accumulate and prefetch must be positive")
	}
	if p.Dataset("train") == nil {
		return fmt.Errorf("there is no dataset train")
	}
	for name, g := range p.Graphs {
		if !filepath.IsLocal(g.File) || filepath.Base(g.File) != g.File {
			return fmt.Errorf("graph %s: the file %q is outside the plan", name, g.File)
		}
		for _, t := range slices.Concat(g.Inputs, g.Outputs) {
			if err := checkDims(t.Name, t.Dims, -1); err != nil {
				return err
			}
		}
	}
	seen := map[string]bool{}
	for _, s := range p.State {
		if seen[s.Name] {
			return fmt.Errorf("state %q is there twice", s.Name)
		}
		seen[s.Name] = true
		if err := checkDims(s.Name, s.Dims, 0); err != nil {
			return err
		}
		if s.Group < -1 || s.Group >= len(p.Groups) {
			return fmt.Errorf("state %q: there is no group %d", s.Name, s.Group)
		}
	}
	for _, f := range p.Fields {
		if err := checkDims(f.Name, f.Dims, 0); err != nil {
			return err
		}
	}
	return nil
}

// maxElems bounds one tensor: 2^36 elements are 256 GiB of float32.
const maxElems = 1 << 36

func checkDims(name string, dims []int, least int) error {
	n := 1
	for _, d := range dims {
		if d < least || d > 0 && n > maxElems/d {
			return fmt.Errorf("tensor %q has the impossible shape %v", name, dims)
		}
		n *= max(d, 1)
	}
	return nil
}
