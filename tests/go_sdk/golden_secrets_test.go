package fastagency

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
)

// TestSecretsAreNotPrinted is given to the package that is generated from the golden spec with secrets.
func TestSecretsAreNotPrinted(t *testing.T) {
	frame, err := os.ReadFile("frame.json")
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := Decode(frame)
	if err != nil {
		t.Fatal(err)
	}
	note := decoded.(*Note)
	for _, value := range []any{
		note, *note, note.Content, &note.Content, []NoteContent{note.Content}, map[string]*Note{"one": note},
		struct{ Inner NoteContent }{note.Content},
	} {
		for _, form := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			hides(t, fmt.Sprintf(form, value))
		}
		var logged bytes.Buffer
		slog.New(slog.NewTextHandler(&logged, nil)).Info("it", "value", value)
		hides(t, logged.String())
	}
	printed := fmt.Sprint(note.Content)
	for _, part := range []string{`Class:"seen"`, `Open:{"a": "seen"}`, "Count:1", "Token:…", `Key:Key{Text:… Extra:map[later:"seen"]}`} {
		if !strings.Contains(printed, part) {
			t.Errorf("no %s in %s", part, printed)
		}
	}
}

// hides checks that a text has the secret in no form in which fmt writes one.
func hides(t *testing.T, text string) {
	t.Helper()
	for _, form := range []string{"%s", "%x", "% d"} {
		secret := strings.Trim(fmt.Sprintf(form, []byte("hush")), "[]")
		if strings.Contains(text, secret) {
			t.Error(text)
		}
	}
	if strings.Contains(text, "0x68, 0x75, 0x73, 0x68") {
		t.Error(text)
	}
}
