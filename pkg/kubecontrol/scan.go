package kubecontrol

// scanner reads the JSON that the peers write for creds: objects of plain texts, nulls and small numbers. It gives up at
// anything else, and encoding/json decides then. It is here because creds of 1,000 workers are read in every hook.
type scanner struct {
	text string
	at   int
}

// scanCreds is DecodeCreds for a text in which every entry is well-formed; false for any other.
func scanCreds(text string) (Creds, bool) {
	s := &scanner{text: text}
	creds := Creds{}
	ok := s.object(func(user string) bool {
		c, ok := s.credential()
		creds[user] = c
		return ok
	})
	s.space()
	return creds, ok && s.at == len(text)
}

// credential reads one entry.
func (s *scanner) credential() (c Credential, ok bool) {
	var scope, kubelet, proxy, client bool
	ok = s.object(func(field string) bool {
		switch field {
		case "scope":
			text, ok := s.plain()
			c.Scope, scope = Unit(text), true
			return ok
		case "kubelet_token":
			kubelet = true
			return s.token(&c.Kubelet)
		case "proxy_token":
			proxy = true
			return s.token(&c.Proxy)
		case "client_token":
			client = true
			return s.token(&c.Client)
		case "secret-id":
			text, ok := s.plain()
			c.SecretID = text
			return ok
		case "generation":
			n, ok := s.number()
			c.Generation = n
			return ok
		}
		return false
	})
	return c, ok && scope && kubelet && proxy && client
}

// token reads a text or null.
func (s *scanner) token(to *Token) bool {
	if s.word("null") {
		*to = Token{}
		return true
	}
	text, ok := s.plain()
	*to = NewToken(text)
	return ok
}

// object reads an object, whose values read reads.
func (s *scanner) object(read func(key string) bool) bool {
	if !s.word("{") {
		return false
	}
	if s.word("}") {
		return true
	}
	for {
		key, ok := s.plain()
		if !ok || !s.word(":") || !read(key) {
			return false
		}
		if s.word("}") {
			return true
		}
		if !s.word(",") {
			return false
		}
	}
}

func (s *scanner) space() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\n' || s.text[s.at] == '\t' || s.text[s.at] == '\r') {
		s.at++
	}
}

// word passes over a word, and white space before it; false, and over white space alone, if it is not there.
func (s *scanner) word(word string) bool {
	s.space()
	end := s.at + len(word)
	if end > len(s.text) || s.text[s.at:end] != word {
		return false
	}
	s.at = end
	return true
}

// plain reads a text of printable ASCII without escapes.
func (s *scanner) plain() (string, bool) {
	if !s.word(`"`) {
		return "", false
	}
	for i := s.at; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			text := s.text[s.at:i]
			s.at = i + 1
			return text, true
		case c < ' ' || c > '~' || c == '\\':
			return "", false
		}
	}
	return "", false
}

// number reads a number of one to nine digits.
func (s *scanner) number() (n int, ok bool) {
	s.space()
	from := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		n = n*10 + int(s.text[s.at]-'0')
		s.at++
		if s.at-from > 9 {
			return 0, false
		}
	}
	return n, s.at > from && (s.text[from] != '0' || s.at-from == 1)
}
