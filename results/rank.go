package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"ssc/runtime/probe"
)

// effectiveRank is that of the features in a file of `ssc extract`, and their dimension.
func effectiveRank(name string) (float64, int, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return 0, 0, err
	}
	if len(records) < 2 || len(records[0]) < 3 {
		return 0, 0, fmt.Errorf("%s holds no features", name)
	}
	const names = 2 // columns before the features
	x := mat.NewDense(len(records)-1, len(records[0])-names, nil)
	for i, r := range records[1:] {
		for j, text := range r[names:] {
			v, err := strconv.ParseFloat(text, 32)
			if err != nil {
				return 0, 0, fmt.Errorf("%s, line %d: %w", name, i+2, err)
			}
			x.Set(i, j, v)
		}
	}
	r, err := probe.EffectiveRank(x)
	_, d := x.Dims()
	return r, d, err
}
