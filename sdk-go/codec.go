package fastagency

import "bytes"

// Message is what a conversation yields: a pointer to one of the types of the protocol, such as
// *[TextMessage], or *[Unknown]. A type switch tells them apart. No other type can implement it.
type Message = ServerMessage

// Decode reads one frame of a server.
//
// A frame without type is a text_message; fields that are not known are ignored, and stand in RawJSON; a type
// that is not known comes back as *[Unknown]. The error is a *[MalformedMessageError]: the frame is not JSON,
// or is of a known type with a missing field or one of the wrong type.
func Decode(frame []byte) (Message, error) {
	return decode(bytes.Clone(frame), readServerMessage)
}

// Encode writes one message as JSON. Unlike json.Marshal, it takes what it wrote as it is. It fails on what
// JSON cannot say (spec FA-CLA-7): NaN, infinities, text that is not UTF-8, free JSON that is none.
func Encode(message Message) ([]byte, error) {
	return encode(message, writeServerMessage)
}
