package printable

import "testing"

func TestVisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "plain äöü 日本 \"x\"": "plain äöü 日本 \"x\"", "a\x1b[2Jb": `a\u001b[2Jb`, "\r\n\t\x00\x7f": `\u000d\u000a\u0009\u0000\u007f`,
		"\u009b31m": `\u009b31m`, "\u202egpj.exe": `\u202egpj.exe`, "\u2066x\u2069": `\u2066x\u2069`, "\u2028": `\u2028`, "\u200b": `\u200b`,
		"\U000e0001": `\U000e0001`, "\xff": "\ufffd",
	} {
		if got := Visible(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
