package fastagency

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// What encoding/json would take, or change.
func TestTrapsOfEncodingJSON(t *testing.T) {
	uuid := strings.ReplaceAll(uuidDashed, "-", "")
	good := `{"workflow_uuid":"` + uuid + `","uuid":"1","content":{"body":"x"}}`
	for why, frame := range map[string]string{
		"a name in another casing":       strings.Replace(good, `"uuid"`, `"UUID"`, 1),
		"half a pair":                    strings.Replace(good, `"x"`, `"\ud83d"`, 1),
		"the other half":                 strings.Replace(good, `"x"`, `"\udcac"`, 1),
		"two first halves":               strings.Replace(good, `"x"`, `"\ud83d\ud83d\udcac"`, 1),
		"half a pair, then an escape":    strings.Replace(good, `"x"`, `"\ud83d\n12345678"`, 1),
		"half a pair in an unknown type": `{"type":"later","a":["\uD83D"]}`,
		"half a pair in a name":          `{"type":"later","\ud83d":1}`,
		"no UTF-8":                       strings.Replace(good, `"x"`, "\"\xff\"", 1),
		"no UTF-8 in an unknown type":    "{\"type\":\"later\",\"a\":\"\xc3\"}",
		"a byte order mark":              "\ufeff" + good,
		"null for a name":                strings.Replace(good, `"1"`, `null`, 1),
		"a type that is twice wrong":     `{"type":5,"type":"later"}`,
	} {
		var malformed *MalformedMessageError
		if message, err := Decode([]byte(frame)); !errors.As(err, &malformed) {
			t.Errorf("%s: %#v", why, message)
		}
	}
	for why, frame := range map[string]string{
		"a pair":                strings.Replace(good, `"x"`, `"\ud83d\udcac \\ud83d"`, 1),
		"a name as escapes":     strings.Replace(good, `"uuid"`, `"\u0075uid"`, 1),
		"a field in two casing": strings.Replace(good, `"uuid"`, `"UUID":5,"uuid"`, 1),
	} {
		if _, err := Decode([]byte(frame)); err != nil {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func TestFaultsNameTheirPlace(t *testing.T) {
	for frame, want := range map[string]string{
		message("text_message", `{"body":[{"type":"text","x":{"y":[1,{}]}},{"type":""}]}`): "content.body.1.type: must have at least 1 characters",
		message("text_message", `{"body":[{"type":"text"},{"text":"a, \"b\""}]}`):          "content.body.1.type: is missing",
		message("text_message", `{"body":5}`):                                              "content.body: must be of one of the kinds of MessageBody",
		message("text_message", `[]`):                                                      "content: must be an object",
		message("multiple_choice", `{"choices":["a","b",null]}`):                           "content.choices.2: must be a string",
		message("multiple_choice", `{"single":0}`):                                         "content.single: must be a boolean",
		message("system_message", `{"message":[]}`):                                        "content.message: must be an object",
		`{"type":"text_message"}`:                                                          "workflow_uuid: is missing",
		`{"type":null}`:                                                                    "type: must be a string",
		`[]`:                                                                               "it must be an object",
		``:                                                                                 "it is not JSON: unexpected end of JSON input",
	} {
		var malformed *MalformedMessageError
		if _, err := Decode([]byte(frame)); !errors.As(err, &malformed) || malformed.Why != want || malformed.Text != frame {
			t.Errorf("%s: %v", frame, err)
		}
	}
}

func TestNothingOfAFrameIsLost(t *testing.T) {
	frame := " " + message("system_message", `{"message":{"n":123456789012345678901234567890,"f":1.0},"later":1}`) + "\n"
	decoded, err := Decode([]byte(frame))
	if err != nil {
		t.Fatal(err)
	}
	if raw := string(decoded.RawJSON()); raw != frame {
		t.Errorf("RawJSON is %q", raw)
	}
	if got := string(decoded.(*SystemMessage).Content.Message); got != `{"n":123456789012345678901234567890,"f":1.0}` {
		t.Error(got)
	}
	unknown, err := Decode([]byte(` {"type":"later","n":123456789012345678901234567890} `))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(unknown)
	if err != nil || string(text) != `{"type":"later","n":123456789012345678901234567890}` {
		t.Errorf("%s: %v", text, err)
	}
}

func TestDecodedMessageDoesNotDependOnTheFrame(t *testing.T) {
	frame := []byte(message("system_message", `{"message":{"a":1}}`))
	decoded, err := Decode(frame)
	if err != nil {
		t.Fatal(err)
	}
	clear(frame)
	if got := string(decoded.(*SystemMessage).Content.Message); got != `{"a":1}` {
		t.Error(got)
	}
}

func TestAbsentNullAndThere(t *testing.T) {
	for text, want := range map[string]string{
		`{"type":"t"}`:                            "absent",
		`{"type":"t","text":null}`:                "null",
		`{"type":"t","text":""}`:                  "a text",
		`{"type":"t","text":"a","later":{"b":1}}`: "a text",
	} {
		var part ContentPart
		if err := json.Unmarshal([]byte(text), &part); err != nil {
			t.Fatal(err)
		}
		got := "absent"
		if part.Text.Present {
			got = "null"
		}
		if _, ok := part.Text.Get(); ok {
			got = "a text"
		}
		again, err := json.Marshal(part)
		if err != nil || got != want {
			t.Errorf("%s is %s: %v", text, got, err)
		}
		isJSON(t, string(again), text)
	}
	made, err := json.Marshal([]ContentPart{{Type: "t", Text: Some("a")}, {Type: "t", Text: Null[string]()}})
	if err != nil || string(made) != `[{"type":"t","text":"a"},{"type":"t","text":null}]` {
		t.Errorf("%s: %v", made, err)
	}
}

func TestZeroValuesAreWritten(t *testing.T) {
	text, err := Encode(&SuggestedFunctionCall{WorkflowUUID: "u", UUID: "1"})
	if err != nil {
		t.Fatal(err)
	}
	isJSON(t, string(text), `{"workflow_uuid":"u","sender":null,"recipient":null,"auto_reply":false,"uuid":"1",
		"content":{"function_name":null,"call_id":null,"arguments":{}},"seq":null,"timestamp":null,
		"type":"suggested_function_call"}`)
}

func TestWhatJSONCannotSayIsNotWritten(t *testing.T) {
	for why, message := range map[string]Message{
		"no UTF-8":               &TextMessage{Content: TextMessageContent{Body: MessageBodyString("\xff")}},
		"no JSON":                &FunctionCallExecution{Content: FunctionCallExecutionContent{Retval: json.RawMessage("NaN")}},
		"two values":             &FunctionCallExecution{Content: FunctionCallExecutionContent{Retval: json.RawMessage("1 2")}},
		"no object":              &SystemMessage{Content: SystemMessageContent{Message: json.RawMessage("[]")}},
		"a name that is a field": &TextMessage{Content: TextMessageContent{Body: MessageBodyList{{Type: "t", Extra: map[string]json.RawMessage{"type": nil}}}}},
		"unknown, no object":     &Unknown{Raw: json.RawMessage(`5`)},
		"nil":                    nil,
	} {
		if text, err := Encode(message); err == nil {
			t.Errorf("%s: %s", why, text)
		}
	}
	for _, number := range []float64{math.NaN(), math.Inf(-1)} {
		if text, err := encode(number, writeFloat); err == nil {
			t.Errorf("%s was written", text)
		}
	}
}

func TestEveryCharacterSurvives(t *testing.T) {
	var all strings.Builder
	for c := rune(0); c < 0x3000; c++ {
		all.WriteRune(c)
	}
	all.WriteString("\U0001f4ac \u2028 </script>")
	text, err := encode(all.String(), writeString)
	if err != nil {
		t.Fatal(err)
	}
	var std string
	if err := json.Unmarshal(text, &std); err != nil || std != all.String() {
		t.Errorf("encoding/json reads it otherwise: %v", err)
	}
	if own, err := decode(text, readString); err != nil || own != all.String() {
		t.Errorf("it is read otherwise: %v", err)
	}
}

func TestEveryEscapeIsReadAsEncodingJSONReadsIt(t *testing.T) {
	for _, text := range []string{
		`"\"\\\/\b\f\n\r\t"`, `"\u0000\u00fc\u20AC\uFFFF"`, `"\ud83d\udcac\uD83D\uDCAC"`, `"a\u0062c\\u0064"`, `"\\"`, `""`,
	} {
		var want string
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if got, err := decode([]byte(text), readString); err != nil || got != want {
			t.Errorf("%s: %q, not %q: %v", text, got, want, err)
		}
	}
}

func TestNumbers(t *testing.T) {
	for text, ok := range map[string]bool{
		"0": true, "-0": true, "9223372036854775807": true, "9223372036854775808": false,
		"1.0": false, "1e3": false, `"1"`: false, "true": false, "null": false, "[]": false,
	} {
		if number, err := decode([]byte(text), readInt); (err == nil) != ok {
			t.Errorf("%s as an integer: %d, %v", text, number, err)
		}
	}
	for text, ok := range map[string]bool{"0": true, "-1.5e-3": true, "1e400": false, `"1"`: false, "false": false} {
		if number, err := decode([]byte(text), readFloat); (err == nil) != ok {
			t.Errorf("%s as a number: %v, %v", text, number, err)
		}
	}
}

func TestDeepFramesAreRefusedOrRead(t *testing.T) {
	for _, depth := range []int{5_000, 1_000_000} {
		deep := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		_, err := Decode([]byte(message("function_call_execution", fmt.Sprintf(`{"retval":%s}`, deep))))
		if (err == nil) != (depth < 10_000) {
			t.Errorf("%d levels: %v", depth, err)
		}
	}
}

// Whatever the frame, the codec neither panics nor disagrees with encoding/json on what JSON is; and what it
// took it can write and read again.
func FuzzDecode(f *testing.F) {
	for _, file := range vectorFiles(f, "messages") {
		for _, v := range file.Cases {
			f.Add([]byte(v.Frame))
		}
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		message, err := Decode(frame)
		if err != nil {
			return
		}
		if !json.Valid(frame) {
			t.Fatal("it is not JSON")
		}
		text, err := Encode(message)
		if err != nil {
			t.Fatal(err)
		}
		if heard, ok := message.(*TextMessage); ok && heard.Content.Body != nil {
			var plain struct{ Content struct{ Body any } }
			err := json.Unmarshal(text, &plain)
			if body, is := heard.Content.Body.(MessageBodyString); is && (err != nil || plain.Content.Body != string(body)) {
				t.Fatalf("encoding/json reads %v: %v", plain.Content.Body, err)
			}
		}
		again, err := Decode(text)
		if err != nil || again.Type() != message.Type() {
			t.Fatalf("%s: %v", text, err)
		}
	})
}

// What no field of the protocol needs today, and the generator knows how to use.
func TestReadersInReserve(t *testing.T) {
	if got := readDefault(`["a"]`, func(r *reader) []string { return readList(r, readString) }); fmt.Sprint(got) != "[a]" {
		t.Errorf("%q", got)
	}
	for text, ok := range map[string]bool{"null": false, "0": true, `{"a":null}`: true} {
		if raw, err := decode([]byte(text), readNotNull); (err == nil) != ok || ok && string(raw) != text {
			t.Errorf("%s: %s, %v", text, raw, err)
		}
	}
}
