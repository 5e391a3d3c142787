/** A typed client for FastAgency's protocol. */
module io.github.fastagencyprotocol.sdk {
  requires transitive com.fasterxml.jackson.databind;
  requires transitive java.net.http;
  requires static transitive org.jspecify;

  exports io.github.fastagencyprotocol.sdk;
  exports io.github.fastagencyprotocol.sdk.json;
  exports io.github.fastagencyprotocol.sdk.messages;
}
