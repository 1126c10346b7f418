package pth

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
)

// Bounds on a pickle. That of a large network has some ten thousand values.
const (
	maxStack = 1 << 20
	maxMemo  = 1 << 20
)

// Values of a pickle are nil, bool, int64, float64, string, []byte, *tuple, *list, *dict, global, storage, *tensor and opaque.
type (
	tuple  struct{ elems []any }
	list   struct{ elems []any }
	global struct{ module, name string }
	opaque struct{ name string }
	mark   struct{}
)

// dict keeps the order of its keys.
type dict struct{ keys, values []any }

func (d *dict) get(key string) (any, bool) {
	for i := len(d.keys) - 1; i >= 0; i-- {
		if d.keys[i] == key {
			return d.values[i], true
		}
	}
	return nil, false
}

// storage is a piece of memory that tensors are views of.
type storage struct {
	dtype string // as safetensors names it; empty for one that is not known
	typ   string // PyTorch's name
	key   string
	count int64
}

type tensor struct {
	storage      storage
	offset       int64
	dims, stride []int64
}

// machine runs the instructions of one pickle.
type machine struct {
	text  []byte
	at    int
	stack []any
	memo  map[uint64]any
}

// unpickle reads one pickle from the beginning of a text and tells how long it was.
func unpickle(text []byte) (v any, length int, err error) {
	m := &machine{text: text, memo: map[uint64]any{}}
	for {
		op, err := m.take(1)
		if err != nil {
			return nil, 0, err
		}
		if op[0] == '.' {
			v, err := m.pop()
			return v, m.at, err
		}
		if err := m.step(op[0]); err != nil {
			return nil, 0, fmt.Errorf("byte %d of the pickle: %w", m.at-1, err)
		}
		if len(m.stack) > maxStack || len(m.memo) > maxMemo {
			return nil, 0, fmt.Errorf("the pickle holds more than %d values", maxStack)
		}
	}
}

// take gives the next n bytes.
func (m *machine) take(n uint64) ([]byte, error) {
	if n > uint64(len(m.text)-m.at) {
		return nil, fmt.Errorf("the pickle ends in the middle of an instruction")
	}
	b := m.text[m.at : m.at+int(n)]
	m.at += int(n)
	return b, nil
}

// number takes an unsigned number of n bytes, little-endian.
func (m *machine) number(n uint64) (uint64, error) {
	b, err := m.take(n)
	if err != nil {
		return 0, err
	}
	var full [8]byte
	copy(full[:], b)
	return binary.LittleEndian.Uint64(full[:]), nil
}

// counted takes bytes behind their number, which has n bytes itself.
func (m *machine) counted(n uint64) ([]byte, error) {
	length, err := m.number(n)
	if err != nil {
		return nil, err
	}
	return m.take(length)
}

func (m *machine) line() (string, error) {
	i := bytes.IndexByte(m.text[m.at:], '\n')
	if i < 0 {
		return "", fmt.Errorf("the pickle ends in the middle of a line")
	}
	s := string(m.text[m.at : m.at+i])
	m.at += i + 1
	return s, nil
}

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

func (m *machine) pop() (any, error) {
	if len(m.stack) == 0 {
		return nil, fmt.Errorf("the stack is empty")
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v, nil
}

// toMark takes the values above the last mark.
func (m *machine) toMark() ([]any, error) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, ok := m.stack[i].(mark); ok {
			out := append([]any(nil), m.stack[i+1:]...)
			m.stack = m.stack[:i]
			return out, nil
		}
	}
	return nil, fmt.Errorf("there is no mark on the stack")
}

// step carries out one instruction. Those that build numbers and texts are in scalar, those on containers in container, those that name code in call.
func (m *machine) step(op byte) error {
	for _, f := range []func(byte) (bool, error){m.scalar, m.container, m.remember, m.call} {
		if known, err := f(op); known || err != nil {
			return err
		}
	}
	return fmt.Errorf("the instruction %q is none that describes tensors", op)
}

