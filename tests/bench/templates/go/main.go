// Templates renders the templates of a policy with Go, in the ways that ours is compared with, and
// says how long that took.
//
// The input is JSON values: first the policy, answered by what each way renders of it, then any
// number of {"way", "count"}, each answered by the nanoseconds that so many rounds took.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	htmltemplate "html/template"
	"io"
	"log"
	"os"
	"strings"
	texttemplate "text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
)

// policy has the templates of a policy, and the data they are rendered with.
type policy struct {
	Name      string `json:"name"`
	Condition string `json:"condition"`
	Cluster   string `json:"cluster"`
	Data      any    `json:"data"`
}

// round renders name, condition and cluster once.
type round func(buffer *bytes.Buffer) [3]string

func main() {
	input := json.NewDecoder(os.Stdin)
	input.UseNumber()
	output := json.NewEncoder(os.Stdout)
	output.SetEscapeHTML(false)

	var measured policy
	check(input.Decode(&measured))
	measured.Data = asInKubernetes(measured.Data)
	ways := waysOf(measured)
	rendered := map[string][3]string{}
	for way, render := range ways {
		rendered[way] = render(new(bytes.Buffer))
	}
	check(output.Encode(rendered))

	for {
		var order struct {
			Way   string `json:"way"`
			Count int    `json:"count"`
		}
		err := input.Decode(&order)
		if errors.Is(err, io.EOF) {
			return
		}
		check(err)
		render, buffer := ways[order.Way], new(bytes.Buffer)
		started := time.Now()
		for range order.Count {
			render(buffer)
		}
		check(output.Encode(time.Since(started).Nanoseconds()))
	}
}

func waysOf(p policy) map[string]round {
	functions := sprig.TxtFuncMap()
	return map[string]round{
		"text-once":                   textOnce(p),
		"text-each":                   textEach(p, sprig.TxtFuncMap),
		"text-each-with-one-map":      textEach(p, func() texttemplate.FuncMap { return functions }),
		"clusterpedia":                clusterpedia(p, true),
		"clusterpedia-with-name-once": clusterpedia(p, false),
	}
}

// textOnce uses text/template, and parses only once.
func textOnce(p policy) round {
	parse := func(text string) *texttemplate.Template {
		return texttemplate.Must(texttemplate.New("policy").Funcs(sprig.TxtFuncMap()).Parse(text))
	}
	name, condition, cluster := parse(p.Name), parse(p.Condition), parse(p.Cluster)
	return func(buffer *bytes.Buffer) [3]string {
		return [3]string{
			execute(name, buffer, p.Data), execute(condition, buffer, p.Data), execute(cluster, buffer, p.Data),
		}
	}
}

// textEach uses text/template, and parses each template whenever it renders it.
func textEach(p policy, functions func() texttemplate.FuncMap) round {
	render := func(text string, buffer *bytes.Buffer) string {
		parsed := texttemplate.Must(texttemplate.New("policy").Funcs(functions()).Parse(text))
		return execute(parsed, buffer, p.Data)
	}
	return func(buffer *bytes.Buffer) [3]string {
		return [3]string{render(p.Name, buffer), render(p.Condition, buffer), render(p.Cluster, buffer)}
	}
}

// clusterpedia does what Clusterpedia's controllers do (newTemplate, CouldCreate and ResolvePediaCluster
// of its policy/v1alpha1): html/template, with a map of functions made for each parse, which is once for
// each rendering of condition and cluster. The name is parsed whenever a policy is reconciled, for all
// its sources: between once for each and once for very many.
func clusterpedia(p policy, parseName bool) round {
	parse := func(name, text string) *htmltemplate.Template {
		return htmltemplate.Must(htmltemplate.New(name).Funcs(sprig.FuncMap()).Parse(text))
	}
	name := parse("lifecycle-name", p.Name)
	return func(buffer *bytes.Buffer) (out [3]string) {
		if parseName {
			name = parse("lifecycle-name", p.Name)
		}
		out[0] = strings.ReplaceAll(execute(name, buffer, p.Data), "<no value>", "")
		condition := parse("creationcondition", p.Condition)
		out[1] = strings.ReplaceAll(execute(condition, buffer, p.Data), "<no value>", "")
		cluster := parse("pediacluster", p.Cluster)
		out[2] = strings.ReplaceAll(execute(cluster, buffer, p.Data), "<no value>", "")
		return out
	}
}

func execute(template interface{ Execute(io.Writer, any) error }, buffer *bytes.Buffer, data any) string {
	buffer.Reset()
	check(template.Execute(buffer, data))
	return buffer.String()
}

// asInKubernetes makes int64 of whole numbers and float64 of all others.
func asInKubernetes(value any) any {
	switch value := value.(type) {
	case json.Number:
		if number, err := value.Int64(); err == nil {
			return number
		}
		number, err := value.Float64()
		check(err)
		return number
	case map[string]any:
		for key, item := range value {
			value[key] = asInKubernetes(item)
		}
	case []any:
		for index, item := range value {
			value[index] = asInKubernetes(item)
		}
	}
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
