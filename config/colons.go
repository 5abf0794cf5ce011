package config

import (
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// joinColons puts right what the YAML library misreads: within a flow mapping it takes host:port in a list for a pair,
// though no space follows the colon.
func joinColons(n ast.Node) {
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			joinColons(v.Value)
		}
	case *ast.MappingValueNode:
		joinColons(n.Value)
	case *ast.AnchorNode:
		joinColons(n.Value)
	case *ast.SequenceNode:
		for i, v := range n.Values {
			if text, at, ok := joined(v); ok {
				n.Values[i] = ast.String(token.String(text, text, at))
				continue
			}
			joinColons(v)
		}
	}
}

// joined returns the text of a pair that the library made of a text with a colon.
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