func (m *machine) scalar(op byte) (known bool, err error) {
	var v any
	switch op {
	case 'N':
	case 0x88, 0x89:
		v = op == 0x88
	case 'K', 'M', 'J':
		var n uint64
		n, err = m.number(map[byte]uint64{'K': 1, 'M': 2, 'J': 4}[op])
		if v = int64(n); op == 'J' {
			v = int64(int32(n))
		}
	case 0x8a:
		var b []byte
		b, err = m.counted(1)
		v = long(b)
	case 'G':
		var b []byte
		if b, err = m.take(8); err == nil {
			v = math.Float64frombits(binary.BigEndian.Uint64(b))
		}
	case 'X', 0x8c, 'U', 'T':
		var b []byte
		b, err = m.counted(map[byte]uint64{'X': 4, 0x8c: 1, 'U': 1, 'T': 4}[op])
		v = string(b)
	case 'B', 'C':
		var b []byte
		b, err = m.counted(map[byte]uint64{'B': 4, 'C': 1}[op])
		v = append([]byte(nil), b...)
	default:
		return false, nil
	}
	m.push(v)
	return true, err
}

// long reads a signed number of any length, little-endian; one beyond 64 bits is opaque.
func long(b []byte) any {
	rev := make([]byte, len(b))
	for i, c := range b {
		rev[len(b)-1-i] = c
	}
	n := new(big.Int).SetBytes(rev)
	if len(b) > 0 && b[len(b)-1] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	if n.IsInt64() {
		return n.Int64()
	}
	return opaque{n.String()}
}

func (m *machine) container(op byte) (known bool, err error) {
	switch op {
	case '(':
		m.push(mark{})
	case '0':
		_, err = m.pop()
	case '1':
		_, err = m.toMark()
	case ')':
		m.push(&tuple{})
	case 't':
		var elems []any
		elems, err = m.toMark()
		m.push(&tuple{elems})
	case 0x85, 0x86, 0x87:
		n := int(op-0x85) + 1
		if len(m.stack) < n {
			return true, fmt.Errorf("the stack is empty")
		}
		elems := append([]any(nil), m.stack[len(m.stack)-n:]...)
		m.stack = m.stack[:len(m.stack)-n]
		m.push(&tuple{elems})
	case ']', 0x8f:
		m.push(&list{})
	case '}':
		m.push(&dict{})
	case 'a':
		var v any
		v, err = m.pop()
		m.extend([]any{v})
	case 'e', 0x90:
		var elems []any
		elems, err = m.toMark()
		m.extend(elems)
	case 's':
		if len(m.stack) < 3 {
			return true, fmt.Errorf("the stack is empty")
		}
		pair := append([]any(nil), m.stack[len(m.stack)-2:]...)
		m.stack = m.stack[:len(m.stack)-2]
		m.items(pair)
	case 'u':
		var elems []any
		elems, err = m.toMark()
		m.items(elems)
	default:
		return false, nil
	}
	return true, err
}

// extend appends to the list on top; an opaque value takes anything.
func (m *machine) extend(elems []any) {
	if len(m.stack) == 0 {
		return
	}
	if l, ok := m.stack[len(m.stack)-1].(*list); ok {
		l.elems = append(l.elems, elems...)
	}
}

// items sets pairs of the dictionary on top.
func (m *machine) items(pairs []any) {
	if len(m.stack) == 0 {
		return
	}
	d, ok := m.stack[len(m.stack)-1].(*dict)
	for i := 0; ok && i+1 < len(pairs); i += 2 {
		if _, text := pairs[i].(string); !text {
			pairs[i] = opaque{"key"} // keys are compared, and only texts are looked for
		}
		d.keys, d.values = append(d.keys, pairs[i]), append(d.values, pairs[i+1])
	}
}

// remember carries out what stores values and finds them again, and what says nothing of values.
func (m *machine) remember(op byte) (known bool, err error) {
	switch op {
	case 'q', 'r', 0x94:
		n := uint64(len(m.memo))
		if op != 0x94 {
			n, err = m.number(map[byte]uint64{'q': 1, 'r': 4}[op])
		}
		if len(m.stack) == 0 {
			return true, fmt.Errorf("the stack is empty")
		}
		m.memo[n] = m.stack[len(m.stack)-1]
	case 'h', 'j':
		var n uint64
		n, err = m.number(map[byte]uint64{'h': 1, 'j': 4}[op])
		v, ok := m.memo[n]
		if !ok && err == nil {
			err = fmt.Errorf("nothing was stored under %d", n)
		}
		m.push(v)
	case 0x80:
		_, err = m.take(1)
	case 0x95:
		_, err = m.take(8)
	default:
		return false, nil
	}
	return true, err
}
