package photos

import (
	"bytes"
	"flag"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ssc/compiler/plan"
)

var recipes = flag.String("photos.recipes", "^(mocov2|odc|dino_vit)", "pattern of the names of the examples on ImageNet that take a step")

// small are the settings without which an algorithm's recipe needs ImageNet itself: those of what has a row for each image or for each cluster, and of queues that a batch of 8 fills.
var small = map[string][]string{
	"deepcluster": {"algorithm.clustering.k=4", "algorithm.head.num_classes=4"},
	"densecl":     {"algorithm.queue_len=64"},
	"interclr": {"algorithm.queue_len=64", "algorithm.memory.length=260", "algorithm.memory.num_classes=4", "algorithm.num_classes=4", "algorithm.clustering.k=4",
		"algorithm.neg_num=16", "algorithm.semihard_neg_pool_num=64"}, // drawn from the memory
	"mocov1": {"algorithm.queue_len=64"},
	"mocov2": {"algorithm.queue_len=64"},
	"nnclr":  {"algorithm.queue_len=64"},
	"npid":   {"algorithm.memory.length=260", "algorithm.neg_num=16"},
	"odc":    {"algorithm.memory.length=260", "algorithm.memory.num_classes=4", "algorithm.head.num_classes=4", "algorithm.clustering.k=4"},
}

// images is the number of photographs: more than the 256 principal components of deepcluster.
const images = 260

// TestRecipes: the examples on ImageNet take a step on photographs that lie as ImageNet does, with a small batch and the settings of small, and no others.
func TestRecipes(t *testing.T) {
	if library, err := filepath.Abs("../../bin/libssc_kernels.so"); err == nil && os.Getenv("SSC_KERNELS") == "" {
		if _, err := os.Stat(library); err == nil { // else the bodies run, which takes longer
			t.Setenv("SSC_KERNELS", library)
		}
	}
	pattern, err := regexp.Compile(*recipes)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../examples/selfsup/*/*_in1k*.hcl")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSC_DATA", imageNet(t))
	taken := 0
	for _, file := range files {
		if !pattern.MatchString(filepath.Base(file)) {
			continue
		}
		taken++
		t.Run(filepath.Base(file), func(t *testing.T) {
			from, err := filepath.Abs(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			args := []string{"run", "-steps", "1", "-run", "step", from, "-set", "loader.batch_size=8"}
			for _, s := range small[filepath.Base(filepath.Dir(file))] {
				args = append(args, "-set", s)
			}
			ssc(t, dir, args...)
			if out := ssc(t, dir, "status", "-json", "step"); !strings.Contains(out, `"step":1,`) || !strings.Contains(out, `"bad_steps":0,`) {
				t.Errorf("ssc status tells of no step that counts:\n%s", out)
			}
		})
	}
	if taken == 0 {
		t.Errorf("no example on ImageNet matches %q", *recipes)
	}
}

// imageNet makes a folder laid out as ImageNet's, and returns its name.
func imageNet(t *testing.T) string {
	t.Helper()
	dir, from := t.TempDir(), originals(t)
	for _, sub := range []string{"train/n01440764", "meta"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	var list strings.Builder
	for i := range images {
		r := plan.NewRand(2, plan.UseShapes, 1, uint64(i), 0)
		var b bytes.Buffer
		if err := jpeg.Encode(&b, photograph(from, &r, 240, 320), nil); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("n01440764/%d.JPEG", i)
		put(t, filepath.Join(dir, "train", name), b.Bytes())
		fmt.Fprintf(&list, "%s %d\n", name, i%2)
	}
	put(t, filepath.Join(dir, "meta", "train.txt"), []byte(list.String()))
	return dir
}
