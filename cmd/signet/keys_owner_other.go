//go:build !unix

package main

import (
	"io/fs"
	"os"
)

func keepOwner(*os.File, fs.FileInfo) error { return nil }

func syncFolder(string) error { return nil }

func fileNumber(fs.FileInfo) string { return "" }
