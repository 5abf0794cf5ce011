package main

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// mend puts right what the YAML library misreads: within a flow mapping it takes a
// list's host:port for a pair, though no space is behind the colon.
func mend(n ast.Node) {
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			mend(v.Value)
		}
	case *ast.MappingValueNode:
		mend(n.Value)
	case *ast.AnchorNode:
		mend(n.Value)
	case *ast.SequenceNode:
		for i, v := range n.Values {
			if text, at, ok := joined(v); ok {
				n.Values[i] = ast.String(token.String(text, text, at))
				continue
			}
			mend(v)
		}
	}
}

// joined returns the text of a pair that is none.
func joined(n ast.Node) (text string, at *token.Position, ok bool) {
	if m, isMapping := n.(*ast.MappingNode); isMapping && len(m.Values) == 1 && m.Start.Type != token.MappingStartType {
		n = m.Values[0]
	}
	pair, isPair := n.(*ast.MappingValueNode)
	if !isPair || pair.Value == nil {
		return "", nil, false
	}
	key, colon := pair.Key.GetToken(), pair.Start
	width := len([]rune(key.Value))
	if quoted(key) || key.Position.Line != colon.Position.Line || key.Position.Column+width != colon.Position.Column {
		return "", nil, false
	}
	rest, begin, ok := joined(pair.Value)
	if !ok {
		value := pair.Value.GetToken()
		if _, isText := pair.Value.(ast.ScalarNode); !isText || quoted(value) {
			return "", nil, false
		}
		rest, begin = value.Value, value.Position
	}
	if begin.Line != colon.Position.Line || begin.Column != colon.Position.Column+1 {
		return "", nil, false
	}
	return key.Value + ":" + rest, key.Position, true
}

func quoted(t *token.Token) bool {
	return t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
}

// whole finds a number with a fraction below a node where the type wants none: the
// library would cut it off.
func (d *document) whole(n ast.Node, t reflect.Type) error {
	switch n := n.(type) {
	case *ast.AnchorNode:
		return d.whole(n.Value, t)
	case *ast.MappingValueNode:
		return d.whole(&ast.MappingNode{Values: []*ast.MappingValueNode{n}}, t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.whole(n, t.Elem())
	case reflect.Slice:
		if s, ok := n.(*ast.SequenceNode); ok {
			for _, v := range s.Values {
				if err := d.whole(v, t.Elem()); err != nil {
					return err
				}
			}
		}
	case reflect.Struct:
		m, ok := n.(*ast.MappingNode)
		if !ok {
			return nil
		}
		fields := reflect.VisibleFields(t)
		for _, v := range m.Values {
			i := slices.IndexFunc(fields, func(f reflect.StructField) bool {
				key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
				return key != "" && key == v.Key.GetToken().Value
			})
			if i < 0 {
				continue
			}
			if err := d.whole(v.Value, fields[i].Type); err != nil {
				return err
			}
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		text := n.GetToken().Value
		if x, err := strconv.ParseFloat(text, 64); err == nil && x != math.Trunc(x) {
			at := n.GetToken().Position
			return d.locate(at.Line, at.Column, len(text), fmt.Sprintf("%s is no whole number", text))
		}
	}
	return nil
}
