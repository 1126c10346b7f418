package python

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"ssc/lang/diag"
)

// finish makes a file's variables a configuration and merges it into its bases.
func (e *evaluator) finish(cfg *Config) {
	own := NewDict()
	left, done := maxValues, map[any]copied{}
	for _, it := range e.names.items {
		name, _ := it.key.X.(string)
		if sym, ok := it.val.X.(Symbol); strings.HasPrefix(name, "__") || name == deprecatedKey || e.hidden[name] && (ok && sym.Name != "") || isUnknown(it.val) {
			continue
		}
		v, ok := deepCopy(it.val, 0, &left, done)
		if !ok {
			e.diags = append(e.diags, diag.Errorf(it.val.At, it.val.At, "Value too large", "The value %q holds itself, or more than %d values or %d levels.", name, maxValues, MaxDepth))
			break
		}
		own.put(it.key, v)
	}
	cfg.Own = own
	cfg.Merged = own
	if e.base == nil {
		return
	}
	m := merger{}
	cfg.Merged = m.merge(own, e.base, "")
	e.diags = append(e.diags, m.diags...)
}

type merger struct{ diags hcl.Diagnostics }

// merge lays dictionary a over b, as mmcv's and mmengine's _merge_a_into_b do: dictionaries key by key, everything else replaces. `_delete_=True` replaces a dictionary; the flag goes
// only where the base has the key.
func (m *merger) merge(a, b *Dict, path string) *Dict {
	out := b.copy()
	for _, it := range a.items {
		over, isDict := it.val.X.(*Dict)
		under, has := b.lookup(it.key.X)
		if !isDict {
			out.put(it.key, it.val)
			continue
		}
		if has {
			flag, _ := over.Get(deleteKey)
			replace, _ := truth(flag.X)
			if _, ok := over.Get(deleteKey); ok {
				over = over.copy()
				over.Delete(deleteKey)
			}
			if !replace {
				base, ok := under.X.(*Dict)
				if !ok {
					m.diags = append(m.diags, diag.Errorf(it.val.At, it.val.At, "Bases disagree", "%s is a dictionary here and a %s in the base, at %s. Write _delete_=True into it to replace the base's.",
						path+Repr(it.key), under.Kind(), diag.At(under.At)))
					continue
				}
				v := it.val
				v.X = m.merge(over, base, path+Repr(it.key)+".")
				out.put(it.key, v)
				continue
			}
		}
		v := it.val
		v.X = over
		out.put(it.key, v)
	}
	return out
}
