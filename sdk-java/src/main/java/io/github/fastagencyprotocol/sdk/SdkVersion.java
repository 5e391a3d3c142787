package io.github.fastagencyprotocol.sdk;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Which version of the SDK this is. */
public final class SdkVersion {
  /** The version, as its build wrote it down. */
  public static final String VERSION = read();

  private SdkVersion() {}

  private static String read() {
    try (InputStream stream = SdkVersion.class.getResourceAsStream("version.properties")) {
      Properties properties = new Properties();
      properties.load(stream);
      return properties.getProperty("version");
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
