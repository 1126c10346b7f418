package datasource

import (
	"encoding/binary"
	"errors"
)

// thrift reads the compact protocol of Apache Thrift, in which Parquet files describe themselves. It goes through a structure once and
// hands each field to a visitor, which reads it or passes it over: nothing is allocated for what the file merely announces. The first error
// sticks, and everything after it reads as zero.
//
// Source: the Thrift repository, doc/specs/thrift-compact-protocol.md.
type thrift struct {
	b   []byte
	at  int
	err error
}

// Kinds of values.
const (
	thriftTrue, thriftFalse, thriftByte               = 1, 2, 3
	thriftI16, thriftI32, thriftI64, thriftDouble     = 4, 5, 6, 7
	thriftBinary, thriftList, thriftSet, thriftStruct = 8, 9, 10, 12
)

var errThrift = errors.New("damaged description")

// errShort is the error of a description that goes on after the bytes that are there.
var errShort = errors.New("truncated description")

func (t *thrift) fail(err error) {
	if t.err == nil {
		t.err = err
	}
	t.at = len(t.b)
}

func (t *thrift) octet() byte {
	if t.at >= len(t.b) {
		t.fail(errShort)
		return 0
	}
	t.at++
	return t.b[t.at-1]
}

func (t *thrift) uvarint() uint64 {
	v, n := binary.Uvarint(t.b[t.at:])
	switch {
	case n == 0:
		t.fail(errShort)
		return 0
	case n < 0:
		t.fail(errThrift)
		return 0
	}
	t.at += n
	return v
}

// int is a whole number of any size.
func (t *thrift) int() int64 {
	v := t.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// text is a string or other bytes, a view of the input.
func (t *thrift) text() []byte {
	n := t.uvarint()
	if n > uint64(len(t.b)-t.at) {
		t.fail(errShort)
		return nil
	}
	t.at += int(n)
	return t.b[t.at-int(n) : t.at]
}

// fields visits the fields of a structure. The visitor returns false to pass a field over; the value of a truth field is its kind.
func (t *thrift) fields(visit func(id int, kind byte) bool) { t.nested(0, visit) }

// maxThrift is the depth of nesting, some three times what Parquet uses.
const maxThrift = 16

func (t *thrift) nested(depth int, visit func(id int, kind byte) bool) {
	if depth > maxThrift {
		t.fail(errThrift)
	}
	for id := 0; t.err == nil; {
		head := t.octet()
		if head == 0 { // the end, or an error
			return
		}
		if head>>4 != 0 {
			id += int(head >> 4)
		} else {
			id = int(t.int())
		}
		if kind := head & 15; !visit(id, kind) {
			t.skip(kind, depth)
		}
	}
}

// list visits the elements of a list of one kind; with another kind it is passed over.
func (t *thrift) list(want byte, visit func()) {
	kind, n := t.listHead()
	if kind != want {
		t.pass(kind, n, 0)
		return
	}
	for i := 0; i < n && t.err == nil; i++ {
		visit()
	}
}

// pass goes over the elements of a list, in which truth values take a byte.
func (t *thrift) pass(kind byte, n, depth int) {
	if depth > maxThrift {
		t.fail(errThrift)
	}
	for i := 0; i < n && t.err == nil; i++ {
		if kind == thriftTrue || kind == thriftFalse {
			t.octet()
		} else {
			t.skip(kind, depth+1)
		}
	}
}

// listHead reads the kind and number of elements, each of which takes a byte at least.
func (t *thrift) listHead() (kind byte, n int) {
	head := t.octet()
	size := uint64(head >> 4)
	if size == 15 {
		size = t.uvarint()
	}
	if size > uint64(len(t.b)-t.at) {
		t.fail(errShort)
		return 0, 0
	}
	return head & 15, int(size)
}

func (t *thrift) skip(kind byte, depth int) {
	switch kind {
	case thriftTrue, thriftFalse:
	case thriftByte:
		t.octet()
	case thriftI16, thriftI32, thriftI64:
		t.uvarint()
	case thriftDouble:
		if t.at += 8; t.at > len(t.b) {
			t.fail(errShort)
		}
	case thriftBinary:
		t.text()
	case thriftList, thriftSet:
		inner, n := t.listHead()
		t.pass(inner, n, depth)
	case thriftStruct:
		t.nested(depth+1, func(int, byte) bool { return false })
	default: // maps among them, which Parquet does not use
		t.fail(errThrift)
	}
}
