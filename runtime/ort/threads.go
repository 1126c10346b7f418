package ort

import (
	"os"
	"path/filepath"
	"runtime"
)

// Threads is the number of threads inside an operator that a session with this option has: as many as it says or, where it says 0, one per physical core, as ONNX Runtime counts them.
func Threads(option int) int {
	if option > 0 {
		return option
	}
	return cores("/")
}

// cores counts the physical cores of the machine that root describes: sets of processors that share one. Where it does not tell, the processors count.
func cores(root string) int {
	files, _ := filepath.Glob(filepath.Join(root, "sys/devices/system/cpu/cpu[0-9]*/topology/thread_siblings_list")) // the pattern is sound
	sets := map[string]bool{}
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil {
			sets[string(text)] = true
		}
	}
	if len(sets) == 0 {
		return runtime.NumCPU()
	}
	return len(sets)
}
