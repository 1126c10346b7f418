// Package features writes what an encoder makes of a dataset into a file that other tools read: NumPy's npy, Apache Parquet or text. Rows are written while they are computed, so that memory
// holds one batch, and the file appears under its name when it is complete. The numbers are those that the probes see, and equal input gives equal bytes. An image that cannot be read keeps its
// row, so that rows are counted as the dataset counts its images: it has NaN for features and no label.
//
//	npy      the array f32[image, …], and beside it, in NAME.names.csv, name and label of each row
//	parquet  the columns name, label and features, a list of numbers
//	csv      the columns name, label, f0, f1, …
//
// Neighbours: runtime/probe computes features; runtime/train opens the network.
package features

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/datasource"
	"ssc/runtime/probe"
)

// Extensions are the forms of a file, by the ending of its name.
var Extensions = []string{".npy", ".parquet", ".csv"}

// writer is a form of file.
type writer interface {
	// begin is told what will come: rows of features of the sizes.
	begin(rows int, dims []int) error
	// row writes the features of one image.
	row(name string, label int64, x []float32) error
	end() error
}

// Result says what was written.
type Result struct {
	Files []string // names
	Rows  int
	Dims  []int // sizes of a row's features
}

// CheckName reports a file name whose ending names no form.
func CheckName(name string) error {
	for _, e := range Extensions {
		if filepath.Ext(name) == e {
			return nil
		}
	}
	return fmt.Errorf("%s: features are written into a file that ends in %s", name, strings.Join(Extensions, ", "))
}

// Write extracts the features of an open dataset of the subject under its first view and writes them to the file name.
func Write(ctx context.Context, s *probe.Subject, dataset, name string, fs atomic.FS) (*Result, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	d := s.Data[dataset]
	res := &Result{Files: []string{name}, Rows: d.Samples.Len()}
	if err := atomic.MkdirAll(fs, filepath.Dir(name)); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	labels := make([]int64, 0, res.Rows)
	err := atomic.WriteFile(fs, name, func(w io.Writer) error {
		buffered := bufio.NewWriterSize(w, 1<<20)
		to := newWriter(name, buffered)
		began := false
		err := s.Stream(ctx, dataset, func(r probe.Rows) error {
			if !began {
				began, res.Dims = true, r.Dims
				if err := to.begin(res.Rows, r.Dims); err != nil {
					return err
				}
			}
			labels = append(labels, r.Labels...)
			per := len(r.Data) / len(r.Labels)
			for i, l := range r.Labels {
				if err := to.row(d.Samples.Name(r.First+i), l, r.Data[i*per:(i+1)*per]); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			err = to.end()
		}
		if err != nil {
			return err
		}
		return buffered.Flush()
	})
	if err == nil && filepath.Ext(name) == ".npy" {
		beside := strings.TrimSuffix(name, ".npy") + ".names.csv"
		res.Files = append(res.Files, beside)
		err = atomic.WriteFile(fs, beside, func(w io.Writer) error { return writeNames(w, d.Samples, labels) })
	}
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	return res, nil
}

func newWriter(name string, w io.Writer) writer {
	switch filepath.Ext(name) {
	case ".npy":
		return &npyWriter{w: w}
	case ".parquet":
		return &parquetWriter{w: &counted{w: w}}
	}
	return &csvWriter{w: csv.NewWriter(w)}
}

// writeNames writes name and label of each image, without the features.
func writeNames(w io.Writer, s datasource.Samples, labels []int64) error {
	c := &csvWriter{w: csv.NewWriter(w)}
	if err := c.begin(len(labels), []int{0}); err != nil {
		return err
	}
	for i, l := range labels {
		if err := c.row(s.Name(i), l, nil); err != nil {
			return err
		}
	}
	return c.end()
}

// csvWriter writes comma-separated values with a head line (RFC 4180). Numbers are the shortest that read back to the same float32; the label of an image without one is empty.
type csvWriter struct {
	w    *csv.Writer
	line []string
}

func (c *csvWriter) begin(_ int, dims []int) error {
	c.line = []string{"name", "label"}
	for i := range product(dims) {
		c.line = append(c.line, "f"+strconv.Itoa(i))
	}
	return c.w.Write(c.line)
}

func (c *csvWriter) row(name string, label int64, x []float32) error {
	c.line = append(c.line[:0], name, "")
	if label >= 0 {
		c.line[1] = strconv.FormatInt(label, 10)
	}
	for _, v := range x {
		c.line = append(c.line, strconv.FormatFloat(float64(v), 'g', -1, 32))
	}
	return c.w.Write(c.line)
}

func (c *csvWriter) end() error {
	c.w.Flush()
	return c.w.Error()
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}
