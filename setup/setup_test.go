package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakePip puts a python3 into PATH whose `-m pip download` copies archive to the current folder and notes the call.
func fakePip(t *testing.T, archive string) (calls func() int) {
	t.Helper()
	bin := t.TempDir()
	note := filepath.Join(bin, "calls")
	script := "#!/bin/sh\ncase \"$*\" in *download*) echo \"$*\" >>" + note + "; cp " + archive + " . ;; esac\n"
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return func() int {
		text, err := os.ReadFile(note)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return bytes.Count(text, []byte("\n"))
	}
}

// wheel writes a zip file and returns its path and sha256.
func wheel(t *testing.T, files map[string]string) (path, sum string) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "thing-1-py3-none-any.whl")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	h := sha256.Sum256(b.Bytes())
	return path, hex.EncodeToString(h[:])
}

// tree is the digest of a/x = "one", b = "two", computed with another program.
const tree = "7763127bb4a5a283e5845ec0f50a846e58feaabce26e5bce574e797faf277bf3"

// thing keeps what lies under data in its wheel.
func thing(archive string) item {
	return item{name: "thing-1", pkg: "thing==1", wheel: "any", archive: archive, tree: tree, keep: func(p string) string {
		rest, ok := strings.CutPrefix(p, "data/")
		if !ok {
			return ""
		}
		return rest
	}}
}

func TestEnsure(t *testing.T) {
	path, sum := wheel(t, map[string]string{"data/a/x": "one", "data/b": "two", "code.py": "exit()"})
	calls := fakePip(t, path)
	root := t.TempDir()
	ensure := func(it item, wantCalls int, wantLog, wantErr string) {
		t.Helper()
		var log strings.Builder
		err := it.ensure(root, &log)
		if wantErr == "" && err != nil || wantErr != "" && (err == nil || !strings.Contains(err.Error(), wantErr)) {
			t.Errorf("ensure: error = %v, want %q", err, wantErr)
		}
		if !strings.Contains(log.String(), wantLog) {
			t.Errorf("ensure: log = %q, want %q in it", &log, wantLog)
		}
		if n := calls(); n != wantCalls {
			t.Errorf("ensure: %d downloads so far, want %d", n, wantCalls)
		}
		entries, err := filepath.Glob(filepath.Join(root, "*"))
		if err != nil || len(entries) > 1 {
			t.Errorf("ensure left %v", entries)
		}
	}
	it := thing(sum)
	ensure(thing("0123"), 1, "", "the download thing-1-py3-none-any.whl has sha256 "+sum+", want 0123")
	bad := it
	bad.tree = "4567"
	ensure(bad, 2, "", "the unpacked files have digest "+tree+", want 4567")

	ensure(it, 3, "fetching thing==1", "")
	if text, err := os.ReadFile(filepath.Join(root, "thing-1", "a", "x")); string(text) != "one" || err != nil {
		t.Errorf("a/x = %q, %v, want one", text, err)
	}
	ensure(it, 3, "", "")

	for i, damage := range []func(dir string) error{
		func(dir string) error { return os.WriteFile(filepath.Join(dir, "b"), []byte("twO"), 0o644) },
		func(dir string) error { return os.Remove(filepath.Join(dir, "b")) },
		func(dir string) error { return os.WriteFile(filepath.Join(dir, "c"), nil, 0o644) },
		func(dir string) error { return os.Symlink("b", filepath.Join(dir, "l")) },
	} {
		if err := damage(filepath.Join(root, "thing-1")); err != nil {
			t.Fatal(err)
		}
		ensure(it, 4+i, "is damaged, fetching it again", "")
	}
	ensure(it, 7, "", "")
}

func TestDigest(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a/x": "one", "b": "two"} {
		if err := writeFile(filepath.Join(dir, name), strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := digest(dir); got != tree || err != nil {
		t.Errorf("digest = %s, %v, want %s", got, err, tree)
	}
	if _, err := digest(filepath.Join(dir, "gone")); !os.IsNotExist(err) {
		t.Errorf("digest of nothing: error = %v, want that it does not exist", err)
	}
}

func TestUnzipStaysInside(t *testing.T) {
	path, sum := wheel(t, map[string]string{"data/../../../x": "out"})
	it := thing(sum)
	dir := filepath.Join(t.TempDir(), "to")
	if err := it.unpack(path, dir); err == nil || !strings.Contains(err.Error(), "leaves the folder") {
		t.Errorf("unpack: error = %v, want that an entry leaves the folder", err)
	}
}

func TestCheckRaw(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte("pixels")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f.gz"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("pixels"))
	good := item{raw: map[string]string{"f.gz": hex.EncodeToString(sum[:])}}
	if err := good.checkRaw(dir); err != nil {
		t.Error(err)
	}
	bad := item{raw: map[string]string{"f.gz": "00"}}
	if err := bad.checkRaw(dir); err == nil || !strings.Contains(err.Error(), "f.gz: the data has sha256 ") {
		t.Errorf("checkRaw: error = %v, want the sums", err)
	}
}

func TestFailingClientIsQuoted(t *testing.T) {
	bin := t.TempDir()
	script := "#!/bin/sh\ncase \"$*\" in *download*) echo no network >&2; exit 1 ;; esac\n"
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	err := thing("").ensure(t.TempDir(), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "pip download") || !strings.Contains(err.Error(), "no network") {
		t.Errorf("ensure: error = %v, want the command and what it said", err)
	}
}

func TestMissingToolsAreNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := needTools(io.Discard, toolCC, toolPip)
	if want := "missing on this system: gcc, libc6-dev, python3, python3-pip;"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("needTools: error = %v, want %q in it", err, want)
	}
}

