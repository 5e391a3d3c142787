package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.MultipleChoice;
import io.github.fastagencyprotocol.sdk.messages.Question;
import io.github.fastagencyprotocol.sdk.messages.TextInput;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The questions of a session, from two sides: which are open as far as this client has heard, and
 * which the user has been shown and waits to answer.
 */
final class SessionQuestions {
  private final Map<String, Question> open = new LinkedHashMap<>();

  /** Those that were open when they were handed out, and were not read yet. */
  private final Set<String> unread = new HashSet<>();

  private final Set<String> shown = new HashSet<>();
  private final Set<String> waiting = new HashSet<>();

  /** Returns what names a question. */
  static String uuid(Question question) {
    if (question instanceof TextInput input) {
      return input.uuid();
    }
    return ((MultipleChoice) question).uuid();
  }

  // What is heard.

  void asked(Question question) {
    open.put(uuid(question), question);
  }

  void closed(String uuid) {
    open.remove(uuid);
  }

  void closeAll() {
    open.clear();
  }

  /** Notes that a question to be answered goes to the user, who may be slow to read it. */
  void handedOut(Question question) {
    unread.add(uuid(question));
  }

  // What the user is shown, and does.

  void shown(Question question) {
    shown.add(uuid(question));
    if (unread.remove(uuid(question))) {
      waiting.add(uuid(question));
    }
  }

  /** Notes that the user has answered, or was shown that nobody need do it any more. */
  void settled(String uuid) {
    waiting.remove(uuid);
  }

  /** Notes that the user was shown that an answer was no good: the question waits again. */
  void waitsAgain(String uuid) {
    if (shown.contains(uuid) && open.containsKey(uuid)) {
      waiting.add(uuid);
    }
  }

  /** Notes that the user was told to drop what was shown. */
  void dropped() {
    shown.clear();
    waiting.clear();
  }

  // What can be asked.

  boolean isOpen(Question question) {
    return open.containsKey(uuid(question));
  }

  /** Returns whether the user, as of the last message read, has something to answer. */
  boolean isWaiting() {
    return !waiting.isEmpty();
  }

  /** Returns the oldest question that the user was shown, is open, and passes a test. */
  Optional<Question> oldest(Predicate<Question> test) {
    return open.values().stream()
        .filter(question -> shown.contains(uuid(question)) && test.test(question))
        .findFirst();
  }
}
