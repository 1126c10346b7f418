package datasource

import (
	"bytes"
	"context"
	"fmt"

	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name: "folder",
		Doc: "All images below a folder, however they are arranged, without labels. The files of a folder come in natural order (img2 before img10), then those of " +
			"the folders in it. Links are followed and each folder is read once; pipes, devices and names that begin with a dot are passed over. " +
			"An image costs the length of its path and 8 bytes of memory." + formatsDoc,
		Paper:  schema.Paper{None: "a folder of images"},
		Before: "dict(type='ImageList', data_prefix='data/photos', ann_file='data/photos/all.txt')  # with a list made by hand",
	},
	New: func() Source { return &folder{} },
})

type folder struct {
	path  string
	globs globs
	as    decoding
}

func (s *folder) Args(set *schema.Set) {
	set.String(&s.path, "path", "", "the folder", schema.Required, schema.NotEmpty, schema.Location)
	s.globs.args(set)
	s.as.args(set)
}

func (s *folder) Check(r *schema.Report) {
	s.globs.check(r)
	s.as.check(r)
}

func (s *folder) Channels() int { return s.as.channels }

func (s *folder) Open(ctx context.Context) (Samples, error) {
	w := &walker{ctx: ctx, root: s.path, globs: &s.globs, compare: naturally, files: newFiles(s.path, s.as), seen: map[string]bool{}, others: map[string]int{}}
	if err := w.folder("", -1, true); err != nil {
		return nil, err
	}
	return w.found()
}

// found returns the files, or an error when there is none.
func (w *walker) found() (Samples, error) {
	w.files.notes = w.notes()
	if w.files.Len() > 0 {
		return w.files, nil
	}
	var p Problems
	p.add("%s: no image in it (%s)", w.root, extensions())
	for _, n := range w.files.notes {
		p.add("%s", n)
	}
	return nil, p.err()
}

// extensions lists what is read, for messages.
func extensions() string {
	var b bytes.Buffer
	for i, e := range imageExtensions {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, e)
	}
	return b.String()
}
