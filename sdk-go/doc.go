// Package fastagency is a client of servers that speak FastAgency's protocol: find out which workflows a server
// offers, start one, read its messages as they come, answer its questions.
//
// [NewClient] makes a [Client]; [Client.Discovery] lists the workflows; [Client.Start] begins a [Conversation].
// Its messages are pointers to structs, one for each type of the protocol, told apart by a type switch. A type
// that this version does not know comes as *[Unknown], and RawJSON of every message gives the frame as it came,
// so that nothing is lost of a newer server.
//
// With a server that speaks fastagency.v1 a conversation survives its connections: it comes back by itself, and
// [Client.Resume] goes on from its [Cursor]. With any other server it is as long as its connection.
//
// Every method that may wait takes a context first. A context that ends bounds that call alone: a conversation
// ends with its workflow, or by [Conversation.Close].
package fastagency
