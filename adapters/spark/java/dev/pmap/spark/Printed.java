package dev.pmap.spark;

import java.io.IOException;
import java.util.Iterator;

/**
 * What a stage sends for a task, frame by frame as it comes: output, unless that goes to a part, and rejects that are many; behind the
 * last is its answer.
 */
final class Printed implements Iterator<Frame> {
  /** The end marker. */
  Frame answer;
  /** Where the task's sorted runs are, where it has any. */
  Frame runs;
  private final StageProcess stage;
  private final PartFile part;
  private Frame next;

  /** @param part takes the output; null where it is among the frames */
  Printed(StageProcess stage, PartFile part) {
    this.stage = stage;
    this.part = part;
  }

  @Override public boolean hasNext() {
    try {
      while (next == null && answer == null) take(stage.receive());
      return next != null;
    } catch (IOException | InterruptedException e) {
      throw Printed.<RuntimeException>unchecked(e);
    }
  }

  @Override public Frame next() {
    Frame frame = next;
    next = null;
    return frame;
  }

  private void take(Frame reply) throws IOException {
    if (reply.is("output") && part != null) part.write(reply.body);
    else if (reply.is("output") || reply.is("rejects")) next = reply;
    else if (reply.is("runs")) runs = reply;
    else answer = reply;
  }

  /** An iterator has no exceptions of its own, and Spark tells a task that is killed by what it throws. */
  @SuppressWarnings("unchecked")
  private static <E extends Exception> E unchecked(Exception e) throws E {
    throw (E) e;
  }
}
