package datasource

import (
	"context"
	"fmt"
	"math"

	"github.com/klauspost/compress/zstd"

	"ssc/lang/schema"
	"ssc/runtime/transform"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name: "parquet",
		Doc: "Images in Parquet files as Hugging Face's hub keeps them: a column image with the fields bytes and path, or of plain bytes, and a column label of whole numbers; " +
			"class names come from the file. Only the page that holds an image is read for it (about a megabyte as usual writers make them; smaller pages make shuffled reading faster). " +
			"Compression is Snappy, gzip, Zstandard or none; encodings are plain and dictionary." + formatsDoc,
		Paper:  schema.Paper{None: "the Apache Parquet format with the conventions of the datasets library"},
		Before: "none: MMSelfSup reads no Parquet files",
	},
	New: func() Source { return &parquet{} },
})

type parquet struct {
	patterns     []string
	image, label string
	as           decoding
}

func (s *parquet) Args(set *schema.Set) {
	shardArgs(set, &s.patterns, "data/train-*.parquet")
	set.String(&s.image, "image", "image", "column that holds the images", schema.NotEmpty)
	set.String(&s.label, "label", "label", "column that holds the labels; empty: no labels")
	s.as.args(set)
}

func (s *parquet) Check(r *schema.Report) { s.as.check(r) }

func (s *parquet) Channels() int { return s.as.channels }

func (s *parquet) Open(ctx context.Context) (Samples, error) {
	paths, err := expand(s.patterns)
	if err != nil {
		return nil, err
	}
	inflate, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxPage))
	if err != nil {
		return nil, err
	}
	out := &parquetSamples{as: s.as, pages: pageReader{files: handles{paths: paths}, zstd: inflate, limit: maxPage}}
	opened := make([]*parquetFile, len(paths))
	errs := make([]error, len(paths))
	inParallel(len(paths), func(i int) {
		if errs[i] = ctx.Err(); errs[i] == nil {
			opened[i], errs[i] = openParquet(&out.pages, i, s.image, s.label)
		}
	})
	var problems Problems
	for i, err := range errs {
		if err != nil {
			problems.add("%s: %v", paths[i], err)
			continue
		}
		f := opened[i]
		for g := range f.groups {
			out.groups = append(out.groups, &f.groups[g])
			out.parts.add(f.groups[g].rows)
		}
		out.labels = append(out.labels, f.labels...)
		if i == 0 {
			out.classes = f.classes
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	switch n := out.Len(); {
	case n == 0:
		return nil, fmt.Errorf("%s: holds no rows", paths[0])
	case n > math.MaxInt32:
		return nil, fmt.Errorf("%d rows, more than the limit of %d", n, math.MaxInt32)
	}
	return out, nil
}

// parquetSamples are the rows of files.
type parquetSamples struct {
	pages   pageReader
	parts   parts // row groups
	groups  []*rowGroup
	labels  []int32 // empty when there are none
	classes []string
	as      decoding
}

func (p *parquetSamples) Len() int { return p.parts.len() }

func (p *parquetSamples) Name(i int) string {
	group, row := p.parts.find(i)
	g := p.groups[group]
	return fmt.Sprintf("%s[%d]", p.pages.files.paths[g.file], g.first+row)
}

// Label implements [Labeled].
func (p *parquetSamples) Label(i int) int64 {
	if len(p.labels) == 0 {
		return -1
	}
	return int64(p.labels[i])
}

// Classes implements [Classed].
func (p *parquetSamples) Classes() []string { return p.classes }

// List implements [Listed].
func (p *parquetSamples) List() *List {
	out := listFiles(p.pages.files.paths)
	out.addDecoder()
	return out
}

func (p *parquetSamples) Read(i int, m *transform.Image) (int64, error) {
	group, row := p.parts.find(i)
	err := p.groups[group].value(&p.pages, row, func(data []byte) error { return decode(m, data, p.as) })
	return p.Label(i), err
}
