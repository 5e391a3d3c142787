package io.github.fastagencyprotocol.sdk;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What has arrived and waits to be read, in order. It is bounded by saying when it is full; nobody
 * then asks the connection for more until there is room. Whoever uses it holds the conversation's
 * lock.
 *
 * @param <T> what arrives
 */
final class Inbox<T extends Inbox.Item> {
  /**
   * How many items are read ahead of the program. While the inbox is full nothing is read, pings
   * neither, and a server takes a client that does not answer pings for dead; hence so many.
   */
  static final int MOST_ITEMS = 256;

  /** Something that takes room. */
  interface Item {
    /** Returns how much, in characters or bytes. */
    int size();
  }

  private final Deque<T> items = new ArrayDeque<>();
  private final long mostSize;
  private long size;
  private boolean full;

  /**
   * Makes an empty one.
   *
   * @param mostSize how much all items may hold together before it is full; one always fits
   */
  Inbox(long mostSize) {
    this.mostSize = mostSize;
  }

  /** Adds an item. Returns whether there is room for another one. */
  boolean put(T item) {
    items.add(item);
    size += item.size();
    full = !hasRoom();
    return !full;
  }

  /** Removes the oldest item; null when there is none. */
  @Nullable T poll() {
    T item = items.poll();
    if (item != null) {
      size -= item.size();
    }
    return item;
  }

  /**
   * Returns whether it was full when something came last, and has not said since that it is not.
   */
  boolean isFull() {
    return full;
  }

  /** Returns whether there is room again after it was full: true once. */
  boolean takeRoom() {
    boolean again = full && hasRoom();
    if (again) {
      full = false;
    }
    return again;
  }

  /** Returns whether there is no item. */
  boolean isEmpty() {
    return items.isEmpty();
  }

  /** Removes every item. */
  void clear() {
    items.clear();
    size = 0;
  }

  private boolean hasRoom() {
    return items.size() < MOST_ITEMS && size < mostSize;
  }
}
