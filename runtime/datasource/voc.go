package datasource

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name: "voc",
		Doc: "PASCAL VOC as its archives unpack it: images in JPEGImages, and in ImageSets/Main a list for each class, such as dog_trainval.txt, that says of each image whether it shows " +
			"the class (1), does not (-1) or shows it in a way that is not judged (0). An image may be of several classes, so none has the one label that most probes ask for: evaluate \"svm\" takes " +
			"the classes as they are. Images come in the order of their names, classes in that of theirs." + formatsDoc,
		Paper:  schema.Paper{Authors: "Everingham, Van Gool, Williams, Winn, Zisserman", Title: "The PASCAL Visual Object Classes Challenge 2007", Year: 2007, ID: "10.1007/s11263-009-0275-4"},
		Before: "bash tools/data_converters/prepare_voc07_cls.sh DIR",
	},
	New: func() Source { return &voc{} },
})

type voc struct {
	dataPrefix, split string
	as                decoding
}

func (s *voc) Args(set *schema.Set) {
	set.String(&s.dataPrefix, "data_prefix", "", "folder that holds JPEGImages and ImageSets, such as data/VOCdevkit/VOC2007", schema.Required, schema.NotEmpty, schema.Location)
	set.String(&s.split, "split", "trainval", "which images; the archives of 2007 have all four", schema.OneOf("trainval", "train", "val", "test"))
	s.as.args(set)
}

func (s *voc) Check(r *schema.Report) { s.as.check(r) }

func (s *voc) Channels() int { return s.as.channels }

// maxClasses bounds the lists of a folder: each image has a byte for each class.
const maxClasses = 1 << 12

func (s *voc) Open(ctx context.Context) (Samples, error) {
	lists, err := s.lists()
	if err != nil {
		return nil, err
	}
	out := newFiles(filepath.Join(s.dataPrefix, "JPEGImages"), s.as)
	tags := map[string][]int8{}
	var problems Problems
	for class, list := range lists {
		name := filepath.Base(list)
		out.classes = append(out.classes, strings.TrimSuffix(name, "_"+s.split+".txt"))
		text, err := readFile(list)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", list, err)
		}
		readClass(name, text, class, len(lists), tags, &problems)
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	if len(tags) == 0 {
		return nil, fmt.Errorf("%s: the lists of %q name no image", filepath.Dir(lists[0]), s.split)
	}
	for _, image := range slices.Sorted(maps.Keys(tags)) {
		out.add(image+".jpg", -1)
		out.tags = append(out.tags, tags[image])
	}
	faults, err := check(ctx, out)
	if err != nil {
		return nil, err
	}
	for i, fault := range faults {
		if fault != nil {
			problems.add("%s: %v", out.Name(i), fault)
		}
	}
	return out, problems.err()
}

// lists are the files of the split's classes, in the order of their names. The list of all images, trainval.txt, is none of them.
func (s *voc) lists() ([]string, error) {
	dir := filepath.Join(s.dataPrefix, "ImageSets", "Main")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, cause(err))
	}
	var out []string
	for _, e := range entries { // sorted
		if class, ok := strings.CutSuffix(e.Name(), "_"+s.split+".txt"); ok && class != "" && !strings.Contains(class, "_") {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	switch {
	case len(out) == 0:
		return nil, fmt.Errorf("%s: holds no list of a class such as dog_%s.txt", dir, s.split)
	case len(out) > maxClasses:
		return nil, fmt.Errorf("%s: holds lists of %d classes, more than the %d that are read", dir, len(out), maxClasses)
	}
	return out, nil
}

// readClass takes the list of a class of n into the tags of its images. One that a list does not name is not judged for that class.
func readClass(name string, text []byte, class, n int, tags map[string][]int8, problems *Problems) {
	for number := 1; len(text) > 0; number++ {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		words := bytes.Fields(line)
		if len(words) == 0 {
			continue
		}
		var tag int8
		switch {
		case len(words) != 2 || bytes.ContainsAny(words[0], "\x00/\\"):
			problems.add("%s:%d: %.60q is no image and 1, -1 or 0", name, number, line)
			continue
		case string(words[1]) == "1":
			tag = 1
		case string(words[1]) == "-1":
			tag = 0
		case string(words[1]) == "0":
			tag = -1
		default:
			problems.add("%s:%d: %.60q: whether the class is there is said by 1, -1 or 0", name, number, words[1])
			continue
		}
		image := string(words[0])
		if tags[image] == nil {
			tags[image] = bytesOf(-1, n)
		}
		tags[image][class] = tag
	}
}

func bytesOf(v int8, n int) []int8 {
	out := make([]int8, n)
	for i := range out {
		out[i] = v
	}
	return out
}
