package dev.pmap.spark;

import java.io.Serializable;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/** What an executor has to know to start a stage. */
final class StageSpec implements Serializable {
  private static final long serialVersionUID = 1;

  /** The program and its arguments; what is in the archive stands behind "archive:", what is a file of its own behind "shipped:". */
  final List<String> argv;
  /** The script's place in the archive; null for code from the command line. */
  final String script;
  /** The first frame that a stage gets: script, settings, sources. */
  final Broadcast<byte[]> open;
  /** The folder that gets what is printed; null where that comes back. */
  final String staging;
  private final Broadcast<SerializableConfiguration> hadoop;

  StageSpec(List<String> argv, String script, Broadcast<byte[]> open, String staging, Broadcast<SerializableConfiguration> hadoop) {
    this.argv = argv;
    this.script = script;
    this.open = open;
    this.staging = staging;
    this.hadoop = hadoop;
  }

  /** What opens URIs as it does in the driver. */
  Configuration hadoop() {
    return hadoop.value().value();
  }
}
