package check

import (
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/kube-control/kube-control/internal/charmfile"
)

// lineOf is the line of a problem in a YAML text: that of its place, or of the nearest thing around it that is there. It is
// 0 without a text.
func lineOf(text []byte, p charmfile.Problem) int {
	if text == nil {
		return 0
	}
	var document yaml.Node
	if yaml.Unmarshal(text, &document) != nil || len(document.Content) == 0 {
		return syntaxLine(p.Text)
	}
	if len(p.Path) == 0 {
		return syntaxLine(p.Text)
	}
	line, node := 1, document.Content[0]
	for _, step := range p.Path {
		at, next := child(node, step)
		if next == nil {
			break
		}
		line, node = at, next
	}
	return line
}

// child is the value of a map's key or of a list's index, and its line; a map's value has the line of its key.
func child(node *yaml.Node, step any) (line int, value *yaml.Node) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch step := step.(type) {
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i].Line, node.Content[i+1]
			}
		}
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			return node.Content[step].Line, node.Content[step]
		}
	}
	return 0, nil
}

// syntaxLine is the line that a YAML library's message names, else the first.
func syntaxLine(message string) int {
	found := regexp.MustCompile(`\bline (\d+):`).FindStringSubmatch(message)
	if found == nil {
		return 1
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		return 1
	}
	return n
}
