package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.messages.CloseCode;
import io.github.fastagencyprotocol.sdk.messages.Outcome;
import io.github.fastagencyprotocol.sdk.messages.SessionMode;
import io.github.fastagencyprotocol.sdk.messages.SessionReady;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What of a conversation's log has been received, over all connections (spec FA-RES): each message
 * once, in order, and a replay as a whole.
 */
final class SessionLog {
  private String epoch;
  private long seq;
  private boolean replaying;
  private boolean gap;

  /** How the conversation ended, if it was over when the session of this connection began. */
  private @Nullable Outcome over;

  /** Whether anything was handed out that a reset makes void. */
  private boolean handedOut;

  /** Of a replay that is not complete, perhaps over several connections. */
  private List<Arrival> held = new ArrayList<>();

  /**
   * Makes one that stands somewhere.
   *
   * @param epoch the name of the log; empty when it is not known
   * @param seq the last message that is known
   * @param handedOut whether the user was shown something of the log
   */
  SessionLog(String epoch, long seq, boolean handedOut) {
    this.epoch = epoch;
    this.seq = seq;
    this.handedOut = handedOut;
  }

  String epoch() {
    return epoch;
  }

  long seq() {
    return seq;
  }

  /**
   * Returns whether a message is missing: then the connection is of no more use (spec FA-RES-5).
   */
  boolean hasGap() {
    return gap;
  }

  boolean isReplaying() {
    return replaying;
  }

  /** Notes that there is a new connection. */
  void connected() {
    gap = false;
    over = null;
  }

  /** Notes that the connection ended. What a replay had brought is kept. */
  void disconnected() {
    replaying = false;
  }

  /**
   * Takes the message that says how the log goes on.
   *
   * @return whether the user begins with nothing, without being told so
   */
  boolean begin(SessionReady ready, Arrival arrival) {
    epoch = ready.epoch();
    over = outcome(ready.state());
    if (ready.mode() == SessionMode.FRESH) {
      seq = 0;
      return true;
    }
    replaying = true;
    if (ready.mode() == SessionMode.REPLAY) {
      return false;
    }
    seq = ready.oldestSeq() - 1;
    held.clear();
    if (handedOut) {
      held.add(arrival);
    }
    return !handedOut;
  }

  /**
   * Returns how a conversation ended that was over, and read, before: its last message does not
   * come again (spec FA-RES-9).
   *
   * @param how the end of a connection, which is not noted yet
   * @return empty where that is the end of the connection alone
   */
  Optional<Outcome> endRead(End how) {
    boolean finished = how.code() == CloseCode.FINISHED.code() && !how.byClient();
    return finished && !replaying && !gap ? Optional.ofNullable(over) : Optional.empty();
  }

  /** Moves on by one message, unless it is known already or there is a gap before it. */
  boolean advance(long next) {
    if (next > seq + 1) {
      gap = true;
    }
    if (next != seq + 1) {
      return false;
    }
    seq = next;
    return true;
  }

  /**
   * Takes what is for the user, and returns what that gets now: during a replay nothing, so that it
   * is known which questions are open when they are shown.
   */
  List<Arrival> add(Arrival arrival) {
    held.add(arrival);
    return replaying ? List.of() : release();
  }

  /** Notes that the replay is complete, and returns it. */
  List<Arrival> complete() {
    replaying = false;
    return release();
  }

  /** Returns what is held back, because nothing will follow it. */
  List<Arrival> release() {
    List<Arrival> released = held;
    held = new ArrayList<>();
    handedOut = handedOut || !released.isEmpty();
    return released;
  }

  private static @Nullable Outcome outcome(String state) {
    return Stream.of(Outcome.values())
        .filter(outcome -> outcome.wireValue().equals(state))
        .findFirst()
        .orElse(null);
  }
}
