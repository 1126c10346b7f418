package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/runtime/checkpoint/safetensors"
)

func tensor(name, dtype string, data string, dims ...int) safetensors.Tensor {
	return safetensors.Tensor{Info: safetensors.Info{Name: name, DType: dtype, Dims: dims}, Data: []byte(data)}
}

func read(file []byte) (map[string]safetensors.Tensor, map[string]string, error) {
	r, err := safetensors.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, nil, err
	}
	all := map[string]safetensors.Tensor{}
	for {
		err := r.Next(func(i safetensors.Info) ([]byte, error) {
			n := 1
			for _, d := range i.Dims {
				n *= d
			}
			size := map[string]int{"f64": 8, "i64": 8, "f32": 4, "i32": 4, "bf16": 2, "f16": 2, "u8": 1, "bool": 1}[i.DType]
			all[i.Name] = safetensors.Tensor{Info: i, Data: make([]byte, n*size)}
			return all[i.Name].Data, nil
		})
		if err == io.EOF {
			return all, r.Metadata(), nil
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

var sample = []safetensors.Tensor{
	tensor("b", "bool", "\x00\x01\x01", 3), tensor("z", "f32", "abcd"), tensor("a\"é", "f32", "01234567", 2, 1), tensor("e", "i64", "", 0, 5),
	tensor("h", "bf16", "xy", 1), tensor("u", "u8", "u", 1, 1, 1), tensor("g", "f16", "fg", 1), tensor("i", "i32", "iiii", 1),
	tensor("d", "f64", "dddddddd", 1),
}

func TestWriteGolden(t *testing.T) {
	var b bytes.Buffer
	err := safetensors.Write(&b, []safetensors.Tensor{tensor("n", "bool", "\x01", 1), tensor("w", "f32", "abcdefgh", 2)},
		map[string]string{"format": "ssc"})
	if err != nil {
		t.Fatal(err)
	}
	head := `{"__metadata__":{"format":"ssc"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},` +
		`"n":{"dtype":"BOOL","shape":[1],"data_offsets":[8,9]}}`
	head += strings.Repeat(" ", (8-len(head)%8)%8)
	want := string(binary.LittleEndian.AppendUint64(nil, uint64(len(head)))) + head + "abcdefgh\x01"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("Write differs (-want +got):\n%s", diff)
	}
}

func TestRoundTrip(t *testing.T) {
	var first, second bytes.Buffer
	if err := safetensors.Write(&first, sample, map[string]string{"k": "v<"}); err != nil {
		t.Fatal(err)
	}
	back := make([]safetensors.Tensor, len(sample))
	for i, x := range sample {
		back[len(sample)-1-i] = x
	}
	if err := safetensors.Write(&second, back, map[string]string{"k": "v<"}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("Write depends on the order of its tensors")
	}
	got, meta, err := read(first.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]safetensors.Tensor{}
	for _, x := range sample {
		if x.Dims == nil {
			x.Dims = []int{}
		}
		want[x.Name] = x
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reading back differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"k": "v<"}, meta); diff != "" {
		t.Errorf("metadata differs (-want +got):\n%s", diff)
	}
}

func TestEmpty(t *testing.T) {
	var b bytes.Buffer
	if err := safetensors.Write(&b, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got, _, err := read(b.Bytes()); err != nil || len(got) != 0 {
		t.Errorf("reading an empty file = %v, %v, want nothing", got, err)
	}
}

func TestWriteErrors(t *testing.T) {
	for want, list := range map[string][]safetensors.Tensor{
		`two tensors are called "a"`:            {tensor("a", "u8", "x", 1), tensor("a", "f32", "abcd", 1)},
		`two tensors are called "__metadata__"`: {tensor("__metadata__", "u8", "x", 1)},
		"a: f32[2] takes 8 bytes, got 4":        {tensor("a", "f32", "abcd", 2)},
		"a: f31[]: no such element type":        {tensor("a", "f31", "abcd")},
		"takes -1 bytes":                        {tensor("a", "f32", "", -1)},
	} {
		if err := safetensors.Write(io.Discard, list, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Write error = %v, want one with %q", err, want)
		}
	}
}

func file(head, data string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head+data...)
}