func TestLeftoversAreRemoved(t *testing.T) {
	root := filepath.Join(t.TempDir(), "cache")
	if err := os.MkdirAll(filepath.Join(root, "thing-1.tmp-123", "download"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := locked(root, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	got, err := filepath.Glob(filepath.Join(root, "*"))
	if diff := cmp.Diff([]string{filepath.Join(root, "lock")}, got); diff != "" || err != nil {
		t.Errorf("files differ (-want +got), %v:\n%s", err, diff)
	}
}

func TestPath(t *testing.T) {
	t.Setenv("SSC_CACHE", "/cache")
	for name, want := range map[string]string{
		"fashion-mnist": "/cache/fashion-mnist-20200523",
		"onnxruntime":   "/cache/onnxruntime-1.30.0/libonnxruntime.so.1.30.0",
		"onnx":          "/cache/onnx-1.22.0/node",
		"onednn":        "/cache/onednn-3.13",
		"nvrtc":         "/cache/nvrtc-13.5.37",
	} {
		var out strings.Builder
		if err := run([]string{"path", name}, &out, io.Discard); err != nil || out.String() != want+"\n" {
			t.Errorf("path %s = %q, %v, want %s", name, &out, err, want)
		}
	}
	for _, args := range [][]string{nil, {"path"}, {"path", "x"}, {"install"}} {
		if err := run(args, io.Discard, io.Discard); err == nil {
			t.Errorf("run(%q) succeeded, want an error", args)
		}
	}
}

// TestPinsAreComplete guards the lists against a line without a sum, which pip would refuse only when somebody needs it.
func TestPinsAreComplete(t *testing.T) {
	for name, e := range environments {
		for _, line := range strings.Split(strings.ReplaceAll(string(e.pins), "\\\n", ""), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if !strings.Contains(line, "==") || !strings.Contains(line, "--hash=sha256:") {
				t.Errorf("%s: line %q lacks a version or a sum", name, line)
			}
		}
	}
	for _, it := range append(items(), oneDNN(), nvrtc()) {
		if len(it.archive) != 64 || len(it.tree) != 64 {
			t.Errorf("%s lacks a sum", it.name)
		}
	}
}

// The decoder is the version that is there, else the first that can be fetched; none is a message and no error.
func TestDecoder(t *testing.T) {
	path, sum := wheel(t, map[string]string{"data/a/x": "one", "data/b": "two"})
	calls := fakePip(t, path)
	root := t.TempDir()
	first, second := thing("0123"), thing(sum)
	first.name, second.name = "thing-1", "thing-2"
	try := func(wantCalls int, wantLog string, versions ...item) {
		t.Helper()
		var log strings.Builder
		decoder(versions, root, &log)
		if n := calls(); n != wantCalls || !strings.Contains(log.String(), wantLog) || wantLog == "" && log.Len() > 0 {
			t.Errorf("%d downloads, want %d; log %q, want %q", n, wantCalls, log.String(), wantLog)
		}
	}
	try(1, "decoded by Go's decoder", first)
	try(3, "fetching thing==1", first, second)
	try(3, "", first, second)
	if there(root, second) != 1 || there(root, first) != 0 {
		t.Error("the second version is not the one that is there")
	}
}

// Each version has a pin for both processors, and keeps the library alone.
func TestTurboJPEG(t *testing.T) {
	for _, it := range turboJPEGs() {
		if len(it.archive) != 64 || len(it.tree) != 64 || !strings.HasPrefix(it.pkg, "libturbojpeg0=1:2.1.5-") {
			t.Errorf("item %+v", it)
		}
	}
	for from, to := range map[string]string{"usr/lib/x86_64-linux-gnu/libturbojpeg.so.0.2.0": "libturbojpeg.so.0", "usr/share/doc/libturbojpeg0/copyright": "copyright",
		"usr/share/lintian/overrides/libturbojpeg0": "", "usr/lib/x86_64-linux-gnu/libturbojpeg.so.0": ""} {
		if got := keepTurboJPEG(from); got != to {
			t.Errorf("keepTurboJPEG(%q) = %q, want %q", from, got, to)
		}
	}
}
