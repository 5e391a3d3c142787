package fastagency

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A vector is a frame that every codec must take, or one that every codec must refuse.
type vector struct {
	Name       string          `json:"name"`
	Valid      bool            `json:"valid"`
	Why        string          `json:"why"`
	Frame      string          `json:"frame"`
	ExpectType *string         `json:"expect_type"`
	Expect     json.RawMessage `json:"expect"`
}

type vectorFile struct {
	Type  string   `json:"type"`
	Cases []vector `json:"cases"`
}

// A codec returns the spec's name of the decoded type and the value encoded again.
type codec func(frame []byte) (kind string, value []byte, err error)

func messageCodec(frame []byte) (string, []byte, error) {
	message, err := Decode(frame)
	if err != nil {
		return "", nil, err
	}
	kind := strings.TrimPrefix(fmt.Sprintf("%T", message), "*fastagency.")
	if kind == "ErrorMessage" {
		kind = "Error"
	}
	value, err := Encode(message)
	return kind, value, err
}

func typeCodec[T json.Marshaler, P interface {
	*T
	json.Unmarshaler
}](kind string) codec {
	return func(frame []byte) (string, []byte, error) {
		var value T
		if err := P(&value).UnmarshalJSON(frame); err != nil {
			return "", nil, err
		}
		text, err := value.MarshalJSON()
		return kind, text, err
	}
}

var typeCodecs = map[string]codec{
	"Acknowledge":             typeCodec[Acknowledge]("Acknowledge"),
	"AnswerFrame":             typeCodec[AnswerFrame]("AnswerFrame"),
	"CancelWorkflow":          typeCodec[CancelWorkflow]("CancelWorkflow"),
	"ErrorResponse":           typeCodec[ErrorResponse]("ErrorResponse"),
	"InitiateWorkflow":        typeCodec[InitiateWorkflow]("InitiateWorkflow"),
	"InitiateWorkflowRequest": typeCodec[InitiateWorkflowRequest]("InitiateWorkflowRequest"),
	"InitiatedWorkflow":       typeCodec[InitiatedWorkflow]("InitiatedWorkflow"),
	"ResumeWorkflow":          typeCodec[ResumeWorkflow]("ResumeWorkflow"),
	"StartWorkflow":           typeCodec[StartWorkflow]("StartWorkflow"),
	"ValidationErrorResponse": typeCodec[ValidationErrorResponse]("ValidationErrorResponse"),
	"WorkflowInfo":            typeCodec[WorkflowInfo]("WorkflowInfo"),
}

func vectorFiles(t testing.TB, folder string) []vectorFile {
	t.Helper()
	root := os.Getenv("FASTAGENCY_VECTORS")
	if root == "" {
		root = filepath.Join("..", "spec", "vectors")
	}
	paths, err := filepath.Glob(filepath.Join(root, folder, "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors in %s: %v", filepath.Join(root, folder), err)
	}
	var files []vectorFile
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file vectorFile
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		if len(file.Cases) == 0 {
			t.Fatalf("%s: no cases", path)
		}
		files = append(files, file)
	}
	return files
}

// judge returns what a codec does wrong with a vector, empty when it is right.
func judge(v vector, decode codec) string {
	kind, value, err := decode([]byte(v.Frame))
	switch {
	case err != nil && v.Valid:
		return fmt.Sprintf("refused, but %s: %v", v.Why, err)
	case err != nil:
		return ""
	case !v.Valid:
		return "taken, but " + v.Why
	case kind != *v.ExpectType:
		return fmt.Sprintf("decoded as %s, not %s", kind, *v.ExpectType)
	case !sameJSON(value, v.Expect):
		return fmt.Sprintf("decoded to %s, not %s", value, v.Expect)
	}
	return ""
}

// sameJSON compares as JSON does: 1 is 1.0, to any precision, and the order of fields means nothing.
func sameJSON(one, other []byte) bool {
	return bytes.Equal(canonical(one), canonical(other))
}

func canonical(text []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return fmt.Append(nil, "no JSON: ", err)
	}
	canonical, err := json.Marshal(exactNumbers(value))
	if err != nil {
		panic(err)
	}
	return canonical
}

func exactNumbers(value any) any {
	switch value := value.(type) {
	case json.Number:
		number, ok := new(big.Rat).SetString(value.String())
		if !ok {
			panic("no number: " + value.String())
		}
		return map[string]string{"a number": number.RatString()}
	case []any:
		for place := range value {
			value[place] = exactNumbers(value[place])
		}
	case map[string]any:
		for name := range value {
			value[name] = exactNumbers(value[name])
		}
	}
	return value
}

func TestMessageVectors(t *testing.T) {
	count := 0
	for _, file := range vectorFiles(t, "messages") {
		for _, v := range file.Cases {
			count++
			if wrong := judge(v, messageCodec); wrong != "" {
				t.Errorf("%s: %s: %s", file.Type, v.Name, wrong)
			}
		}
	}
	if count < 500 {
		t.Errorf("only %d vectors", count)
	}
}

func TestTypeVectors(t *testing.T) {
	for _, file := range vectorFiles(t, "types") {
		decode, ok := typeCodecs[file.Type]
		if !ok {
			t.Errorf("no codec for %s", file.Type)
			continue
		}
		for _, v := range file.Cases {
			if wrong := judge(v, decode); wrong != "" {
				t.Errorf("%s: %s: %s", file.Type, v.Name, wrong)
			}
		}
	}
}

// The judge itself must find what takes everything, and what decodes as encoding/json does by itself.
func TestJudgeFindsWrongCodecs(t *testing.T) {
	takesAll := func(frame []byte) (string, []byte, error) { return "TextMessage", frame, nil }
	// The same fields without our codec: encoding/json finds neither what is missing nor what is null.
	plain := func(frame []byte) (string, []byte, error) {
		var message struct {
			WorkflowUUID string          `json:"workflow_uuid"`
			Sender       *string         `json:"sender"`
			Recipient    *string         `json:"recipient"`
			AutoReply    bool            `json:"auto_reply"`
			UUID         string          `json:"uuid"`
			Content      json.RawMessage `json:"content"`
			Type         string          `json:"type"`
		}
		if err := json.Unmarshal(frame, &message); err != nil {
			return "", nil, err
		}
		text, err := json.Marshal(message)
		return "TextMessage", text, err
	}
	for name, wrong := range map[string]codec{"takes everything": takesAll, "plain encoding/json": plain} {
		taken := 0
		for _, file := range vectorFiles(t, "messages") {
			if file.Type != "text_message" {
				continue
			}
			for _, v := range file.Cases {
				if fault := judge(v, wrong); strings.HasPrefix(fault, "taken") {
					taken++
				}
			}
		}
		if taken < 5 {
			t.Errorf("%s: only %d vectors found it", name, taken)
		}
	}
}
