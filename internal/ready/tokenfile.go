package ready

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// ownPrefix begins the uid of every row that we write, and is refused to workers as a user's name.
const ownPrefix = "kube-control:"

// The users of our tokens that are not the worker's own to choose.
const (
	proxyUser  = "system:kube-proxy"
	adminUser  = ownPrefix + "admin"
	adminGroup = "system:masters"
)

// TokenFile is a static token file of kube-apiserver, known_tokens.csv: its rows besides ours, and the lines
// that the server would not read.
type TokenFile struct {
	foreign  []row
	own      []row
	rejected []string
}

// row is one row of the file.
type row struct {
	token, user, uid string
	group            string // "" for none; of a row that is not ours several with commas between them
	text             string // of a row that is not ours: as in the file, with its newline
}

// ReadTokenFile reads a token file as kube-apiserver 1.37 does, row by row. A row that the server would refuse to start
// with, or would accept any client with, is rejected: a comment, one with fewer than three columns or an unbalanced quote,
// one without a user. Empty lines are passed over.
func ReadTokenFile(text []byte) TokenFile {
	var f TokenFile
	rows := newRowReader()
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		if len(bytes.TrimSpace(line)) == 0 {
			text = rest
			continue
		}
		fields, length := plainRow(line)
		var err error
		if fields == nil {
			fields, length, err = rows.read(text)
		}
		length = min(length, len(text))
		if err != nil || len(fields) < 3 || fields[0] == "" || fields[1] == "" || strings.HasPrefix(fields[0], "#") {
			f.rejected = append(f.rejected, strings.TrimSuffix(string(line), "\r")+"\n")
			text = rest
			continue
		}
		entry := string(text[:length])
		text = text[length:]
		if !strings.HasSuffix(entry, "\n") {
			entry += "\n"
		}
		parsed := row{token: fields[0], user: fields[1], uid: fields[2], text: entry}
		if len(fields) > 3 {
			parsed.group = fields[3]
		}
		if strings.HasPrefix(parsed.uid, ownPrefix) {
			f.own = append(f.own, parsed)
		} else {
			f.foreign = append(f.foreign, parsed)
		}
	}
	return f
}

// rowReader reads one row at a time. It has one buffer for all.
type rowReader struct{ buffer *bufio.Reader }

func newRowReader() rowReader { return rowReader{bufio.NewReader(nil)} }

// read reads the row that a text begins with, and gives its length.
func (r rowReader) read(text []byte) (fields []string, length int, err error) {
	r.buffer.Reset(bytes.NewReader(text))
	c := csv.NewReader(r.buffer)
	c.FieldsPerRecord = -1
	fields, err = c.Read()
	return fields, int(c.InputOffset()), err
}

// plainRow splits a line without quotes, or with them round its last column alone, as most are, and gives its length with
// the newline. It gives nil for any other line: those are for the CSV reader.
func plainRow(line []byte) (fields []string, length int) {
	length = len(line) + 1
	text := string(bytes.TrimSuffix(line, []byte("\r")))
	before, last, quoted := strings.Cut(text, `"`)
	switch {
	case strings.Contains(text, "\r"):
		return nil, 0
	case !quoted:
		return strings.Split(text, ","), length
	}
	group, closed := strings.CutSuffix(last, `"`)
	before, comma := strings.CutSuffix(before, ",")
	if !closed || !comma || strings.Contains(group, `"`) {
		return nil, 0
	}
	return append(strings.Split(before, ","), group), length
}

// Rejected are the lines that were rejected, each with its newline; "" for none.
func (f TokenFile) Rejected() string { return strings.Join(f.rejected, "") }

// Users are the users of the rows that are not ours.
func (f TokenFile) Users() []string {
	var users []string
	for _, r := range f.foreign {
		users = append(users, r.user)
	}
	return users
}

// Groups are the groups of the rows that are not ours, by token.
func (f TokenFile) Groups() map[kubecontrol.Token][]string {
	groups := map[kubecontrol.Token][]string{}
	for _, r := range f.foreign {
		groups[kubecontrol.NewToken(r.token)] = strings.Split(r.group, ",")
	}
	return groups
}
