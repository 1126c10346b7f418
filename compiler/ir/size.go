package ir

// Size is the number of elements, with a symbolic axis counted as 1: the size for one sample where the batch is symbolic.
func (s Shape) Size() int64 {
	n := int64(1)
	for _, d := range s {
		if d.Static() {
			n *= int64(d.Size)
		}
	}
	return n
}

// Bytes is the memory that a value of the type takes, with symbolic axes counted as 1.
func (t Type) Bytes() int64 { return t.Shape.Size() * int64(t.DType.Bytes()) }
