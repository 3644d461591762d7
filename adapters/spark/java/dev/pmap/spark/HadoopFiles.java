package dev.pmap.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.VersionInfo;

/**
 * Files as Hadoop has them: pmap asks for what it has to know of inputs, and says what becomes of the output. One thread does what
 * it is asked in that order, so that nothing overtakes bytes that are written.
 */
final class HadoopFiles {
  private final Configuration hadoop;
  private final BlockingQueue<Frame> asked = new LinkedBlockingQueue<>();
  /** Where the job's output goes; null where that is no URI. */
  private volatile OutputFolder output;

  HadoopFiles(Configuration hadoop) {
    this.hadoop = hadoop;
    Thread thread = new Thread(this::answerAll, "pmap-files");
    thread.setDaemon(true);
    thread.start();
  }

  void ask(Frame frame) {
    asked.add(frame);
  }

  OutputFolder output() {
    return output;
  }

  private void answerAll() {
    try {
      for (;;) answer(asked.take());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void answer(Frame frame) {
    ObjectNode answer = Driver.head("files");
    try {
      JsonNode ask = frame.json();
      answer.set("id", ask.path("id"));
      perform(ask, frame.body, answer);
    } catch (Throwable e) {
      answer.put("error", reasonOf(e));
    }
    Driver.tell(answer);
  }

  private void perform(JsonNode ask, byte[] body, ObjectNode answer) throws IOException {
    switch (ask.path("op").asText()) {
      case "find":
        find(ask.path("uri").asText(), answer.putArray("files"));
        break;
      case "stat": {
        ArrayNode found = answer.putArray("files");
        for (JsonNode uri : ask.path("uris")) found.add(statusOf(uri.asText()));
        break;
      }
      case "serve":
        UriServer.start(ask.path("fifos").asText(), hadoop);
        break;
      case "claim": {
        OutputFolder folder = new OutputFolder(ask.path("uri").asText(), hadoop);
        String taken = folder.claim();
        if (taken == null) output = folder;
        else answer.put("taken", taken);
        break;
      }
      case "write":
        output.write(ask.path("part").asText(), body);
        break;
      case "commit":
        output.commit(ask.path("parts"), ask.path("success").asText());
        break;
      default:
        throw new IOException("no such operation");
    }
  }

  /** The file of that name, whatever characters are in it; else what matches it as a pattern. */
  private void find(String uri, ArrayNode files) throws IOException {
    Path path = new Path(uri);
    FileSystem system = path.getFileSystem(hadoop);
    try {
      add(system.getFileStatus(path), uri, files);
      return;
    } catch (FileNotFoundException e) {
      // It may be a pattern.
    }
    FileStatus[] found = system.globStatus(path);
    if (found != null) for (FileStatus status : found) add(status, nameOf(status.getPath()), files);
  }

  private static void add(FileStatus status, String uri, ArrayNode files) {
    files.addObject().put("uri", uri).put("folder", status.isDirectory())
        .put("size", status.getLen()).put("mtimeMs", status.getModificationTime());
  }

  /** Hadoop leaves the slashes of an empty host out. */
  private static String nameOf(Path path) {
    return path.toString().replaceFirst("^(\\w[\\w+.-]*):/(?!/)", "$1:///");
  }

  private ObjectNode statusOf(String uri) throws IOException {
    Path path = new Path(uri);
    try {
      return identityOf(path.getFileSystem(hadoop).getFileStatus(path));
    } catch (FileNotFoundException e) {
      return null;
    }
  }

  /** As core/platform/input-identity.ts has it. */
  static ObjectNode identityOf(FileStatus status) {
    return Frame.JSON.createObjectNode().put("dev", 0).put("ino", 0)
        .put("size", status.getLen()).put("mtimeMs", status.getModificationTime());
  }

  /** In a user's words, where there are any. */
  static String reasonOf(Throwable error) {
    for (Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof FileNotFoundException) return "there is no such file";
      if (at instanceof UnknownHostException) return "there is no machine \"" + at.getMessage().split(":")[0] + "\"";
      if (at instanceof ClassNotFoundException) {
        return "Spark cannot read such URIs (" + at.getMessage() + ")\nGive it the package that can, such as --conf "
            + "spark.jars.packages=org.apache.hadoop:hadoop-aws:" + VersionInfo.getVersion();
      }
    }
    return Driver.reasonOf(error).replaceFirst("; For more details see: .*", "");
  }
}
