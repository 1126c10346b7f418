//go:build unix

package datasource

import "syscall"

// descriptors is how many files the process may open.
func descriptors() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return fewDescriptors
	}
	return int(min(uint64(limit.Cur), 1<<20))
}
