package main

import (
	"bytes"
	"encoding/json"
	"strings"
)

func decode(line []byte) (testCase, error) {
	var c testCase
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	err := decoder.Decode(&c)
	c.Data = typed(c.Data)
	return c, err
}

// typed gives numbers the types that Kubernetes gives them: int64 if they fit and are written
// without fraction and exponent, else float64.
func typed(value any) any {
	switch value := value.(type) {
	case json.Number:
		if text := value.String(); !strings.ContainsAny(text, ".eE") {
			if number, err := value.Int64(); err == nil {
				return number
			}
		}
		number, _ := value.Float64() // out of range: infinite, as in Python
		return number
	case map[string]any:
		for key, item := range value {
			value[key] = typed(item)
		}
	case []any:
		for index, item := range value {
			value[index] = typed(item)
		}
	}
	return value
}
