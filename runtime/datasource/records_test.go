package datasource

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/runtime/transform"
)

// cifarRecord has planes of one value each, but for the second pixel of the first row: 1, 2, 3.
func cifarRecord(labels []byte, r, g, b byte) []byte {
	out := bytes.Clone(labels)
	for c, v := range []byte{r, g, b} {
		plane := bytes.Repeat([]byte{v}, cifarSide*cifarSide)
		plane[1] = byte(c + 1)
		out = append(out, plane...)
	}
	return out
}

func TestCIFAR10(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		write(t, dir, fmt.Sprintf("data_batch_%d.bin", i+1), append(cifarRecord([]byte{byte(i)}, byte(i), 50, 60), cifarRecord([]byte{9}, byte(10+i), 70, 80)...))
	}
	write(t, dir, "test_batch.bin", cifarRecord([]byte{3}, 7, 8, 9))
	write(t, dir, "batches.meta.txt", []byte("airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"))
	s, err := open(t, "cifar10", map[string]any{"data_prefix": dir})
	if err != nil {
		t.Fatal(err)
	}
	var m transform.Image
	label, err := s.Read(7, &m) // the second of the fourth file
	if label != 9 || err != nil || s.Len() != 10 || m.Channels != 3 || m.Height != 32 || m.Width != 32 {
		t.Errorf("Read(7) of %d = %d, %v with %d x %d x %d, want 9 of 10 with 32 x 32 x 3", s.Len(), label, err, m.Height, m.Width, m.Channels)
	}
	if diff := cmp.Diff([]byte{13, 70, 80, 1, 2, 3, 13, 70, 80}, m.Pix[:9]); diff != "" {
		t.Errorf("pixels (-want +got):\n%s", diff)
	}
	if got, want := s.Name(7), dir+"/data_batch_4.bin[1]"; got != want {
		t.Errorf("Name(7) = %s, want %s", got, want)
	}
	if c := classesOf(s); len(c) != 10 || c[9] != "truck" {
		t.Errorf("Classes() = %q, want ten names", c)
	}
	test, err := open(t, "cifar10", map[string]any{"data_prefix": dir, "split": "test"})
	if err != nil || test.Len() != 1 || labelOf(test, 0) != 3 {
		t.Errorf("the test split = %v, %v, want one image of class 3", test, err)
	}
}

func TestCIFAR100(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "train.bin", append(cifarRecord([]byte{4, 99}, 1, 1, 1), cifarRecord([]byte{19, 0}, 2, 2, 2)...))
	for coarse, want := range map[bool][]int64{false: {99, 0}, true: {4, 19}} {
		s, err := open(t, "cifar100", map[string]any{"data_prefix": dir, "coarse": coarse})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, []int64{labelOf(s, 0), labelOf(s, 1)}); diff != "" {
			t.Errorf("coarse = %t: labels (-want +got):\n%s", coarse, diff)
		}
		var m transform.Image
		if _, err := s.Read(1, &m); err != nil || m.Pix[0] != 2 {
			t.Errorf("coarse = %t: Read(1) = %v, %d, want 2", coarse, err, m.Pix[0])
		}
	}
}

func TestCIFARRefuses(t *testing.T) {
	python := t.TempDir()
	write(t, python, "data_batch_1", []byte("\x80\x02}q"))
	short := t.TempDir()
	write(t, short, "test_batch.bin", make([]byte, 3072))
	label := t.TempDir()
	write(t, label, "test_batch.bin", cifarRecord([]byte{10}, 0, 0, 0))
	for _, c := range []struct{ dir, split, want string }{
		{python, "train", "pickles: programs that are run when they are read. Use the binary version, cifar-10-binary.tar.gz"},
		{t.TempDir(), "train", "data_batch_1.bin: no such file; the binary version of the set (cifar-10-binary.tar.gz) is read"},
		{short, "test", "test_batch.bin: its 3072 bytes are no whole number of records of 3073"},
		{label, "test", "test_batch.bin: record 0 has label 10; there are 10 classes"},
	} {
		if _, err := open(t, "cifar10", map[string]any{"data_prefix": c.dir, "split": c.split}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Open = %v, want %q", err, c.want)
		}
	}
}

// stlImage has one value in each plane, but in column 5 of row 2: 1, 2, 3.
func stlImage(r, g, b byte) (out []byte) {
	for c, v := range []byte{r, g, b} {
		plane := bytes.Repeat([]byte{v}, stlSide*stlSide)
		plane[5*stlSide+2] = byte(c + 1)
		out = append(out, plane...)
	}
	return out
}

func stlFolder(t *testing.T) string {
	dir := t.TempDir()
	write(t, dir, "train_X.bin", append(stlImage(10, 20, 30), stlImage(40, 50, 60)...))
	write(t, dir, "train_y.bin", []byte{1, 10})
	write(t, dir, "unlabeled_X.bin", stlImage(7, 8, 9))
	write(t, dir, "fold_indices.txt", []byte("0 1 \n1 \n"))
	return dir
}

func TestSTL10(t *testing.T) {
	dir := stlFolder(t)
	s, err := open(t, "stl10", map[string]any{"data_prefix": dir})
	if err != nil {
		t.Fatal(err)
	}
	var m transform.Image
	label, err := s.Read(1, &m)
	if label != 9 || err != nil || m.Height != 96 || m.Width != 96 || m.Channels != 3 {
		t.Errorf("Read(1) = %d, %v with %d x %d x %d, want 9 with 96 x 96 x 3", label, err, m.Height, m.Width, m.Channels)
	}
	at := 3 * (2*stlSide + 5)
	if diff := cmp.Diff([]byte{40, 50, 60, 1, 2, 3, 40, 50, 60}, m.Pix[at-3:at+6]); diff != "" {
		t.Errorf("row 2, columns 4 to 6 (-want +got):\n%s", diff)
	}
	both, err := open(t, "stl10", map[string]any{"data_prefix": dir, "split": "train+unlabeled"})
	if err != nil {
		t.Fatal(err)
	}
	if label, err := both.Read(2, &m); both.Len() != 3 || label != -1 || err != nil || m.Pix[0] != 7 {
		t.Errorf("Read(2) of train+unlabeled = %d, %v, %d, want -1 and 7", label, err, m.Pix[0])
	}
	fold, err := open(t, "stl10", map[string]any{"data_prefix": dir, "fold": 1})
	if err != nil || fold.Len() != 1 || labelOf(fold, 0) != 9 {
		t.Errorf("fold 1 = %v, %v, want image 1", fold, err)
	}
}

func TestSTL10Refuses(t *testing.T) {
	dir := stlFolder(t)
	write(t, dir, "test_X.bin", stlImage(0, 0, 0))
	labels := stlFolder(t)
	write(t, labels, "train_y.bin", []byte{0, 1})
	for _, c := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"data_prefix": dir, "split": "test"}, "test_y.bin: no such file"},
		{map[string]any{"data_prefix": dir, "fold": 2}, "fold_indices.txt: holds 2 folds"},
		{map[string]any{"data_prefix": labels}, "train_y.bin: label 0 is 0; labels are 1 to 10"},
	} {
		if _, err := open(t, "stl10", c.args); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Open(%v) = %v, want %q", c.args, err, c.want)
		}
	}
	write(t, dir, "train_X.bin", make([]byte, 100))
	if _, err := open(t, "stl10", map[string]any{"data_prefix": dir}); err == nil || !strings.Contains(err.Error(), "its 100 bytes are no whole number of images of 27648") {
		t.Errorf("Open = %v, want a complaint about 100 bytes", err)
	}
}
