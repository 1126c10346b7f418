package report

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"ssc/runtime/checkpoint/atomic"
)

// Events is a TensorBoard event file that a run appends to. Its name must contain "tfevents" for TensorBoard to see it. What was written since the last Sync may be
// missing after a crash; metrics.jsonl is the record that counts.
//
// The file is a sequence of TFRecords (length, masked CRC-32C of the length, content, masked CRC-32C of the content), each an Event message of tensorflow/core/util/event.proto.
type Events struct{ f atomic.File }

// Numbers of the fields of the messages Event, Summary, Summary.Value, Summary.Image and SessionLog.
const (
	eventWallTime, eventStep, eventVersion, eventSummary    = 1, 2, 3, 5
	eventSession, sessionStatus, sessionStart               = 7, 1, 1
	summaryValue                                            = 1
	valueTag, valueSimple, valueImage                       = 1, 2, 4
	imageHeight, imageWidth, imageColourspace, imageEncoded = 1, 2, 3, 4
	eventHead                                               = 12      // bytes before the content of a record
	eventLargest                                            = 1 << 26 // bytes of a record; a longer one is damage
	colourspaceRGBA                                         = 4
	eventsVersion                                           = "brain.Event:2"
)

// OpenEvents makes an event file, or goes on with one after step: events of later steps, and what an interrupted process left unfinished at the end, are cut off.
func OpenEvents(files atomic.FS, path string, step int, now time.Time) (*Events, error) {
	size, err := keptOf(path, step)
	if err != nil {
		return nil, fmt.Errorf("opening the TensorBoard events: %w", err)
	}
	f, err := files.Append(path, size)
	if err != nil {
		return nil, fmt.Errorf("opening the TensorBoard events: %w", err)
	}
	e := &Events{f}
	if size == 0 {
		b := protowire.AppendTag(stamp(now), eventVersion, protowire.BytesType)
		if err := e.append(protowire.AppendString(b, eventsVersion)); err != nil {
			f.Close()
			return nil, fmt.Errorf("continuing the TensorBoard events %s: %w", path, err)
		}
	}
	return e, nil
}

// keptOf is what an event file that goes on after step keeps, in bytes; 0 where there is none.
func keptOf(path string, step int) (int64, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return keep(f, step)
}

