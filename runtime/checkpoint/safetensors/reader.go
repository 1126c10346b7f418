package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Reader reads a file from front to back.
type Reader struct {
	r        io.Reader
	tensors  []Info // in the order of their data
	next     int
	metadata map[string]string
}

// NewReader reads and checks the header of a file of size bytes.
func NewReader(r io.Reader, size int64) (*Reader, error) {
	var prefix [8]byte
	if size < int64(len(prefix)) {
		return nil, fmt.Errorf("the file has %d bytes, too few for the length of its header", size)
	}
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return nil, fmt.Errorf("reading the length of the header: %w", err)
	}
	n, left := binary.LittleEndian.Uint64(prefix[:]), size-int64(len(prefix))
	if n > MaxHeader {
		return nil, fmt.Errorf("the header claims %d bytes, at most %d are allowed", n, MaxHeader)
	}
	if int64(n) > left {
		return nil, fmt.Errorf("the header claims %d bytes, %d are left", n, left)
	}
	head := make([]byte, n)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	h, err := parseHeader(head)
	if err != nil {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	if err := h.check(left - int64(n)); err != nil {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	f := &Reader{r: r, metadata: h.metadata, tensors: make([]Info, len(h.entries))}
	for i, e := range h.entries {
		f.tensors[i] = e.Info
	}
	return f, nil
}

// Tensors lists the tensors in the order in which Next gives them.
func (f *Reader) Tensors() []Info { return slices.Clone(f.tensors) }

// Metadata is the header's free text.
func (f *Reader) Metadata() map[string]string { return f.metadata }

// Next reads the next tensor's data into what place returns for it: a slice of just its size. After the last tensor it returns io.EOF.
func (f *Reader) Next(place func(Info) ([]byte, error)) error {
	if f.next == len(f.tensors) {
		return io.EOF
	}
	info := f.tensors[f.next]
	f.next++
	to, err := place(info)
	if err != nil {
		return fmt.Errorf("reading %s: %w", info, err)
	}
	if int64(len(to)) != info.size() {
		return fmt.Errorf("reading %s: %d bytes do not fit in %d", info, info.size(), len(to))
	}
	if _, err := io.ReadFull(f.r, to); err != nil {
		return fmt.Errorf("reading %s: %w", info, err)
	}
	if info.DType != "bool" {
		return nil
	}
	if i := slices.IndexFunc(to, func(b byte) bool { return b > 1 }); i >= 0 {
		return fmt.Errorf("reading %s: byte %d is %d, neither false nor true", info, i, to[i])
	}
	return nil
}

type entry struct {
	Info
	begin, end int64
}

type head struct {
	entries  []entry
	metadata map[string]string
}

// check orders the entries by place and compares places with shapes and with the size of the data.
func (h *head) check(data int64) error {
	slices.SortStableFunc(h.entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end)) })
	var at int64
	for _, e := range h.entries {
		switch {
		case e.begin != at:
			return fmt.Errorf("%s begins at byte %d, its predecessor ends at %d", e.Info, e.begin, at)
		case e.end < e.begin || e.end > data:
			return fmt.Errorf("%s lies in bytes %d to %d of %d", e.Info, e.begin, e.end, data)
		case e.size() != e.end-e.begin:
			return fmt.Errorf("%s lies in %d bytes, its shape asks for another number", e.Info, e.end-e.begin)
		}
		at = e.end
	}
	if at != data {
		return fmt.Errorf("the tensors take %d bytes, the file has %d", at, data)
	}
	return nil
}

// parseHeader reads the JSON by its tokens: encoding/json alone would let the last of two equal names win.
func parseHeader(text []byte) (*head, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("it is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	h := &head{metadata: map[string]string{}}
	err := object(d, func(name string) error {
		if name == metadataKey {
			return object(d, func(key string) (err error) {
				h.metadata[key], err = token[string](d)
				return err
			})
		}
		e, err := parseEntry(d, name)
		h.entries = append(h.entries, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the closing brace")
	}
	return h, nil
}

func parseEntry(d *json.Decoder, name string) (entry, error) {
	e := entry{Info: Info{Name: name}}
	var offsets []int64
	fields := 0
	err := object(d, func(key string) error {
		fields++
		switch key {
		case "dtype":
			format, err := token[string](d)
			for _, t := range dtypes {
				if t.format == format {
					e.DType = t.name
				}
			}
			if err == nil && e.DType == "" {
				err = fmt.Errorf("the element type %q is not supported", format)
			}
			return err
		case "shape":
			e.Dims = []int{}
			return numbers(d, func(n int64) { e.Dims = append(e.Dims, int(n)) })
		case "data_offsets":
			return numbers(d, func(n int64) { offsets = append(offsets, n) })
		}
		return fmt.Errorf("unknown field %q", key)
	})
	if err == nil && (fields != 3 || len(offsets) != 2) {
		err = errors.New("it needs dtype, shape and two data_offsets")
	}
	if err != nil {
		return e, fmt.Errorf("tensor %q: %w", name, err)
	}
	e.begin, e.end = offsets[0], offsets[1]
	return e, nil
}

// object reads an object and calls value after each key, all of which differ.
func object(d *json.Decoder, value func(key string) error) error {
	if err := delim(d, '{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := token[string](d)
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%q stands there twice", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return delim(d, '}')
}

// numbers reads a list of integers from 0 up.
func numbers(d *json.Decoder, add func(int64)) error {
	if err := delim(d, '['); err != nil {
		return err
	}
	for d.More() {
		text, err := token[json.Number](d)
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(string(text), 10, 63)
		if err != nil || n > math.MaxInt {
			return fmt.Errorf("%s is no size", text)
		}
		add(int64(n))
	}
	return delim(d, ']')
}

func delim(d *json.Decoder, want json.Delim) error {
	got, err := token[json.Delim](d)
	if err == nil && got != want {
		err = fmt.Errorf("%q where %q is expected", got, want)
	}
	return err
}

func token[T any](d *json.Decoder) (T, error) {
	t, err := d.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	got, ok := t.(T)
	if err == nil && !ok {
		err = fmt.Errorf("%v where a %T is expected", t, got)
	}
	return got, err
}
