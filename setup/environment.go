package main

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

//go:embed peers.txt
var peersPins []byte

//go:embed gpu.txt
var gpuPins []byte

//go:embed rtx.txt
var rtxPins []byte

// An environment is a Python virtual environment made from a list of pins. Its folder carries the digest of the pins and a stamp
// that is written last: without the stamp it is made anew.
type environment struct {
	name string
	size string // of what it fetches, for people
	pins []byte
}

var environments = map[string]environment{
	"peers": {"peers", "some gigabytes", peersPins},
	"gpu":   {"gpu", "some gigabytes", gpuPins},
	"rtx":   {"rtx", "90 MB", rtxPins},
}

const stamp = "complete"

func (e environment) folder() string {
	sum := sha256.Sum256(e.pins)
	return e.name + "-" + hex.EncodeToString(sum[:4])
}

// ensure makes the environment unless it is complete. A virtual environment knows its own path, so it is made in its place.
func (e environment) ensure(root string, log io.Writer) error {
	dir := filepath.Join(root, e.folder())
	if _, err := os.Stat(filepath.Join(dir, stamp)); err == nil {
		return nil
	}
	if err := needTools(log, toolPip, toolVenv); err != nil {
		return err
	}
	fmt.Fprintf(log, "setup: making %s; this fetches %s\n", dir, e.size)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := command(log, ".", "python3", "-m", "venv", dir); err != nil {
		return err
	}
	pins := filepath.Join(dir, "pins.txt")
	if err := os.WriteFile(pins, e.pins, 0o644); err != nil {
		return err
	}
	if err := command(log, dir, filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
		"--no-deps", "--only-binary=:all:", "--require-hashes", "-r", pins); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, stamp), nil, 0o644)
}
