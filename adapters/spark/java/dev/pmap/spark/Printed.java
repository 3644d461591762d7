package dev.pmap.spark;

import java.io.IOException;
import java.util.Iterator;

/** What a stage prints for a task, piece by piece as it comes; behind the last piece is its answer. */
final class Printed implements Iterator<byte[]> {
  /** The end marker. */
  Frame answer;
  /** Where the task's sorted runs are, where it has any. */
  Frame runs;
  private final StageProcess stage;
  private byte[] next;

  Printed(StageProcess stage) {
    this.stage = stage;
  }

  @Override public boolean hasNext() {
    while (next == null && answer == null) {
      Frame reply = receive();
      if (reply.is("output")) next = reply.body;
      else if (reply.is("runs")) runs = reply;
      else answer = reply;
    }
    return next != null;
  }

  @Override public byte[] next() {
    byte[] piece = next;
    next = null;
    return piece;
  }

  private Frame receive() {
    try {
      return stage.receive();
    } catch (IOException | InterruptedException e) {
      throw Printed.<RuntimeException>unchecked(e);
    }
  }

  /** An iterator has no exceptions of its own, and Spark tells a task that is killed by what it throws. */
  @SuppressWarnings("unchecked")
  private static <E extends Exception> E unchecked(Exception e) throws E {
    throw (E) e;
  }
}
