package dev.pmap.spark;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;

/** What an executor has to know to start a stage. */
final class StageSpec implements Serializable {
  private static final long serialVersionUID = 1;

  /** The program and its arguments; what is in the archive stands behind "archive:", what is a file of its own behind "shipped:". */
  final List<String> argv;
  /** The script's place in the archive; null for code from the command line. */
  final String script;
  /** The first frame that a stage gets: script, settings, sources. */
  final Broadcast<byte[]> open;

  StageSpec(List<String> argv, String script, Broadcast<byte[]> open) {
    this.argv = argv;
    this.script = script;
    this.open = open;
  }
}