func TestReadErrors(t *testing.T) {
	one := func(dtype, shape, offsets string) string {
		return fmt.Sprintf(`{"a":{"dtype":%q,"shape":%s,"data_offsets":%s}}`, dtype, shape, offsets)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "0 bytes, too few"},
		{"short", []byte("1234567"), "7 bytes, too few"},
		{"header beyond the file", append(binary.LittleEndian.AppendUint64(nil, 3), "{}"...), "claims 3 bytes, 2 are left"},
		{"header over the limit", binary.LittleEndian.AppendUint64(nil, safetensors.MaxHeader+1), "at most 100000000 are allowed"},
		{"header of 2^63", binary.LittleEndian.AppendUint64(nil, 1<<63), "at most 100000000 are allowed"},
		{"header at the limit", binary.LittleEndian.AppendUint64(nil, safetensors.MaxHeader), "claims 100000000 bytes, 0 are left"},
		{"no JSON", file("hello", ""), "invalid character"},
		{"list", file("[]", ""), "expected"},
		{"unclosed", file(`{"a":`, ""), "unexpected EOF"},
		{"more", file(`{} {}`, ""), "something follows"},
		{"UTF-8", file("{\"\xff\":1}", ""), "UTF-8"},
		{"twice", file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, ""),
			`"a" stands there twice`},
		{"field twice", file(`{"a":{"dtype":"U8","dtype":"U8","shape":[0]}}`, ""), `"dtype" stands there twice`},
		{"field missing", file(`{"a":{"dtype":"U8","shape":[0]}}`, ""), "it needs dtype, shape and two data_offsets"},
		{"field unknown", file(`{"a":{"dtype":"U8","color":1}}`, ""), `unknown field "color"`},
		{"three offsets", file(one("U8", "[1]", "[0,1,2]"), "x"), "it needs dtype"},
		{"element type", file(one("F8_E4M3", "[1]", "[0,1]"), "x"), `the element type "F8_E4M3" is not supported`},
		{"negative axis", file(one("U8", "[-1]", "[0,1]"), "x"), "-1 is no size"},
		{"fraction", file(one("U8", "[1.0]", "[0,1]"), "x"), "1.0 is no size"},
		{"2^64", file(one("U8", "[18446744073709551616]", "[0,1]"), "x"), "is no size"},
		{"overflow", file(one("F32", "[4611686018427387904,4]", "[0,0]"), ""), "its shape asks for another number"},
		{"overflow by zero", file(one("F32", "[9223372036854775807,0]", "[0,0]"), ""), "its shape asks"},
		{"huge", file(one("F32", "[1000000000000]", "[0,4000000000000]"), "x"), "lies in bytes 0 to 4000000000000 of 1"},
		{"hole before", file(one("U8", "[1]", "[1,2]"), "xy"), "begins at byte 1, its predecessor ends at 0"},
		{"rest", file(one("U8", "[1]", "[0,1]"), "xy"), "the tensors take 1 bytes, the file has 2"},
		{"backwards", file(one("U8", "[1]", "[0,0]"), ""), "its shape asks"},
		{"overlap", file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, "xyz"),
			"b: u8[2] begins at byte 1, its predecessor ends at 2"},
		{"bool", file(one("BOOL", "[2]", "[0,2]"), "\x01\x02"), "byte 1 is 2, neither false nor true"},
		{"metadata", file(`{"__metadata__":{"a":1}}`, ""), "1 where a string is expected"},
	} {
		_, _, err := read(c.file)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error = %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestTruncationIsFoundAtEveryByte(t *testing.T) {
	var b bytes.Buffer
	if err := safetensors.Write(&b, sample, nil); err != nil {
		t.Fatal(err)
	}
	for n := range b.Len() {
		if _, _, err := read(b.Bytes()[:n]); err == nil {
			t.Errorf("reading the first %d of %d bytes succeeded, want an error", n, b.Len())
		}
	}
}

func FuzzSafetensors(f *testing.F) {
	var b bytes.Buffer
	if err := safetensors.Write(&b, sample, map[string]string{"a": "b"}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(file(`{}`, ""))
	f.Add(file(`{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}`, "01234567"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, meta, err := read(data)
		if err != nil {
			return
		}
		var list []safetensors.Tensor
		total := 0
		for _, x := range all {
			list = append(list, x)
			total += len(x.Data)
		}
		if total > len(data) {
			t.Fatalf("%d bytes of tensors in a file of %d", total, len(data))
		}
		var out bytes.Buffer
		if err := safetensors.Write(&out, list, meta); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, _, err := read(out.Bytes())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if diff := cmp.Diff(all, again); diff != "" {
			t.Errorf("the second reading differs (-first +second):\n%s", diff)
		}
	})
}
