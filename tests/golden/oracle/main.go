// Command oracle answers template cases with Go's own text/template and sprig: JSON lines in, JSON
// lines out, in the same form as `python -m clusterimport.gotemplate --jsonl`.
//
// It ends, with what it has answered so far, at the first case that takes too long; whoever runs
// it starts it again behind that one.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

type testCase struct {
	ID       string
	Template string
	Data     any
}

func main() {
	limit := flag.Duration("limit", 10*time.Second, "time for one case")
	repeat := flag.Int("repeat", 1, "render each so often, to see which answers vary")
	nameless := flag.Bool("nameless", false, "let the local time zone be UTC itself")
	flag.Parse()
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if tellErr := tell(answerInTime(line, *limit, *repeat, *nameless)); tellErr != nil {
				fail(tellErr)
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			fail(err)
		}
	}
}

// answerInTime answers one case, or tells that it took too long and ends the process: a goroutine
// cannot be stopped.
func answerInTime(line []byte, limit time.Duration, repeat int, nameless bool) answer {
	answers := make(chan answer, 1)
	go func() { answers <- answerRepeatedly(line, repeat, nameless) }()
	select {
	case found := <-answers:
		return found
	case <-time.After(limit):
		slow, err := decode(line)
		if err != nil {
			fail(err)
		}
		text := fmt.Sprintf("takes longer than %s", limit)
		if err := tell(answer{ID: slow.ID, Stage: "limit", Error: text}); err != nil {
			fail(err)
		}
		os.Exit(0)
		panic("unreachable")
	}
}

// answerRepeatedly answers a case and marks it if Go does not always answer the same: the order
// of a map, an address.
func answerRepeatedly(line []byte, repeat int, nameless bool) answer {
	var first answer
	for round := range repeat {
		renewLocal(nameless)
		// Decoded anew each time, since a template can change its data.
		c, err := decode(line)
		if err != nil {
			fail(err)
		}
		found := render(c)
		if round == 0 {
			first = found
		} else if !bytes.Equal(encoded(found), encoded(first)) {
			first.Unstable = true
			break
		}
	}
	return first
}

// tell writes an answer unbuffered: what was answered before a crash must not be lost.
func tell(a answer) error {
	_, err := os.Stdout.Write(encoded(a))
	return err
}

func encoded(a answer) []byte {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(a); err != nil {
		fail(err)
	}
	return line.Bytes()
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "oracle:", err)
	os.Exit(1)
}
