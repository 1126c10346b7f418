package datasource

import (
	"bytes"
	"context"
	"os"

	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name: "image_folder",
		Doc: "Images in one folder for each class, at any depth below it. Classes are the folders sorted by name, and a label is the rank of its folder; " +
			"samples are sorted within a class. Images that lie directly in data_prefix are read, without labels, when it has no folders." + formatsDoc,
		Paper:  schema.Paper{None: "a folder layout; that of torchvision's ImageFolder"},
		Before: "dict(type='ImageNet', data_prefix='data/imagenet/train')",
	},
	New: func() Source { return &imageFolder{} },
})

type imageFolder struct {
	dataPrefix string
	globs      globs
	as         decoding
}

func (s *imageFolder) Args(set *schema.Set) {
	set.String(&s.dataPrefix, "data_prefix", "", "folder that holds the class folders", schema.Required, schema.NotEmpty, schema.Location)
	s.globs.args(set)
	s.as.args(set)
}

func (s *imageFolder) Check(r *schema.Report) {
	s.globs.check(r)
	s.as.check(r)
}

func (s *imageFolder) Channels() int { return s.as.channels }

func (s *imageFolder) Open(ctx context.Context) (Samples, error) {
	w := &walker{ctx: ctx, root: s.dataPrefix, globs: &s.globs, compare: bytes.Compare, files: newFiles(s.dataPrefix, s.as), seen: map[string]bool{}, others: map[string]int{}}
	var classes names
	err := entries(ctx, s.dataPrefix, func(e os.DirEntry) {
		if !hidden(e) && w.mode(e.Name(), e).IsDir() && !s.globs.leaves(e.Name()) {
			classes.add(e.Name())
		}
	})
	if err != nil {
		return nil, err
	}
	if classes.len() == 0 {
		if err := w.folder("", -1, false); err != nil {
			return nil, err
		}
		return w.found()
	}
	classes.sort(0, bytes.Compare)
	for i := range classes.len() {
		w.files.classes = append(w.files.classes, classes.at(i))
		if err := w.folder(classes.at(i), int32(i), true); err != nil {
			return nil, err
		}
	}
	return w.found()
}
