package datasource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name: "image_list",
		Doc: "Image files named by a text file, one on each line: a path below data_prefix, then a blank and the label. If the first line has no label, " +
			"no line has. Labels follow the last blank, so paths may contain blanks." + formatsDoc,
		Paper:  schema.Paper{None: "MMSelfSup's list files"},
		Before: "dict(type='ImageList', data_prefix='data/imagenet/train', ann_file='data/imagenet/meta/train.txt')",
	},
	New: func() Source { return &imageList{} },
})

type imageList struct {
	dataPrefix, annFile, missing string
	as                           decoding
}

func (s *imageList) Args(set *schema.Set) {
	set.String(&s.dataPrefix, "data_prefix", "", "folder that the paths start from", schema.Location)
	set.String(&s.annFile, "ann_file", "", "path of the list", schema.Required, schema.NotEmpty, schema.Location)
	set.String(&s.missing, "missing", "error", "what to do about paths without a file: stop before the first step, or skip them", schema.OneOf("error", "skip"))
	s.as.args(set)
}

func (s *imageList) Check(r *schema.Report) { s.as.check(r) }

func (s *imageList) Channels() int { return s.as.channels }

func (s *imageList) Open(ctx context.Context) (Samples, error) {
	text, err := readFile(s.annFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.annFile, err)
	}
	all := newFiles(s.dataPrefix, s.as)
	lines, err := parseList(filepath.Base(s.annFile), text, all)
	if err != nil {
		return nil, err
	}
	faults, err := check(ctx, all)
	if err != nil {
		return nil, err
	}
	kept := newFiles(s.dataPrefix, s.as)
	var problems Problems
	for i, fault := range faults {
		switch {
		case fault == nil:
			kept.add(all.paths.at(i), int32(all.Label(i)))
		case s.missing == "error":
			problems.add("%s:%d: %v: %s", filepath.Base(s.annFile), lines[i], fault, all.Name(i))
		}
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	if kept.Len() == 0 {
		return nil, fmt.Errorf("%s: names no file that exists", s.annFile)
	}
	if n := all.Len() - kept.Len(); n > 0 {
		kept.notes = []string{fmt.Sprintf("%s: %d of %d paths left out, for which there is no file", s.annFile, n, all.Len())}
	}
	return kept, nil
}

// parseList reads a list and returns the line of each entry. A byte order mark, CRLF and empty lines are accepted.
func parseList(name string, text []byte, out *files) (lines []int32, err error) {
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		return nil, fmt.Errorf("%s: is UTF-16 text; save it as UTF-8", name)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var problems Problems
	labelled := false
	for number := int32(1); len(text) > 0; number++ {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		line = bytes.Trim(line, " \t\r")
		if len(line) == 0 {
			continue
		}
		path, label, ok := splitLabel(line)
		if out.Len() == 0 && problems.Count == 0 {
			labelled = ok
		}
		switch {
		case bytes.IndexByte(line, 0) >= 0:
			problems.add("%s:%d: holds a zero byte; this is not a list of paths", name, number)
			continue
		case len(line) > maxName:
			problems.add("%s:%d: %d bytes, longer than any path", name, number, len(line))
			continue
		case !labelled:
			path, label = line, -1
		case !ok:
			problems.add("%s:%d: no label after the path %q; the first line has one", name, number, line)
			continue
		}
		out.add(string(path), label)
		lines = append(lines, number)
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	if out.Len() == 0 {
		return nil, fmt.Errorf("%s: the list is empty", name)
	}
	return lines, nil
}

// splitLabel cuts a line at its last blank; ok is false when no label (-1 or above) follows it.
func splitLabel(line []byte) (path []byte, label int32, ok bool) {
	at := bytes.LastIndexAny(line, " \t")
	if at < 0 {
		return line, -1, false
	}
	n, err := strconv.ParseInt(string(line[at+1:]), 10, 32)
	if err != nil || n < -1 {
		return line, -1, false
	}
	return bytes.TrimRight(line[:at], " \t"), int32(n), true
}

// check returns, for each file, why it cannot be an image: it is missing or not a file.
func check(ctx context.Context, f *files) ([]error, error) {
	faults := make([]error, f.Len())
	inParallel(f.Len(), func(i int) {
		if ctx.Err() != nil {
			return
		}
		info, err := os.Stat(f.Name(i))
		switch {
		case err != nil:
			faults[i] = cause(err)
		case !info.Mode().IsRegular():
			faults[i] = errors.New("not a regular file")
		}
	})
	return faults, ctx.Err()
}
