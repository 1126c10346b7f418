package datasource

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
)

// The description of a Parquet file stands at its end: the schema as a flat list of a tree, and for each group of rows where the pages
// of each column lie.
//
// Source: the parquet-format repository, parquet.thrift.

// Types and encodings that are read.
const (
	parquetInt32, parquetInt64, parquetBytes          = 1, 2, 6
	encodingPlain, encodingDictOld, encodingDict      = 0, 2, 8
	codecNone, codecSnappy, codecGzip, codecZstd      = 0, 1, 2, 6
	pageData, pageIndex, pageDictionary, pageDataV2   = 0, 1, 2, 3
	repetitionOptional, repetitionRepeated, parquetNo = 1, 2, -1
)

// parquetFile is an opened file.
type parquetFile struct {
	groups  []rowGroup
	labels  []int32
	classes []string

	size    int64
	columns map[string]column
	rows    int64
	meta    []byte // the value of the key "huggingface"
	image   string // path of the column, with dots
	label   string
}

// column is a leaf of the schema.
type column struct {
	kind  int // type; parquetNo for one that repeats
	level int // definition level of a value that is there
}

// rowGroup is a group of rows; the pages of its images are found when the first of them is read.
type rowGroup struct {
	file, first, rows int
	image, label      columnChunk

	once  sync.Once
	pages []page
	dict  *page
	err   error
}

// columnChunk is where the pages of a column lie.
type columnChunk struct {
	column
	codec       int
	start, size int64
	values      int64
	found       bool
}

// Bounds on descriptions: those of thousands of row groups have a few megabytes, and images come with a few columns.
const (
	maxFooter  = 16 << 20
	maxColumns = 10_000
	maxColumn  = 1 << 12 // bytes of a column's path
)

func openParquet(r *pageReader, file int, image, label string) (*parquetFile, error) {
	size, err := sizeOf(r.files.paths[file])
	if err != nil {
		return nil, err
	}
	f := &parquetFile{size: size, columns: map[string]column{}, label: label}
	footer, err := f.footer(r, file)
	if err != nil {
		return nil, err
	}
	if err := f.describe(footer, image); err != nil {
		return nil, err
	}
	if err := f.check(file); err != nil {
		return nil, err
	}
	if label == "" {
		return f, nil
	}
	f.classes = classNames(f.meta, label)
	for i := range f.groups {
		g := &f.groups[i]
		if err := g.readLabels(r, &f.labels); err != nil {
			return nil, fmt.Errorf("column %q: %w", label, err)
		}
	}
	return f, nil
}

