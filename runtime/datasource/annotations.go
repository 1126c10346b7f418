package datasource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// AnnotatedLines are the lines of a list for source image_list, a path and a label each, that annotations in COCO's JSON form give, as iNaturalist's are: each image has one annotation, whose category_id is
// the label. They come in the order of the images. Memory is taken for names and numbers, not for the file as a whole. Errors: text in another form, and images with no annotation or several.
func AnnotatedLines(r io.Reader) ([]byte, error) {
	a := annotations{classes: map[int64][]int32{}}
	if err := a.read(json.NewDecoder(r)); errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	} else if err != nil {
		return nil, err
	}
	if len(a.images) == 0 {
		return nil, errors.New(`there are no images; annotations in COCO's form have "images" with id and file_name, and "annotations" with image_id and category_id`)
	}
	var out bytes.Buffer
	var problems Problems
	for _, m := range a.images {
		switch classes := a.classes[*m.ID]; {
		case len(classes) != 1:
			problems.add("image %d, %.100q, has %d annotations; one gives its label", *m.ID, m.File, len(classes))
		case m.File == "" || len(m.File) > maxName || strings.ContainsAny(m.File, "\n\r\x00") || strings.TrimSpace(m.File) != m.File:
			problems.add("image %d: %.100q is no path that a list can hold", *m.ID, m.File)
		default:
			out.WriteString(m.File + " " + strconv.Itoa(int(classes[0])) + "\n")
		}
	}
	return out.Bytes(), problems.err()
}

// annotations are what is taken of a file in COCO's form.
type annotations struct {
	images  []annotated
	classes map[int64][]int32 // by the id of the image
}

type annotated struct {
	ID   *int64 `json:"id"`
	File string `json:"file_name"`
}

// read takes the two lists; what else the object has is passed over.
func (a *annotations) read(d *json.Decoder) error {
	if err := opens(d, '{'); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		switch key {
		case "images":
			err = elements(d, a.image)
		case "annotations":
			err = elements(d, a.annotation)
		default:
			var other json.RawMessage
			err = d.Decode(&other)
		}
		if err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func (a *annotations) image(d *json.Decoder, i int) error {
	var m annotated
	if err := d.Decode(&m); err != nil {
		return err
	}
	if m.ID == nil {
		return fmt.Errorf("images[%d] has no id", i)
	}
	a.images = append(a.images, m)
	return nil
}

func (a *annotations) annotation(d *json.Decoder, i int) error {
	var one struct {
		Image    *int64 `json:"image_id"`
		Category *int32 `json:"category_id"`
	}
	if err := d.Decode(&one); err != nil {
		return err
	}
	if one.Image == nil || one.Category == nil || *one.Category < 0 {
		return fmt.Errorf("annotations[%d] has no image_id, or no category_id of 0 or more", i)
	}
	a.classes[*one.Image] = append(a.classes[*one.Image], *one.Category)
	return nil
}

// elements reads a list.
func elements(d *json.Decoder, read func(d *json.Decoder, i int) error) error {
	if err := opens(d, '['); err != nil {
		return err
	}
	for i := 0; d.More(); i++ {
		if err := read(d, i); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func opens(d *json.Decoder, with json.Delim) error {
	t, err := d.Token()
	if err == nil && t != with {
		err = fmt.Errorf("byte %d: %v stands where %v is to open; these are no annotations in COCO's form", d.InputOffset(), t, with)
	}
	return err
}
