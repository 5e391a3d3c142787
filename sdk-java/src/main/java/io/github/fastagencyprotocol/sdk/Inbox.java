package io.github.fastagencyprotocol.sdk;

import io.github.fastagencyprotocol.sdk.ConversationProtocol.End;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What has arrived and waits to be read: frames in order, then the end. It is bounded by saying
 * when it is full; nobody then asks the connection for more until there is room. Whoever uses it
 * holds the conversation's lock.
 */
final class Inbox {
  /**
   * How many frames are read ahead of the program. While the inbox is full nothing is read, pings
   * neither, and a server takes a client that does not answer pings for dead; hence so many.
   */
  static final int MOST_FRAMES = 256;

  sealed interface Frame permits Text, Binary {
    int size();
  }

  record Text(String text) implements Frame {
    @Override
    public int size() {
      return text.length();
    }
  }

  record Binary(byte[] data) implements Frame {
    @Override
    public int size() {
      return data.length;
    }
  }

  private final Deque<Frame> frames = new ArrayDeque<>();
  private final long mostSize;
  private long size;
  private boolean full;
  private @Nullable End end;

  /**
   * Makes an empty one.
   *
   * @param mostSize how much all frames may hold together before it is full; one always fits
   */
  Inbox(long mostSize) {
    this.mostSize = mostSize;
  }

  /** Adds a frame. Returns whether there is room for another one. */
  boolean put(Frame frame) {
    frames.add(frame);
    size += frame.size();
    full = !hasRoom();
    return !full;
  }

  /** Removes the oldest frame; null when there is none. */
  @Nullable Frame poll() {
    Frame frame = frames.poll();
    if (frame != null) {
      size -= frame.size();
    }
    return frame;
  }

  /** Returns whether there is room again after it was full: true once. */
  boolean takeRoom() {
    boolean again = full && hasRoom();
    if (again) {
      full = false;
    }
    return again;
  }

  /** Returns whether there is no frame. */
  boolean isEmpty() {
    return frames.isEmpty();
  }

  /** Removes every frame. */
  void clear() {
    frames.clear();
    size = 0;
  }

  /** Adds the end. Frames before it are still to be read. */
  void end(End how) {
    end = how;
  }

  /** Returns the end; null while there is none. */
  @Nullable End end() {
    return end;
  }

  private boolean hasRoom() {
    return frames.size() < MOST_FRAMES && size < mostSize;
  }
}
