// Package python evaluates the configuration files of OpenSelfSup and MMSelfSup: Python files that say `model = dict(type='SimCLR', …)`, extend one another by `_base_` and are
// merged key by key. Nothing is ever run. A file is parsed (tree-sitter), and its statements are evaluated on values alone, with Python's own semantics: references are shared, `/`
// gives a float, `dict(a=1, **m)` keeps its order. What a value cannot be known from the text (an import, a function, an environment variable) is a diagnostic at its place, the value
// is unknown, and the rest goes on.
//
//	l := python.NewLoader(python.Options{})
//	cfg, diags := l.Load("configs/selfsup/simclr/simclr_resnet50_8xb32-coslr-200e_in1k.py")
//	cfg.Merged.Get("model") // with the bases' values, each with its place, its spelling and its comments
//
// The result is the dictionary that mmcv's and mmengine's `Config.fromfile` give, compared over all upstream files (`make corpus`).
//
// Input is hostile until shown otherwise: text, depth, number of values, steps, files and the time of the parser are bounded ([limits.go]), and bases are read below a root folder only.
package python
