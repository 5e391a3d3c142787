package fastagency

// TextAssembler puts the pieces of streamed texts together (spec FA-FRM-3): give it every message of a conversation.
// It holds only the texts that are still being written. The zero value is ready; it is for one goroutine.
type TextAssembler struct {
	texts map[string]string
}

// Add returns the text so far after a text_chunk, and false for every other message. The text_message that has the
// whole text ends it, and a session_ready drops all.
func (a *TextAssembler) Add(message Message) (text string, ok bool) {
	switch message := message.(type) {
	case *TextChunk:
		text = message.Delta
		if !message.Replace {
			text = a.texts[message.MessageUUID] + text
		}
		if a.texts == nil {
			a.texts = map[string]string{}
		}
		a.texts[message.MessageUUID] = text
		return text, true
	case *TextMessage:
		delete(a.texts, message.UUID)
	case *SessionReady:
		clear(a.texts)
	}
	return "", false
}
