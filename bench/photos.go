package main

import (
	"errors"
	"fmt"
	"image"
	"image/draw"
	gojpeg "image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Photographs of the size that is most frequent in ImageNet.
const (
	photoCount              = 96
	photoWidth, photoHeight = 500, 375
)

// photos writes parts of a photograph that one of the modules carries (768 x 576 pixels), each another one, as JPEG files of quality 90 with chroma of half the
// resolution.
func photos(dir string) error {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owulveryck/onnx-go").Output()
	if err != nil {
		return fmt.Errorf("finding the module with the photograph: %w", err)
	}
	f, err := os.Open(filepath.Join(strings.TrimSpace(string(out)), "examples/tiny_yolov2/data/dog.jpg"))
	if err != nil {
		return err
	}
	defer f.Close()
	img, err := gojpeg.Decode(f)
	if err != nil {
		return err
	}
	b := img.Bounds()
	for i := range photoCount {
		at := image.Pt(b.Min.X+i*37%(b.Dx()-photoWidth), b.Min.Y+i*53%(b.Dy()-photoHeight))
		part := image.NewRGBA(image.Rect(0, 0, photoWidth, photoHeight))
		draw.Draw(part, part.Bounds(), img, at, draw.Src)
		to, err := os.Create(filepath.Join(dir, fmt.Sprintf("%03d.jpg", i)))
		if err != nil {
			return err
		}
		if err := errors.Join(gojpeg.Encode(to, part, &gojpeg.Options{Quality: 90}), to.Close()); err != nil {
			return err
		}
	}
	return nil
}
