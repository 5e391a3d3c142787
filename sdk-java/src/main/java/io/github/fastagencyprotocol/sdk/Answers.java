package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.internal.JsonText;
import io.github.fastagencyprotocol.sdk.messages.AnswerValue;
import io.github.fastagencyprotocol.sdk.messages.MultipleChoice;
import io.github.fastagencyprotocol.sdk.messages.MultipleChoiceContent;
import io.github.fastagencyprotocol.sdk.messages.Question;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which answers a question takes, and how they stand on the wire (spec FA-CLA-4). No exception
 * repeats what was answered to a {@code text_input}, which may be a password.
 */
final class Answers {
  /** What stands between several choices on the wire. A choice that holds it is not escaped. */
  static final String SEPARATOR = ",";

  private Answers() {}

  /** Returns the reply that is one text: any, or a choice. */
  static Reply reply(String value) {
    return new Reply() {
      @Override
      public String frame(Question question) {
        return Answers.frame(question, value);
      }

      @Override
      public AnswerValue value(Question question) {
        return new AnswerValue.Text(frame(question));
      }
    };
  }

  /** Returns the reply that is several choices, or none. */
  static Reply reply(Collection<String> values) {
    List<String> picked = List.copyOf(values);
    return new Reply() {
      @Override
      public String frame(Question question) {
        return Answers.frame(question, picked);
      }

      @Override
      public AnswerValue value(Question question) {
        String joined = frame(question);
        boolean several = question instanceof MultipleChoice choice && !choice.content().single();
        return several ? new AnswerValue.Items(picked) : new AnswerValue.Text(joined);
      }
    };
  }

  /**
   * Returns the raw text frame that answers a question with one text: any, or a choice. The empty
   * one stands for the default.
   */
  static String frame(Question question, String value) {
    if (!(question instanceof MultipleChoice choice)) {
      return sendable(value);
    }
    MultipleChoiceContent content = choice.content();
    if (!content.single()) {
      return frame(content, split(value, content.choices()).orElse(List.of(value)));
    }
    boolean none = value.isEmpty() && !content.choices().contains(value);
    return frame(content, none ? List.of() : List.of(value));
  }

  /** Returns the raw text frame that answers a question with several choices, or with none. */
  static String frame(Question question, Collection<String> values) {
    if (question instanceof MultipleChoice choice) {
      return frame(choice.content(), List.copyOf(values));
    }
    throw new NotAskedException("a text_input takes one string");
  }

  private static String frame(MultipleChoiceContent content, List<String> picked) {
    if (picked.isEmpty() && (content.defaultText() != null || !content.single())) {
      return "";
    }
    if (content.single() && picked.size() != 1) {
      throw new NotAskedException("pick exactly one of " + listed(content.choices()));
    }
    for (String choice : picked) {
      // The default need not be one of the choices.
      if (!content.choices().contains(choice) && !choice.equals(content.defaultText())) {
        throw new NotAskedException(
            "'" + choice + "' is none of the choices " + listed(content.choices()));
      }
    }
    return sendable(String.join(SEPARATOR, picked));
  }

  /**
   * Takes a joined answer apart: the choices whose joined form a text is. A choice that itself
   * holds a comma is found too. An empty text is no choice at all, unless one is empty.
   */
  static Optional<List<String>> split(String text, List<String> choices) {
    if (choices.contains(text)) {
      return Optional.of(List.of(text));
    }
    if (text.isEmpty()) {
      return Optional.of(List.of());
    }
    // What ends where with everything before it matched too: linear in the text for a given list,
    // where trying every split would be exponential.
    Map<Integer, Reached> reached = new HashMap<>();
    Set<Integer> seen = new HashSet<>(Set.of(0));
    Deque<Integer> starts = new ArrayDeque<>(List.of(0));
    while (!starts.isEmpty()) {
      int start = starts.pop();
      for (String choice : choices) {
        int end = start + choice.length();
        if (!text.startsWith(choice, start)) {
          continue;
        }
        if (end == text.length()) {
          return Optional.of(path(reached, new Reached(start, choice)));
        }
        if (text.startsWith(SEPARATOR, end) && seen.add(end + 1)) {
          reached.put(end + 1, new Reached(start, choice));
          starts.push(end + 1);
        }
      }
    }
    return Optional.empty();
  }

  private static List<String> path(Map<Integer, Reached> reached, Reached last) {
    LinkedList<String> path = new LinkedList<>();
    Reached step = last;
    while (step != null) {
      path.addFirst(step.choice());
      step = reached.get(step.start());
    }
    return path;
  }

  private record Reached(int start, String choice) {}

  private static String listed(List<String> choices) {
    if (choices.isEmpty()) {
      return "(there are none)";
    }
    return choices.stream().map(choice -> "'" + choice + "'").collect(Collectors.joining(", "));
  }

  private static String sendable(String text) {
    if (!JsonText.isUnicode(text)) {
      throw new NotAskedException("the answer cannot be written as UTF-8");
    }
    return text;
  }
}
