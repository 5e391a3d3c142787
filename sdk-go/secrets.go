package fastagency

import "log/slog"

// The types that hold a secret tell nothing of it where they are printed or logged (spec FA-SEC-3). Their JSON is
// the protocol's and has it.

const hidden = "(it holds a secret)"

// String names the message and its conversation, without the token.
func (m *SessionReady) String() string {
	return "session_ready of " + m.WorkflowUUID + ", mode " + string(m.Mode)
}

// GoString is String.
func (m *SessionReady) GoString() string { return m.String() }

// LogValue is String.
func (m *SessionReady) LogValue() slog.Value { return slog.StringValue(m.String()) }

// String names the conversation, without its token and ticket.
func (v InitiatedWorkflow) String() string { return "initiated " + v.WorkflowUUID + " " + hidden }

// GoString is String.
func (v InitiatedWorkflow) GoString() string { return v.String() }

// LogValue is String.
func (v InitiatedWorkflow) LogValue() slog.Value { return slog.StringValue(v.String()) }

// String names the frame and its conversation, without the token.
func (v StartWorkflow) String() string { return "start_workflow of " + v.WorkflowUUID + " " + hidden }

// GoString is String.
func (v StartWorkflow) GoString() string { return v.String() }

// LogValue is String.
func (v StartWorkflow) LogValue() slog.Value { return slog.StringValue(v.String()) }

// String names the frame and its conversation, without the token.
func (v ResumeWorkflow) String() string { return "resume_workflow of " + v.WorkflowUUID + " " + hidden }

// GoString is String.
func (v ResumeWorkflow) GoString() string { return v.String() }

// LogValue is String.
func (v ResumeWorkflow) LogValue() slog.Value { return slog.StringValue(v.String()) }

// String names the frame and its question, without the value, which may be a password.
func (v AnswerFrame) String() string { return "answer to " + v.QuestionUUID + " " + hidden }

// GoString is String.
func (v AnswerFrame) GoString() string { return v.String() }

// LogValue is String.
func (v AnswerFrame) LogValue() slog.Value { return slog.StringValue(v.String()) }
