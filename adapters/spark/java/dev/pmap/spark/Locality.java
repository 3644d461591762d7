package dev.pmap.spark;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.BlockLocation;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/** Tasks and the machines that have their bytes, where the file system tells. */
final class Locality {
  private static final String[] ANYWHERE = {};

  private Locality() {}

  /** The tasks of a wave, one a partition. */
  static JavaRDD<byte[]> place(int wave, List<byte[]> frames, JsonNode tasks, JavaSparkContext spark) {
    List<String[]> hosts = new ArrayList<>();
    boolean matters = false;
    for (JsonNode task : tasks) {
      String[] found = hostsOf(task.path("place"), spark.hadoopConfiguration());
      matters |= found.length > 0;
      hosts.add(found);
    }
    return matters ? TaskInput.of(wave, frames, hosts, spark) : spark.parallelize(frames, frames.size());
  }

  /** Those of its first block. A file system without blocks says "localhost", where Spark has no executor. */
  private static String[] hostsOf(JsonNode place, Configuration hadoop) {
    if (!place.hasNonNull("uri")) return ANYWHERE;
    try {
      Path path = new Path(place.path("uri").asText());
      BlockLocation[] blocks = path.getFileSystem(hadoop).getFileBlockLocations(path, place.path("start").asLong(), 1);
      return blocks == null || blocks.length == 0 ? ANYWHERE : blocks[0].getHosts();
    } catch (IOException e) {
      // The task that reads it tells what is wrong.
      return ANYWHERE;
    }
  }
}
