package datasource

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Source]{
	Info: schema.Info{
		Name: "image_folder",
		Doc: "PNG and JPEG files in one folder for each class, at any depth below it. Classes are the folders sorted by name, and a label is the rank of its folder; " +
			"samples are sorted within a class. Images that lie directly in data_prefix are read, without labels, when it has no folders.",
		Paper:  schema.Paper{None: "a folder layout; that of torchvision's ImageFolder"},
		Before: "dict(type='ImageNet', data_prefix='data/imagenet/train')",
	},
	New: func() Source { return &imageFolder{} },
})

type imageFolder struct {
	dataPrefix          string
	channels, maxPixels int
}

func (s *imageFolder) Args(set *schema.Set) {
	set.String(&s.dataPrefix, "data_prefix", "", "folder that holds the class folders", schema.Required, schema.NotEmpty)
	imageArgs(set, &s.channels, &s.maxPixels)
}

// imageArgs declares what all sources of image files share.
func imageArgs(set *schema.Set, channels, maxPixels *int) {
	set.Int(channels, "channels", 3, "channels that every image is converted to: 3 (RGB) or 1 (grey)", schema.OneOfInt(1, 3))
	set.Int(maxPixels, "max_pixels", 178_956_970, "images with more pixels are bad samples; the default is Pillow's limit against decompression bombs", schema.Positive)
}

func (s *imageFolder) Channels() int { return s.channels }

func (s *imageFolder) Open(ctx context.Context) (Samples, error) {
	entries, err := os.ReadDir(s.dataPrefix)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.dataPrefix, cause(err))
	}
	w := &walker{ctx: ctx, root: s.dataPrefix, seen: map[string]bool{},
		files: &files{prefix: withSeparator(s.dataPrefix), channels: s.channels, maxPixels: s.maxPixels}}
	label := int32(0)
	for _, e := range entries {
		if w.isDir(e.Name()) && !strings.HasPrefix(e.Name(), ".") {
			if err := w.folder(e.Name(), label); err != nil {
				return nil, err
			}
			label++
		}
	}
	if label == 0 {
		if err := w.folder("", -1); err != nil {
			return nil, err
		}
	}
	if err := w.problems.err(); err != nil {
		return nil, err
	}
	if w.files.Len() == 0 {
		return nil, fmt.Errorf("%s: no .png, .jpg or .jpeg file in it", s.dataPrefix)
	}
	return w.files, nil
}

// walker collects the images below a folder. Links are followed, and a folder that was seen is not entered again.
type walker struct {
	ctx      context.Context
	root     string
	seen     map[string]bool
	files    *files
	problems Problems
}

func (w *walker) isDir(path string) bool {
	info, err := os.Stat(filepath.Join(w.root, path))
	return err == nil && info.IsDir()
}

// folder adds the images of a folder, then those of the folders in it.
func (w *walker) folder(path string, label int32) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	full := filepath.Join(w.root, path)
	real, err := filepath.EvalSymlinks(full)
	if err == nil && w.seen[real] {
		return nil
	}
	w.seen[real] = true
	entries, err := os.ReadDir(full)
	if err != nil {
		return fmt.Errorf("%s: %w", full, cause(err))
	}
	var folders []string
	for _, e := range entries {
		p := filepath.Join(path, e.Name())
		switch ext := strings.ToLower(filepath.Ext(e.Name())); {
		case e.IsDir() || e.Type()&os.ModeSymlink != 0 && w.isDir(p):
			if label >= 0 {
				folders = append(folders, p)
			}
		case !e.Type().IsRegular() && e.Type()&os.ModeSymlink == 0: // pipes and devices
		case slices.Contains(readable, ext):
			w.files.add(p, label)
		case slices.Contains(unreadable, ext):
			w.problems.add("%s: %s files are not read; convert it to PNG or JPEG", filepath.Join(w.root, p), ext)
		}
	}
	for _, f := range folders {
		if err := w.folder(f, label); err != nil {
			return err
		}
	}
	return nil
}

var (
	readable = []string{".png", ".jpg", ".jpeg"}
	// unreadable are further formats that torchvision and MMSelfSup accept: leaving them out silently would change the data set.
	unreadable = []string{".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"}
)
