package datasource

import (
	"context"
	"fmt"
	"math"

	"ssc/lang/schema"
	"ssc/runtime/transform"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name: "tar",
		Doc: "Images in tar files (WebDataset shards). Entries that follow one another and agree up to the first dot of their names are a sample, and what follows the dot is " +
			"the field: 000017.jpg and 000017.cls are the image and the label of sample 000017. The files are scanned once when a run starts; then each image is read from its place, " +
			"in the random order of the epoch, without unpacking. Nothing is written: entries that are links or devices, or lead out of the archive, are refused all the same. An image costs 24 bytes of memory and its name." + formatsDoc,
		Paper:  schema.Paper{None: "the layout of WebDataset (Aizman, Maltby, Breuel, High Performance I/O For Large Scale Deep Learning, 2020, arXiv 2001.01858)"},
		Before: "none: MMSelfSup reads no archives",
	},
	New: func() Source { return &tarSource{} },
})

type tarSource struct {
	patterns, images []string
	label            string
	as               decoding
}

func (s *tarSource) Args(set *schema.Set) {
	shardArgs(set, &s.patterns, "data/train-{000000..000146}.tar")
	set.Strings(&s.images, "image", []string{"jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "ppm", "pgm", "npy"}, "fields that hold the image; the first one that a sample has is taken", schema.NotEmpty)
	set.String(&s.label, "label", "cls", "field that holds the label, a decimal number as text; empty: no labels")
	s.as.args(set)
}

func (s *tarSource) Check(r *schema.Report) { s.as.check(r) }

func (s *tarSource) Channels() int { return s.as.channels }

func (s *tarSource) Open(ctx context.Context) (Samples, error) {
	paths, err := expand(s.patterns)
	if err != nil {
		return nil, err
	}
	scans := make([]*tarScan, len(paths))
	inParallel(len(paths), func(i int) {
		scans[i] = &tarScan{ctx: ctx, source: s, path: paths[i]}
		scans[i].run()
	})
	out := &tarSamples{as: s.as}
	out.files.paths = paths
	var problems Problems
	without := 0
	for _, scan := range scans {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, p := range scan.problems.First {
			problems.add("%s", p)
		}
		problems.Count += scan.problems.Count - len(scan.problems.First)
		without += scan.without
		out.append(scan)
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	switch n := out.Len(); {
	case n == 0:
		return nil, fmt.Errorf("%s: no sample with one of the fields %v", paths[0], s.images)
	case n > math.MaxInt32:
		return nil, fmt.Errorf("%d samples, more than the limit of %d", n, math.MaxInt32)
	}
	if without > 0 {
		out.notes = []string{fmt.Sprintf("%s: %d samples without an image left out", s.patterns[0], without)}
	}
	return out, nil
}

// tarSamples are the images of archives by their offsets.
type tarSamples struct {
	files   handles
	parts   parts // archives
	keys    names
	offsets []int64
	sizes   []int32
	labels  []int32 // nil when there are none
	as      decoding
	notes   []string
	buffers scratch
}

func (t *tarSamples) append(s *tarScan) {
	for i := range s.keys.len() {
		t.keys.add(s.keys.at(i))
	}
	t.offsets = append(t.offsets, s.offsets...)
	t.sizes = append(t.sizes, s.sizes...)
	t.labels = append(t.labels, s.labels...)
	t.parts.add(len(s.offsets))
}

func (t *tarSamples) Len() int { return len(t.offsets) }

func (t *tarSamples) Name(i int) string {
	file, _ := t.parts.find(i)
	return t.files.paths[file] + ":" + t.keys.at(i)
}

// Label implements [Labeled].
func (t *tarSamples) Label(i int) int64 {
	if len(t.labels) == 0 {
		return -1
	}
	return int64(t.labels[i])
}

// Notes implements [Noted].
func (t *tarSamples) Notes() []string { return t.notes }

// List implements [Listed].
func (t *tarSamples) List() *List {
	out := listFiles(t.files.paths)
	out.addDecoder()
	return out
}

func (t *tarSamples) Read(i int, m *transform.Image) (int64, error) {
	file, _ := t.parts.find(i)
	data := t.buffers.take(int(t.sizes[i]))
	defer t.buffers.give(data)
	if err := t.files.readAt(file, *data, t.offsets[i]); err != nil {
		return 0, err
	}
	return t.Label(i), decode(m, *data, t.as)
}
