package cmd

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
)

// readPlan reads a plan folder and the models it names, whose digests must be those of plan.json.
func readPlan(dir string) (*plan.Plan, map[string][]byte, error) {
	p, err := readPlanFile(dir)
	if err == nil {
		err = useGPU(p.Target.Device)
	}
	if err != nil {
		return nil, nil, err
	}
	models := map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(p.Graphs)) {
		g := p.Graphs[name]
		b, err := os.ReadFile(filepath.Join(dir, g.File))
		if err != nil {
			return nil, nil, fmt.Errorf("reading the plan: %w", err)
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != g.SHA256 {
			return nil, nil, fmt.Errorf("%s is not the file that plan.json describes (another sha256): compile the pipeline again", filepath.Join(dir, g.File))
		}
		models[name] = b
	}
	return p, models, nil
}

// readPlanFile reads plan.json alone.
func readPlanFile(dir string) (*plan.Plan, error) {
	b, err := os.ReadFile(filepath.Join(dir, plan.File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is neither a plan nor a run: it has no %s", dir, plan.File)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	p, err := plan.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return p, nil
}

// writePlan replaces the plan folder dir, or makes it. It touches no folder that holds something else.
func writePlan(dir string, r *compiler.Result) error {
	if err := replaceable(dir, r); err != nil {
		return err
	}
	description, err := plan.Encode(r.Plan)
	if err != nil {
		return err
	}
	files := maps.Clone(r.Files)
	files[plan.File] = description
	if err := atomic.MkdirAll(atomic.OS{}, filepath.Dir(filepath.Clean(dir))); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	err = atomic.WriteDir(atomic.OS{}, filepath.Clean(dir), func(add func(string, func(io.Writer) error) error) error {
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if err := add(name, func(w io.Writer) error { _, err := w.Write(files[name]); return err }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	return nil
}

// replaceable reports why dir may not be replaced by a plan: it holds files that no plan has.
func replaceable(dir string, r *compiler.Result) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	own := map[string]bool{plan.File: true}
	for name := range r.Files {
		own[name] = true
	}
	foreign := func(e fs.DirEntry) bool { return !own[e.Name()] || e.IsDir() }
	if !slices.ContainsFunc(entries, foreign) {
		return nil
	}
	if old, err := readPlanFile(dir); err == nil {
		for _, g := range old.Graphs {
			own[g.File] = true
		}
	}
	for _, e := range entries {
		if foreign(e) {
			return fmt.Errorf("%s is there and holds %s, which is no part of a plan: name another folder with -o", dir, e.Name())
		}
	}
	return nil
}
