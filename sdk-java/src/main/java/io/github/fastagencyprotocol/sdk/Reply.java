package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.AnswerValue;
import io.github.fastagencyprotocol.sdk.messages.Question;

/**
 * What a user answers, before it is known how the question wants it. Both methods throw {@link
 * NotAskedException} when the question does not allow it.
 */
interface Reply {
  /** Returns the raw text frame of classic (spec FA-CLA-4). */
  String frame(Question question);

  /** Returns the value of an {@code answer} of {@code fastagency.v1} (spec FA-ANS-7). */
  AnswerValue value(Question question);
}
