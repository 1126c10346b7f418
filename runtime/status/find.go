package status

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
)

// Find replaces folders by the runs that they are or hold directly, in their order and then by name. A folder that is neither is an error.
func Find(dirs []string) (runs []string, err error) {
	var bad []error
	for _, dir := range dirs {
		if isRun(dir) {
			runs = append(runs, dir)
			continue
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			bad = append(bad, fmt.Errorf("looking for runs: %w", err))
			continue
		}
		found := false
		for _, e := range entries {
			if sub := filepath.Join(dir, e.Name()); isRun(sub) {
				runs, found = append(runs, sub), true
			}
		}
		if !found {
			bad = append(bad, fmt.Errorf("%s is no run, and holds none", dir))
		}
	}
	return runs, errors.Join(bad...)
}

// isRun reports whether a folder is that of a run, whole or not: a process has locked it, or what only a run leaves is there.
func isRun(dir string) bool {
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return !errors.Is(err, fs.ErrNotExist)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return false
	}
	return has(checkpoint.LockFile) || has("metrics.jsonl") || has("checkpoints") && has(plan.File)
}
