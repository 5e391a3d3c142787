package fastagency

// ConnectionState is what a client shows of its connection (spec FA-LIF-3).
type ConnectionState string

// The states of a connection.
const (
	// ConnectionConnecting: there was no session yet.
	ConnectionConnecting ConnectionState = "connecting"
	// ConnectionLive: the conversation is here.
	ConnectionLive ConnectionState = "live"
	// ConnectionReconnecting: there was a session, and the client is getting it back.
	ConnectionReconnecting ConnectionState = "reconnecting"
	// ConnectionLost: the client has given up; the conversation did not end.
	ConnectionLost ConnectionState = "lost"
	// ConnectionEnded: the conversation is over, or was left.
	ConnectionEnded ConnectionState = "ended"
)