func (f *parquetFile) footer(r *pageReader, file int) ([]byte, error) {
	if f.size < 12 {
		return nil, fmt.Errorf("not a Parquet file: %d bytes", f.size)
	}
	var head [4]byte
	var tail [8]byte
	if err := r.files.readAt(file, head[:], 0); err != nil {
		return nil, err
	}
	if err := r.files.readAt(file, tail[:], f.size-8); err != nil {
		return nil, err
	}
	if string(tail[4:]) == "PARE" {
		return nil, errors.New("it is encrypted")
	}
	if string(head[:]) != "PAR1" || string(tail[4:]) != "PAR1" {
		return nil, fmt.Errorf("not a Parquet file, or truncated: it starts with %q and ends with %q", head[:], tail[4:])
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if n > maxFooter || n > f.size-12 {
		return nil, fmt.Errorf("a description of %d bytes in a file of %d; the limit is %d", n, f.size, maxFooter)
	}
	footer := make([]byte, n)
	return footer, r.files.readAt(file, footer, f.size-8-n)
}

// describe reads the description.
func (f *parquetFile) describe(footer []byte, image string) error {
	t := &thrift{b: footer}
	t.fields(func(id int, kind byte) bool {
		switch {
		case id == 2 && kind == thriftList: // before the row groups, whose columns it names
			f.schema(t)
			f.image = image
			if _, ok := f.columns[image+".bytes"]; ok {
				f.image += ".bytes"
			}
		case id == 3 && kind == thriftI64:
			f.rows = t.int()
		case id == 4 && kind == thriftList:
			t.list(thriftStruct, func() {
				f.groups = append(f.groups, rowGroup{})
				g := &f.groups[len(f.groups)-1]
				if f.group(t, g); t.err == nil && !g.image.found {
					t.fail(fmt.Errorf("there is no column %q; it has %s", image, columnNames(f.columns)))
				}
			})
		case id == 5 && kind == thriftList:
			t.list(thriftStruct, func() { f.keyValue(t) })
		default:
			return false
		}
		return true
	})
	return t.err
}

// schema reads the columns. The tree comes depth first, each node with the number of its children.
func (f *parquetFile) schema(t *thrift) {
	type frame struct {
		left  int64
		name  string
		level int
		kind  int
	}
	var stack []frame
	t.list(thriftStruct, func() {
		kind, repetition, name, children := parquetNo, 0, "", int64(0)
		t.fields(func(id int, k byte) bool {
			switch {
			case id == 1 && k == thriftI32:
				kind = int(t.int())
			case id == 3 && k == thriftI32:
				repetition = int(t.int())
			case id == 4 && k == thriftBinary:
				name = string(t.text())
			case id == 5 && k == thriftI32:
				children = t.int()
			default:
				return false
			}
			return true
		})
		node := frame{left: children, name: name, kind: kind}
		if len(stack) > 0 { // else the root, whose name is no part of paths
			above := &stack[len(stack)-1]
			above.left--
			node.level = above.level
			if len(stack) > 1 {
				node.name = above.name + "." + name
			}
			if repetition == repetitionOptional {
				node.level++
			}
			if repetition == repetitionRepeated || above.kind == repeats {
				node.kind = repeats
			}
		}
		if children > 0 {
			if stack = append(stack, node); len(stack) > maxThrift || len(node.name) > maxColumn {
				t.fail(errThrift)
			}
			return
		}
		if len(f.columns) >= maxColumns || len(node.name) > maxColumn {
			t.fail(fmt.Errorf("more than %d columns, or one with a name of more than %d bytes", maxColumns, maxColumn))
			return
		}
		f.columns[node.name] = column{node.kind, node.level}
		for len(stack) > 0 && stack[len(stack)-1].left <= 0 {
			stack = stack[:len(stack)-1]
		}
	})
}

// repeats is the kind of a column that holds lists.
const repeats = -2

// group reads where the columns of a row group lie.
func (f *parquetFile) group(t *thrift, g *rowGroup) {
	t.fields(func(id int, kind byte) bool {
		switch {
		case id == 1 && kind == thriftList:
			t.list(thriftStruct, func() {
				t.fields(func(id int, kind byte) bool {
					if id != 3 || kind != thriftStruct {
						return false
					}
					f.chunk(t, g)
					return true
				})
			})
		case id == 3 && kind == thriftI64:
			g.rows = int(t.int())
		default:
			return false
		}
		return true
	})
}

func (f *parquetFile) chunk(t *thrift, g *rowGroup) {
	c := columnChunk{found: true}
	path, first, dict := "", int64(0), int64(0)
	t.fields(func(id int, kind byte) bool {
		switch {
		case id == 3 && kind == thriftList:
			t.list(thriftBinary, func() {
				if path += "." + string(t.text()); len(path) > maxColumn {
					t.fail(errThrift)
				}
			})
		case id == 4 && kind == thriftI32:
			c.codec = int(t.int())
		case id == 5 && kind == thriftI64:
			c.values = t.int()
		case id == 7 && kind == thriftI64:
			c.size = t.int()
		case id == 9 && kind == thriftI64:
			first = t.int()
		case id == 11 && kind == thriftI64:
			dict = t.int()
		default:
			return false
		}
		return true
	})
	if c.start = first; dict > 0 && dict < first {
		c.start = dict
	}
	path = strings.TrimPrefix(path, ".")
	c.column = f.columns[path]
	if path == f.image {
		g.image = c
	}
	if path == f.label {
		g.label = c
	}
}

func (f *parquetFile) keyValue(t *thrift) {
	var key string
	var value []byte
	t.fields(func(id int, kind byte) bool {
		switch {
		case id == 1 && kind == thriftBinary:
			key = string(t.text())
		case id == 2 && kind == thriftBinary:
			value = t.text()
		default:
			return false
		}
		return true
	})
	if key == "huggingface" {
		f.meta = value
	}
}

// check compares what the description promises with the file and with what is asked for.
func (f *parquetFile) check(file int) error {
	total := int64(0)
	for i := range f.groups {
		g := &f.groups[i]
		g.file, g.first = file, int(total)
		if total += int64(g.rows); g.rows < 0 || total > min(f.size, math.MaxInt32) { // no image takes less than a byte
			return fmt.Errorf("row group %d has %d rows, in a file of %d bytes", i, g.rows, f.size)
		}
		if err := g.image.check(f, g, f.image, parquetBytes); err != nil {
			return err
		}
		if f.label == "" {
			continue
		}
		if err := g.label.check(f, g, f.label, parquetInt32, parquetInt64); err != nil {
			return err
		}
	}
	if total != f.rows {
		return fmt.Errorf("%d rows in its groups, and %d in all", total, f.rows)
	}
	return nil
}

func (c *columnChunk) check(f *parquetFile, g *rowGroup, name string, kinds ...int) error {
	if !c.found {
		return fmt.Errorf("there is no column %q; it has %s", name, columnNames(f.columns))
	}
	ok := false
	for _, k := range kinds {
		ok = ok || c.kind == k
	}
	switch {
	case !ok:
		return fmt.Errorf("the column %q is not of the right type: images are bytes, labels whole numbers, neither in lists", name)
	case c.values != int64(g.rows):
		return fmt.Errorf("the column %q has %d values for %d rows", name, c.values, g.rows)
	case c.start < 4 || c.size < 0 || c.size > f.size || c.start > f.size-c.size:
		return fmt.Errorf("the column %q would take %d bytes at byte %d of %d", name, c.size, c.start, f.size)
	case c.codec != codecNone && c.codec != codecSnappy && c.codec != codecGzip && c.codec != codecZstd:
		return fmt.Errorf("the column %q has compression %d; Snappy, gzip, Zstandard or none are read", name, c.codec)
	}
	return nil
}

func columnNames(columns map[string]column) string {
	var all Problems
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		all.add("%s", name)
	}
	return strings.ReplaceAll(all.Error(), "\n", ", ")
}

// classNames finds the names of a ClassLabel feature.
func classNames(meta []byte, label string) []string {
	var m struct {
		Info struct {
			Features map[string]struct {
				Names []string `json:"names"`
			} `json:"features"`
		} `json:"info"`
	}
	if json.Unmarshal(meta, &m) != nil { // other writers keep other things under this key, or none
		return nil
	}
	return m.Info.Features[label].Names
}
