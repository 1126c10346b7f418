package pth

import "fmt"

// call carries out the instructions that name code. Only names that describe tensors mean something; no other name is looked up anywhere.
func (m *machine) call(op byte) (known bool, err error) {
	switch op {
	case 'c':
		var module, name string
		if module, err = m.line(); err == nil {
			name, err = m.line()
		}
		if err == nil {
			err = global{module, name}.refuse()
		}
		m.push(global{module, name})
	case 0x93:
		if len(m.stack) < 2 {
			return true, fmt.Errorf("the stack is empty")
		}
		name, _ := m.stack[len(m.stack)-1].(string)
		module, _ := m.stack[len(m.stack)-2].(string)
		m.stack = m.stack[:len(m.stack)-2]
		err = global{module, name}.refuse()
		m.push(global{module, name})
	case 'R', 0x81:
		var args, fn any
		if args, err = m.pop(); err == nil {
			fn, err = m.pop()
		}
		if err == nil {
			var v any
			v, err = reduce(fn, args)
			m.push(v)
		}
	case 'b': // attributes of an object: those of a dictionary are no weights
		_, err = m.pop()
		if len(m.stack) == 0 && err == nil {
			err = fmt.Errorf("the stack is empty")
		}
	case 'Q':
		var id any
		if id, err = m.pop(); err == nil {
			m.push(persistent(id))
		}
	default:
		return false, nil
	}
	return true, err
}

// reduce is what a call means: a tensor, a parameter, a dictionary, or something opaque.
func reduce(fn, args any) (any, error) {
	g, _ := fn.(global)
	a, ok := args.(*tuple)
	if !ok {
		return opaque{g.module + "." + g.name}, nil
	}
	switch g {
	case global{"collections", "OrderedDict"}:
		return &dict{}, nil
	case global{"torch._utils", "_rebuild_tensor_v2"}:
		return rebuild(a.elems)
	case global{"torch._utils", "_rebuild_parameter"}:
		if len(a.elems) > 0 {
			return a.elems[0], nil
		}
	case global{"torch", "Size"}:
		if len(a.elems) > 0 {
			return a.elems[0], nil
		}
	}
	return opaque{g.module + "." + g.name}, nil
}

// rebuild makes a tensor of (storage, offset, size, stride, …).
func rebuild(args []any) (any, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("a tensor is made of storage, offset, size and stride; found %d values", len(args))
	}
	s, okS := args[0].(storage)
	offset, okO := args[1].(int64)
	dims, okD := numbers(args[2])
	stride, okT := numbers(args[3])
	if !okS || !okO || !okD || !okT || len(dims) != len(stride) || offset < 0 {
		return nil, fmt.Errorf("a tensor is made of storage, offset, size and stride; found other values")
	}
	return &tensor{s, offset, dims, stride}, nil
}

func numbers(v any) ([]int64, bool) {
	t, ok := v.(*tuple)
	if !ok || len(t.elems) > 32 {
		return nil, false
	}
	out := make([]int64, len(t.elems))
	for i, e := range t.elems {
		n, ok := e.(int64)
		if !ok || n < 0 {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}

// dtypes by the name of PyTorch's storage.
var dtypes = map[string]string{"DoubleStorage": "f64", "FloatStorage": "f32", "HalfStorage": "f16", "BFloat16Storage": "bf16", "LongStorage": "i64", "IntStorage": "i32", "ByteStorage": "u8", "BoolStorage": "bool"}

// persistent is the storage that an identity ("storage", type, key, place, count) names.
func persistent(id any) any {
	t, ok := id.(*tuple)
	if !ok || len(t.elems) < 5 || t.elems[0] != any("storage") {
		return opaque{"persistent"}
	}
	typ, okT := t.elems[1].(global)
	key, okK := t.elems[2].(string)
	count, okC := t.elems[4].(int64)
	if !okT || !okK || !okC || count < 0 || typ.module != "torch" && typ.module != "torch.cuda" {
		return opaque{"persistent"}
	}
	return storage{dtypes[typ.name], typ.name, key, count}
}
