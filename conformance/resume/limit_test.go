package resume

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Environment variables by which a test limits the process that it starts.
const (
	limitFiles  = "SSC_RESUME_FILES"  // open files
	limitMemory = "SSC_RESUME_MEMORY" // bytes of address space beyond what the process has when it starts
)

// limitSelf takes the limits on: Go raises the number of open files again where only a parent lowered it.
func limitSelf() {
	for name, resource := range map[string]int{limitFiles: syscall.RLIMIT_NOFILE, limitMemory: syscall.RLIMIT_AS} {
		n, err := strconv.ParseUint(os.Getenv(name), 10, 64)
		if err != nil {
			continue
		}
		if resource == syscall.RLIMIT_AS {
			n += mapped()
		}
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			fmt.Fprintln(os.Stderr, "limiting the process:", err)
			os.Exit(99)
		}
	}
}

// mapped is the size of the address space in use.
func mapped() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseUint(strings.Fields(string(text))[0], 10, 64)
	return pages * uint64(os.Getpagesize())
}
