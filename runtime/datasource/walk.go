package datasource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// walker collects the files of a tree, those of a folder before those of the folders in it. Links are followed, and a folder that was seen
// is not entered again; pipes and devices are not touched. Names that begin with a dot are passed over.
type walker struct {
	ctx     context.Context
	root    string
	globs   *globs
	compare func(a, b []byte) int // order within a folder
	files   *files

	seen               map[string]bool
	special, again     int            // pipes and devices; folders reached a second time
	others             map[string]int // files without an image's extension, by it
	excluded, dangling int
}

// chunk is how many entries of a folder are looked at together: folders may have millions.
const chunk = 1024

// folder adds the images below a folder of the tree.
func (w *walker) folder(path string, label int32, deep bool) error {
	full := filepath.Join(w.root, path)
	if real, err := filepath.EvalSymlinks(full); err == nil {
		if w.seen[real] {
			w.again++
			return nil
		}
		w.seen[real] = true
	}
	first := w.files.paths.len()
	var folders names
	err := entries(w.ctx, full, func(e os.DirEntry) {
		if name := filepath.Join(path, e.Name()); w.entry(name, e, label) && deep {
			folders.add(name)
		}
	})
	if err != nil {
		return err
	}
	w.files.paths.sort(first, w.compare)
	folders.sort(0, w.compare)
	for i := range folders.len() {
		if err := w.folder(folders.at(i), label, deep); err != nil {
			return err
		}
	}
	return nil
}

// entry adds a file, or reports that the entry is a folder to be entered.
func (w *walker) entry(name string, e os.DirEntry, label int32) (folder bool) {
	if hidden(e) {
		return false
	}
	mode, slashed := w.mode(name, e), filepath.ToSlash(name)
	switch {
	case mode&os.ModeSymlink != 0:
		w.dangling++
	case mode.IsDir():
		if w.globs.leaves(slashed) {
			w.excluded++
			return false
		}
		return true
	case !mode.IsRegular():
		w.special++
	case w.globs.takes(slashed):
		w.files.add(name, label)
	case len(w.globs.include) > 0 || w.globs.leaves(slashed):
		w.excluded++
	default:
		w.other(strings.ToLower(filepath.Ext(name)))
	}
	return false
}

func hidden(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") }

// mode is what an entry is, or what it links to; a link to nothing is a link.
func (w *walker) mode(name string, e os.DirEntry) os.FileMode {
	if e.Type()&os.ModeSymlink != 0 {
		if info, err := os.Stat(filepath.Join(w.root, name)); err == nil {
			return info.Mode()
		}
	}
	return e.Type()
}

// maxExtensions bounds how many extensions are told apart.
const maxExtensions = 100

func (w *walker) other(ext string) {
	if _, ok := w.others[ext]; !ok && len(w.others) >= maxExtensions {
		ext = ""
	}
	w.others[ext]++
}

// entries visits the entries of a folder in no order.
func entries(ctx context.Context, dir string, visit func(os.DirEntry)) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, cause(err))
	}
	defer d.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		list, err := d.ReadDir(chunk)
		for _, e := range list {
			visit(e)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", dir, cause(err))
		}
	}
}

// notes tells what was left out.
func (w *walker) notes() (out []string) {
	note := func(n int, one, many string) {
		if n == 1 {
			out = append(out, fmt.Sprintf("%s: 1 %s", w.root, one))
		} else if n > 1 {
			out = append(out, fmt.Sprintf("%s: %d %s", w.root, n, many))
		}
	}
	note(w.special, "pipe, socket or device left out", "pipes, sockets or devices left out")
	note(w.again, "folder reached again by a link, read once", "folders reached again by links, read once")
	note(w.dangling, "link to nothing left out", "links to nothing left out")
	note(w.excluded, "file or folder left out by include or exclude", "files and folders left out by include or exclude")
	total, kinds := 0, []string{}
	for _, ext := range slices.Sorted(maps.Keys(w.others)) {
		total += w.others[ext]
		if ext == "" {
			ext = "no extension"
		}
		kinds = append(kinds, ext)
	}
	if len(kinds) > maxProblems {
		kinds = append(kinds[:maxProblems], "…")
	}
	note(total, fmt.Sprintf("file left out that is no image by its name (%s)", strings.Join(kinds, ", ")),
		fmt.Sprintf("files left out that are no images by their names (%s)", strings.Join(kinds, ", ")))
	return out
}
