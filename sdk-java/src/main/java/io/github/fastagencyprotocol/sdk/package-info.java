/**
 * A client for FastAgency's protocol: discover workflows, hold conversations with them.
 *
 * <p>Begin with {@link io.github.fastagencyprotocol.sdk.FastAgencyClient}. Every exception is
 * unchecked and a {@link io.github.fastagencyprotocol.sdk.FastAgencyException}:
 *
 * <pre>
 * FastAgencyException
 * ├── ServerUnreachableException        no connection, or it broke before there was a conversation
 * ├── RequestRefusedException           a request was answered with an error status
 * ├── MalformedMessageException         the server sent something that is not what it should be
 * ├── ConversationException             the conversation cannot go on
 * │   ├── ConversationRefusedException  the server closed with a code that says what was wrong
 * │   └── ConversationLostException     the connection ended before the workflow did
 * └── NotAskedException                 nothing is asked, or the question does not allow the answer
 * </pre>
 */
@NullMarked
package io.github.fastagencyprotocol.sdk;

import org.jspecify.annotations.NullMarked;
