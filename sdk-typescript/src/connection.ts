/** What a client shows of its connection. */

/**
 * The state of a conversation's connection (spec FA-LIF-3). `connecting`: there was no session yet. `live`: the
 * conversation is here. `reconnecting`: there was a session, and the client is getting it back. `lost`: the client has
 * given up; the conversation did not end. `ended`: the conversation is over, or was left.
 */
export type ConnectionState = "connecting" | "live" | "reconnecting" | "lost" | "ended";
