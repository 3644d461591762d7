package dev.pmap.spark;

import java.io.IOException;
import java.util.Iterator;

/** What a stage sends for a task, frame by frame as it comes: output, and rejects that are many; behind the last is its answer. */
final class Printed implements Iterator<Frame> {
  /** The end marker. */
  Frame answer;
  /** Where the task's sorted runs are, where it has any. */
  Frame runs;
  private final StageProcess stage;
  private Frame next;

  Printed(StageProcess stage) {
    this.stage = stage;
  }

  @Override public boolean hasNext() {
    while (next == null && answer == null) {
      Frame reply = receive();
      if (reply.is("output") || reply.is("rejects")) next = reply;
      else if (reply.is("runs")) runs = reply;
      else answer = reply;
    }
    return next != null;
  }

  @Override public Frame next() {
    Frame frame = next;
    next = null;
    return frame;
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
  static <E extends Exception> E unchecked(Exception e) throws E {
    throw (E) e;
  }
}
