package datasource

import (
	"context"
	"sync"
)

// Together returns a context for opening several sources: a file that they hold in memory as a whole is read once for all that name it.
func Together(ctx context.Context) context.Context {
	return context.WithValue(ctx, togetherKey{}, &together{files: map[heldFile]func() (held, error){}})
}

type togetherKey struct{}

// together are the files that sources opened in one context hold.
type together struct {
	mu    sync.Mutex
	files map[heldFile]func() (held, error)
}

// heldFile is a file and the number of axes that its data must have.
type heldFile struct {
	path string
	axes int
}

// held is what a file holds. Sources share it, so nobody changes it.
type held struct {
	dims []int
	data []uint8
}

// hold is what read returns, for sources that are opened together from the first call for the file.
func hold(ctx context.Context, file heldFile, read func() (held, error)) (held, error) {
	t, ok := ctx.Value(togetherKey{}).(*together)
	if !ok {
		return read()
	}
	t.mu.Lock()
	once := t.files[file]
	if once == nil {
		once = sync.OnceValues(read)
		t.files[file] = once
	}
	t.mu.Unlock()
	return once()
}
