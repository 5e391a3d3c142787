package io.github.fastagencyprotocol.sdk.internal;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Reads one type from JSON.
 *
 * @param <T> the type
 */
@FunctionalInterface
public interface Decoder<T> {
  /**
   * Reads a value.
   *
   * @param json the JSON
   * @return what it says
   * @throws Mismatch when it is something else
   */
  T decode(JsonNode json);
}
