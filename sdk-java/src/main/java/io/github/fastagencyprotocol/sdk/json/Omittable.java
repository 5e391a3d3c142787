package io.github.fastagencyprotocol.sdk.json;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A field that may be absent, or there and null, or there with a value: three things that the spec
 * tells apart.
 *
 * @param <T> the type of the value
 */
public final class Omittable<T> {
  private static final Omittable<?> ABSENT = new Omittable<>(false, null);

  private final boolean present;
  private final @Nullable T value;

  private Omittable(boolean present, @Nullable T value) {
    this.present = present;
    this.value = value;
  }

  /**
   * Returns the field that is not there.
   *
   * @param <T> the type of the value that it does not have
   * @return always the same
   */
  @SuppressWarnings("unchecked") // It holds no value of any type.
  public static <T> Omittable<T> absent() {
    return (Omittable<T>) ABSENT;
  }

  /**
   * Returns a field that is there.
   *
   * @param <T> the type of the value
   * @param value the value, or null
   * @return the field
   */
  public static <T> Omittable<T> of(@Nullable T value) {
    return new Omittable<>(true, value);
  }

  /**
   * Returns whether the field is there, with a value or null.
   *
   * @return false when it is absent
   */
  public boolean isPresent() {
    return present;
  }

  /**
   * Returns the value.
   *
   * @return null when the field is null, and when it is absent
   */
  public @Nullable T value() {
    return value;
  }

  /**
   * Returns the value where there is one.
   *
   * @return empty when the field is null, and when it is absent
   */
  public Optional<T> toOptional() {
    return Optional.ofNullable(value);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Omittable<?> that
        && present == that.present
        && Objects.equals(value, that.value);
  }

  @Override
  public int hashCode() {
    return Objects.hash(present, value);
  }

  @Override
  public String toString() {
    return present ? "Omittable[" + value + "]" : "Omittable.absent";
  }
}
