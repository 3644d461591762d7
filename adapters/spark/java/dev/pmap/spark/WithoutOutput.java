package dev.pmap.spark;

import java.io.IOException;
import java.util.Iterator;

/** What a stage sends for a task whose output goes to a file: the output goes there as it comes, and the rest is left. */
final class WithoutOutput implements Iterator<Frame> {
  private final Iterator<Frame> all;
  private final PartFile part;
  private Frame next;

  WithoutOutput(Iterator<Frame> all, PartFile part) {
    this.all = all;
    this.part = part;
  }

  @Override public boolean hasNext() {
    while (next == null && all.hasNext()) {
      Frame frame = all.next();
      if (frame.is("output")) write(frame);
      else next = frame;
    }
    return next != null;
  }

  @Override public Frame next() {
    Frame frame = next;
    next = null;
    return frame;
  }

  private void write(Frame output) {
    try {
      part.write(output.body);
    } catch (IOException e) {
      throw Printed.<RuntimeException>unchecked(e);
    }
  }
}
