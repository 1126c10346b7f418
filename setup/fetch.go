package main

import (
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ensure brings the item into the cache folder root unless it is there unharmed. Everything is made in a temporary folder beside it
// and renamed at the end, so an interrupted run leaves nothing that looks finished.
func (it item) ensure(root string, log io.Writer) error {
	dir := filepath.Join(root, it.name)
	switch got, err := digest(dir); {
	case err == nil && got == it.tree:
		return nil
	case err == nil:
		fmt.Fprintf(log, "setup: %s is damaged, fetching it again\n", dir)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("checking %s: %w", dir, err)
	}
	fmt.Fprintf(log, "setup: fetching %s\n", it.pkg)
	tmp, err := os.MkdirTemp(root, it.name+".tmp-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	archive, err := it.download(filepath.Join(tmp, "download"), log)
	if err != nil {
		return err
	}
	tree := filepath.Join(tmp, "tree")
	if err := it.unpack(archive, tree); err != nil {
		return fmt.Errorf("unpacking %s: %w", it.pkg, err)
	}
	got, err := digest(tree)
	if err != nil {
		return err
	}
	if got != it.tree {
		return fmt.Errorf("%s: the unpacked files have digest %s, want %s", it.pkg, got, it.tree)
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(tree, dir)
}

// download runs the package client in dir and returns the one file it left there, its sha256 checked.
func (it item) download(dir string, log io.Writer) (string, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	var err error
	switch {
	case it.maven:
		err = mavenDownload(dir, it.pkg, log)
	case it.wheel != "":
		err = pipDownload(dir, it.pkg, it.wheel, log)
	default:
		err = aptDownload(dir, it.pkg, log)
	}
	if err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return "", err
	}
	if len(files) != 1 {
		return "", fmt.Errorf("downloading %s left %d files, want one", it.pkg, len(files))
	}
	got, err := sha256File(files[0])
	if err != nil {
		return "", err
	}
	if got != it.archive {
		return "", fmt.Errorf("%s: the download %s has sha256 %s, want %s", it.pkg, filepath.Base(files[0]), got, it.archive)
	}
	return files[0], nil
}

func pipDownload(dir, pkg, platform string, log io.Writer) error {
	if err := needTools(log, toolPip); err != nil {
		return err
	}
	return command(log, dir, "python3", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
		"--only-binary=:all:", "--platform", platform, "--python-version", wheelPython, "--dest", ".", pkg)
}

func mavenDownload(dir, pkg string, log io.Writer) error {
	if err := needTools(log, toolMaven); err != nil {
		return err
	}
	return command(log, dir, "mvn", "-q", "-B", "-Dstyle.color=never", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy", "-Dartifact="+pkg,
		"-DoutputDirectory="+dir)
}

// aptDownload fetches a .deb. A machine whose package lists were never read gets them first, which takes root.
func aptDownload(dir, pkg string, log io.Writer) error {
	if err := needTools(log, toolDpkg, toolApt); err != nil {
		return err
	}
	get := func(log io.Writer) error {
		return command(log, dir, "apt-get", "-q", "-o", "APT::Sandbox::User=", "download", pkg)
	}
	if err := get(io.Discard); err == nil {
		return nil
	}
	if err := aptUpdate(log); err != nil {
		return err
	}
	return get(log)
}

// unpack writes what the item keeps of the archive to dir.
func (it item) unpack(archive, dir string) error {
	if it.wheel != "" || it.maven { // both are zip files
		return it.unzip(archive, dir)
	}
	all := dir + ".all"
	if err := command(io.Discard, ".", "dpkg-deb", "-x", archive, all); err != nil {
		return err
	}
	err := filepath.WalkDir(all, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(all, p)
		if err != nil {
			return err
		}
		to := it.keep(filepath.ToSlash(rel))
		if to == "" {
			return nil
		}
		in, err := os.Open(p)
		if err != nil {
			return err
		}
		defer in.Close()
		return writeFile(filepath.Join(dir, to), in)
	})
	if err != nil {
		return err
	}
	return it.checkRaw(dir)
}

func (it item) unzip(archive, dir string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, f := range z.File {
		to := it.keep(f.Name)
		if to == "" || f.FileInfo().IsDir() {
			continue
		}
		if !filepath.IsLocal(to) {
			return fmt.Errorf("entry %q leaves the folder", f.Name)
		}
		in, err := f.Open()
		if err != nil {
			return err
		}
		err = writeFile(filepath.Join(dir, to), in)
		in.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// checkRaw compares what the gzip files hold with the sums their authors' data has.
func (it item) checkRaw(dir string) error {
	for name, want := range it.raw {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		h := sha256.New()
		if _, err := io.Copy(h, z); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			return fmt.Errorf("%s: the data has sha256 %s, want %s", name, got, want)
		}
	}
	return nil
}

func writeFile(name string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

func sha256File(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// digest is the sha256 of the lines "<sha256>  <path>" of all files under dir, in the order of their paths. Anything but a regular
// file or a folder makes it differ from every pin.
func digest(dir string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		h := "not a file"
		if d.Type().IsRegular() {
			if h, err = sha256File(p); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintf(sum, "%s  %s\n", h, filepath.ToSlash(rel))
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// command runs a program in dir; what it says goes to log, and into the error when it fails.
func command(log io.Writer, dir, name string, args ...string) error {
	var said strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = log, io.MultiWriter(log, &said)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(said.String()))
	}
	return nil
}
