package datasource

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// List is what a data set is made of: a line for each file, in the order of the samples, with a print that changes when the file does. Where
// each image is a file the print is its size and label; for files of many images it is the size and a hash of both ends. Names begin below the folder of the source: a data
// set that was moved is the same. A run stores the list, and
// compares it when it goes on. It costs the bytes of the lines and 8 for each.
type List struct{ lines names }

// add appends a file. The print holds no blank.
func (l *List) add(print string, name []byte) {
	if bytes.ContainsAny(name, "\n\r\"") || bytes.HasPrefix(name, []byte(`'`)) {
		name = []byte(strconv.Quote(string(name)))
	}
	l.lines.add(print + " " + string(name))
}

// Len is the number of files.
func (l *List) Len() int { return l.lines.len() }

// split returns the print and the name of a line.
func (l *List) split(i int) (print, name []byte) {
	print, name, _ = bytes.Cut(l.lines.bytes(i), []byte(" "))
	return print, name
}

// Digest is the SHA-256 of the lines in their order: a run that goes on with another order would see other images.
func (l *List) Digest() string {
	h := sha256.New()
	for i := range l.Len() {
		h.Write(l.lines.bytes(i))
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Digest identifies what samples are made of, from names, sizes and counts; no image is read. Samples that do not know their files are
// identified by the names of the samples.
func Digest(s Samples) string { return ListOf(s).Digest() }

// ListOf lists what samples are made of.
func ListOf(s Samples) *List {
	if l, ok := s.(Listed); ok {
		return l.List()
	}
	out := &List{}
	for i := range s.Len() {
		out.add("-", []byte(s.Name(i)))
	}
	return out
}

// listHead begins a stored list; the number is the version of the format.
const listHead = "ssc data list 1\n"

// WriteTo stores the list as gzip-compressed text. The same list gives the same bytes.
func (l *List) WriteTo(w io.Writer) (int64, error) {
	count := &counter{w: w}
	z, err := gzip.NewWriterLevel(count, gzip.BestSpeed)
	if err != nil {
		return 0, err
	}
	b := bufio.NewWriter(z)
	b.WriteString(listHead)
	for i := range l.Len() {
		b.Write(l.lines.bytes(i))
		b.WriteByte('\n')
	}
	if err := b.Flush(); err != nil { // which repeats the first error of the writes
		return count.n, err
	}
	return count.n, z.Close()
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// maxList bounds the text of a stored list: some 40 million files.
const maxList = 4 << 30

// ReadList reads a stored list.
func ReadList(r io.Reader) (*List, error) { return readList(r, maxList) }

func readList(r io.Reader, limit int64) (*List, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("not a data list: %w", err)
	}
	bounded := &io.LimitedReader{R: z, N: limit + 1}
	lines := bufio.NewScanner(bounded)
	lines.Buffer(make([]byte, 0, 1<<12), 1<<20) // a name of maxName may be four times as long when quoted
	out := &List{}
	for first := true; lines.Scan(); first = false {
		line := lines.Text()
		switch {
		case first && line+"\n" != listHead:
			return nil, fmt.Errorf("not a data list of this version: it starts with %.40q, not %q", line, listHead)
		case first:
		case !strings.Contains(line, " "):
			return nil, fmt.Errorf("damaged data list: line %.100q", line)
		default:
			out.lines.add(line)
		}
	}
	if bounded.N <= 0 {
		return nil, fmt.Errorf("a data list of more than %d bytes", limit)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("damaged data list: %w", err)
	}
	return out, nil
}

// Difference is what changed between two lists.
type Difference struct {
	Added, Removed, Changed Problems // the first ten names of each, and how many
	Reordered               bool     // the same files in another order
}

// Same reports whether nothing changed.
func (d *Difference) Same() bool {
	return d.Added.Count+d.Removed.Count+d.Changed.Count == 0 && !d.Reordered
}

// Error says what changed, for people.
func (d *Difference) Error() string {
	var b strings.Builder
	for _, part := range []struct {
		what string
		p    *Problems
	}{{"added", &d.Added}, {"removed", &d.Removed}, {"changed", &d.Changed}} {
		if part.p.Count > 0 {
			fmt.Fprintf(&b, "%s: %d\n\t%s\n", part.what, part.p.Count, strings.ReplaceAll(part.p.Error(), "\n", "\n\t"))
		}
	}
	if d.Reordered {
		b.WriteString("the same files come in another order\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Changes compares two lists file by file. Names that appear several times are matched in order. It takes memory for 8 bytes a file.
func Changes(before, after *List) *Difference {
	d := &Difference{}
	a, b := before.sorted(), after.sorted()
	i, j := 0, 0
	for i < a.Len() || j < b.Len() {
		var printA, nameA, printB, nameB []byte
		side := 0
		if i < a.Len() {
			printA, nameA = a.split(i)
		}
		if j < b.Len() {
			printB, nameB = b.split(j)
		}
		switch {
		case i == a.Len():
			side = 1
		case j == b.Len():
			side = -1
		default:
			side = bytes.Compare(nameA, nameB)
		}
		switch {
		case side > 0:
			d.Added.add("%s", nameB)
			j++
		case side < 0:
			d.Removed.add("%s", nameA)
			i++
		default:
			if !bytes.Equal(printA, printB) {
				d.Changed.add("%s", nameB)
			}
			i, j = i+1, j+1
		}
	}
	d.Reordered = d.Same() && before.Digest() != after.Digest()
	return d
}

// sorted is the list by name, with the same text behind it.
func (l *List) sorted() *List {
	out := &List{lines: names{text: l.lines.text, spans: append([]uint64(nil), l.lines.spans...)}}
	out.lines.sort(0, func(a, b []byte) int {
		_, x, _ := bytes.Cut(a, []byte(" "))
		_, y, _ := bytes.Cut(b, []byte(" "))
		if c := bytes.Compare(x, y); c != 0 {
			return c
		}
		return bytes.Compare(a, b)
	})
	return out
}

// endBytes is how much of both ends of a file of many images goes into its print.
const endBytes = 64 << 10

// listFiles lists files of many images each. One that cannot be read has the reason as its print.
func listFiles(paths []string) *List {
	prints := make([]string, len(paths))
	inParallel(len(paths), func(i int) {
		var err error
		if prints[i], err = printOf(paths[i]); err != nil {
			prints[i] = strings.ReplaceAll(cause(err).Error(), " ", "-")
		}
	})
	out := &List{}
	for i, p := range paths {
		out.add(prints[i], []byte(filepath.Base(p)))
	}
	return out
}

func printOf(path string) (string, error) {
	f, err := openFile(path, nil)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, at := range []int64{0, max(0, info.Size()-endBytes)} {
		if _, err := io.Copy(h, io.NewSectionReader(f, at, endBytes)); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d:%x", info.Size(), h.Sum(nil)[:8]), nil
}
