package conformance

import (
	"testing"

	"ssc/compiler/comptest"
)

// TestDeclared: every component of every kind says what it is, where it comes from, and what its arguments mean.
func TestDeclared(t *testing.T) {
	for _, kind := range tables.Kinds() {
		if len(kind.Names()) == 0 {
			t.Errorf("there is no %s", kind.Name())
		}
		for _, name := range kind.Names() {
			if err := comptest.Declared(kind, name); err != nil {
				t.Error(err)
			}
		}
	}
}
