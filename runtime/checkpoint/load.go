package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"ssc/runtime/checkpoint/safetensors"
)

// Format is the version of what a checkpoint's folder holds. A reader accepts exactly its own.
const Format = 1

// maxManifest bounds the manifest's size: it holds no tensor, and the loop's state is a few numbers.
const maxManifest = 16 << 20

// manifest is the content of manifest.json.
type manifest struct {
	Format int             `json:"format"`
	Step   int             `json:"step"`
	Files  []fileSum       `json:"files"`
	Loop   json.RawMessage `json:"loop"`
	// SHA256 is that of the manifest's own text with this field empty.
	SHA256 string `json:"sha256"`
}

type fileSum struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// encode is the one text of the manifest.
func (m manifest) encode() ([]byte, error) {
	m.SHA256 = ""
	for range 2 {
		text, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			return nil, err
		}
		text = append(text, '\n')
		if m.SHA256 != "" {
			return text, nil
		}
		sum := sha256.Sum256(text)
		m.SHA256 = hex.EncodeToString(sum[:])
	}
	panic("unreachable")
}

// parseManifest accepts exactly what encode gives.
func parseManifest(text []byte) (*manifest, error) {
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, err
	}
	if version.Format != Format {
		return nil, fmt.Errorf("it has format %d, this version of ssc reads format %d", version.Format, Format)
	}
	m := &manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, err
	}
	again, err := m.encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(text, again) {
		return nil, errors.New("it does not match its own sha256")
	}
	return m, nil
}

// Checkpoint is a complete checkpoint.
type Checkpoint struct {
	Path  string // its folder
	Step  int    // optimizer steps done
	label string
	manifest
}

// open reads the manifest of a checkpoint and compares every file with it.
func (s *Store) open(at stored) (*Checkpoint, error) {
	c := &Checkpoint{Path: filepath.Join(s.dir, at.name), Step: at.step, label: s.label(at.name)}
	if err := c.verify(); err != nil {
		return nil, fmt.Errorf("%s: %w", c.label, err)
	}
	return c, nil
}

func (c *Checkpoint) verify() error {
	if err := c.readManifest(); err != nil {
		return err
	}
	for _, want := range c.Files {
		if err := c.withFile(want, func(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }); err != nil {
			return err
		}
	}
	return nil
}

// readManifest reads the manifest, which must be that of this checkpoint.
func (c *Checkpoint) readManifest() error {
	text, err := readSmall(filepath.Join(c.Path, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(manifestFile + " is missing")
	}
	if err != nil {
		return err
	}
	m, err := parseManifest(text)
	if err != nil {
		return fmt.Errorf("%s: %w", manifestFile, err)
	}
	c.manifest = *m
	if m.Step != c.Step {
		return fmt.Errorf("%s is that of step %d", manifestFile, m.Step)
	}
	if len(m.Files) != 2 || m.Files[0].Name != weightsFile || m.Files[1].Name != optimizerFile {
		return fmt.Errorf("%s lists other files than %s and %s", manifestFile, weightsFile, optimizerFile)
	}
	return nil
}

func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err == nil && len(text) > maxManifest {
		err = fmt.Errorf("%s is larger than %d bytes", filepath.Base(name), maxManifest)
	}
	return text, err
}

// withFile lets f read one file and compares its size before and its sum after.
func (c *Checkpoint) withFile(want fileSum, f func(io.Reader) error) error {
	file, err := os.Open(filepath.Join(c.Path, want.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(want.Name + " is missing")
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != want.Bytes {
		return fmt.Errorf("%s is %d of %d bytes", want.Name, info.Size(), want.Bytes)
	}
	sum := sha256.New()
	if err := f(io.TeeReader(file, sum)); err != nil {
		return fmt.Errorf("%s: %w", want.Name, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want.SHA256 {
		return fmt.Errorf("%s has sha256 %s, its manifest says %s", want.Name, got, want.SHA256)
	}
	return nil
}

// Loop decodes what Save was given as the loop's state.
func (c *Checkpoint) Loop(into any) error {
	if err := json.Unmarshal(c.manifest.Loop, into); err != nil {
		return fmt.Errorf("%s: %s: the loop's state: %w", c.label, manifestFile, err)
	}
	return nil
}

// Read reads every tensor into what place returns for it. The bytes are compared with the manifest once more while they are read: with
// an error what was read must not be used.
func (c *Checkpoint) Read(place func(t safetensors.Info) ([]byte, error)) error {
	for _, want := range c.Files {
		err := c.withFile(want, func(r io.Reader) error {
			f, err := safetensors.NewReader(r, want.Bytes)
			for err == nil {
				err = f.Next(place)
			}
			if err == io.EOF {
				return nil
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", c.label, err)
		}
	}
	return nil
}
