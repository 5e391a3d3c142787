package io.github.fastagencyprotocol.sdk.internal;

/**
 * JSON that is not what its type says. The message begins with the place, such as {@code
 * content.body: }.
 */
public final class Mismatch extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** The names and indexes that lead to the place, outermost first, separated by dots. */
  private final String place;

  private final String what;

  /**
   * Makes one for the value itself.
   *
   * @param what what is wrong, such as {@code must be a string}
   */
  public Mismatch(String what) {
    this("", what);
  }

  private Mismatch(String place, String what) {
    // No stack trace: a server may send many of these, and the place says more.
    super(place.isEmpty() ? what : place + ": " + what, null);
    this.place = place;
    this.what = what;
  }

  /**
   * Returns the same fault, seen from the value around it.
   *
   * @param step the name of the field, or the index in the list
   * @return a new one, whose place begins with the step
   */
  Mismatch inside(String step) {
    return new Mismatch(place.isEmpty() ? step : step + "." + place, what);
  }
}
