//go:build linux || darwin || freebsd

package main

import "syscall"

// freeSpace is how many bytes an ordinary user can still write below path.
func freeSpace(path string) (uint64, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, false
	}
	return uint64(max(0, int64(s.Bavail))) * uint64(s.Bsize), true
}
