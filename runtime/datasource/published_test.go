package datasource

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestSubsetLines: the labelled lines of the images that a published list names, in its order, which source image_list reads.
func TestSubsetLines(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "train.txt", []byte("n01/n01_1.JPEG 0\nn01/n01_2.JPEG 0\r\nn02/n02_1.JPEG 1\nother/n02_1.JPEG 2\n\nn02/n02_3 4.JPEG 1\n"))
	list := filepath.Join(dir, "train.txt")
	for names, want := range map[string]string{
		"n01_2.JPEG\nn01_1.JPEG\n":                 "n01/n01_2.JPEG 0\nn01/n01_1.JPEG 0\n",
		"n02/n02_1.JPEG\r\n\n  other/n02_1.JPEG 7": "n02/n02_1.JPEG 1\nother/n02_1.JPEG 2\n",
		"n01_1.JPEG\nn01_1.JPEG":                   "n01/n01_1.JPEG 0\nn01/n01_1.JPEG 0\n",
		"./n02_3 4.JPEG 0\n":                       "n02/n02_3 4.JPEG 1\n",
	} {
		write(t, dir, "names.txt", []byte(names))
		if got, err := SubsetLines(filepath.Join(dir, "names.txt"), list); err != nil || string(got) != want {
			t.Errorf("SubsetLines(%q) = %q, %v, want %q", names, got, err, want)
		}
	}
	for names, want := range map[string]string{
		"n01_1.JPEG\n1_1.JPEG\n": "names.txt:2: " + list + ` has no "1_1.JPEG"`,
		"n02_1.JPEG\n":           `names.txt:1: ` + list + ` has "n02/n02_1.JPEG 1" and "other/n02_1.JPEG 2"; write more of the path`,
		" \n":                    "the list is empty",
	} {
		write(t, dir, "names.txt", []byte(names))
		if _, err := SubsetLines(filepath.Join(dir, "names.txt"), list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("SubsetLines(%q): %v, want %q", names, err, want)
		}
	}
	if _, err := SubsetLines(filepath.Join(dir, "names.txt"), filepath.Join(dir, "none.txt")); err == nil || !strings.Contains(err.Error(), "none.txt: no such file") {
		t.Errorf("without the list: %v", err)
	}
}

// TestAnnotatedLines: a list of iNaturalist's annotations, in the order of its images and wherever the annotations stand.
func TestAnnotatedLines(t *testing.T) {
	const aves = `{"id": 7, "width": 800, "file_name": "train_val2018/Aves/2/a.jpg", "rights_holder": ["x"]}`
	for text, want := range map[string]string{
		`{"info": {"year": 2018}, "images": [` + aves + `, {"id": 3, "file_name": "b c.jpg"}], "categories": [{"id": 2}],
		  "annotations": [{"id": 1, "image_id": 3, "category_id": 0}, {"image_id": 7, "category_id": 8141, "bbox": [1, 2]}]}`: "train_val2018/Aves/2/a.jpg 8141\nb c.jpg 0\n",
		`{"annotations": [{"image_id": 7, "category_id": 1}], "images": [` + aves + `]}`: "train_val2018/Aves/2/a.jpg 1\n",
	} {
		got, err := AnnotatedLines(strings.NewReader(text))
		if err != nil || string(got) != want {
			t.Errorf("AnnotatedLines(%s) = %q, %v, want %q", text, got, err, want)
		}
		all := newFiles("", decoding{})
		if lines, err := parseList("list", got, all); err != nil || len(lines) != strings.Count(want, "\n") || all.Label(0) < 0 {
			t.Errorf("image_list reads %q as %d lines, the first with the label %d, %v", got, len(lines), all.Label(0), err)
		}
	}
	for text, want := range map[string]string{
		``:                           "unexpected EOF",
		`[]`:                         "byte 1: [ stands where { is to open",
		`{}`:                         "there are no images",
		`{"images": [` + aves + `]}`: `image 7, "train_val2018/Aves/2/a.jpg", has 0 annotations; one gives its label`,
		`{"images": [` + aves + `], "annotations": [{"image_id": 7, "category_id": 1}, {"image_id": 7, "category_id": 2}]}`: "has 2 annotations",
		`{"images": [` + aves + `], "annotations": [{"image_id": 7}]}`:                                                      "annotations[0] has no image_id, or no category_id",
		`{"images": [` + aves + `], "annotations": [{"image_id": 7, "category_id": -1}]}`:                                   "annotations[0]",
		`{"images": [{"file_name": "a"}]}`:                                                                                  "images[0] has no id",
		`{"images": {"file_name": "a"}}`:                                                                                    "{ stands where [ is to open",
		`{"images": [{"id": 1, "file_name": "a\nb 1"}, {"id": 2}], "annotations": [{"image_id": 1, "category_id": 1}, {"image_id": 2, "category_id": 1}]}`: "image 1: \"a\\nb 1\" is no path that a list can hold\nimage 2: \"\" is no path",
		`{"images": [` + aves: "unexpected EOF",
	} {
		if got, err := AnnotatedLines(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("AnnotatedLines(%s) = %q, %v, want %q", text, got, err, want)
		}
	}
}

// FuzzAnnotatedLines checks that whatever is taken for annotations gives lines that source image_list reads back.
func FuzzAnnotatedLines(f *testing.F) {
	f.Add(`{"images": [{"id": 7, "file_name": "a b.jpg"}], "annotations": [{"image_id": 7, "category_id": 3}], "info": {}}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := AnnotatedLines(strings.NewReader(text))
		if err != nil {
			return
		}
		all := newFiles("", decoding{})
		if lines, err := parseList("list", got, all); err != nil || len(lines) != strings.Count(string(got), "\n") {
			t.Errorf("%q: %d lines, %v", got, len(lines), err)
		}
	})
}
