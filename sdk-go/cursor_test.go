package fastagency

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
)

func logLine(value any) string {
	var line bytes.Buffer
	slog.New(slog.NewJSONHandler(&line, nil)).Info("seen", "value", value)
	return line.String()
}

func TestACursorThereAndBack(t *testing.T) {
	cursor := Cursor{uuidDashed, token, "e1", 7}
	text, err := json.Marshal(cursor)
	if err != nil {
		t.Fatal(err)
	}
	isJSON(t, string(text), `{"workflow_uuid":"`+uuidDashed+`","resume_token":"`+token+`","epoch":"e1","after_seq":7}`)
	var back Cursor
	if err := json.Unmarshal(text, &back); err != nil || back != cursor {
		t.Errorf("%v, %v", back, err)
	}
	if start := cursor.FromStart(); start.AfterSeq != 0 || start.ResumeToken != token || cursor.AfterSeq != 7 {
		t.Errorf("%v", start)
	}
	for _, wrong := range []string{
		`[]`, `{}`, `"x"`, strings.Replace(string(text), ":7", ":true", 1), strings.Replace(string(text), `"e1"`, "1", 1),
		strings.Replace(string(text), "after_seq", "After_Seq", 1),
	} {
		err := json.Unmarshal([]byte(wrong), &back)
		if err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	if _, err := (Cursor{ResumeToken: "\xff"}).MarshalJSON(); err == nil {
		t.Error("text that is not UTF-8 is written")
	}
	if line := logLine(cursor); !strings.Contains(line, "after message 7") {
		t.Error(line)
	}
}

func TestTextsAreAssembled(t *testing.T) {
	var texts TextAssembler
	for _, it := range []struct {
		frame, text string
		ok          bool
	}{
		{`{"type":"text_chunk","message_uuid":"u1","delta":"Prime ","replace":false}`, "Prime ", true},
		{`{"type":"text_chunk","message_uuid":"u2","delta":"other","replace":false}`, "other", true},
		{`{"type":"text_chunk","message_uuid":"u1","delta":"numbers","replace":false}`, "Prime numbers", true},
		{`{"type":"text_chunk","message_uuid":"u1","delta":"Again","replace":true}`, "Again", true},
		{said(1), "", false},
		{`{"type":"text_chunk","message_uuid":"u1","delta":"new","replace":false}`, "new", true},
		{fresh(), "", false},
		{`{"type":"text_chunk","message_uuid":"u2","delta":"anew","replace":false}`, "anew", true},
	} {
		message, err := Decode([]byte(it.frame))
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := texts.Add(message); text != it.text || ok != it.ok {
			t.Errorf("%s: %q, %v", it.frame, text, ok)
		}
	}
}
