package dev.pmap.spark;

import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;

/** What an attempt at a task has printed, as a file of its own. It counts only where pmap takes the attempt's answer. */
final class PartFile implements AutoCloseable {
  private final FileSystem system;
  private final Path path;
  private OutputStream out;
  private boolean isWhole;

  /** That of the attempt which this thread is at; null where what is printed comes back. */
  static PartFile of(StageSpec spec) throws IOException {
    return spec.staging == null ? null : new PartFile(spec.staging, TaskContext.get().taskAttemptId(), spec.hadoop());
  }

  /** @param attempt its number among all attempts at all tasks */
  private PartFile(String staging, long attempt, Configuration hadoop) throws IOException {
    path = new Path(staging, "part-" + attempt);
    system = path.getFileSystem(hadoop);
  }

  /** The file is made with its first bytes. It is an error when its folder has gone: the job has ended. */
  void write(byte[] bytes) throws IOException {
    try {
      if (out == null) out = system.createFile(path).overwrite(true).build();
      out.write(bytes);
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  /** Its name, when all of it is there; null where nothing was printed. */
  String finish() throws IOException {
    if (out == null) return null;
    try {
      out.close();
    } catch (IOException e) {
      throw cannotWrite(e);
    }
    isWhole = true;
    return path.getName();
  }

  /** One that is not whole is deleted, where that can be done: what is left goes with its folder. */
  @Override public void close() {
    if (out == null || isWhole) return;
    try {
      out.close();
    } catch (IOException | RuntimeException e) {
      // It is not wanted.
    }
    try {
      system.delete(path, false);
    } catch (IOException | RuntimeException e) {
      // It goes with its folder.
    }
  }

  private StageException cannotWrite(IOException e) {
    return new StageException("Cannot write \"" + path + "\": " + Driver.reasonOf(e));
  }
}