// EventSteps are the steps of the scalars in an event file, in order. whole says that the file is undamaged and ends with a record.
func EventSteps(path string) (steps []int, whole bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, fmt.Errorf("reading the TensorBoard events: %w", err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	for {
		content, err := record(in)
		if err == io.EOF {
			return steps, true, nil
		}
		if errors.Is(err, errDamaged) {
			return steps, false, nil
		}
		if err != nil {
			return steps, false, fmt.Errorf("reading the TensorBoard events: %w", err)
		}
		if step, ok := stepOf(content); ok && step > 0 {
			steps = append(steps, int(step))
		}
	}
}

// Restart tells a reader that all steps come anew: it forgets those that it has from an earlier file of the folder.
func (e *Events) Restart(now time.Time) error {
	session := protowire.AppendVarint(protowire.AppendTag(nil, sessionStatus, protowire.VarintType), sessionStart)
	b := protowire.AppendTag(stamp(now), eventSession, protowire.BytesType)
	if err := e.append(protowire.AppendBytes(b, session)); err != nil {
		return fmt.Errorf("writing TensorBoard events: %w", err)
	}
	return nil
}

// Scalars appends values of a step, in the order of their names. What is not finite is written as it is.
func (e *Events) Scalars(step int, now time.Time, values map[string]float64) error {
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	var summary []byte
	for _, name := range names {
		v := protowire.AppendTag(nil, valueTag, protowire.BytesType)
		v = protowire.AppendString(v, name)
		v = protowire.AppendTag(v, valueSimple, protowire.Fixed32Type)
		v = protowire.AppendFixed32(v, math.Float32bits(float32(values[name])))
		summary = protowire.AppendTag(summary, summaryValue, protowire.BytesType)
		summary = protowire.AppendBytes(summary, v)
	}
	return e.summary(step, now, summary)
}

// Image appends a picture of a step, under a tag as "views".
func (e *Events) Image(step int, now time.Time, tag string, m image.Image) error {
	png, err := encoded(m)
	if err != nil {
		return err
	}
	var p []byte
	for _, field := range []struct {
		number protowire.Number
		value  int
	}{{imageHeight, m.Bounds().Dy()}, {imageWidth, m.Bounds().Dx()}, {imageColourspace, colourspaceRGBA}} {
		p = protowire.AppendTag(p, field.number, protowire.VarintType)
		p = protowire.AppendVarint(p, uint64(field.value))
	}
	p = protowire.AppendTag(p, imageEncoded, protowire.BytesType)
	p = protowire.AppendBytes(p, png)
	v := protowire.AppendTag(nil, valueTag, protowire.BytesType)
	v = protowire.AppendString(v, tag)
	v = protowire.AppendTag(v, valueImage, protowire.BytesType)
	v = protowire.AppendBytes(v, p)
	return e.summary(step, now, protowire.AppendBytes(protowire.AppendTag(nil, summaryValue, protowire.BytesType), v))
}

func (e *Events) summary(step int, now time.Time, summary []byte) error {
	b := protowire.AppendTag(stamp(now), eventStep, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(step))
	b = protowire.AppendTag(b, eventSummary, protowire.BytesType)
	if err := e.append(protowire.AppendBytes(b, summary)); err != nil {
		return fmt.Errorf("writing TensorBoard events: %w", err)
	}
	return nil
}

// stamp begins an Event with its wall time.
func stamp(now time.Time) []byte {
	b := protowire.AppendTag(nil, eventWallTime, protowire.Fixed64Type)
	return protowire.AppendFixed64(b, math.Float64bits(float64(now.UnixMicro())/1e6))
}

// append writes one record in one call, so that a reader never meets half of one but at the very end.
func (e *Events) append(content []byte) error {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, len(content)+16), uint64(len(content)))
	b = binary.LittleEndian.AppendUint32(b, masked(b[:8]))
	b = append(b, content...)
	_, err := e.f.Write(binary.LittleEndian.AppendUint32(b, masked(content)))
	return err
}

// Sync makes sure that what was appended is on disk.
func (e *Events) Sync() error { return e.f.Sync() }

// Close closes the file.
func (e *Events) Close() error { return e.f.Close() }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the checksum of a TFRecord: CRC-32C, turned and shifted so that the checksum of data that holds checksums is not degenerate.
func masked(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// keep is the number of bytes at the start of a file that are whole records of steps up to step.
func keep(r io.Reader, step int) (size int64, err error) {
	in := bufio.NewReader(r)
	for {
		content, err := record(in)
		if errors.Is(err, errDamaged) || err == io.EOF {
			return size, nil
		}
		if err != nil {
			return size, err
		}
		if at, ok := stepOf(content); !ok || at > int64(step) {
			return size, nil
		}
		size += int64(len(content)) + 16
	}
}

var errDamaged = errors.New("damaged record")

// record reads the content of the next record.
func record(in io.Reader) ([]byte, error) {
	var head [eventHead]byte
	if _, err := io.ReadFull(in, head[:]); err == io.EOF {
		return nil, io.EOF
	} else if err != nil {
		return nil, torn(err)
	}
	n := binary.LittleEndian.Uint64(head[:8])
	if binary.LittleEndian.Uint32(head[8:]) != masked(head[:8]) || n > eventLargest {
		return nil, errDamaged
	}
	b := make([]byte, n+4)
	if _, err := io.ReadFull(in, b); err != nil {
		return nil, torn(err)
	}
	if binary.LittleEndian.Uint32(b[n:]) != masked(b[:n]) {
		return nil, errDamaged
	}
	return b[:n], nil
}

// torn tells the end of the file within a record from a failure to read.
func torn(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errDamaged
	}
	return err
}

// stepOf is the step of an Event, 0 without one.
func stepOf(b []byte) (step int64, ok bool) {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return 0, false
		}
		b = b[n:]
		if number == eventStep && kind == protowire.VarintType {
			v, n := protowire.ConsumeVarint(b)
			if n < 0 {
				return 0, false
			}
			step, b = int64(v), b[n:]
			continue
		}
		if n = protowire.ConsumeFieldValue(number, kind, b); n < 0 {
			return 0, false
		}
		b = b[n:]
	}
	return step, true
}
