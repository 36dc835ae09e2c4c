package main

import (
	"fmt"
	"reflect"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

// Functions that read the clock, the environment, the network or a source of randomness: their
// answers hold for one run on one machine, and must not end up in a vector. They keep their types,
// so that a template still parses, and fails on wrong arguments, as it does with the real ones.
var unrepeatable = []string{
	"ago", "bcrypt", "encryptAES", "env", "expandenv", "genCA", "genCAWithKey", "genPrivateKey",
	"genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey",
	"getHostByName", "htpasswd", "now", "randAlpha", "randAlphaNum", "randAscii", "randBytes",
	"randInt", "randNumeric", "shuffle", "uuidv4",
}

var sprigFunctions = sprig.TxtFuncMap()

// calls notes the first call of a function in unrepeatable.
type calls struct {
	refused string
}

func (c *calls) functions() template.FuncMap {
	functions := make(template.FuncMap, len(sprigFunctions))
	for name, function := range sprigFunctions {
		functions[name] = function
	}
	for _, name := range unrepeatable {
		functions[name] = c.refusing(name)
	}
	return functions
}

func (c *calls) refusing(name string) any {
	kind := reflect.TypeOf(sprigFunctions[name])
	return reflect.MakeFunc(kind, func([]reflect.Value) []reflect.Value {
		if c.refused == "" {
			c.refused = name
		}
		panic(fmt.Sprintf("%s does not give the same answer each time", name))
	}).Interface()
}
