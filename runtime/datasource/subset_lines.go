package datasource

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// SubsetLines are the lines of the list of a data set, such as all images of ImageNet with their labels, that belong to the images which another list names, in the order of that one. A name has as
// many folders before it as are needed to tell images apart, mostly none: SimCLR's lists of 1 % and 10 % of ImageNet are of this kind. Errors: a list that cannot be read, or names that no line or more than one fits.
func SubsetLines(names, list string) ([]byte, error) {
	text, err := readFile(names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", names, err)
	}
	all, err := readFile(list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", list, err)
	}
	type image struct {
		number int
		file   string // from / on
		line   []byte
	}
	var wanted []*image
	byBase := map[string][]*image{}
	for number := 1; len(text) > 0; number++ {
		var line []byte
		if line, text = nextLine(text); len(line) > 0 {
			file, _, _ := splitLabel(line)
			w := &image{number: number, file: rooted(file)}
			wanted = append(wanted, w)
			byBase[path.Base(w.file)] = append(byBase[path.Base(w.file)], w)
		}
	}
	var problems Problems
	for len(all) > 0 {
		var line []byte
		line, all = nextLine(all)
		file, _, _ := splitLabel(line)
		full := rooted(file)
		for _, w := range byBase[path.Base(full)] {
			switch {
			case !strings.HasSuffix(full, w.file):
			case w.line != nil:
				problems.add("%s:%d: %s has %q and %q; write more of the path", filepath.Base(names), w.number, list, w.line, line)
			default:
				w.line = line
			}
		}
	}
	var out bytes.Buffer
	for _, w := range wanted {
		if w.line == nil {
			problems.add("%s:%d: %s has no %q", filepath.Base(names), w.number, list, w.file[1:])
		}
		fmt.Fprintf(&out, "%s\n", w.line)
	}
	if len(wanted) == 0 {
		problems.add("%s: the list is empty", names)
	}
	return out.Bytes(), problems.err()
}

func nextLine(text []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(text, []byte("\n"))
	return bytes.Trim(line, " \t\r"), rest
}

func rooted(file []byte) string { return path.Clean("/" + filepath.ToSlash(string(file))) }
