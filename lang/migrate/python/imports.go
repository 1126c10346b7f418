package python

import "strings"

// understood are the modules whose functions are evaluated; others are code.
var understood = map[string]bool{"copy": true, "os": true, "os.path": true, "math": true}

// importStatement binds names to symbols. What a package holds is not read.
func (e *evaluator) importStatement(s *node) {
	if s.kind == "future_import_statement" {
		return
	}
	module := ""
	if m := s.child("module_name"); m != nil {
		module = e.src.src(m)
	}
	if s.kind == "import_from_statement" && module == "mmengine.config" {
		e.assignHidden("read_base", Value{X: Symbol{"mmengine.config", "read_base"}})
		return
	}
	for _, k := range s.kids {
		if k.field != "name" && k.kind != "wildcard_import" {
			continue
		}
		name, as := k, k
		if k.kind == "aliased_import" {
			name, as = k.child("name"), k.child("alias")
		}
		full, bound := e.src.src(name), e.src.src(as)
		sym := Symbol{Module: module, Name: full}
		switch {
		case k.kind == "wildcard_import" || strings.HasPrefix(module, "."):
			e.fail(s, "Code in a configuration", "Code is never run, so what this import brings is not known. Write the values into the file, or extend the other file by _base_.")
			if k.kind != "wildcard_import" {
				e.assignHidden(bound, Value{X: Unknown{}, At: e.src.at(s)})
			}
			continue
		case module == "" && !understood[full]:
			e.warn(s, "Code in a configuration", "The module %s is not read: code is never run. What uses it is reported where it does.", short(full))
			bound, _, _ = strings.Cut(bound, ".")
			sym.Name, _, _ = strings.Cut(full, ".")
		case module == "" && name == as:
			bound, _, _ = strings.Cut(bound, ".")
			sym.Name = bound
		}
		e.assignHidden(bound, Value{X: sym, At: e.src.at(s)})
	}
}

// assignHidden binds a name that is no value of the configuration.
func (e *evaluator) assignHidden(name string, v Value) {
	e.assignName(name, v)
	e.hidden[name] = true
}

// withStatement evaluates `with read_base(): from .x import *`: the variables of the other files become those of this one.
func (e *evaluator) withStatement(s *node) {
	if !strings.Contains(e.src.src(s.kids[0]), "read_base(") {
		e.fail(s, "Code in a configuration", "Code is never run: a with statement is left out. Only `with read_base():` is understood.")
		e.forget(s)
		return
	}
	for _, k := range s.child("body").kids {
		if k.kind != "import_from_statement" {
			e.fail(k, "Code in a configuration", "Below read_base() stand imports of other configurations only.")
			continue
		}
		e.readBase(k)
	}
}

func (e *evaluator) readBase(s *node) {
	m := s.child("module_name")
	module := e.src.src(m)
	dots := len(module) - len(strings.TrimLeft(module, "."))
	if dots == 0 {
		e.fail(m, "External base", "The configuration %s lies in an installed package. Name the file by _base_ and give its folder with -package.", short(module))
		return
	}
	file := strings.Repeat("../", dots-1) + strings.ReplaceAll(module[dots:], ".", "/") + ".py"
	cfg := e.loadBase(m, file)
	if cfg == nil {
		return
	}
	for _, k := range s.kids {
		switch {
		case k.kind == "wildcard_import":
			for _, it := range cfg.Merged.items {
				name, _ := it.key.X.(string)
				e.assignName(name, e.deepCopy(s, it.val))
			}
		case k.field == "name" && k.kind != "aliased_import":
			name := e.src.src(k)
			v, ok := cfg.Merged.Get(name)
			if !ok {
				e.fail(k, "Unknown name", "The file %s has no %q.", file, name)
				continue
			}
			e.assignName(name, e.deepCopy(s, v))
		}
	}
}
