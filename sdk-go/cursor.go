package fastagency

import (
	"fmt"
	"log/slog"
)

// Cursor is where a client stands in a conversation of fastagency.v1: everything up to AfterSeq has been read, in
// the log named Epoch (spec FA-RES-1). It is a small value to be stored, as JSON for example, and given to
// [Client.Resume]; the JSON is the same in every language's client.
//
// ResumeToken is a secret: whoever has it, and is the same user, can open the conversation (spec FA-SEC-2). It is
// left out where a cursor is printed or logged, and is in its JSON alone.
type Cursor struct {
	// WorkflowUUID is the conversation's id.
	WorkflowUUID string

	// ResumeToken opens the conversation again, together with its user. A secret.
	ResumeToken string

	// Epoch names the log that AfterSeq counts in.
	Epoch string

	// AfterSeq is the last message that has been read, 0 for none.
	AfterSeq int64
}

// FromStart returns the cursor that gives the whole conversation, as far as the server holds it (spec FA-RES-3): for
// a second tab, or for a page that was loaded anew.
func (c Cursor) FromStart() Cursor {
	c.AfterSeq = 0
	return c
}

// MarshalJSON returns an object with workflow_uuid, resume_token, epoch and after_seq.
func (c Cursor) MarshalJSON() ([]byte, error) {
	return encode(c, func(w *writer, c Cursor) {
		w.begin()
		w.key(`"workflow_uuid":`)
		writeString(w, c.WorkflowUUID)
		w.key(`"resume_token":`)
		writeString(w, c.ResumeToken)
		w.key(`"epoch":`)
		writeString(w, c.Epoch)
		w.key(`"after_seq":`)
		writeInt(w, c.AfterSeq)
		w.end()
	})
}

// UnmarshalJSON reads what any language's client wrote. The error is a *[MalformedMessageError] without its Text,
// which may hold the secret.
func (c *Cursor) UnmarshalJSON(data []byte) error {
	err := decodeInto(data, c, readCursor)
	if malformed, ok := err.(*MalformedMessageError); ok {
		malformed.Text = ""
	}
	return err
}

func readCursor(r *reader) Cursor {
	var c Cursor
	found := map[string]bool{}
	fields := r.object()
	for fields.next() {
		name := string(fields.name)
		found[name] = true
		switch name {
		case "workflow_uuid":
			c.WorkflowUUID = readString(r)
		case "resume_token":
			c.ResumeToken = readString(r)
		case "epoch":
			c.Epoch = readString(r)
		case "after_seq":
			c.AfterSeq = readInt(r)
		default:
			r.skip()
		}
	}
	for _, name := range []string{"workflow_uuid", "resume_token", "epoch", "after_seq"} {
		fields.require(name, found[name])
	}
	return c
}

// String tells everything but the token.
func (c Cursor) String() string {
	return fmt.Sprintf("after message %d of %s in log %q", c.AfterSeq, c.WorkflowUUID, c.Epoch)
}

// GoString tells everything but the token.
func (c Cursor) GoString() string {
	return fmt.Sprintf("fastagency.Cursor{WorkflowUUID:%q, Epoch:%q, AfterSeq:%d}", c.WorkflowUUID, c.Epoch, c.AfterSeq)
}

// LogValue tells everything but the token.
func (c Cursor) LogValue() slog.Value { return slog.StringValue(c.String()) }
