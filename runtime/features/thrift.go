package features

import "encoding/binary"

// thriftValue is a value of Apache Thrift's compact protocol, in which Parquet files describe themselves: doc/specs/thrift-compact-protocol.md of the Thrift repository.
type thriftValue interface {
	kind() byte
	append(b []byte) []byte
}

type (
	thriftInt32  int
	thriftInt    int64
	thriftText   string
	thriftStruct []thriftField // ascending
	thriftField  struct {
		id    int
		value thriftValue
	}
	thriftList struct {
		of   byte // kind of its elements
		list []thriftValue
	}
)

func (thriftInt32) kind() byte  { return 5 }
func (thriftInt) kind() byte    { return 6 }
func (thriftText) kind() byte   { return 8 }
func (thriftList) kind() byte   { return 9 }
func (thriftStruct) kind() byte { return 12 }

func (v thriftInt32) append(b []byte) []byte { return binary.AppendVarint(b, int64(v)) }

func (v thriftInt) append(b []byte) []byte { return binary.AppendVarint(b, int64(v)) }

func (v thriftText) append(b []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// append writes each field behind the distance of its number to the one before, which is below 16 in all that is written here.
func (v thriftStruct) append(b []byte) []byte {
	last := 0
	for _, f := range v {
		b = append(b, byte(f.id-last)<<4|f.value.kind())
		b = f.value.append(b)
		last = f.id
	}
	return append(b, 0)
}

func (v thriftList) append(b []byte) []byte {
	if n := len(v.list); n < 15 {
		b = append(b, byte(n)<<4|v.of)
	} else {
		b = binary.AppendUvarint(append(b, 15<<4|v.of), uint64(n))
	}
	for _, e := range v.list {
		b = e.append(b)
	}
	return b
}
