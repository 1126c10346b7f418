package ort

import (
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

// heap is a line of /proc/self/maps: the pages in use of a heap that malloc made for threads. It begins at a multiple of 64 MiB, and the rest of these follows.
var heap = regexp.MustCompile(`(?m)^([0-9a-f]+)-([0-9a-f]+) rw-p .* 0 *\n([0-9a-f]+)-[0-9a-f]+ ---p`)

// TestFewHeaps: however many threads ask for small pieces at once, malloc keeps two heaps, the process's own and one more.
func TestFewHeaps(t *testing.T) {
	if os.Getenv("MALLOC_ARENA_MAX") != "" {
		t.Skip("MALLOC_ARENA_MAX decides")
	}
	const threads = 12
	var all, done sync.WaitGroup
	all.Add(threads)
	for range threads {
		done.Go(func() {
			runtime.LockOSThread()
			p := arenaAlloc(1000)
			all.Done()
			all.Wait()
			arenaFree(p)
		})
	}
	done.Wait()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip(err)
	}
	heaps := 0
	for _, m := range heap.FindAllStringSubmatch(string(maps), -1) {
		start, err1 := strconv.ParseUint(m[1], 16, 64)
		end, err2 := strconv.ParseUint(m[2], 16, 64)
		ours := uint64(uintptr(unsafe.Pointer(&maps[0]))) // Go's heap looks the same
		if err1 == nil && err2 == nil && start%(64<<20) == 0 && m[2] == m[3] && (ours < start || ours >= end) {
			heaps++
		}
	}
	if heaps > 1 {
		t.Errorf("malloc has made %d heaps for threads, want 1:\n%s", heaps, strings.TrimSpace(string(maps)))
	}
}
