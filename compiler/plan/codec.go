package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
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
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("plan.json: %w", err)
	}
	return p, nil
}

// Digest identifies what a plan computes: the sha256 of its bytes without the places in files that its blocks came from, so that moving a file or a line does not make
// another plan, without those of the files that it reads, which may be moved in the middle of a run, without what it says of reports and trackers, which may come and go,
// and without the moments of its memory, which are predicted and decide nothing.
func (p *Plan) Digest() (string, error) {
	q := *p
	q.Track, q.Settings = Track{}, nil
	q.Stats.Moments = nil
	q.Pipeline = q.Pipeline.placeless()
	q.Pipeline.Blocks = slices.DeleteFunc(q.Pipeline.Blocks, func(c Component) bool { return c.Type == "track" })
	q.Monitors, q.Evaluate = placeless(q.Monitors), placeless(q.Evaluate)
	q.Stages = placelessStages(q.Stages)
	q.Datasets = slices.Clone(q.Datasets)
	for i, d := range q.Datasets {
		d.Source = d.Source.placeless()
		d.Views = slices.Clone(d.Views)
		for j := range d.Views {
			d.Views[j].Transforms = placeless(d.Views[j].Transforms)
		}
		q.Datasets[i] = d
	}
	q.Fields = slices.Clone(q.Fields)
	for i := range q.Fields {
		q.Fields[i].At = ""
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
