"""Go's text/template with the sprig functions: parse once, render many times.

Import the modules themselves: `template` for the interpreter, `errors` for what it raises,
`functions` and `values` to write further functions.
"""
