package main

import (
	"os"
	"path/filepath"
	"time"
)

var utc = readUTC()

func readUTC() []byte {
	data, err := os.ReadFile(filepath.Join(os.Getenv("ZONEINFO"), "UTC"))
	if err != nil {
		fail(err)
	}
	return data
}

// renewLocal makes the local time zone UTC, as it is for our renderer, under its usual name. It is
// another object each time, so that a template which prints the zone's address shows by its answers.
// With nameless it is UTC itself, which has no address to be printed.
func renewLocal(nameless bool) {
	if nameless {
		time.Local = time.UTC
		return
	}
	location, err := time.LoadLocationFromTZData("Local", utc)
	if err != nil {
		fail(err)
	}
	time.Local = location
}
