package features

import (
	"encoding/binary"
	"io"
)

// parquetWriter writes Apache Parquet, uncompressed: groups of rows whose columns name, label and features have one page each. Source: the format's README, parquet.thrift and Encodings.md
// (Apache Parquet, version 2.10).
type parquetWriter struct {
	w      *counted
	dim    int
	rows   int64
	group  group
	groups []thriftValue // of the row groups written
}

// group are the rows that wait to be written.
type group struct {
	rows          int
	names, labels []byte // values, plain
	present       []bool // whether the row has a label
	features      []byte
}

// groupBytes is the size of names and features at which a group is written: what the writer holds in memory.
const groupBytes = 16 << 20

const parquetMagic = "PAR1"

// Numbers of parquet.thrift.
const (
	typeInt64, typeFloat, typeBytes = 2, 4, 6
	required, optional, repeated    = 0, 1, 2
	convertedUTF8, convertedList    = 0, 3
	plain, rle                      = 0, 3
)

// counted counts what is written.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func (p *parquetWriter) begin(_ int, dims []int) error {
	p.dim = product(dims)
	_, err := io.WriteString(p.w, parquetMagic)
	return err
}

func (p *parquetWriter) row(name string, label int64, x []float32) error {
	g := &p.group
	g.rows++
	g.names = append(binary.LittleEndian.AppendUint32(g.names, uint32(len(name))), name...)
	if g.present = append(g.present, label >= 0); label >= 0 {
		g.labels = binary.LittleEndian.AppendUint64(g.labels, uint64(label))
	}
	if g.features = appendFloats(g.features, x); len(g.features)+len(g.names) >= groupBytes {
		return p.flush()
	}
	return nil
}

// flush writes the waiting rows as a group.
func (p *parquetWriter) flush() error {
	g := &p.group
	if g.rows == 0 {
		return nil
	}
	n, first := g.rows, p.w.n
	var columns []thriftValue
	for _, c := range []struct {
		kind   int
		path   []string
		values int
		body   []byte
	}{
		{typeBytes, []string{"name"}, n, g.names},
		{typeInt64, []string{"label"}, n, append(levels(n, func(i int) bool { return g.present[i] }), g.labels...)},
		{typeFloat, []string{"features", "list", "element"}, n * p.dim, append(append(p.starts(n), levels(n*p.dim, func(int) bool { return true })...), g.features...)},
	} {
		meta, err := p.page(c.kind, c.path, c.values, c.body)
		if err != nil {
			return err
		}
		columns = append(columns, meta)
	}
	p.groups = append(p.groups, thriftStruct{{1, thriftList{12, columns}}, {2, thriftInt(p.w.n - first)}, {3, thriftInt(int64(n))}})
	p.rows += int64(n)
	*g = group{names: g.names[:0], labels: g.labels[:0], present: g.present[:0], features: g.features[:0]}
	return nil
}

// starts are the repetition levels of n lists: 0 at the first number of each, 1 at the others.
func (p *parquetWriter) starts(n int) []byte {
	return levels(n*p.dim, func(i int) bool { return i%p.dim > 0 })
}

// levels are n levels of 0 or 1, as runs behind their length in bytes.
func levels(n int, at func(i int) bool) []byte {
	b := make([]byte, 4)
	for i := 0; i < n; {
		level, from := at(i), i
		for i < n && at(i) == level {
			i++
		}
		b = binary.AppendUvarint(b, uint64(i-from)<<1)
		if level {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

// page writes a column chunk of one page and returns its description.
func (p *parquetWriter) page(kind int, path []string, values int, body []byte) (thriftValue, error) {
	size := thriftInt32(len(body))
	head := thriftStruct{{1, thriftInt32(0)}, {2, size}, {3, size}, {5, thriftStruct{{1, thriftInt32(values)}, {2, thriftInt32(plain)}, {3, thriftInt32(rle)}, {4, thriftInt32(rle)}}}}.append(nil)
	at := p.w.n
	for _, b := range [][]byte{head, body} {
		if _, err := p.w.Write(b); err != nil {
			return nil, err
		}
	}
	names := thriftList{8, nil}
	for _, name := range path {
		names.list = append(names.list, thriftText(name))
	}
	all := thriftInt(p.w.n - at)
	meta := thriftStruct{{1, thriftInt32(kind)}, {2, thriftList{5, []thriftValue{thriftInt32(plain), thriftInt32(rle)}}}, {3, names}, {4, thriftInt32(0)}, {5, thriftInt(int64(values))},
		{6, all}, {7, all}, {9, thriftInt(at)}}
	return thriftStruct{{2, thriftInt(at)}, {3, meta}}, nil
}

func (p *parquetWriter) end() error {
	if err := p.flush(); err != nil {
		return err
	}
	node := func(fields ...thriftField) thriftValue { return thriftStruct(fields) }
	schema := thriftList{12, []thriftValue{
		node(thriftField{4, thriftText("schema")}, thriftField{5, thriftInt32(3)}),
		node(thriftField{1, thriftInt32(typeBytes)}, thriftField{3, thriftInt32(required)}, thriftField{4, thriftText("name")}, thriftField{6, thriftInt32(convertedUTF8)}),
		node(thriftField{1, thriftInt32(typeInt64)}, thriftField{3, thriftInt32(optional)}, thriftField{4, thriftText("label")}),
		node(thriftField{3, thriftInt32(required)}, thriftField{4, thriftText("features")}, thriftField{5, thriftInt32(1)}, thriftField{6, thriftInt32(convertedList)}),
		node(thriftField{3, thriftInt32(repeated)}, thriftField{4, thriftText("list")}, thriftField{5, thriftInt32(1)}),
		node(thriftField{1, thriftInt32(typeFloat)}, thriftField{3, thriftInt32(required)}, thriftField{4, thriftText("element")}),
	}}
	foot := thriftStruct{{1, thriftInt32(1)}, {2, schema}, {3, thriftInt(p.rows)}, {4, thriftList{12, p.groups}}, {6, thriftText("ssc")}}.append(nil)
	foot = binary.LittleEndian.AppendUint32(foot, uint32(len(foot)))
	_, err := p.w.Write(append(foot, parquetMagic...))
	return err
}
