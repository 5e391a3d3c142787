package fastagency_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	fastagency "github.com/fastagency-protocol/sdk-go"
)

func Example() {
	ctx := context.Background()
	client, err := fastagency.NewClient("http://localhost:8008", nil)
	if err != nil {
		log.Fatal(err)
	}
	conversation, err := client.Start(ctx, "simple_learning", map[string]any{"level": "beginner"})
	if err != nil {
		log.Fatal(err)
	}
	defer conversation.Close()
	for message, err := range conversation.Messages(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		switch message := message.(type) {
		case *fastagency.TextMessage:
			fmt.Println(fastagency.ValueOr(message.Sender, "somebody"), "says:", message.Content.Body)
		case *fastagency.TextInput:
			err = conversation.Answer(ctx, "Prime numbers")
		case *fastagency.MultipleChoice:
			err = conversation.Answer(ctx, message.Content.Choices[0])
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

// A token that is asked for anew with each request, and another HTTP client.
func ExampleClientOptions() {
	token := func(context.Context) (string, error) { return "secret", nil }
	client, err := fastagency.NewClient("https://example.org/agents", &fastagency.ClientOptions{
		GetHeader: func(ctx context.Context) (http.Header, error) {
			fresh, err := token(ctx)
			return http.Header{"Authorization": {"Bearer " + fresh}}, err
		},
		HTTPClient: &http.Client{Transport: http.DefaultTransport},
	})
	fmt.Println(client != nil, err)
	// Output: true <nil>
}

// A conversation that gives up early, and whose connection is shown.
func ExampleReconnect() {
	client, err := fastagency.NewClient("https://example.org/agents", &fastagency.ClientOptions{
		Reconnect: fastagency.Reconnect{
			FirstDelay:   time.Second,
			LongestDelay: time.Minute,
			Patience:     2 * time.Minute,
			ShouldRetry: func(code fastagency.CloseCode, reason string, attempt int) fastagency.Decision {
				if code == fastagency.CloseOverloaded && attempt > 3 {
					return fastagency.GiveUp
				}
				return fastagency.FollowCode
			},
		},
		OnConnection: func(workflowUUID string, state fastagency.ConnectionState) {
			fmt.Println(workflowUUID, "is", state)
		},
	})
	fmt.Println(client != nil, err)
	// Output: true <nil>
}

// Where a conversation stands is stored as JSON, and printed without its secret.
func ExampleCursor() {
	text := `{"workflow_uuid": "6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b", "resume_token": "secret", "epoch": "e1", "after_seq": 7}`
	var cursor fastagency.Cursor
	if err := json.Unmarshal([]byte(text), &cursor); err != nil {
		log.Fatal(err)
	}
	fmt.Println(cursor)
	fmt.Println(cursor.FromStart())
	// Output:
	// after message 7 of 6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b in log "e1"
	// after message 0 of 6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b in log "e1"
}

// What to do after a conversation that could not go on.
func ExampleConversationRefusedError() {
	var err error = &fastagency.ConversationRefusedError{Code: fastagency.CloseOverloaded}
	var refused *fastagency.ConversationRefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused.Code.Meaning())
		fmt.Println("try again later:", refused.Retry())
	}
	fmt.Println(errors.Is(err, fastagency.ErrConversationEnded))
	// Output:
	// The server holds as many conversations as it can, or as its machine lets it.
	// try again later: true
	// true
}

func ExampleDecode() {
	message, err := fastagency.Decode([]byte(`{
		"workflow_uuid": "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b",
		"uuid": "1",
		"content": {"function_name": "is_prime", "arguments": {"number": 9007199254740993}},
		"type": "suggested_function_call"
	}`))
	if err != nil {
		log.Fatal(err)
	}
	call := message.(*fastagency.SuggestedFunctionCall)
	var arguments struct{ Number int64 }
	if err := json.Unmarshal(call.Content.Arguments, &arguments); err != nil {
		log.Fatal(err)
	}
	fmt.Println(fastagency.ValueOr(call.Content.FunctionName, "?"), arguments.Number)
	// Output: is_prime 9007199254740993
}

// A type of a later version is kept, and a malformed message names its place.
func ExampleDecode_unknown() {
	message, err := fastagency.Decode([]byte(`{"type": "audio_message", "seconds": 3}`))
	fmt.Println(message.Type(), string(message.RawJSON()), err)
	_, err = fastagency.Decode([]byte(`{"type": "text_input", "workflow_uuid": 5}`))
	fmt.Println(err)
	// Output:
	// audio_message {"type": "audio_message", "seconds": 3} <nil>
	// fastagency: malformed message: workflow_uuid: must be a string
}

// The body of a text message is a text or a list of parts; nil when there is none.
func ExampleMessageBody() {
	for _, body := range []fastagency.MessageBody{
		fastagency.MessageBodyString("Plain."),
		fastagency.MessageBodyList{{Type: "text", Text: fastagency.Some("A part.")}, {Type: "image_url"}},
		nil,
	} {
		switch body := body.(type) {
		case fastagency.MessageBodyString:
			fmt.Println(body)
		case fastagency.MessageBodyList:
			for _, part := range body {
				text, ok := part.Text.Get()
				fmt.Println(part.Type, text, ok)
			}
		case nil:
			fmt.Println("nothing")
		}
	}
	// Output:
	// Plain.
	// text A part. true
	// image_url  false
	// nothing
}
