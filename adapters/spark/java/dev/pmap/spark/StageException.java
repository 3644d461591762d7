package dev.pmap.spark;

import java.io.IOException;

/** What the user is to read. All else that Spark puts around it is for its own log. */
public final class StageException extends IOException {
  public StageException(String message) {
    super(message);
  }
}
