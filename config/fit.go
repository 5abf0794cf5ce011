package config

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// fit prepares a node for a value of the type: references to the environment are replaced, what is written in a field
// of text stays the text (0123, 1_000 and 1.10 are passwords as others), and a number with a fraction is refused where
// the library would cut it off. It returns the node to take instead.
func (d *Document) fit(n ast.Node, t reflect.Type) (ast.Node, error) {
	switch n := n.(type) {
	case *ast.AnchorNode:
		return n, d.fitInto(&n.Value, t)
	case *ast.TagNode:
		return n, d.fitInto(&n.Value, t)
	case *ast.MappingValueNode:
		return n, d.fitPair(n, t)
	case *ast.MappingNode:
		for _, pair := range n.Values {
			if err := d.fitPair(pair, t); err != nil {
				return nil, err
			}
		}
		return n, nil
	case *ast.SequenceNode:
		for i := range n.Values {
			if err := d.fitInto(&n.Values[i], elementOf(t)); err != nil {
				return nil, err
			}
		}
		return n, nil
	case *ast.LiteralNode:
		d.refs.expand(n.Value)
		return n, nil
	}
	return d.fitScalar(n, t)
}

func (d *Document) fitInto(n *ast.Node, t reflect.Type) error {
	if *n == nil {
		return nil
	}
	fitted, err := d.fit(*n, t)
	if err == nil {
		*n = fitted
	}
	return err
}

// fitPair fits the value of a pair in a mapping of the type. Keys are taken as the file has them.
func (d *Document) fitPair(pair *ast.MappingValueNode, t reflect.Type) error {
	t = pointed(t)
	if key, ok := pair.Key.(*ast.StringNode); ok {
		key.Value = d.refs.reveal(key.Value)
		key.Token.Value = key.Value
	} else if isNumber(pair.Key) && t != nil && t.Kind() == reflect.Map && t.Key().Kind() == reflect.String {
		pair.Key = text(pair.Key)
	}
	return d.fitInto(&pair.Value, valueOf(t, pair.Key.GetToken().Value))
}

// valueOf returns the type of what a key of a mapping holds, nil if it is unknown.
func valueOf(t reflect.Type, key string) reflect.Type {
	switch {
	case t == nil:
		return nil
	case t == reflect.TypeFor[yaml.MapSlice](): // indicators, whose values are texts
		return reflect.TypeFor[string]()
	case t.Kind() == reflect.Map:
		return t.Elem()
	case t.Kind() == reflect.Struct:
		fields := reflect.VisibleFields(t)
		i := slices.IndexFunc(fields, func(f reflect.StructField) bool {
			name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			return name != "" && name == key
		})
		if i >= 0 {
			return fields[i].Type
		}
	}
	return nil
}

func elementOf(t reflect.Type) reflect.Type {
	if t = pointed(t); t != nil && t.Kind() == reflect.Slice {
		return t.Elem()
	}
	return nil
}

func pointed(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func (d *Document) fitScalar(n ast.Node, t reflect.Type) (ast.Node, error) {
	t = pointed(t)
	if isNumber(n) && isText(t) {
		n = text(n)
	}
	if s, ok := n.(*ast.StringNode); ok && d.refs.expand(s) && !quoted(s.Token) && !isText(t) {
		n = scalar(s)
	}
	if t == nil || !isNumber(n) {
		return n, nil
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64:
		word := n.GetToken().Value
		if x, err := strconv.ParseFloat(word, 64); err == nil && x != math.Trunc(x) {
			line, col := d.position(n.GetToken())
			return nil, d.locate(line, col, len(word), fmt.Sprintf("%s is no whole number", word))
		}
	}
	return n, nil
}

// isText reports whether a value of the type is read from text.
func isText(t reflect.Type) bool {
	return t != nil && (t.Kind() == reflect.String ||
		reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()))
}

// isNumber reports whether YAML takes a plain scalar for something else than text; null stays what it is.
func isNumber(n ast.Node) bool {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return true
	}
	return false
}

// text makes a text of a scalar, as it is written.
func text(n ast.Node) *ast.StringNode {
	t := n.GetToken()
	return ast.String(token.String(t.Value, t.Value, t.Position))
}

// scalar reads a value from the environment as YAML would have read it in the file, so that ${PORT} is a number.
func scalar(s *ast.StringNode) ast.Node {
	f, err := parser.ParseBytes([]byte(s.Value), 0)
	if err != nil || len(f.Docs) != 1 || !isNumber(f.Docs[0].Body) {
		return s
	}
	f.Docs[0].Body.GetToken().Position = s.Token.Position
	return f.Docs[0].Body
}
