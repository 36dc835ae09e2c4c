package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"text/template"
	"unicode/utf8"
)

const (
	templateName = "policy"
	maxOutput    = 64 << 20
)

type answer struct {
	ID        string  `json:"id"`
	OK        bool    `json:"ok"`
	Output    *string `json:"output,omitempty"`
	OutputB64 string  `json:"output_b64,omitempty"`
	Stage     string  `json:"stage,omitempty"`
	Error     string  `json:"error,omitempty"`
	Refused   string  `json:"refused,omitempty"`
	Unstable  bool    `json:"unstable,omitempty"`
}

var errTooLong = errors.New("the output is too long")

// limited keeps what a template prints, up to a limit.
type limited struct {
	data []byte
}

func (l *limited) Write(data []byte) (int, error) {
	if len(l.data)+len(data) > maxOutput {
		return 0, errTooLong
	}
	l.data = append(l.data, data...)
	return len(data), nil
}

func render(c testCase) (a answer) {
	a.ID = c.ID
	defer func() {
		if problem := recover(); problem != nil {
			a = answer{ID: c.ID, Stage: "panic", Error: fmt.Sprint(problem)}
		}
	}()
	calls := &calls{}
	parsed, err := template.New(templateName).Funcs(calls.functions()).Parse(c.Template)
	if err != nil {
		a.Stage, a.Error = "parse", err.Error()
		return a
	}
	var out limited
	err = parsed.Execute(&out, c.Data)
	a.Refused = calls.refused
	switch {
	case errors.Is(err, errTooLong):
		a.Stage, a.Error = "limit", err.Error()
	case err != nil:
		a.Stage, a.Error = "exec", err.Error()
	case utf8.Valid(out.data):
		text := string(out.data)
		a.OK, a.Output = true, &text
	default:
		a.OK, a.OutputB64 = true, base64.StdEncoding.EncodeToString(out.data)
	}
	return a
}
