package datasource

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
	"ssc/runtime/transform"
)

// vocFolder is a small VOC2007: three images, two classes, the list of all images beside those of the classes.
func vocFolder(t *testing.T) string {
	dir := t.TempDir()
	for _, name := range []string{"000012", "000005", "000007"} {
		write(t, dir, "JPEGImages/"+name+".jpg", imageFile(t, "colour.jpg"))
	}
	write(t, dir, "ImageSets/Main/dog_trainval.txt", []byte("000005  1\n000007 -1\r\n000012  0\n"))
	write(t, dir, "ImageSets/Main/cat_trainval.txt", []byte("000005  1\n000007  1\n\n"))
	write(t, dir, "ImageSets/Main/trainval.txt", []byte("000005\n000007\n000012\n"))
	write(t, dir, "ImageSets/Main/dog_test.txt", []byte("000099 1\n"))
	write(t, dir, "ImageSets/Main/cat_val.txt", []byte("000005 2\n../x 1\n000005\n"))
	write(t, dir, "ImageSets/Main/dog_train.txt", []byte("\n"))
	return dir
}

// TestVOC: classes by their names, images by theirs, and of each whether it is of a class, is not, or is not judged, which an image that a list leaves out is not either.
func TestVOC(t *testing.T) {
	dir := vocFolder(t)
	s, err := open(t, "voc", map[string]any{"data_prefix": dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := classesOf(s); s.Len() != 3 || !cmp.Equal(got, []string{"cat", "dog"}) || labelOf(s, 0) != -1 {
		t.Errorf("%d images of %v with the label %d, want 3 of [cat dog] without one", s.Len(), got, labelOf(s, 0))
	}
	for i, want := range [][]int8{{1, 1}, {1, 0}, {-1, -1}} {
		if got := s.(Tagged).Tags(i); !cmp.Equal(got, want) {
			t.Errorf("%s has the tags %v, want %v", s.Name(i), got, want)
		}
	}
	var m transform.Image
	if label, err := s.Read(2, &m); label != -1 || err != nil || !strings.HasSuffix(s.Name(2), "JPEGImages/000012.jpg") {
		t.Errorf("Read(2) of %s = %d, %v", s.Name(2), label, err)
	}
	part, err := openNested(t, nested("subset", map[string]any{"count": 1, "rest": true}, plan.Component{Type: "source", Label: "voc", Args: map[string]any{"data_prefix": dir}}))
	if err != nil {
		t.Fatal(err)
	}
	for i := range part.Len() {
		for j := range s.Len() {
			if part.Name(i) == s.Name(j) && !cmp.Equal(part.(Tagged).Tags(i), s.(Tagged).Tags(j)) {
				t.Errorf("in a subset %s has other tags", s.Name(j))
			}
		}
	}
	before := Digest(s)
	write(t, dir, "ImageSets/Main/dog_trainval.txt", []byte("000005  1\n000007  1\n000012  0\n"))
	if s, err = open(t, "voc", map[string]any{"data_prefix": dir}); err != nil || Digest(s) == before {
		t.Errorf("another list has the same digest, %v", err)
	}
}

// TestVOCTogether: concat and repeat keep the tags, unless sources do not agree on the classes, which a note says.
func TestVOCTogether(t *testing.T) {
	voc := func(dir string) plan.Component { return nested("voc", map[string]any{"data_prefix": dir}) }
	one, other := voc(vocFolder(t)), voc(vocFolder(t))
	s, err := openNested(t, nested("concat", nil, one, nested("repeat", map[string]any{"times": 2}, other)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]int8{{1, 1}, {1, 0}, {-1, -1}, {1, 1}, {1, 0}, {-1, -1}, {1, 1}, {1, 0}, {-1, -1}} {
		if got := TagsOf(s, i); !cmp.Equal(got, want) {
			t.Errorf("%s has the tags %v, want %v", s.Name(i), got, want)
		}
	}
	if got := notesOf(s); got != nil {
		t.Errorf("sources that agree have the notes %q", got)
	}
	cow := vocFolder(t)
	write(t, cow, "ImageSets/Main/cow_trainval.txt", []byte("000005  1\n"))
	renamed := vocFolder(t)
	if err := os.Rename(renamed+"/ImageSets/Main/cat_trainval.txt", renamed+"/ImageSets/Main/ant_trainval.txt"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]plan.Component{"more classes": voc(cow), "other classes": voc(renamed), "labels": classFolder(t, 1)} {
		for _, both := range [][]plan.Component{{one, c}, {c, one}} {
			s, err := openNested(t, nested("concat", nil, both...))
			if err != nil {
				t.Fatal(err)
			}
			if notes := notesOf(s); TagsOf(s, 0) != nil || TagsOf(s, s.Len()-1) != nil || len(notes) != 1 || !strings.Contains(notes[0], "several classes") {
				t.Errorf("%s: the tags are %v and the notes %q, want none and one", name, TagsOf(s, 0), notes)
			}
		}
	}
}

func TestVOCRefuses(t *testing.T) {
	dir := vocFolder(t)
	for split, want := range map[string]string{
		"test":  "000099.jpg: no such file",
		"val":   "cat_val.txt:1: \"2\": whether the class is there is said by 1, -1 or 0\ncat_val.txt:2: \"../x 1\" is no image and 1, -1 or 0\ncat_val.txt:3:",
		"train": "the lists of \"train\" name no image",
	} {
		if _, err := open(t, "voc", map[string]any{"data_prefix": dir, "split": split}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("split %s: %v, want %q", split, err, want)
		}
	}
	if _, err := open(t, "voc", map[string]any{"data_prefix": t.TempDir()}); err == nil || !strings.Contains(err.Error(), "Main: no such file") {
		t.Errorf("an empty folder: %v", err)
	}
}
